"""The pipeline as it is just now, drawn in 80 columns of text; colour adds nothing but comfort."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest

from rich.text import Text

from ordersetup.operate.reading import NO_DATA, Reading
from ordersetup.operate.status import (
    UNDEPLOYED,
    Counted,
    Net,
    Status,
    Subscribers,
    advice,
    attention,
)
from ordersetup.views.picture_words import (
    BAD,
    COLUMNS,
    DIM,
    GOOD,
    UNSURE,
    age,
    condition,
    number,
    short,
    unreadable,
    wrapped,
)
from ordersetup.views.words import counted

_WIDE, _NARROW = 78, 38

FUNCTION = {"invocations": "invocations", "errors": "errors", "throttles": "throttles"}
WORKER = {**FUNCTION, "dropped": "events given up", "undelivered": "records lost"}

_OLD_SECONDS = 5
"""Numbers that are older are said to be."""


def picture(status: Status, pasteable: Callable[[str], str] = str) -> list[Text]:
    """The lines of the picture; each fits into 80 columns, but for an endpoint that is longer.

    Args:
        status: what is drawn.
        pasteable: completes commands by where this run is.
    """
    return [
        *_head(status),
        *(Text(f"  {pasteable(sentence)}") for sentence in advice(status)),
        Text(),
        *_entrance(status),
        *_workers(status),
        *_queue(status),
        Text(),
        *_nets(status),
        *_legend(status),
    ]


def _head(status: Status) -> Iterator[Text]:
    yield Text(
        f"Order pipeline {status.stack} in {status.region}, account {status.account}", "bold"
    )
    yield Text(f"{status.at:%Y-%m-%d %H:%M:%S} UTC", DIM)
    found = attention(status)
    unread = unreadable(status)
    if not found:
        what = "Nothing that could be read needs a look." if unread else "Nothing needs a look."
        yield Text.assemble(("?", UNSURE) if unread else ("✓", GOOD), f" {what}")
    for sentence in found:
        yield from wrapped("! ", BAD, sentence)
    for sentence in unread:
        yield from wrapped("? ", UNSURE, sentence)


def _entrance(status: Status) -> Iterator[Text]:
    url = status.parts.endpoint
    if url.value == UNDEPLOYED:
        yield Text.assemble(" EcommerceAPI ", ("not deployed", BAD))
    elif url.value:
        yield Text(f" POST {url.value}")
    else:
        yield Text.assemble(" EcommerceAPI ", short(url))
    yield Text.assemble("   │  ", *_in_a_row(status, "EcommerceAPI", _REQUESTS))
    yield Text("   ▼")
    numbers = Text.assemble(*_in_a_row(status, "ProcessOrder", FUNCTION))
    state = status.parts.functions["ProcessOrder"]
    yield from _box("ProcessOrder", state, [numbers], _WIDE, exits=(_LEFT, _RIGHT))
    yield from _down("asynchronously")


_REQUESTS = {"requests": "requests", "refused": "answered 4xx", "failed": "answered 5xx"}


def _in_a_row(status: Status, of: str, words: dict[str, str]) -> Iterator[str | tuple[str, str]]:
    for place, (name, word) in enumerate(words.items()):
        yield f"{'   ' if place else ''}{word} "
        yield number(name, status.number(of, name))


def _workers(status: Status) -> Iterator[Text]:
    left, right = (
        list(
            _box(
                name,
                status.parts.functions[name],
                [_apart(word, number(n, status.number(name, n))) for n, word in WORKER.items()],
                _NARROW,
                exits=(_LEFT,),
            )
        )
        for name in ("UpdateInventory", "SendEmail")
    )
    left += _branches(
        [
            ("Inventory", _rows(status.parts.tables["Inventory"])),
            ("InventoryTransactions", _rows(status.parts.tables["InventoryTransactions"])),
            ("OrderProcessingAlerts", _people(status, "OrderProcessingAlerts")),
        ]
    )
    right += _branches([("OrderConfirmationTopic", _people(status, "OrderConfirmationTopic"))])
    for one, other in zip_longest(left, right):
        line = (one or Text(_TRUNK)).copy()
        line.pad_right(_NARROW + 3 - line.cell_len)
        yield line.append_text((other or Text(_TRUNK))[1:])
    yield from _down("what fails for good")


_LEFT, _RIGHT = 4, 44
"""The columns of the two ways down."""

_TRUNK = f"{' ' * _LEFT}│"


def _down(what: str) -> Iterator[Text]:
    between = _RIGHT - _LEFT - 1
    yield Text(f"{_TRUNK}{what:^{between}}│")
    yield Text(f"{' ' * _LEFT}▼{' ' * between}▼")


def _branches(things: Iterable[tuple[str, Text]]) -> Iterator[Text]:
    for name, told in things:
        yield Text(f"    ├─ {name}")
        yield Text.assemble(f"{_TRUNK}    ", told)


def _queue(status: Status) -> Iterator[Text]:
    queue = status.parts.queue
    if queue.value is None:
        told = Text.assemble("messages ", short(queue))
    else:
        number = str(queue.value.messages)
        told = Text.assemble("messages ", (number, BAD if queue.value.messages else GOOD))
        if queue.value.hidden:
            told.append(f", {queue.value.hidden} of them looked at just now")
        if queue.value.messages:
            told.append("   oldest ").append(*age(status.number("OrderProcessingDLQ", "oldest")))
    yield from _box("OrderProcessingDLQ", Reading(""), [told], _WIDE)


def _box(
    name: str,
    state: Reading[str],
    lines: Sequence[Text],
    width: int,
    exits: Sequence[int] = (),
) -> Iterator[Text]:
    said, style = condition(state)
    told = f" {said} " if said else ""
    edge = "─" * (width - len(name) - len(told) - 4)
    yield Text.assemble(" ┌ ", (name, "bold"), f" {edge}", (told, style), "┐")
    for line in lines:
        inside = line.copy()
        inside.pad_right(width - 4 - inside.cell_len)
        yield Text.assemble(" │ ", inside, " │")
    floor = (_JOINT if column in exits else "─" for column in range(2, width))
    yield Text(f" └{''.join(floor)}┘")


_JOINT = "┬"


def _apart(word: str, number: tuple[str, str]) -> Text:
    return Text.assemble(f"{word:<{_NARROW - 4 - len(number[0])}}", number)


def _rows(reading: Reading[Counted]) -> Text:
    found = reading.value
    if found is None:
        return Text(*short(reading))
    more = "over " if found.more else ""
    told = f"{more}{counted(found.rows, 'row')}"
    if found.orders is not None:
        told += f", {more}{counted(found.orders, 'order')}"
    if _has_about(found):
        told += "*"
    return Text(told)


def _has_about(found: Counted) -> bool:
    """Whether DynamoDB's old count says more than ours."""
    return found.about is not None and found.about > found.rows


def _people(status: Status, topic: str) -> Text:
    reading: Reading[Subscribers] = status.parts.topics[topic]
    found = reading.value
    if found is None:
        return Text(*short(reading))
    told = Text(counted(found.confirmed, "subscriber"))
    if found.pending:
        told.append(f", {found.pending} pending", UNSURE)
    return told


def _nets(status: Status) -> Iterator[Text]:
    yield Text("Safety nets", "bold")
    yield Text(f" {'API to ProcessOrder':<32}synchronous: no retry, the caller gets the 5xx")
    for name, reading in status.parts.nets.items():
        told = Text(f" {f'ProcessOrder to {name}':<32}")
        net = reading.value
        if net is None:
            told.append(*short(reading))
        else:
            told.append(_tries(net))
            if net.destination is None:
                told.append("it is lost", BAD)
            else:
                told.append(net.destination.rpartition(":")[2], BAD if net.exists is False else "")
        told.truncate(COLUMNS, overflow="ellipsis")
        yield told


def _tries(net: Net) -> str:
    retries = "1 retry" if net.retries == 1 else f"{net.retries} retries"
    hours, seconds = divmod(net.within_seconds, 3600)
    within = f"{hours} h" if not seconds else f"{net.within_seconds} s"
    return f"{retries} within {within}, then "


def _legend(status: Status) -> Iterator[Text]:
    for name, reading in status.parts.tables.items():
        found = reading.value
        if found and _has_about(found):
            text = f"* {name} has about {found.about} rows, as DynamoDB counts every 6 hours."
            yield from wrapped("  ", DIM, text)
    told = "Requests, invocations and the like are of the last hour"
    if (status.at - status.metrics_at).total_seconds() > _OLD_SECONDS:
        told += f", until {status.metrics_at:%H:%M:%S}"
    told += "; CloudWatch may tell of the last minutes later."
    if any(number.because == NO_DATA for number in status.metrics.values()):
        told += ' "no data" is no zero: it has no datapoint.'
    if not status.amazon:
        told += (
            " This endpoint is not Amazon's: it may keep few of them, and its zeros are no data."
        )
    for line in wrapped("", DIM, told):
        line.stylize(DIM)
        yield line
