"""What the AWS SDK knows by itself: regions, and the profiles of its files. Nothing is called."""

from __future__ import annotations

from botocore.session import Session


def is_known(region: str) -> bool:
    """Whether the AWS SDK knows a region; it learns of new ones with its updates."""
    return region in regions()


def regions() -> frozenset[str]:
    """The regions of all partitions that have Lambda."""
    sdk = Session()
    parts = sdk.get_available_partitions()
    return frozenset(name for part in parts for name in sdk.get_available_regions("lambda", part))


def profiles() -> frozenset[str]:
    """The profiles of the AWS configuration files."""
    return frozenset(Session().available_profiles)
