"""A whole drill against an AWS in memory whose pipeline is played by the API's own answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ordersetup.aws import Aws
from ordersetup.operate.drill import Drill
from ordersetup.operate.drill_pace import MOST_LOOKS, Pace
from ordersetup.operate.drill_plan import NotHeld
from ordersetup.operate.drill_queue import DeadLetters
from ordersetup.operate.drill_watch import Watch
from ordersetup.operate.evidence import DrillResult, Expectation, Moment, Plan
from ordersetup.operate.site import Site, foreign
from ordersetup.report import Finding, Level, Report
from ordersetup.step import Group
from ordersetup.web import Answer, NoAnswer, Web
from tests.stacks import ACCOUNT, REGION, stack
from tests.unit.operate.played import ACCEPTED, PACE, URL, Pipeline, make, put, url_of
from tests.wire import Wire

BUILT = stack()
PREFIX = "OrderProcessingDrill-"
DENIED = "User: arn:aws:iam::1:user/u is not authorized to perform: {}"


def depth(aws: Aws) -> int:
    names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws.sqs.get_queue_attributes(QueueUrl=url_of(aws), AttributeNames=names)["Attributes"]
    return sum(int(number) for number in found.values())


@pytest.fixture
def _stands(aws: Aws) -> None:
    """What a drill touches, made by hand."""
    make(aws)


class Holder:
    """Holds drills, and keeps what they tell."""

    def __init__(self, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
        self._aws = aws
        self._monkeypatch = monkeypatch
        self.moments: list[Moment] = []
        self.waits: list[str] = []
        self.written: frozenset[str] = frozenset()
        self.report: Report | None = None
        self.then: Callable[[Moment], None] = lambda _: None

    def follow(self, moment: Moment) -> None:
        self.moments.append(moment)
        self.then(moment)

    def drill(self, web: Web, *, pace: Pace = PACE, url: str | None = URL) -> Drill:
        self._monkeypatch.setattr(self._aws, "web", web)
        site = Site(self._aws, BUILT.blueprint, url, self.report, self.written)
        wait = lambda reason, _: self.waits.append(reason)  # noqa: E731 - one line says it
        return Drill(site, self.follow, wait, timeout=20, pace=pace)

    def hold(self, web: Web) -> DrillResult:
        return self.drill(web).run()

    def told(self, event: str) -> list[str]:
        return [moment.text for moment in self.moments if moment.event == event]


@pytest.fixture
def holder(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Holder:
    return Holder(aws, monkeypatch)


def roots(result: DrillResult) -> set[str]:
    return {e.name for e in result.failing if not e.follows}


def expectation(result: DrillResult, name: str) -> Expectation:
    return next(e for e in result.expectations if e.name == name)


def traces(aws: Aws) -> int:
    """Queues and subscriptions that drills have made."""
    queues = aws.sqs.list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", [])
    return len(queues) + len(aws.sns.list_subscriptions()["Subscriptions"])


pytestmark = pytest.mark.usefixtures("_stands")


class TestAnswers:
    def test_a_sound_path_is_proven(self, aws: Aws, holder: Holder) -> None:
        result = holder.hold(Pipeline(aws, ACCEPTED))
        assert result.passed, result.failing
        assert (depth(aws), traces(aws)) == (0, 0)

    def test_others_may_answer_200(self, aws: Aws, holder: Holder) -> None:
        web = Pipeline(aws, Answer(200, {}, b"thanks"))
        assert roots(holder.hold(web)) == {"accepted"}
        holder.written = frozenset({"ProcessOrder", "UpdateInventory"})
        assert holder.hold(web).passed

    @pytest.mark.parametrize(
        "answer",
        [Answer(500, {}, b'{"message": "no mail"}'), NoAnswer("Nothing came", "Look.")],
        ids=["500", "no-answer"],
    )
    def test_what_was_begun_in_spite_of_its_answer_is_told_and_cleared_up(
        self, aws: Aws, holder: Holder, answer: Answer | NoAnswer
    ) -> None:
        web = Pipeline(aws, answer)
        result = holder.hold(web)
        assert len(web.orders) == 1, "a function's own failure is not asked again"
        assert roots(result) == {"accepted"}
        assert "begun all the same" in expectation(result, "accepted").cause
        assert len(holder.told("attempt")) == 3
        assert len(holder.told("record")) == 1
        assert (depth(aws), traces(aws)) == (0, 0)

    def test_an_answer_of_which_nothing_comes_is_watched_for_a_short_time(
        self, aws: Aws, holder: Holder, calls: list[str]
    ) -> None:
        put(aws, "other")
        result = holder.hold(Pipeline(aws, Answer(500, {}, b"no"), begins=False))
        assert roots(result) == {"accepted"}
        assert expectation(result, "record").follows == "accepted"
        assert "watching whether the order was begun all the same" in holder.waits
        assert "sqs:ChangeMessageVisibilityBatch" not in calls, "no message of others was touched"

    def test_a_refusal_is_not_watched(self, aws: Aws, holder: Holder, calls: list[str]) -> None:
        holder.hold(Pipeline(aws, Answer(400, {}, b"no"), begins=False))
        assert "logs:FilterLogEvents" not in calls
        assert holder.told("refused") == ["not accepted: 400"]


class TestRefusedCalls:
    @pytest.mark.parametrize(
        "call", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibilityBatch"]
    )
    def test_what_may_not_be_done_to_the_queue_is_evidence(
        self, aws: Aws, holder: Holder, wire: Wire, call: str
    ) -> None:
        put(aws, "other")
        web = Pipeline(aws, ACCEPTED)
        wire.refuse("sqs:CreateQueue", "AccessDenied", DENIED.format("sqs:CreateQueue"))
        web.before = lambda: wire.refuse(call, "AccessDenied", DENIED.format(call))
        result = holder.hold(web)
        assert roots(result) == {"alerts", "record"}
        assert "sqs:CreateQueue" in expectation(result, "alerts").actual
        assert call in expectation(result, "record").actual
        assert expectation(result, "attempts").holds
        assert traces(aws) == 0

    def test_its_own_record_that_it_may_not_take_out_is_said_to_be_left(
        self, aws: Aws, holder: Holder, wire: Wire
    ) -> None:
        web = Pipeline(aws, ACCEPTED)
        wire.refuse("sqs:CreateQueue", "AccessDenied", DENIED.format("sqs:CreateQueue"))
        web.before = lambda: wire.refuse("sqs:DeleteMessage", "AccessDenied", DENIED.format("x"))
        result = holder.hold(web)
        (left,) = result.left
        assert "1 of its messages in OrderProcessingDLQ" in left
        assert expectation(result, "condition").holds, "what was read is known all the same"
        assert not result.passed

    def test_an_ear_that_may_not_receive_hears_nothing_and_the_drill_goes_on(
        self, aws: Aws, holder: Holder, wire: Wire
    ) -> None:
        web = Pipeline(aws, ACCEPTED)
        web.before = lambda: wire.refuse(
            "sqs:ReceiveMessage", "AccessDenied", DENIED.format("sqs:ReceiveMessage")
        )
        result = holder.hold(web)
        assert roots(result) == {"alerts"}
        assert "sqs:ReceiveMessage" in expectation(result, "alerts").actual

    @pytest.mark.parametrize(
        "call", ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    )
    def test_a_throttle_is_waited_out_and_loses_nothing(
        self, aws: Aws, holder: Holder, wire: Wire, call: str
    ) -> None:
        web = Pipeline(aws, ACCEPTED)
        web.before = lambda: wire.refuse(call, "RequestThrottled", "slow down", times=2)
        result = holder.hold(web)
        assert result.passed, result.failing
        assert (depth(aws), traces(aws)) == (0, 0)

    def test_an_ear_that_cannot_be_taken_away_is_said_to_be_left_and_how_it_goes(
        self, aws: Aws, holder: Holder, wire: Wire
    ) -> None:
        wire.refuse("sqs:DeleteQueue", "AccessDenied", DENIED.format("sqs:DeleteQueue"))
        result = holder.hold(Pipeline(aws, ACCEPTED))
        assert result.proven
        assert not result.passed
        (left,) = result.left
        assert left.startswith(f"the drill's queue {PREFIX}")
        assert "aws sqs delete-queue --region eu-west-1 --queue-url https://" in left
        assert "sqs:DeleteQueue" in left
        assert holder.told("left") == [f"left behind: {left}"]
        assert traces(aws) == 1

    def test_a_subscription_that_cannot_be_taken_away_leaves_no_queue(
        self, aws: Aws, holder: Holder, wire: Wire
    ) -> None:
        wire.refuse("sns:Unsubscribe", "AuthorizationError", DENIED.format("sns:Unsubscribe"))
        (left,) = holder.hold(Pipeline(aws, ACCEPTED)).left
        assert "aws sns unsubscribe --region eu-west-1 --subscription-arn arn:" in left
        assert aws.sqs.list_queues(QueueNamePrefix=PREFIX).get("QueueUrls", []) == []


def failing(attribute: str, actual: object) -> Report:
    """A survey that has found the asynchronous invocation wrong in one attribute."""
    check = f"async-invocation/UpdateInventory.{attribute}"
    finding = Finding(Group.ASYNC, check, check, Level.FAILS, 2, actual, "Lambda › Async")
    return Report("default", ACCOUNT, REGION, (finding,), (), ())


class TestRuledOut:
    """What the survey has ruled out is told before, and not waited for."""

    SLOW = replace(PACE, longest=15, late=10, quiet=0.2)

    def test_a_record_that_cannot_come(self, aws: Aws, holder: Holder) -> None:
        holder.report = failing("on_failure", None)
        drill = holder.drill(Pipeline(aws, ACCEPTED, records=False), pace=self.SLOW)
        assert drill.announce().against == ("Lambda › Async: none, not 2.",)
        result = drill.run()
        assert result.seconds < 5
        assert roots(result) == {"record"}
        assert "no record can come; watching whether it stays quiet" in holder.waits

    def test_retries_that_cannot_come(self, aws: Aws, holder: Holder) -> None:
        holder.report = failing("retry_attempts", 0)
        result = holder.drill(Pipeline(aws, ACCEPTED, runs=1), pace=self.SLOW).run()
        assert result.seconds < 5
        assert roots(result) == {"attempts"}

    def test_what_may_come_is_still_waited_for(self, aws: Aws, holder: Holder) -> None:
        holder.report = failing("maximum_age_seconds", 60)
        pace = replace(self.SLOW, longest=2)
        result = holder.drill(Pipeline(aws, ACCEPTED, records=False), pace=pace).run()
        assert result.seconds >= 2


class TestQueue:
    def test_a_look_that_is_cut_short_says_so_and_is_made_again(
        self, aws: Aws, holder: Holder
    ) -> None:
        put(aws, *(f"other-{n}" for n in range(30)))
        result = holder.drill(Pipeline(aws, ACCEPTED), pace=replace(PACE, holds=10)).run()
        assert roots(result) == {"record"}
        told = expectation(result, "record")
        assert told.actual == "only 10 of 31 messages were looked through"
        assert "may be among the others" in told.cause
        assert depth(aws) == 31

    @pytest.mark.parametrize(
        ("most", "looks"), [(10, 3), (100, 1)], ids=["cut-short", "seen-in-full"]
    )
    def test_what_a_look_has_not_seen_is_not_taken_for_known(
        self, aws: Aws, most: int, looks: int
    ) -> None:
        put(aws, *(f"other-{n}" for n in range(31)))
        queue = DeadLetters(aws, "OrderProcessingDLQ", most=most)
        posted = (time.monotonic(), time.time())
        plan = Plan("DRILL-0123456789ab", {"ordersetup-drill-0123456789ab": 1})
        pace = replace(PACE, between=0)
        watch = Watch(aws, plan, pace, None, queue, lambda _: None, posted, depth=30)
        for _ in range(3):
            watch.look()
        assert watch.looks == looks

    def test_the_record_of_the_other_function_is_taken_out_and_is_not_the_record(
        self, aws: Aws, holder: Holder
    ) -> None:
        web = Pipeline(aws, ACCEPTED)
        web.functions = ["SendEmail", "UpdateInventory"]
        assert holder.hold(web).passed
        assert depth(aws) == 0

    def test_a_late_record_of_the_other_function_is_taken_out_before_the_end(
        self, aws: Aws, holder: Holder
    ) -> None:
        web = Pipeline(aws, ACCEPTED)
        late: list[str] = []

        def mail_fails(moment: Moment) -> None:
            if moment.event == "record":
                order = web.orders[0]
                late.append(json.dumps({"requestPayload": order, "requestContext": MAILER}))
                put(aws, *late)

        holder.then = mail_fails
        assert holder.drill(web, pace=replace(PACE, quiet=0.5)).run().passed
        assert late
        assert depth(aws) == 0

    def test_an_interruption_says_what_will_come_and_how_it_goes(
        self, aws: Aws, holder: Holder
    ) -> None:
        web = Pipeline(aws, ACCEPTED, begins=False)

        def interrupt() -> None:
            raise KeyboardInterrupt

        web.before = interrupt
        with pytest.raises(KeyboardInterrupt):
            holder.hold(web)
        (told,) = holder.told("interrupted")
        assert "can still come to OrderProcessingDLQ" in told
        assert web.orders[0]["order_id"] in told
        assert traces(aws) == 0


MAILER = {"functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:SendEmail"}


class TestNotHeld:
    def redrive(self, aws: Aws, most: int) -> None:
        other = aws.sqs.create_queue(QueueName="Graveyard")["QueueUrl"]
        arn = aws.sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["QueueArn"])
        target = arn["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": most})
        aws.sqs.set_queue_attributes(QueueUrl=url_of(aws), Attributes={"RedrivePolicy": policy})

    @pytest.mark.parametrize("most", [1, MOST_LOOKS])
    def test_a_queue_that_passes_on_what_is_looked_at_is_refused_before_anything_is_sent(
        self, aws: Aws, holder: Holder, most: int
    ) -> None:
        self.redrive(aws, most)
        web = Pipeline(aws, ACCEPTED)
        for deed in (holder.drill(web).announce, holder.drill(web).run):
            with pytest.raises(NotHeld) as caught:
                deed()
            assert "redrive policy" in caught.value.happened
            assert "Maximum receives" in caught.value.then
        assert (web.orders, traces(aws)) == ([], 0)

    def test_a_queue_that_passes_on_late_is_announced(self, aws: Aws, holder: Holder) -> None:
        self.redrive(aws, MOST_LOOKS + 1)
        drill = holder.drill(Pipeline(aws, ACCEPTED))
        assert drill.announce().passes_on == MOST_LOOKS + 1
        assert drill.run().passed

    def test_a_stack_that_is_not_there_is_told_in_one_sentence(
        self, aws: Aws, holder: Holder
    ) -> None:
        aws.sqs.delete_queue(QueueUrl=url_of(aws))
        with pytest.raises(NotHeld) as caught:
            holder.drill(Pipeline(aws, ACCEPTED), url=None).announce()
        assert caught.value.happened == (
            "The stack default does not exist in eu-west-1, so no drill was held."
        )

    def test_a_stack_without_an_api_is_told_as_that(self, aws: Aws, holder: Holder) -> None:
        with pytest.raises(NotHeld) as caught:
            holder.drill(Pipeline(aws, ACCEPTED), url=None).announce()
        assert "has no API" in caught.value.happened


@pytest.mark.parametrize(
    ("by_hand", "written"),
    [
        (("Create function UpdateInventory",), {"UpdateInventory"}),
        (("Create function UpdateInventory2", "Create function My ProcessOrder"), set()),
        ((), set()),
    ],
    ids=["by-hand", "names-that-contain-it", "none"],
)
def test_functions_of_another_make_are_known_by_their_whole_name(
    by_hand: tuple[str, ...], written: set[str]
) -> None:
    assert foreign(BUILT.steps, Report("default", "1", REGION, (), by_hand, ())) == written
