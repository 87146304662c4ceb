"""The seam to AWS: one client per service, the same for every thread."""

from __future__ import annotations

from ordersetup.aws import Aws


def test_a_clients_error_classes_are_made_with_it_and_so_by_one_thread(aws: Aws) -> None:
    """Made at first use, two threads would make two sets, and `except` would miss one of them."""
    fresh = Aws(aws._session, endpoint_url=None, web=aws.web)
    assert fresh.sqs._exceptions is not None  # type: ignore[attr-defined]
    assert fresh.sqs is fresh.sqs
