"""The picture: 80 columns, told without colour, and honest about what is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from rich.text import Text

from ordersetup.blueprint import Names
from ordersetup.operate.metrics import metrics
from ordersetup.operate.reading import ABSENT, Reading
from ordersetup.operate.status import Counted, Net, Parts, Status, Subscribers, Waiting
from ordersetup.views.picture import picture
from ordersetup.views.picture_words import COLUMNS, unreadable

NOW = datetime(2026, 11, 24, 12, 3, 11, tzinfo=UTC)
URL = "https://abc1234567.execute-api.ap-southeast-1.amazonaws.com/prod/orders"
NET = Reading(Net(2, 21_600, "OrderProcessingDLQ", exists=True))
KEYS = [(metric.of, metric.name) for metric in metrics(Names("default", "ap-southeast-1"))]
FORBIDDEN: Reading[int] = Reading(because="not allowed: cloudwatch:GetMetricData")
ZERO = {key: Reading(0) for key in KEYS}
PARTS = Parts(
    endpoint=Reading(URL),
    functions={n: Reading("Active") for n in ("ProcessOrder", "UpdateInventory", "SendEmail")},
    nets={"UpdateInventory": NET, "SendEmail": NET},
    tables={
        "Inventory": Reading(Counted(12)),
        "InventoryTransactions": Reading(Counted(120, orders=98)),
    },
    topics={
        "OrderConfirmationTopic": Reading(Subscribers(2, 0)),
        "OrderProcessingAlerts": Reading(Subscribers(1, 0)),
    },
    queue=Reading(Waiting(0, 0, 1_209_600)),
)
WELL = Status("default", "123456789012", "ap-southeast-1", NOW, PARTS, ZERO, NOW)
BAD = replace(
    WELL,
    stack="a-very-long-name-202",
    parts=replace(
        PARTS,
        functions={**PARTS.functions, "SendEmail": Reading("Switched off by somebody")},
        nets={
            "UpdateInventory": Reading(Net(1, 90, None)),
            "SendEmail": Reading(Net(2, 3600, f"arn:aws:sqs:ap-southeast-1:1:{'q' * 80}")),
        },
        tables={
            "Inventory": Reading(because=ABSENT),
            "InventoryTransactions": Reading(Counted(999_999, 888_888, more=True, about=10**9)),
        },
        topics={
            "OrderConfirmationTopic": Reading(because="not allowed: sns:ListSubscriptionsByTopic"),
            "OrderProcessingAlerts": Reading(Subscribers(1234, 56)),
        },
        queue=Reading(Waiting(10_000, 3, 1_209_600)),
    ),
    metrics={
        **{key: Reading(1_234_567) for key in KEYS},
        ("OrderProcessingDLQ", "oldest"): Reading(1_200_000),
        ("UpdateInventory", "dropped"): Reading(because="no data"),
    },
    metrics_at=NOW - timedelta(seconds=30),
    amazon=False,
)
CLOSED = replace(WELL, metrics=dict.fromkeys(KEYS, FORBIDDEN))


def plain(status: Status) -> list[str]:
    return [line.plain.rstrip() for line in picture(status)]


def test_a_well_stack_is_this_picture() -> None:
    assert plain(WELL) == [
        "Order pipeline default in ap-southeast-1, account 123456789012",
        "2026-11-24 12:03:11 UTC",
        "✓ Nothing needs a look.",
        "",
        f" POST {URL}",
        "   │  requests 0   answered 4xx 0   answered 5xx 0",
        "   ▼",
        " ┌ ProcessOrder ────────────────────────────────────────────────────── Active ┐",
        " │ invocations 0   errors 0   throttles 0                                     │",
        " └──┬───────────────────────────────────────┬─────────────────────────────────┘",
        "    │            asynchronously             │",
        "    ▼                                       ▼",
        " ┌ UpdateInventory ─────────── Active ┐  ┌ SendEmail ───────────────── Active ┐",
        " │ invocations                      0 │  │ invocations                      0 │",
        " │ errors                           0 │  │ errors                           0 │",
        " │ throttles                        0 │  │ throttles                        0 │",
        " │ events given up                  0 │  │ events given up                  0 │",
        " │ records lost                     0 │  │ records lost                     0 │",
        " └──┬─────────────────────────────────┘  └──┬─────────────────────────────────┘",
        "    ├─ Inventory                            ├─ OrderConfirmationTopic",
        "    │    12 rows                            │    2 subscribers",
        "    ├─ InventoryTransactions                │",
        "    │    120 rows, 98 orders                │",
        "    ├─ OrderProcessingAlerts                │",
        "    │    1 subscriber                       │",
        "    │          what fails for good          │",
        "    ▼                                       ▼",
        " ┌ OrderProcessingDLQ ────────────────────────────────────────────────────────┐",
        " │ messages 0                                                                 │",
        " └────────────────────────────────────────────────────────────────────────────┘",
        "",
        "Safety nets",
        " API to ProcessOrder             synchronous: no retry, the caller gets the 5xx",
        " ProcessOrder to UpdateInventory 2 retries within 6 h, then OrderProcessingDLQ",
        " ProcessOrder to SendEmail       2 retries within 6 h, then OrderProcessingDLQ",
        "Requests, invocations and the like are of the last hour; CloudWatch may tell",
        "of the last minutes later.",
    ]


@pytest.mark.parametrize("status", [WELL, BAD, CLOSED], ids=["well", "bad", "closed"])
def test_no_line_is_wider_than_a_terminal(status: Status) -> None:
    assert max(line.cell_len for line in picture(status)) <= COLUMNS


def test_what_needs_a_look_comes_first_and_is_marked_without_colour() -> None:
    told = plain(BAD)
    marked = [line for line in told if line.startswith("! ")]
    assert told.index(marked[0]) == 2
    assert "! Inventory is not there." in marked
    assert "! SendEmail is switched off by somebody." in marked
    assert "! 10000 messages wait in OrderProcessingDLQ." in marked
    assert "! UpdateInventory, in the last hour: 1234567 failed attempts." in marked
    assert not [line for line in marked if "events given up" in line and "Update" in line]
    assert any("the oldest is nearly of that age" in line for line in marked)


def test_what_to_run_about_it_stands_below_completed_by_where_this_is() -> None:
    lines = [line.plain for line in picture(BAD, lambda text: f"{text} --stack shop2")]
    told = [line for line in lines if "ordersetup " in line]
    assert told == [
        "  Compare it with the guide: ordersetup verify --stack shop2",
        "  See what went wrong: ordersetup logs --since 1h --stack shop2",
        "  See what waits there: ordersetup redrive --dry-run --stack shop2",
    ]
    assert not [line for line in plain(WELL) if "ordersetup" in line]


def test_numbers_too_large_to_count_say_so() -> None:
    told = "\n".join(plain(BAD))
    assert "over 999999 rows, over 888888 orders*" in told
    assert "* InventoryTransactions has about 1000000000 rows, as DynamoDB counts" in told
    assert "messages 10000, 3 of them looked at just now   oldest 13 days" in told


def test_the_net_is_told_as_it_was_read() -> None:
    told = plain(BAD)
    assert " ProcessOrder to UpdateInventory 1 retry within 90 s, then it is lost" in told
    (other,) = [line for line in told if line.startswith(" ProcessOrder to SendEmail")]
    assert other.startswith(
        f"{'':<1}ProcessOrder to SendEmail       2 retries within 1 h, then qqq"
    )
    assert other.endswith("…")


def test_what_may_not_be_read_is_said_once_and_is_no_zero() -> None:
    assert unreadable(CLOSED) == ["metrics: not allowed: cloudwatch:GetMetricData."]
    told = plain(CLOSED)
    assert told[2:4] == [
        "? Nothing that could be read needs a look.",
        "? metrics: not allowed: cloudwatch:GetMetricData.",
    ]
    (errors,) = [line for line in told if line.startswith(" │ errors")]
    assert errors == f"{' │ errors':<26}not allowed │  {'│ errors':<25}not allowed │"
    assert not [line for line in told if "errors" in line and "0" in line]


def test_no_data_is_explained_where_it_occurs() -> None:
    assert '"no data" is no zero' not in " ".join(plain(WELL))
    told = " ".join(line.strip() for line in plain(BAD))
    assert '"no data" is no zero: it has no datapoint.' in told
    assert "until 12:02:41" in told
    assert "This endpoint is not Amazon's: it may keep few of them" in told


def test_only_colours_of_the_terminal_s_own_are_used() -> None:
    used = {
        str(span.style) for s in (WELL, BAD, CLOSED) for line in picture(s) for span in line.spans
    }
    used |= {str(line.style) for s in (WELL, BAD, CLOSED) for line in picture(s)}
    assert used <= {"", "green", "red", "yellow", "dim", "bold"}
    assert isinstance(picture(WELL)[0], Text)
