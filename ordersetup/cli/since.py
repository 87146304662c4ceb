"""How far back to look, as an option takes it."""

from __future__ import annotations

import re

import click

_SPAN = re.compile(r"([0-9]{1,7})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Since(click.ParamType[float]):
    """A span of time such as 90s, 10m, 2h or 7d, in seconds."""

    name = "since"

    def convert(
        self, value: str | float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, int | float):
            return float(value)
        found = _SPAN.fullmatch(value.strip())
        if found is None or int(found[1]) == 0:
            self.fail(f"{value!r} is no span of time such as 90s, 10m, 2h or 7d.", param, ctx)
        return float(int(found[1]) * _SECONDS[found[2]])
