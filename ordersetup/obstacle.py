"""What keeps a thing that others have made from being taken over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Obstacle:
    """Why something cannot be taken over, and what a person can do about it; a sentence each."""

    because: str
    remedy: str
