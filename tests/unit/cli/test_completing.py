"""What a shell is told to complete, by click's own protocol and once in bash itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from ordersetup.cli import group
from ordersetup.step import Group

COMPLETE = "_ORDERSETUP_COMPLETE"


def completed(*words: str) -> set[str]:
    """What may follow; the last word is begun."""
    shell = ShellComplete(group, {}, "ordersetup", COMPLETE)
    return {item.value for item in shell.get_completions(list(words[:-1]), words[-1])}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("ver",), {"verify"}),
        (("stock", ""), {"list", "set", "add", "import"}),
        (("local", "st"), {"status", "stop"}),
        (("provision", "--al"), {"--alert-email", "--alarms"}),
        (("--stack", "shop2", "tear"), {"teardown"}),
        (("export", "--format", ""), {"cloudformation", "terraform"}),
        (("verify", "--only", ""), {*Group}),
        (("provision", "--unset", "al"), {"alert-email", "alarms"}),
        (("logs", "upd"), {"UpdateInventory"}),
        (("explain", "async-invocation/"), {f"async-invocation/{f}" for f in
                                            ("SendEmail", "UpdateInventory")}),
        (("--region", "ap-south-"), {"ap-south-1", "ap-south-2"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_it_completes(words: tuple[str, ...], found: set[str]) -> None:
    assert completed(*words) == found


def test_profiles_come_from_the_aws_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile shop]\nregion = eu-west-1\n[profile office]\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    assert completed("plan", "--profile", "sh") == {"shop"}


def test_every_command_and_option_is_completed() -> None:
    for name, command in group.commands.items():
        assert name in completed("")
        long = {o for p in command.params for o in p.opts if o.startswith("--")}
        assert long <= completed(name, "--"), name


def run(script: str, shell: str = "bash") -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(  # noqa: S603 - our own words
        [shell, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PATH": path},
    )
    return done.stdout


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_the_line_of_the_readme_works_in_bash() -> None:
    script = (
        f'eval "$({COMPLETE}=bash_source ordersetup)"\n'
        "COMP_WORDS=(ordersetup ver); COMP_CWORD=1\n"
        '_ordersetup_completion ordersetup; echo "${COMPREPLY[@]}"\n'
    )
    assert run(script) == "verify\n"


@pytest.mark.parametrize(
    ("shell", "registers"),
    [("zsh", "compdef _ordersetup_completion ordersetup"), ("fish", "complete --no-files")],
)
def test_the_other_shells_are_given_what_they_take(shell: str, registers: str) -> None:
    assert registers in run(f"{COMPLETE}={shell}_source ordersetup")


def test_the_readme_tells_the_line_of_each_shell() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    for shell in ("bash", "zsh", "fish"):
        assert f"{COMPLETE}={shell}_source ordersetup" in readme
