"""`ordersetup redrive`."""

from __future__ import annotations

import math
import shlex
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ordersetup.cli.options import Options, shared
from ordersetup.cli.removing import DECLINED, yes_option
from ordersetup.cli.suggesting import OneOf

if TYPE_CHECKING:
    from ordersetup.operate.letter_box import LetterBox
    from ordersetup.operate.redrive import Redriven
    from ordersetup.operate.redrive_list import Choice, Listing
    from ordersetup.stack import Stack
    from ordersetup.views.redriven import RedriveView

TIMEOUT_SECONDS = 24 * 3600
"""However long the queue is; each wait within it has an end of its own."""
ENDING_SECONDS = 60
"""Beyond the time for it all: what was taken in hand is brought to its end."""

RATE = 25.0
"""So many a second leave a new account's 10 executions time to work them off."""

FUNCTIONS = ("UpdateInventory", "SendEmail")


@dataclass(frozen=True)
class Wanted:
    """What is to be done with the letters that are meant.

    Args:
        action: list, what-if, replay or discard.
        keep: whether they stay in the queue.
        rate: how many a second.
        reason: why they are discarded.
        to: the file they are written to.
    """

    action: str
    keep: bool = False
    rate: float = RATE
    reason: str = ""
    to: Path | None = None


@click.command(epilog="Example:  ordersetup redrive --what-if")
@click.option("--order", "orders", metavar="ID", multiple=True, help="Of this order; repeatable.")
@click.option(
    "--function",
    "functions",
    type=OneOf(FUNCTIONS),
    multiple=True,
    help="Of this function; repeatable.",
)
@click.option("--error", "errors", metavar="NAME", multiple=True, help="Of this error; repeatable.")
@click.option("--max", "most", type=click.IntRange(1), metavar="N", help="No more than N records.")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 1000),
    default=RATE,
    show_default=True,
    metavar="R",
    help="Replay no more than R records a second.",
)
@click.option("--keep", is_flag=True, help="Leave the records in the queue after replaying them.")
@click.option("--dry-run", is_flag=True, help="List only.")
@click.option(
    "--what-if",
    is_flag=True,
    help="List only, and say of each what a replay would meet now.",
)
@click.option("--discard", is_flag=True, help="Write the records to a file instead, and drop them.")
@click.option("--reason", metavar="TEXT", help="Why they are discarded; written with each.")
@click.option(
    "--to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where discarded ones go; a new file here if absent.",
)
@click.option(
    "--malformed",
    is_flag=True,
    help="With --discard: what cannot go again, instead of what can.",
)
@yes_option
@shared()
@click.pass_context
def redrive(ctx: click.Context, /, yes: bool, **given: Any) -> None:
    """Give failed orders another try: replay the records of OrderProcessingDLQ.

    Lists them first, by error. After a yes each record's event is invoked on its own function,
    asynchronously, and the message is deleted once Lambda has accepted it. UpdateInventory applies
    an order once, so a replay of one that was applied takes nothing; SendEmail may confirm twice.
    What fails again comes back to the queue, with an alert for each attempt. Messages that are no
    record of this stack's workers are left, and told.

    Ctrl-C or a failure leaves the rest in the queue, and running it again goes on. Exit code 1 if
    some of those that were meant are still there.
    """
    options = ctx.ensure_object(Options)
    wanted, choice = _wanted(given), _choice(given)
    _check(wanted, given)
    _check_terminal(wanted, _typed(ctx.command, given), yes=yes)
    redriven = _run(options, wanted, choice, yes=yes)
    if redriven is None:
        ctx.exit(DECLINED)
    if redriven.interrupted:
        raise KeyboardInterrupt
    ctx.exit(0 if redriven.complete else 1)


def _wanted(given: Mapping[str, Any]) -> Wanted:
    told = (("what_if", "what-if"), ("dry_run", "list"), ("discard", "discard"))
    action = next((action for option, action in told if given[option]), "replay")
    return Wanted(action, given["keep"], given["rate"], given["reason"] or "", given["to"])


def _choice(given: Mapping[str, Any]) -> Choice:
    from ordersetup.operate.redrive_list import Choice

    orders, functions, errors = (
        frozenset(given[f"{of}s"]) for of in ("order", "function", "error")
    )
    return Choice(orders, functions, errors, given["most"], given["malformed"])


def _typed(command: click.Command, given: Mapping[str, Any]) -> str:
    """The command that means the same records and does the same with them."""
    words = ["ordersetup redrive"]
    for option in command.params:
        value = given.get(option.name or "")
        if value in (None, False, ()) or value == option.default:
            continue
        if value is True:
            words.append(option.opts[0])
            continue
        values = value if isinstance(value, tuple) else (value,)
        words += [f"{option.opts[0]} {shlex.quote(str(one))}" for one in values]
    return " ".join(words)


def _check(wanted: Wanted, given: Mapping[str, Any]) -> None:
    """Refuse options that do not go together, before anything is called."""
    from ordersetup.errors import BadInput

    discard = given["discard"]
    if discard and not wanted.reason:
        raise BadInput(
            "--discard is given without --reason.",
            "Say why, for whoever asks later: --discard --reason TEXT",
        )
    if not discard and (wanted.reason or wanted.to or given["malformed"]):
        raise BadInput(
            "--reason, --to and --malformed go with --discard only.", "Add it, or leave them out."
        )
    if discard and (wanted.keep or given["what_if"]):
        raise BadInput(
            "--discard does not go with --keep or --what-if.", "Use one of them, or --dry-run."
        )


def _check_terminal(wanted: Wanted, typed: str, *, yes: bool) -> None:
    """Refuse a run that would have to ask, where nobody can answer."""
    from ordersetup.errors import BadInput

    if wanted.action in ("replay", "discard") and not yes and not sys.stdin.isatty():
        look = "--dry-run" if wanted.action == "discard" else "--dry-run or --what-if"
        raise BadInput(
            "redrive asks before it takes anything out of the queue, and there is no terminal to "
            "ask at.",
            f"Look first with {look}, or say that you mean it: {typed} --yes",
        )


def _run(options: Options, wanted: Wanted, choice: Choice, *, yes: bool) -> Redriven | None:
    """List, ask, and do what is wanted; None if a person declined."""
    from ordersetup.operate.letter_box import LetterBox
    from ordersetup.operate.redrive import Redriven
    from ordersetup.views.redriven import RedriveView

    view = RedriveView(json=options.json, color=options.color, quiet=options.quiet)
    stack = _opened(options, wanted)
    box = LetterBox(stack.aws, stack.blueprint.names)
    box.check_stays("ordersetup redrive")
    with view:
        listing = _listing(stack, box, wanted, choice, view)
    view.listed(listing, datetime.now(UTC))
    if wanted.action in ("list", "what-if") or not listing.chosen:
        view.done(wanted.action, listing, None, "")
        return Redriven(0)
    action, count = wanted.action, len(listing.chosen)
    if not yes and not options.ask(lambda: _agreed(action, count), stack.aws):
        click.echo("Nothing was taken out of the queue.", err=True)
        return None
    return _carry_out(options, wanted, stack, box, listing, view)


def _opened(options: Options, wanted: Wanted) -> Stack:
    """The stack, of which stands and is its own what this is about: the queue, whatever it is."""
    from ordersetup.operate.owned import check_owned

    stack = options.open()
    names = stack.blueprint.names
    keys = [f"queue/{names.of('OrderProcessingDLQ')}"]
    if wanted.action in ("what-if", "replay"):
        keys += [f"table/{names.of(name)}" for name in ("Inventory", "InventoryTransactions")]
    if wanted.action == "replay":
        keys += [f"function/{names.of(name)}" for name in FUNCTIONS]
    check_owned(stack.aws, stack.steps, stack.blueprint.owner.name, keys)
    return stack


def _listing(
    stack: Stack, box: LetterBox, wanted: Wanted, choice: Choice, view: RedriveView
) -> Listing:
    from ordersetup.operate.redrive_list import look_through
    from ordersetup.operate.stock import Stock
    from ordersetup.operate.what_if import WhatIf

    names = stack.blueprint.names
    judge = None
    if wanted.action == "what-if":
        stock = Stock(stack.aws, names, view.wait, timeout=TIMEOUT_SECONDS)
        judge = WhatIf(stack.aws, names, stock).judge
    return look_through(box, choice, view.letter, judge)


def _agreed(action: str, count: int) -> bool:
    records = "1 record" if count == 1 else f"{count} records"
    question = f"Drop {records}?" if action == "discard" else f"Replay {records}?"
    return click.confirm(question, err=True)


def _carry_out(
    options: Options,
    wanted: Wanted,
    stack: Stack,
    box: LetterBox,
    listing: Listing,
    view: RedriveView,
) -> Redriven:
    from ordersetup.operate.discard import Discard
    from ordersetup.operate.redrive import Redrive
    from ordersetup.operate.replay import Replay

    ends = time.monotonic() + options.left(TIMEOUT_SECONDS)
    stack.aws.allow(options.left(math.inf) + ENDING_SECONDS)
    file = ""
    ways: AbstractContextManager[Discard | Replay]
    if wanted.action == "discard":
        path = wanted.to or _new_file(options.stack)
        ways, file = closing(Discard(path, wanted.reason)), str(path)
    else:
        names = stack.blueprint.names
        ways = nullcontext(Replay(stack.aws, names, view.wait, rate=wanted.rate, ends=ends))
    with ways as deed:
        work = Redrive(box, listing.chosen, deed, keep=wanted.keep, ends=ends)
        try:
            with view:
                work.run(view.progress)
        finally:
            view.done(wanted.action, listing, work.redriven, file)
    if wanted.action == "replay" and not options.quiet:
        click.echo(
            options.pasteable(
                "What fails again is back in 3 to 6 minutes, with an alert for each attempt: "
                "ordersetup redrive --dry-run"
            ),
            err=True,
        )
    return work.redriven


def _new_file(stack: str) -> Path:
    return Path(f"discarded-{stack}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.jsonl")
