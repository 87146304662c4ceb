"""One small breaker for each check, which spoils that attribute as a person would, by hand.

A breaker uses boto3 alone, so it works on an emulator and on AWS alike, and it proves that it broke
by reading back: an emulator that forgets a change must not pass for a repair. The breakers stand in
`tests/breaking/`. Keys are "Class.attribute", the class being the step's.
"""

from __future__ import annotations

from tests.breaking.alarms import ALARMS
from tests.breaking.api import API
from tests.breaking.breaker import TAG, Breaker
from tests.breaking.running import RUNNING
from tests.breaking.stored import STORED

__all__ = ["BREAKERS", "TAG", "UNBREAKABLE", "Breaker"]

BREAKERS: dict[str, Breaker] = {**STORED, **RUNNING, **API, **ALARMS}

UNBREAKABLE = {
    "Queue.queue_type": "the name of a FIFO queue ends in .fifo, and so is another name",
    "Topic.topic_type": "the name of a FIFO topic ends in .fifo, and so is another name",
    "Table.status": "AWS moves it",
    "Function.package_type": "a function is made as one or the other for good",
    "Function.state": "AWS moves it",
    "Function.last_update": "AWS moves it",
    "Endpoint.preflight": "it follows from the stage",
    "Endpoint.allow_origin": "it follows from the stage",
}
"""Checks that no call can spoil by itself, and why; each has a test of its own."""
