"""Whether what a command works on stands, and is this stack's: told by its tag."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from ordersetup.aws import Aws
from ordersetup.engine import AnyStep
from ordersetup.errors import NotOurs, NotProvisioned
from ordersetup.step import Seen


def check_owned(aws: Aws, steps: Iterable[AnyStep], stack: str, keys: Iterable[str]) -> None:
    """Refuse to work on what does not stand, or bears another tag than the stack's.

    Args:
        aws: where.
        steps: the stack's.
        stack: its name, as its tag has it.
        keys: of the steps whose things are worked on.

    Raises:
        NotProvisioned: one of them does not stand.
        NotOurs: it bears another stack's tag, or none.
    """
    by_key = {step.key: step for step in steps}
    for key in keys:
        kind, _, name = key.partition("/")
        found = aws.ask(partial(by_key[key].read, aws, Seen()), f"Reading the {kind} {name}")
        if found is None:
            raise NotProvisioned(
                f"The stack {stack} has no {kind} {name} in {aws.region}.",
                "Build it with: ordersetup provision",
            )
        if found.owner != stack:
            whose = f"the stack {found.owner}'s tag" if found.owner else "no tag of ordersetup"
            raise NotOurs(
                f"The {kind} {name} in {aws.region} bears {whose}, so it is not {stack}'s.",
                "Name its stack with --stack, or see what taking it over would change: "
                "ordersetup plan --adopt",
            )
