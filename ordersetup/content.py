"""What a thing holds, as it is told before the thing is removed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Content:
    """What something holds; false if that is nothing and there is nothing to say about it.

    Args:
        count: how many.
        noun: of what, in the singular.
        more: there are more than were counted.
        remark: what else there is to say about it.
    """

    count: int = 0
    noun: str = "item"
    more: bool = False
    remark: str = ""

    def __bool__(self) -> bool:
        return self.count > 0 or self.more or bool(self.remark)

    def __str__(self) -> str:
        noun = self.noun if self.count == 1 and not self.more else f"{self.noun}s"
        counted = f"{'more than ' if self.more else ''}{self.count} {noun}"
        return f"{counted}, {self.remark}" if self.remark else counted
