"""Where an order is posted: a stack as the running pipeline's commands need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ordersetup.aws import Aws
from ordersetup.blueprint import Blueprint
from ordersetup.engine import AnyStep
from ordersetup.report import Report
from ordersetup.steps.functions import Function


@dataclass(frozen=True)
class Site:
    """A stack that orders are posted to.

    Args:
        aws: where.
        blueprint: the stack; its names alone matter.
        url: where orders are posted; None if there is no API.
        report: a survey of it, whose findings explain what fails.
        foreign: names of the functions that somebody else has written.
    """

    aws: Aws
    blueprint: Blueprint
    url: str | None
    report: Report | None = None
    foreign: frozenset[str] = frozenset()


def foreign(steps: Iterable[AnyStep], report: Report) -> frozenset[str]:
    """Names of the functions that stand without a tag of ours: their code is somebody else's."""
    functions = (step for step in steps if isinstance(step, Function))
    return frozenset(step.name for step in functions if step.title in report.by_hand)
