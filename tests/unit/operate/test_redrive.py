"""Letters that go again, or into a file: none is lost on the way, and no other goes."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from ordersetup.aws import Aws
from ordersetup.errors import BadInput, Incompatible
from ordersetup.operate.discard import Discard
from ordersetup.operate.letter_box import HIDDEN_SECONDS, MOST_HELD, LetterBox
from ordersetup.operate.letters import Letter
from ordersetup.operate.redrive import Deed, Redrive, Redriven, Refusal, TooLate
from ordersetup.operate.replay import Replay
from tests.conftest import Provision
from tests.stacks import stack, with_needs
from tests.unit.operate.mailbox import FakeBox, letter, record, stock_event
from tests.wire import Wire

STACK = stack()
NAMES = STACK.blueprint.names
LATER = float("inf")


def letters(count: int) -> list[Letter]:
    return [letter(record(stock_event(f"A-{n}")), f"m-{n}") for n in range(count)]


class Accept:
    """Accepts everything, but for what a test wants otherwise."""

    def __init__(self, on: Callable[[Letter], None] = lambda _: None) -> None:
        self.done: list[str] = []
        self.sealed = 0
        self._on = on

    def do(self, found: Letter, _: float) -> None:
        self._on(found)
        self.done.append(found.message_id)

    def seal(self) -> None:
        self.sealed = len(self.done)


def run(box: FakeBox, chosen: set[str], deed: Deed, *, keep: bool = False) -> Redriven:
    return Redrive(box, chosen, deed, keep=keep).run(lambda _: None)


class TestTakingOut:
    def test_those_that_are_meant_go_once_and_the_others_stay_visible(self) -> None:
        box, deed = FakeBox(letters(50)), Accept()
        chosen = {f"m-{n}" for n in range(0, 50, 2)}
        redriven = run(box, chosen, deed)
        assert sorted(deed.done) == sorted(chosen)
        assert box.inside.keys() == {f"m-{n}" for n in range(1, 50, 2)}
        assert (redriven.done, redriven.unseen, box.visible) == (25, 0, 25)
        assert redriven.complete

    def test_what_comes_back_meanwhile_does_not_go_again_in_the_same_run(self) -> None:
        box = FakeBox(letters(30))
        back = iter(range(1000))
        deed = Accept(lambda _: box.put(letter(record(stock_event("B")), f"back-{next(back)}")))
        assert run(box, set(box.inside), deed).done == 30
        assert {name[:5] for name in box.inside} == {"back-"}

    def test_one_that_is_delivered_twice_goes_once(self) -> None:
        box = FakeBox(letters(30))
        box.deliver_twice(box.inside["m-7"])
        deed = Accept()
        run(box, set(box.inside), deed)
        assert deed.done.count("m-7") == 1

    def test_they_stay_if_that_is_wanted(self) -> None:
        box, deed = FakeBox(letters(30)), Accept()
        redriven = run(box, set(box.inside), deed, keep=True)
        assert (redriven.done, redriven.kept, box.visible) == (30, 30, 30)
        assert len(deed.done) == 30

    def test_a_refusal_leaves_that_one_and_goes_on(self) -> None:
        def refuse(found: Letter) -> None:
            if found.message_id == "m-7":
                raise Refusal("too large")

        box = FakeBox(letters(30))
        redriven = run(box, set(box.inside), Accept(refuse))
        assert (redriven.done, redriven.refused, box.visible) == (29, {"too large": 1}, 1)
        assert not redriven.complete

    def test_one_that_cannot_be_deleted_is_told(self) -> None:
        box = FakeBox(letters(30))
        box.undeletable = {"m-7"}
        redriven = run(box, set(box.inside), Accept())
        assert (redriven.done, redriven.undeleted) == (30, 1)
        assert not redriven.complete

    def test_one_that_cannot_be_deleted_is_visible_again(self) -> None:
        box = FakeBox(letters(30))
        box.undeletable = {"m-7"}
        run(box, set(box.inside), Accept())
        assert (box.visible, [*box.inside]) == (1, ["m-7"])

    def test_what_was_accepted_when_deleting_broke_is_told_and_given_back(self) -> None:
        box = FakeBox(letters(30))
        box.broken = True
        work = Redrive(box, set(box.inside), Accept())
        with pytest.raises(ConnectionError):
            work.run(lambda _: None)
        assert (work.redriven.done, work.redriven.undeleted) == (10, 10)
        assert box.visible == 30

    def test_no_more_than_so_many_others_are_held(self) -> None:
        box = FakeBox(letters(MOST_HELD + 5_000))
        box.most_hidden = MOST_HELD
        redriven = run(box, {"gone"}, Accept())
        assert (redriven.done, redriven.unseen, redriven.full) == (0, 1, True)
        assert box.visible == MOST_HELD + 5_000

    def test_one_that_is_too_late_is_left_and_met_again_once_it_is_back(self) -> None:
        box, late = FakeBox(letters(30)), True

        def on(found: Letter) -> None:
            nonlocal late
            if found.message_id == "m-7" and late:
                late = False
                box.now += HIDDEN_SECONDS
                raise TooLate

        deed = Accept(on)
        redriven = Redrive(box, {"m-7"}, deed, clock=lambda: box.now).run(lambda _: None)
        assert (redriven.done, deed.done) == (1, ["m-7"])
        assert "m-7" not in box.inside

    def test_those_that_come_back_after_their_time_do_not_keep_it_going(self) -> None:
        class Slow(FakeBox):
            def receive(self, calls: int = 1) -> Sequence[Letter]:
                self.now += 60
                assert self.now < 60 * 30, "it goes round and round"
                return super().receive(calls)

        box = Slow(letters(100))
        redriven = Redrive(box, {"gone"}, Accept(), clock=lambda: box.now).run(lambda _: None)
        assert redriven.unseen == 1

    def test_those_that_are_gone_end_it_and_are_told(self) -> None:
        box = FakeBox(letters(30))
        redriven = run(box, {"m-1", "gone"}, Accept())
        assert (redriven.done, redriven.unseen, box.visible) == (1, 1, 29)

    def test_ctrl_c_takes_out_what_was_accepted_and_gives_back_the_rest(self) -> None:
        deed = Accept(lambda _: None)

        def interrupt(_: Letter) -> None:
            if len(deed.done) == 13:
                raise KeyboardInterrupt

        deed = Accept(interrupt)
        box = FakeBox(letters(30))
        redriven = run(box, set(box.inside), deed)
        assert redriven.interrupted
        assert (redriven.done, len(box.inside), box.visible) == (13, 17, 17)
        assert redriven.unseen == 17
        again = run(box, set(box.inside), Accept())
        assert (again.done, len(box.inside)) == (17, 0)

    def test_nothing_is_taken_out_that_was_not_sealed(self) -> None:
        class Broken(Accept):
            def seal(self) -> None:
                raise OSError

        box = FakeBox(letters(30))
        with pytest.raises(OSError):  # noqa: PT011 - any
            run(box, set(box.inside), Broken())
        assert (len(box.inside), box.visible) == (30, 30)

    def test_a_letter_in_hand_for_too_long_is_left_to_the_next_round(self) -> None:
        moments = iter(range(0, 10**6, 60))
        box, deed = FakeBox(letters(10)), Accept()
        work = Redrive(box, set(box.inside), deed, clock=lambda: next(moments))
        redriven = work.run(lambda _: None)
        assert redriven.done == len(deed.done) == 4
        assert (redriven.unseen, box.visible) == (6, 6)

    def test_ten_thousand_take_a_call_for_ten(self) -> None:
        box = FakeBox(letters(10_000))
        assert run(box, set(box.inside), Accept()).done == 10_000
        assert box.receives <= 1001

    def test_one_among_ten_thousand_is_found_in_one_round(self) -> None:
        box = FakeBox(letters(10_000))
        assert run(box, {"m-9999"}, Accept()).done == 1
        assert box.receives <= 1001
        assert box.visible == 9_999


@pytest.fixture
def replay(aws: Aws) -> Replay:
    return Replay(aws, NAMES, lambda *_: None, rate=1000, ends=float("inf"))


@pytest.mark.usefixtures("aws")
class TestReplaying:
    def test_the_record_s_event_is_invoked_asynchronously_on_its_function(
        self, replay: Replay, wire: Wire
    ) -> None:
        wire.answer("lambda:Invoke", {"StatusCode": 202})
        replay.do(letter(record(stock_event("A-1", lamp=2))), LATER)
        request = wire.requests["lambda:Invoke"]
        assert (request["FunctionName"], request["InvocationType"]) == ("UpdateInventory", "Event")
        assert json.loads(request["Payload"]) == stock_event("A-1", lamp=2)
        assert "Qualifier" not in request

    def test_an_alias_stays_an_alias(self, replay: Replay, wire: Wire) -> None:
        wire.answer("lambda:Invoke", {"StatusCode": 202})
        replay.do(letter(record(stock_event("A-1"), function="UpdateInventory:live")), LATER)
        assert wire.requests["lambda:Invoke"]["Qualifier"] == "live"

    def test_a_throttle_is_waited_for(self, aws: Aws, wire: Wire, calls: list[str]) -> None:
        waits: list[str] = []
        hold = Replay(aws, NAMES, lambda why, _: waits.append(why), rate=1000, ends=float("inf"))
        wire.refuse("lambda:Invoke", "TooManyRequestsException", "Rate Exceeded.", status=429)
        wire.answer("lambda:Invoke", {"StatusCode": 202})
        hold.do(letter(record(stock_event("A-1"))), LATER)
        assert calls == ["lambda:Invoke"] * 2
        assert waits == ["AWS limits the rate of this call for the whole account"]

    def test_a_throttle_is_not_waited_for_beyond_the_letter_s_time(
        self, aws: Aws, wire: Wire, calls: list[str]
    ) -> None:
        now = 0.0

        def say(_: str, __: float) -> None:
            nonlocal now
            now += 20

        hold = Replay(aws, NAMES, say, rate=1000, ends=float("inf"), clock=lambda: now)
        wire.refuse("lambda:Invoke", "TooManyRequestsException", "no", times=2, status=429)
        with pytest.raises(TooLate):
            hold.do(letter(record(stock_event("A-1"))), 30)
        assert calls == ["lambda:Invoke"] * 2

    def test_a_letter_whose_time_is_over_is_not_sent(
        self, replay: Replay, calls: list[str]
    ) -> None:
        with pytest.raises(TooLate):
            replay.do(letter(record(stock_event("A-1"))), 0)
        assert calls == []

    def test_an_event_that_lambda_does_not_take_is_left(self, replay: Replay, wire: Wire) -> None:
        wire.refuse("lambda:Invoke", "RequestTooLargeException", "too large", status=413)
        with pytest.raises(Refusal, match="Lambda does not take its event"):
            replay.do(letter(record(stock_event("A-1"))), LATER)

    def test_another_answer_than_202_is_no_acceptance(self, replay: Replay, wire: Wire) -> None:
        wire.answer("lambda:Invoke", {"StatusCode": 204})
        with pytest.raises(Refusal, match="204, and not 202"):
            replay.do(letter(record(stock_event("A-1"))), LATER)

    def test_they_keep_the_pace(self, aws: Aws, wire: Wire) -> None:
        slow = Replay(aws, NAMES, lambda *_: None, rate=20, ends=float("inf"))
        wire.answer("lambda:Invoke", {"StatusCode": 202}, times=4)
        began = time.monotonic()
        for found in letters(4):
            slow.do(found, LATER)
        assert time.monotonic() - began >= 0.15


class TestDiscarding:
    def test_each_is_in_the_file_whole_with_the_reason(self, tmp_path: Path) -> None:
        path = tmp_path / "out.jsonl"
        box = FakeBox([*letters(12), letter("no JSON", "text", None)])
        with closing(Discard(path, "old")) as deed:
            assert run(box, set(box.inside), deed).done == 13
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert {line["reason"] for line in lines} == {"old"}
        bodies = {line["message_id"]: line["body"] for line in lines}
        assert bodies["text"] == "no JSON"
        assert json.loads(bodies["m-3"]) == record(stock_event("A-3"))
        assert next(line for line in lines if line["message_id"] == "text")["sent"] is None
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert not box.inside

    def test_a_file_that_is_there_is_not_touched(self, tmp_path: Path) -> None:
        path = tmp_path / "out.jsonl"
        path.write_text("mine")
        with pytest.raises(BadInput, match="cannot be made: File exists"):
            Discard(path, "old")
        assert path.read_text() == "mine"

    def test_it_is_on_disk_before_it_is_taken_out(self, tmp_path: Path) -> None:
        path = tmp_path / "out.jsonl"
        seen: list[int] = []

        class Watched(FakeBox):
            def take_out(self, receipts: Iterable[str]) -> Sequence[str]:
                seen.append(len(path.read_text().splitlines()))
                return super().take_out(receipts)

        box = Watched(letters(25))
        with closing(Discard(path, "old")) as deed:
            run(box, set(box.inside), deed)
        assert seen == [10, 20, 25]


@pytest.fixture
def box(aws: Aws, provision: Provision) -> LetterBox:
    step = STACK.step("queue/OrderProcessingDLQ")
    provision(with_needs(STACK.steps, step))
    return LetterBox(aws, NAMES, poll=0)


def url(aws: Aws) -> str:
    return aws.sqs.get_queue_url(QueueName="OrderProcessingDLQ")["QueueUrl"]


class TestQueue:
    def test_letters_are_received_given_back_and_taken_out(self, aws: Aws, box: LetterBox) -> None:
        for n in range(25):
            body = json.dumps(record(stock_event(f"A-{n}")))
            aws.sqs.send_message(QueueUrl=url(aws), MessageBody=body)
        assert (box.depth().visible, box.depth().hidden) == (25, 0)
        found = box.receive(3)
        assert {one.order_id for one in found} == {f"A-{n}" for n in range(25)}
        assert all(one.record.at for one in found)
        assert (box.depth().visible, box.depth().hidden) == (0, 25)
        box.give_back(one.receipt for one in found)
        assert box.depth().visible == 25
        assert box.take_out(one.receipt for one in [*box.receive(3)]) == []
        assert box.depth().visible == box.depth().hidden == 0

    def test_what_cannot_be_given_back_is_counted_and_no_error(
        self, aws: Aws, box: LetterBox, wire: Wire
    ) -> None:
        for n in range(12):
            aws.sqs.send_message(QueueUrl=url(aws), MessageBody=str(n))
        found = [*box.receive(), *box.receive()]
        wire.refuse("sqs:ChangeMessageVisibilityBatch", "AccessDenied", "no", status=403)
        failed = {"Id": "0", "SenderFault": False, "Code": "InternalError"}
        gone = {"Id": "1", "SenderFault": True, "Code": "ReceiptHandleIsInvalid"}
        wire.answer("sqs:ChangeMessageVisibilityBatch", {"Failed": [failed, gone]})
        assert box.give_back(one.receipt for one in found) in (10 + 1, 2 + 1)

    def test_a_deletion_that_failed_is_tried_once_more(
        self, aws: Aws, box: LetterBox, wire: Wire
    ) -> None:
        for n in range(3):
            aws.sqs.send_message(QueueUrl=url(aws), MessageBody=str(n))
        found = box.receive()
        for number in ("1", "0"):
            failed = {"Id": number, "SenderFault": False, "Code": "InternalError"}
            wire.answer("sqs:DeleteMessageBatch", {"Failed": [failed]})
        assert box.take_out([found[0].receipt, found[1].receipt]) == [found[1].receipt]
        assert wire.requests["sqs:DeleteMessageBatch"]["Entries"] == [
            {"Id": "0", "ReceiptHandle": found[1].receipt}
        ]

    def test_a_queue_that_passes_messages_on_is_not_looked_at(
        self, aws: Aws, box: LetterBox, calls: list[str]
    ) -> None:
        other = aws.sqs.create_queue(QueueName="other")["QueueUrl"]
        arn = aws.sqs.get_queue_attributes(QueueUrl=other, AttributeNames=["QueueArn"])
        policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 3}
        aws.sqs.set_queue_attributes(
            QueueUrl=url(aws), Attributes={"RedrivePolicy": json.dumps(policy)}
        )
        with pytest.raises(Incompatible, match="to another queue after 3 receives") as caught:
            box.check_stays("ordersetup redrive")
        assert caught.value.then.endswith("then run: ordersetup redrive")
        assert "sqs:ReceiveMessage" not in calls

    def test_any_other_queue_is(self, box: LetterBox) -> None:
        box.check_stays("ordersetup redrive")
