"""`ordersetup list`."""

from __future__ import annotations

import click

from ordersetup.cli.options import Options, shared

TIMEOUT_SECONDS = 60


@click.command("list", epilog="Example:  ordersetup list --all-regions")
@click.option(
    "--all-regions", is_flag=True, help="Look into every region that the account has enabled."
)
@shared()
@click.pass_obj
def list_stacks(options: Options, /, all_regions: bool) -> None:
    """List the stacks of this account and region: age, endpoint, and health at a glance.

    They are found by their tag, whatever their name: --stack is of no account here. A stack of
    another region is named if ordersetup has made its role, and looked at with --all-regions.
    Nothing is written. Whether a stack is as it should be, `verify` tells.
    """
    from datetime import UTC, datetime

    from ordersetup.stacks import find_stacks
    from ordersetup.views.listed import tell_stacks

    with options.view(events=False) as view:
        listing = find_stacks(
            options.connect(), timeout=options.left(TIMEOUT_SECONDS), all_regions=all_regions
        )
        for remark in listing.remarks:
            view.say(options.pasteable(remark))
    tell_stacks(
        listing,
        datetime.now(UTC),
        json=options.json,
        color=options.color,
        pasteable=options.pasteable,
    )
