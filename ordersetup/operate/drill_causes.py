"""The likely cause of what a drill did not see, and where to look; pure.

What the survey before the drill has found goes first: it names the setting. Where every setting is
as it should be, the evidence itself is read: what lacks at one place and stands at another.
"""

from __future__ import annotations

from ordersetup.advice import near_miss
from ordersetup.operate.drill_survey import Survey
from ordersetup.operate.evidence import Evidence, Plan
from ordersetup.report import Report

ZERO_CONCURRENCY = "ZeroReservedConcurrency"
TOO_OLD = "EventAgeExceeded"


class Causes:
    """Explains one drill.

    Args:
        evidence: what was seen.
        plan: what was expected.
        report: the survey before it, if there was one.
    """

    def __init__(self, evidence: Evidence, plan: Plan, report: Report | None) -> None:
        self._seen = evidence
        self._plan = plan
        self._survey = Survey(plan, report)
        self._lambda = f"Lambda › {plan.function}"
        self._async = f"{self._lambda} › Configuration › Asynchronous invocation"
        self._logs = f"CloudWatch › Log groups › {plan.log_group}"
        self._role = f"{self._lambda} › Configuration › Permissions › Execution role"

    @property
    def throttled(self) -> bool:
        """Whether Lambda holds the event back for want of free concurrency."""
        seen = self._seen
        idle = not seen.log.attempts and not seen.records and not seen.unread_log
        return idle and (seen.reserved == 0 or bool(seen.throttles))

    @property
    def swallowed(self) -> bool:
        """Whether the function ran and ended well, though the order cannot be filled.

        Not every platform says whether a run has raised: one that was neither tried again nor
        recorded, though the settings are right, has not.
        """
        log, runs = self._seen.log, len(self._seen.log.attempts)
        ended = 0 < runs <= log.ended and not log.raised
        given_up = runs < self._plan.attempts and not self._seen.records
        return ended and given_up and not (self._retrying() or self._destination())

    @property
    def missed(self) -> bool:
        """Whether only the older dead-letter queue leads to the queue."""
        return self._survey.missed

    @property
    def nothing_to_record(self) -> bool:
        """Whether no record can be due."""
        return self.throttled or self.swallowed

    @property
    def never_ran(self) -> bool:
        """Whether Lambda gave the event up before the function had run once."""
        seen = self._seen
        conditions = {record.condition for record in seen.records}
        unrun = ZERO_CONCURRENCY in conditions or (TOO_OLD in conditions and not seen.unread_log)
        return unrun and not seen.log.attempts

    def refused(self) -> str:
        """Why the API did not accept the order."""
        if self._seen.begun:
            return (
                "The order was begun all the same: the function that took it handed it on, and "
                "then failed or answered otherwise. See its log; a caller who posts the order "
                "again may be served twice."
            )
        found = self._survey.cause("api", "stage", "method", "permission/", "integration")
        return found or (
            "The failure path was not reached. Look at the API's stage in API Gateway, and at the "
            "log of the function that takes the orders; a 5xx is that function's own failure, "
            "since the API calls it synchronously. A 4xx may be its refusal of the order's form: "
            "order_id, customer_email, and items of item_id and quantity."
        )

    def attempts(self) -> str:
        """Why the function did not run as often as it should."""
        seen, runs = self._seen, len(self._seen.log.attempts)
        if seen.unread_log:
            return f"The attempts could not be counted. See {self._logs}."
        if qualifiers := sorted({r.qualifier for r in seen.records if r.qualifier}):
            return (
                f"The event ran as {self._plan.function}:{', '.join(qualifiers)}: an alias or a "
                "version has an asynchronous invocation of its own, and what is set for the "
                f"function does not hold for it. See {self._lambda} › Aliases › Configuration › "
                "Asynchronous invocation."
            )
        if held := self._held_back():
            return held
        if self.swallowed:
            return (
                f"{self._plan.function} ended and was not tried again, though the order cannot be "
                "filled and the settings are right: it catches the exception. Lambda tries again "
                f"only what is raised. See {self._lambda} › Code."
            )
        if runs < self._plan.attempts and (found := self._retrying()):
            return found
        return self._few(runs) if runs < self._plan.attempts else self._many()

    def _retrying(self) -> str:
        """What the survey knows against the retries."""
        return self._survey.cause("retry_attempts", "maximum_age")

    def _few(self, runs: int) -> str:
        conditions = {record.condition for record in self._seen.records}
        if ZERO_CONCURRENCY in conditions:
            return self.condition()
        if TOO_OLD in conditions:
            return self.condition()
        if self._seen.records:
            # The record tells of attempts whose traces are not there.
            return (
                f"The log tells of {runs} attempts, and a record came all the same: either the log "
                f"lacks the others or is late (see {self._logs}, and {self._lambda} › "
                "Configuration › Monitoring tools: a system log level of WARN hides them), or "
                f"Retry attempts was not 2 when the order was sent (see {self._async})."
            )
        if runs:
            return (
                f"After {runs} attempts no other came within {self._plan.waited:.0f} s: Lambda may "
                f"be busy (repeat with a longer --timeout), or see Retry attempts in {self._async}."
            )
        return self._survey.cause(
            "function", "async-invocation/", "role", "rights/", "log-group/"
        ) or (
            f"{self._plan.function} did not run at all, or leaves no log: see what ProcessOrder "
            f"invokes, and whether the role may write to {self._logs}."
        )

    def _many(self) -> str:
        return (
            "It ran more often than its settings say: asynchronous events can be delivered twice; "
            f"repeat the drill. If it stays, something else invokes it: {self._lambda} › "
            "Configuration › Triggers."
        )

    def _held_back(self) -> str:
        """Why Lambda lets the function run not even once; empty where nothing says that it does."""
        off = "" if self._seen.log.attempts else self._survey.cause("switched_off")
        return off or (self._throttle() if self.throttled else "")

    def _throttle(self) -> str:
        why = (
            "its reserved concurrency is 0"
            if self._seen.reserved == 0
            else f"{self._seen.throttles} runs were throttled in the last minutes"
        )
        return (
            f"Throttled, which is not broken: {why}. Lambda keeps the event and tries for up to 6 "
            f"hours; no record comes meanwhile. See {self._lambda} › Configuration › Concurrency, "
            "and the account's quota of concurrent executions."
        )

    def alerts(self) -> str:
        """Why there are not as many alerts as failed attempts."""
        topic, seen = self._plan.topic, self._seen
        page = f"SNS › Topics › {topic}"
        if found := self._survey.cause(
            f"topic/{topic}", f"{topic}.denials", ".publish", "denied", "environment"
        ):
            return found
        if seen.log.unheard:
            errors = ", ".join(sorted(set(seen.log.unheard)))
            return (
                f"{self._plan.function} could not publish its alert ({errors}): see that {page} "
                f"exists, and that its role may sns:Publish to it ({self._role})."
            )
        if seen.unheard:
            return f"The drill could not listen to the alerts. See {page} › Subscriptions."
        if len(seen.alerts) > len(seen.log.attempts):
            return f"More alerts than failed attempts: see who else publishes to {page}."
        return (
            f"Alerts were published and did not arrive at the drill's queue: see {page} › Access "
            "policy, Subscriptions and Delivery status logging, and whether another program reads "
            "the drill's queue or has changed its access policy."
        )

    def record(self) -> str:
        """Why the queue does not have exactly one record of the order."""
        queue, seen = self._plan.queue, self._seen
        if found := self._destination():
            return found
        if seen.unread_queue:
            return f"The queue could not be looked through. See SQS › Queues › {queue}."
        if any(not record.is_record for record in seen.records):
            return self._near_miss()
        if len(seen.records) > 1:
            return (
                "Lambda delivers a record at least once; repeat the drill. If it stays, see "
                f"whether the event is invoked twice: {self._lambda} › Monitor."
            )
        if seen.records:
            return (
                f"The record carries another event than was sent: see what ProcessOrder hands to "
                f"{self._plan.function}."
            )
        return self._no_record()

    def _destination(self) -> str:
        """What the survey knows against the way into the queue."""
        ways = (
            *("on_failure", f"async-invocation/{self._plan.function}.exists"),
            *(
                f"queue/{self._plan.queue}",
                f"{self._plan.queue}.denials",
                "send_to_queue",
                "key-rights/",
                "denied",
            ),
        )
        if not (found := self._survey.cause(*ways)):
            return ""
        return f"{self._near_miss()} {found}" if self._survey.note("dead_letter") else found

    def _near_miss(self) -> str:
        return near_miss(self._plan.function, self._plan.queue)

    def _no_record(self) -> str:
        queue, runs = self._plan.queue, len(self._seen.log.attempts)
        if self._seen.cut_short:
            return (
                f"The record may be among the others: look for {self._plan.order_id} in SQS › "
                f"Queues › {queue} › Send and receive messages, or empty the queue of what is "
                "done with, and repeat the drill."
            )
        if self._seen.undelivered:
            return (
                f"Lambda could not deliver {self._seen.undelivered} records (metric "
                f"DestinationDeliveryFailures): see whether the role may sqs:SendMessage to "
                f"{queue} ({self._role}), the queue's access policy and its key."
            )
        if runs < self._plan.attempts:
            return (
                f"The record comes after the last retry, and only {runs} of "
                f"{self._plan.attempts} attempts were seen within {self._plan.waited:.0f} s. See "
                f"{self._async} › On-failure destination."
            )
        return (
            f"All attempts failed as they should, and no record was found: another program may "
            f"have taken it from {queue} (SQS › Queues › {queue} › Lambda triggers, and who else "
            f"reads it), or Lambda could not deliver it (metric DestinationDeliveryFailures; "
            f"{self._role})."
        )

    def condition(self) -> str:
        """Why Lambda gave up for another reason than its retries."""
        conditions = {record.condition for record in self._seen.records if record.is_record}
        if ZERO_CONCURRENCY in conditions:
            return (
                "The function is switched off: its reserved concurrency is 0, so the event went "
                f"to the queue unrun. See {self._lambda} › Configuration › Concurrency."
            )
        if TOO_OLD in conditions:
            return (
                "The event became too old before its retries were done: see Maximum age of event "
                f"in {self._async} (the guide's is 6 hours), and whether the function is throttled."
            )
        return f"A condition this tool does not know counts as a failure. See {self._async}."

    def error(self) -> str:
        """Why the record does not name our error."""
        found = self._survey.cause(
            "take_from_stock", "record_transactions", "denied", "environment"
        )
        return found or (
            f"{self._plan.function} failed, yet not for the reason the order was made to fail: see "
            f"{self._logs} for the order {self._plan.order_id}."
        )

    def tables(self) -> str:
        """Why the order left a trace in the tables."""
        if self._seen.unread_tables:
            return "See the table in the DynamoDB console."
        return (
            f"{self._plan.function} wrote for an order that cannot be filled: it does not check "
            f"the stock in the same transaction. See {self._lambda} › Code."
        )

    def quiet(self) -> str:
        """Why the function ran once more after its record."""
        return (
            "It ran again after the record: asynchronous events can be delivered twice; repeat the "
            f"drill. If it stays, see what else invokes it: {self._lambda} › Configuration › "
            "Triggers."
        )
