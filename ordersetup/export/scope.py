"""What a translation into CloudFormation looks things up in, and the little words of templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from ordersetup.blueprint import Blueprint
from ordersetup.export.words import called
from ordersetup.ownership import Pair, pairs
from ordersetup.step import Step
from ordersetup.steps.functions import Function
from ordersetup.steps.tables import Table
from ordersetup.steps.topics import Topic

Resources: TypeAlias = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Scope:
    """One stack, as far as translations look around in it."""

    blueprint: Blueprint
    steps: tuple[Step[Any], ...]

    def of(self, step: Step[Any]) -> str:
        """The logical name of a step's resource."""
        return called(step, self.blueprint.names.stack)

    def one(self, step: Step[Any], kind: str, /, **properties: Any) -> Resources:
        """The one resource of a step."""
        return {self.of(step): made(kind, **properties)}

    def known(self, text: str) -> Any:
        """A reference to the resource that is called so, or the text itself."""
        return self._known.get(text, text)

    @cached_property
    def _known(self) -> dict[str, Any]:
        names = {s.name: ref(self.of(s)) for s in self.steps if isinstance(s, Table | Function)}
        return names | {s.arn: ref(self.of(s)) for s in self.steps if isinstance(s, Topic)}

    def portable(self, text: str) -> Any:
        """An ARN of this account and region as one of whichever the template is deployed to."""
        place = self.blueprint.place
        said = text.replace(f"arn:{place.partition}:", "arn:${AWS::Partition}:", 1)
        said = said.replace(f":{place.region}:", ":${AWS::Region}:", 1)
        said = said.replace(f":{place.account}:", ":${AWS::AccountId}:", 1)
        return text if said == text else {"Fn::Sub": said}


def made(kind: str, depends: tuple[str, ...] = (), /, **properties: Any) -> dict[str, Any]:
    """A resource that outlives its CloudFormation stack, save where making it has failed."""
    return {
        "Type": f"AWS::{kind}",
        **({"DependsOn": list(depends)} if depends else {}),
        "DeletionPolicy": "RetainExceptOnCreate",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }


def ref(name: str) -> dict[str, str]:
    """What AWS calls the resource, as its type defines it."""
    return {"Ref": name}


def get(name: str, attribute: str = "Arn") -> dict[str, list[str]]:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [name, attribute]}


def tag_list(tags: Mapping[str, str]) -> list[Pair]:
    """Tags as CloudFormation writes them, in one order."""
    return pairs(dict(sorted(tags.items())))
