"""The house rules that no linter knows: who may import whom, and how large a thing may grow."""

from __future__ import annotations

import ast
import configparser
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "ordersetup"

ARROWS = {
    # What knows nothing of AWS.
    "errors": "",
    "sdk": "",
    "settings": "errors",
    "ownership": "__init__ errors settings",
    "bundle": "",
    "blueprint": "bundle ownership settings",
    "transient": "",
    "errand": "",
    "content": "",
    "obstacle": "",
    "step": "content aws obstacle transient",  # aws for its type alone
    "events": "step",
    "documents": "",
    "values": "documents",
    "interrupts": "",
    "engine": "events interrupts step",
    # The seam, and what waits at it.
    "web": "__init__ errors",
    "refusals": "errors",
    "patience": "errors refusals transient",
    "calls": "__init__ refusals transient",
    "identity": "calls errors refusals",
    "aws": "calls errand errors identity patience refusals settings web",
    "corrections": "aws blueprint",
    # The guide, and the verbs over it.
    "steps": "aws blueprint bundle content corrections documents errors obstacle ownership refusals"
    " settings step transient web",
    "conflicts": "errors masked step values",
    "lifecycle": "aws conflicts engine errand errors events patience refusals step transient",
    "adoption": "aws conflicts errors masked permissions step steps values web",
    "standing": "engine errors events",
    "serving": "engine lifecycle stack steps",
    "removal": "aws content engine errors events lifecycle ownership patience refusals step"
    " transient",
    "tagged": "aws ownership",
    "strays": "aws blueprint engine errors operate ownership permissions refusals settings steps"
    " tagged",
    "pruning": "aws blueprint engine operate permissions step steps strays",
    "dismantling": "engine pruning removal stack strays",
    "stacks": "aws blueprint engine errors events lifecycle ownership permissions refusals settings"
    " stack standing step steps tagged",
    # A stack that was built by other hands.
    "addresses": "errors",
    "references": "addresses aws documents errors permissions refusals",
    "api_references": "blueprint permissions references",
    "discovery": "addresses api_references aws blueprint errors references",
    "start": "addresses api_references aws discovery errors ownership references",
    "foreign": "aws blueprint bundle discovery engine permissions settings stack steps",
    "report": "aws engine events masked refusals step values",
    "masked": "",
    "advice": "report",
    "traits": "engine step steps",
    "receipt": "engine errors masked report step traits",
    "explain": "blueprint bundle errors settings step steps",
    "export": "blueprint errors ownership step steps",
    "stack": "aws blueprint bundle engine errors masked ownership permissions settings step steps",
    # What may be done, and by whom.
    "permissions": "blueprint ownership step",
    "policy": "adoption api_references blueprint foreign operate permissions pruning references"
    " stack stacks step steps strays",
    "operate": "advice aws blueprint bundle calls corrections engine errors masked ownership"
    " patience permissions refusals report sdk settings step steps transient values web",
    "edits": "aws bundle engine errand errors events patience step steps",
    # The embedded engine.
    "local_process": "errors",
    "local": "errors local_process",
    "physics": "aws local operate patience refusals settings",
    # What talks to people and programs.
    "views": "adoption blueprint conflicts discovery edits engine errors events explain export"
    " masked operate permissions policy receipt refusals removal report stacks step values",
    "cli": "__init__ addresses adoption advice aws blueprint bundle corrections discovery"
    " dismantling edits engine errors events explain export foreign lifecycle local masked"
    " operate permissions physics policy receipt refusals removal report serving sdk settings"
    " stack stacks standing start steps views web",
    "__main__": "cli",
    "__init__": "",
}
"""Left knows right, and nothing else of ours. A folder is one name; within it all is allowed."""

MAY_IMPORT = {
    "boto3": {"aws"},
    "botocore": {"aws", "calls", "identity", "refusals", "sdk", "transient"},
    "click": {"cli"},
    "rich": {"views"},
    "tenacity": {"patience"},
    "urllib3": {"web"},
    "platformdirs": {"local"},
    "ministack": set(),
}
"""Who may import what is not ours; whatever is not named here is the standard library's."""

HANDLERS_MAY_IMPORT = {"boto3", "botocore"}
"""What Lambda's runtime brings along; the zip carries nothing else."""

STANDARD = sys.stdlib_module_names

LONGEST_MODULE, LONGEST_FUNCTION = 300, 40


def sources(folder: Path) -> list[Path]:
    found = sorted(folder.rglob("*.py"))
    assert found
    return found


OURS = sources(HOUSE)
ALL = [*OURS, *sources(ROOT / "handlers")]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def room(path: Path) -> str:
    """A module's name in the table: its own, or its folder's."""
    inside = path.relative_to(HOUSE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def is_for_types(node: ast.AST) -> bool:
    """Whether this is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(nodes: Iterator[ast.AST]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((0, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "ordersetup":
            # Either a module of the package, or a name that __init__ itself defines.
            modules = (HOUSE / f"{alias.name}.py" for alias in node.names)
            for module in modules:
                yield 0, f"ordersetup.{module.stem if module.exists() else '__init__'}"
        elif isinstance(node, ast.ImportFrom):
            yield node.level, node.module or ""


def imports(path: Path) -> set[tuple[int, str]]:
    """Every import, wherever it stands, as (level, dotted name)."""
    return set(imported(ast.walk(tree(path))))


def type_imports(path: Path) -> set[tuple[int, str]]:
    """The imports that only a type checker sees."""
    blocks = (node for node in ast.walk(tree(path)) if is_for_types(node))
    return {found for block in blocks for found in imported(ast.walk(block))}


def knows(path: Path) -> set[str]:
    """Which rooms a module of ours imports from, its own apart."""
    found = set()
    for level, name in imports(path):
        assert level == 0, f"{name_of(path)}: relative imports are the handlers' alone"
        package, _, rest = name.partition(".")
        if package == "ordersetup":
            found.add(rest.split(".")[0])
    return found - {room(path)}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_a_module_knows_only_what_its_arrows_lead_to(path: Path) -> None:
    assert room(path) in ARROWS, "a new room: draw its arrows in the table above"
    assert knows(path) <= set(ARROWS[room(path)].split())


def test_no_arrow_is_drawn_that_nobody_uses() -> None:
    used: dict[str, set[str]] = {name: set() for name in ARROWS}
    for path in OURS:
        used.setdefault(room(path), set()).update(knows(path))
    assert used == {name: set(arrows.split()) for name, arrows in ARROWS.items()}


def test_no_arrows_form_a_circle() -> None:
    left = {name: set(arrows.split()) for name, arrows in ARROWS.items()}
    while left:
        bottom = {name for name, arrows in left.items() if not arrows & left.keys()}
        assert bottom, f"a circle among {sorted(left)}"
        left = {name: arrows for name, arrows in left.items() if name not in bottom}


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_each_third_party_has_one_door(path: Path) -> None:
    for _, name in imports(path) - type_imports(path):
        package = name.partition(".")[0]
        if package in MAY_IMPORT:
            assert room(path) in MAY_IMPORT[package], f"{package} is not this module's to know"
        else:
            assert package in STANDARD | {"ordersetup"}, f"{package} is no dependency of ours"


@pytest.mark.parametrize("path", sources(ROOT / "handlers"), ids=name_of)
def test_handlers_import_what_lambda_has_and_each_other(path: Path) -> None:
    for level, name in imports(path) - type_imports(path):
        if level == 0:
            assert name.partition(".")[0] in STANDARD | HANDLERS_MAY_IMPORT
        else:
            assert level == 1


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_nobody_prints(path: Path) -> None:
    called = {
        node.func.id
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert "print" not in called


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_a_module_can_be_read_in_one_go(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


Function = ast.FunctionDef | ast.AsyncFunctionDef


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_a_function_can_be_seen_at_once(path: Path) -> None:
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree(path))
        if isinstance(node, Function)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long


CONTRACT = {"__init__", "__enter__", "__exit__", "__get__"}
"""Said by the class, or by Python."""


def speechless(body: list[ast.stmt], *, inherited: bool) -> Iterator[str]:
    for node in body:
        if not isinstance(node, Function | ast.ClassDef):
            continue
        private = node.name.startswith("_") or node.name in CONTRACT
        fulfils = inherited and isinstance(node, Function)
        if not private and not fulfils and ast.get_docstring(node) is None:
            yield node.name
        if isinstance(node, ast.ClassDef) and not private:
            # What a class takes from its bases, or from the protocol it fulfils, is said there.
            yield from speechless(node.body, inherited=bool(node.bases) or fulfils_view(node))


def fulfils_view(node: ast.ClassDef) -> bool:
    """Whether a class has the methods of a protocol of the views."""
    methods = {item.name for item in node.body if isinstance(item, Function)}
    return {"on", "error"} <= methods or {"hop", "wait", "done"} <= methods


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_public_name_says_what_it_is(path: Path) -> None:
    module = tree(path)
    assert ast.get_docstring(module)
    assert not list(speechless(module.body, inherited=False))


def test_every_folder_is_listed_among_the_packages() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = set(config["options"]["packages"].split())
    folders = {path.parent for path in HOUSE.rglob("*.py")}
    packages = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert listed == packages | {"ordersetup.handlers"}
    for folder in folders:
        assert (folder / "__init__.py").exists()
