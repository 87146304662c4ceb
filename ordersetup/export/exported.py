"""An export as files: what is written, whichever tool's words it is in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ordersetup.blueprint import Blueprint
from ordersetup.export.cloudformation import as_json, template
from ordersetup.export.cloudformation_import import takeover
from ordersetup.export.identities import Identities
from ordersetup.export.terraform import configuration, imports, pieces
from ordersetup.export.words import called
from ordersetup.step import Step
from ordersetup.steps.functions import Function
from ordersetup.steps.topics import Topic

CODE = "handlers.zip"
TEMPLATE = "template.json"
IMPORT_TEMPLATE = "import.template.json"
TO_IMPORT = "resources-to-import.json"
MAIN = "main.tf"
IMPORTS = "imports.tf"

NAMES: Mapping[str, tuple[str, ...]] = {
    "cloudformation": (TEMPLATE, IMPORT_TEMPLATE, TO_IMPORT, CODE),
    "terraform": (MAIN, IMPORTS, CODE),
}
"""The files of each format."""


@dataclass(frozen=True)
class Exported:
    """What an export consists of.

    Args:
        files: contents by name.
        imports: how many resources of the stack that stands are taken over; 0 if it does not.
        later: logical names of what cannot be taken over and is made by the update after it.
        code_key: where in a bucket the zip is proposed to be.
    """

    files: Mapping[str, bytes]
    imports: int = 0
    later: tuple[str, ...] = ()
    code_key: str = ""


def cloudformation(
    blueprint: Blueprint, steps: Sequence[Step[Any]], stands: Identities | None
) -> Exported:
    """A CloudFormation template, and what an import of the stack that stands needs; pure.

    Args:
        blueprint: the stack.
        steps: those of its steps that are exported.
        stands: the ids of the stack, if all of it stands.
    """
    digest = hashlib.sha256(blueprint.code.zipped).hexdigest()[:16]
    key = f"ordersetup/{blueprint.names.stack}/handlers-{digest}.zip"
    whole = template(blueprint, steps, code_key=key)
    files = {TEMPLATE: as_json(whole).encode(), CODE: blueprint.code.zipped}
    if stands is None:
        return Exported(files, code_key=key)
    arns = {
        called(step, blueprint.names.stack): step.arn
        for step in steps
        if isinstance(step, Topic | Function)
    }
    taken = takeover(whole, stands, arns)
    files[IMPORT_TEMPLATE] = as_json(taken.template).encode()
    files[TO_IMPORT] = as_json(taken.resources).encode()
    return Exported(files, len(taken.resources), taken.later, key)


def terraform(
    blueprint: Blueprint, steps: Sequence[Step[Any]], stands: Identities | None
) -> Exported:
    """A Terraform configuration, and the import blocks of the stack that stands; pure.

    Args:
        blueprint: the stack.
        steps: those of its steps that are exported.
        stands: the ids of the stack, if all of it stands.
    """
    made = pieces(blueprint, steps, stands)
    files = {MAIN: configuration(blueprint, made).encode(), CODE: blueprint.code.zipped}
    if stands is None:
        return Exported(files)
    text, count, later = imports(made, stands)
    return Exported({**files, IMPORTS: text.encode()}, count, later)


Export: TypeAlias = Callable[[Blueprint, Sequence[Step[Any]], Identities | None], Exported]

FORMATS: Mapping[str, Export] = {
    "cloudformation": cloudformation,
    "terraform": terraform,
}
"""How each format is made."""
