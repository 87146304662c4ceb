"""Values and blocks in HCL, as `terraform fmt` would have written them.

Equals signs are aligned among attributes that follow each other on a line each; one that takes
several lines stands for itself (Terraform Language Style Conventions).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Code:
    """An expression that is written as it is: a reference or a call."""

    text: str


Value: TypeAlias = "str | bool | int | float | Code | Sequence[Value] | Mapping[str, Value]"


@dataclass(frozen=True)
class Block:
    """A block.

    Args:
        kind: its type, such as "resource".
        labels: what follows the type in quotes.
        body: its attributes, in order.
        blocks: the blocks within, after the attributes.
    """

    kind: str
    labels: tuple[str, ...] = ()
    body: Mapping[str, Value] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    def lines(self) -> list[str]:
        """The block's lines, not indented."""
        inside = attributes(self.body)
        for block in self.blocks:
            inside += [*([""] if inside else []), *block.lines()]
        head = " ".join([self.kind, *(quoted(label) for label in self.labels)])
        return [f"{head} {{", *_indented(inside), "}"]


def document(heading: str, blocks: Sequence[Block]) -> str:
    """A whole file.

    Args:
        heading: a comment at its top.
        blocks: its blocks, set apart by an empty line each.
    """
    parts = [f"# {heading}", *("\n".join(block.lines()) for block in blocks)]
    return "\n\n".join(parts) + "\n"


def quoted(text: str) -> str:
    """A string that means these very characters: nothing in it is a template."""
    escaped = "".join(_ESCAPES.get(sign, sign) for sign in text)
    return f'"{escaped.replace("${", "$${").replace("%{", "%%{")}"'


def attributes(body: Mapping[str, Value]) -> list[str]:
    """Attributes, a line each where they need no more, their equals signs aligned."""
    lines: list[str] = []
    run: list[tuple[str, str]] = []
    for name, value in body.items():
        key = name if _NAME.fullmatch(name) else quoted(name)
        first, *more = expression(value)
        if not more:
            run.append((key, first))
            continue
        lines += [*_aligned(run), f"{key} = {first}", *more]
        run = []
    return [*lines, *_aligned(run)]


def expression(value: Value) -> list[str]:
    """A value's lines, the first of which follows an equals sign."""
    if isinstance(value, Code):
        return value.text.split("\n")
    if isinstance(value, str):
        return [quoted(value)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, int | float):
        return [f"{value:g}" if isinstance(value, float) else str(value)]
    if isinstance(value, Mapping):
        return ["{", *_indented(attributes(value)), "}"] if value else ["{}"]
    return _sequence(value)


def encoded(value: Value) -> Code:
    """The value as a JSON string, made by Terraform itself so that references stay references."""
    return Code("jsonencode(" + "\n".join(expression(value)) + ")")


def _sequence(values: Sequence[Value]) -> list[str]:
    items = [expression(value) for value in values]
    if all(len(item) == 1 for item in items) and sum(len(item[0]) for item in items) < 70:
        return [f"[{', '.join(item[0] for item in items)}]"]
    lines = [line for item in items for line in [*item[:-1], f"{item[-1]},"]]
    return ["[", *_indented(lines), "]"]


def _aligned(run: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(key) for key, _ in run), default=0)
    return [f"{key:<{width}} = {text}" for key, text in run]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" if line else line for line in lines]
