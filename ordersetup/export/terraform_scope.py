"""What a translation into Terraform looks things up in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from ordersetup.blueprint import Blueprint
from ordersetup.export.hcl import Block, Code, Value
from ordersetup.export.identities import Identities
from ordersetup.export.words import called, snake
from ordersetup.step import Step
from ordersetup.steps.functions import Function
from ordersetup.steps.log_groups import LogGroup
from ordersetup.steps.queue import Queue
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic

Identity: TypeAlias = Callable[[Identities], str | None]


@dataclass(frozen=True)
class Piece:
    """A resource, and the id that it is imported by; None where it cannot be."""

    block: Block
    identity: Identity

    @property
    def address(self) -> str:
        """What Terraform calls the resource."""
        return ".".join(self.block.labels)


_KINDS: Mapping[type[Step[Any]], str] = {
    Table: "aws_dynamodb_table",
    Queue: "aws_sqs_queue",
    Topic: "aws_sns_topic",
    Function: "aws_lambda_function",
    LogGroup: "aws_cloudwatch_log_group",
}


@dataclass(frozen=True)
class Scope:
    """One stack, as far as translations look around in it.

    Args:
        blueprint: the stack.
        steps: those of its steps that are exported.
        stands: the ids of the stack, if it stands.
    """

    blueprint: Blueprint
    steps: tuple[Step[Any], ...]
    stands: Identities | None = None

    def of(self, step: Step[Any]) -> str:
        """The label of a step's resource."""
        return snake(called(step, self.blueprint.names.stack))

    def reference(self, step: Step[Any], kind: str, attribute: str = "arn") -> Code:
        """An attribute of a step's resource."""
        return Code(f"{kind}.{self.of(step)}.{attribute}")

    def piece(
        self,
        step: Step[Any],
        kind: str,
        body: Mapping[str, Value],
        blocks: tuple[Block, ...],
        identity: Identity,
    ) -> Piece:
        """The one resource of a step."""
        return Piece(Block("resource", (kind, self.of(step)), body, blocks), identity)

    def known(self, text: str) -> Value:
        """A reference to the resource that is called so, or the text itself."""
        if text.endswith(":*") and (code := self._known.get(text.removesuffix(":*"))):
            return Code(f'"${{{code.text}}}:*"')
        return self._known.get(text, text)

    @cached_property
    def _known(self) -> dict[str, Code]:
        found: dict[str, Code] = {}
        for step in self.steps:
            if isinstance(step, Table | Queue | Topic | Function | LogGroup):
                found[step.arn] = self.reference(step, _KINDS[type(step)])
            if isinstance(step, Table):
                found[step.name] = self.reference(step, _KINDS[Table], "name")
            if isinstance(step, Function):
                found[step.name] = self.reference(step, _KINDS[Function], "function_name")
        return found
