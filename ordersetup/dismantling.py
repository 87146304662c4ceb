"""What a command begins with that removes something of an opened stack: what, and what of it stays.

Nothing is called for what stands; what may bear the stack's tag beside its steps is looked for.
"""

from __future__ import annotations

from dataclasses import replace

from ordersetup.engine import Tell
from ordersetup.pruning import find_prunable, undecided
from ordersetup.removal import Teardown, Wishes
from ordersetup.stack import Stack
from ordersetup.strays import find_strays, shared_senders


def teardown_of(
    stack: Stack, wishes: Wishes, listen: Tell, *, timeout: float
) -> tuple[Teardown, str]:
    """The removal of all of a stack.

    Args:
        stack: the stack.
        wishes: what is to stay, as far as a person says so.
        listen: is told each event.
        timeout: seconds for the whole of it.

    Returns:
        The removal, and why there may be more to remove than was found; empty if there is not.
    """
    strays = find_strays(stack.aws, stack.blueprint, stack.steps)
    keep = shared_senders(stack.aws, stack.blueprint, (*stack.steps, *strays.steps))
    teardown = Teardown(
        stack.aws,
        stack.steps,
        listen,
        timeout=timeout,
        strays=strays.steps,
        wishes=replace(wishes, keep=keep),
    )
    return teardown, strays.unseen


def prune_of(stack: Stack, wishes: Wishes, listen: Tell, *, timeout: float) -> tuple[Teardown, str]:
    """The removal of what bears a stack's tag and is no part of it any more.

    Args:
        stack: the stack.
        wishes: what is to stay, as far as a person says so.
        listen: is told each event.
        timeout: seconds for the whole of it.

    Returns:
        The removal, and what there is to say beforehand: why there may be more than was found, or
        that the stack itself may not stand; empty if there is nothing.
    """
    strays = find_prunable(stack.aws, stack.blueprint, stack.steps)
    keep = shared_senders(stack.aws, stack.blueprint, strays.steps)
    if stack.former is None:
        keep = (*keep, *undecided(strays.steps))
    remarks = [strays.unseen] if strays.unseen else []
    if stack.former is None:
        remarks.append(f"Perhaps there is no stack {stack.label}: nothing remembers its settings.")
    teardown = Teardown(
        stack.aws,
        (),
        listen,
        timeout=timeout,
        strays=strays.steps,
        wishes=replace(wishes, keep=keep, keep_newer=True),
    )
    return teardown, " ".join(remarks)
