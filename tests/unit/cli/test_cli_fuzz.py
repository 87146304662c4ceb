"""Whatever is typed: a sentence and an exit code, in time, without a traceback or a secret.

Every command and option is taken from the command line itself, so a new one is fuzzed unasked.
"""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.loaders
import click
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.httpsession import URLLib3Session
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ordersetup.cli import group
from ordersetup.cli.options import Options
from ordersetup.web import NoAnswer, Web

CUSTOMER = "ada.lovelace@customers.example"
SECRET = "wJalrXUtnFEMIplantedK7MDENGbPxRfiCY"
TOKEN = "FwoGZXIvYXdzEplantedTOKENabcdef=="
PASSWORD = "hunter2planted"
KEY = "ASIAPLANTEDKEY0EXAMPLE"
PLANTED = (CUSTOMER, SECRET, TOKEN, PASSWORD, KEY)

EXIT_CODES = {0, 1, 2, 3, 130}
SECONDS = 60
"""By the clock, for one command that is refused everything, on a busy machine."""

FEW, MANY = 25, 250
"""Examples of a command: in every run, and in the slow one."""

AFTER_A_CALL = ("is of another account than yours", "The URL is of the region", "documents.")
"""What can be known to be wrong only once AWS has said who and where we are."""


def typable(text: str) -> bool:
    """Whether a system hands the text on to a program: any bytes but NUL, read as UTF-8."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


texts = st.text(st.characters(exclude_categories=()), max_size=30).filter(typable)
nasty = texts | st.sampled_from(
    [
        *("", " ", "\n", "\r\n", "\x1b[2J", "\x07", "\u202e", "\ufeff", "\udcff"),
        *("-", "--", "--help", "-h", "%s%n", "{}", "{0.__class__}", "[bold]", "[/]", "$(id)", "'"),
        *("nan", "inf", "-1", "0", "1e999", "0x10", "\uff11\uff12", "9" * 5000, "1" * 100_000, "²"),
        *("../../x", "~", "a" * 4096, "😀" * 64, "ﬀ", "İ", "default", "None", "null", "true"),
        *(CUSTOMER, f"{CUSTOMER}=1", f"https://u:{PASSWORD}@host.example/prod/orders", "AKIA"),
    ]
)
stacks = st.sampled_from(["default", "shop2", "a" * 21, "Shop", "-a", "1a", "a\n", "ä"]) | nasty
regions = (
    st.sampled_from(["eu-west-1", "us-gov-west-1", "moon", "eu-west-1\n", "EU-WEST-1"]) | nasty
)
addresses = (
    st.sampled_from([CUSTOMER, "a@b", "@", "a@@b.io", "a b@x.io", "a@" + "x." * 200 + "io"])
    | st.emails(domains=st.just("customers.example")).filter(lambda a: CUSTOMER not in a)
    | nasty
)
arns = (
    st.sampled_from(
        [
            "arn:aws:iam::123456789012:role/x",
            "arn:aws:iam::999999999999:role/x",
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:lambda:eu-west-1:123456789012:function:ProcessOrder",
            "arn:::::",
            "arn:",
        ]
    )
    | nasty
)
urls = (
    st.sampled_from(
        [
            "https://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders",
            "https://abc123.execute-api.us-east-1.amazonaws.com/prod",
            f"https://u:{PASSWORD}@abc123.execute-api.eu-west-1.amazonaws.com",
            f"https://abc123.execute-api.eu-west-1.amazonaws.com/?token={PASSWORD}",
            f"http://u:{PASSWORD}@127.0.0.1:1/",
            "http://127.0.0.1:1",
            "http://127.0.0.1:999999",
            "http://[::1",
            "http://[fe80::1%25eth0]/",
            "http://\u2100.example/",
            "http://xn--\u00df.example",
            "file:///etc/passwd",
            "http://",
        ]
    )
    | nasty
)
numbers = st.integers().map(str) | st.floats().map(str) | nasty
files = st.sampled_from(
    [
        *("x.html", "x.svg", "x.md", "x.json", "x", "", ".", "x/y/z.md", "é.html"),
        *("\udcff.md", "a" * 300, "a\n.html", "*.md", "con.md", "-"),
        *("/dev/full", "/dev/null", "/proc/self/mem", "/nonexistent/x.md", f"{CUSTOMER}.md"),
    ]
)
BY_METAVAR: dict[str | None, st.SearchStrategy[str]] = {
    "ADDRESS": addresses,
    "ARN": arns,
    "COMMAND,…": st.sampled_from(["plan", "plan,verify", ",", "drill, load", "plann"]) | nasty,
    "DAYS": st.sampled_from(["30", "31"]) | numbers,
    "DIR": files,
    "FILE": files,
    "ID:QTY": st.sampled_from(["a:1", "a:0", ":1", "a:", "a:b:2", "lamp:\uff11", "\x01:1"]) | nasty,
    "KEY=VALUE": st.sampled_from(["a=b", "=", "a=", "aws:x=1", "a=\n", "ä=1"]) | nasty,
    "NAME=ACTUAL": st.builds("INVENTORY={}".format, arns | urls | nasty) | nasty,
    "ORIGIN": st.sampled_from(["*", "https://shop.example.com", "https://a.b:99999"]) | urls,
    "REGION": regions,
    "SETTING": st.sampled_from(["sender", "--tag", "tags", "alert-email", "sendr"]) | nasty,
    "URL": urls,
}


def tree(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words that call each command that does something."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from tree(inner, (*path, name))
    else:
        yield path


COMMANDS = tuple(tree(group))


def path_of(args: list[str]) -> str:
    """The command that a command line names."""
    return next((" ".join(path) for path in COMMANDS if path[0] in args), "")


def command_of(path: tuple[str, ...]) -> click.Command:
    found: click.Command = group
    for name in path:
        assert isinstance(found, click.Group)
        found = found.commands[name]
    return found


def values(param: click.Parameter) -> st.SearchStrategy[str]:
    """What may be typed for an option or argument: what it takes now and then, and worse."""
    if isinstance(param.type, click.Choice):
        return st.sampled_from([str(choice) for choice in param.type.choices]) | nasty
    if isinstance(param.type, click.Path):
        return files
    if isinstance(param.type, click.types.IntParamType | click.types.FloatParamType):
        return st.sampled_from(["1", "5"]) | numbers
    if param.metavar == "NAME" and param.name == "stack":
        return stacks
    return BY_METAVAR.get(param.metavar, arns | nasty)


@st.composite
def words(draw: st.DrawFn, params: list[click.Parameter]) -> list[str]:
    """A few of these options and arguments, with something after those that take it."""
    said: list[str] = []
    chosen = st.lists(st.sampled_from(params), max_size=3) if params else st.just([])
    for param in draw(chosen):
        value = None if getattr(param, "is_flag", False) else draw(values(param))
        if isinstance(param, click.Argument):
            said += [str(value)]
        elif value is None:
            said += [param.opts[0]]
        elif draw(st.booleans()):
            said += [param.opts[0], value]
        else:
            said += [f"{param.opts[0]}={value}"]
    return said


def shared_names() -> set[str]:
    return {str(param.name) for param in group.params} - {"version", "help"}


@st.composite
def lines(draw: st.DrawFn, path: tuple[str, ...]) -> list[str]:
    """A command line: the shared options before the name, its own after it."""
    shared = [param for param in group.params if param.name in shared_names()]
    command = command_of(path)
    own = [p for p in command.params if p.name not in shared_names() | {"help"}]
    required = [p for p in own if p.required and isinstance(p, click.Option)]
    needed = [word for p in required for word in (p.opts[0], draw(values(p)))]
    before, after = draw(words(shared)), draw(words(own)) + draw(words(shared))
    endless = [o for p in own if "Ctrl-C" in (getattr(p, "help", None) or "") for o in p.opts]
    if any(word.startswith(tuple(endless)) for word in after):
        after += ["--timeout", "1"]
    return [*before, *path, *(needed if draw(st.booleans()) else []), *after]


variables = st.dictionaries(
    st.sampled_from([f"ORDERSETUP_{name.upper()}" for name in sorted(shared_names())]),
    stacks | regions | urls | numbers,
    max_size=1,
)

WHO = f"arn:aws:sts::123456789012:assumed-role/Admin/{CUSTOMER}"
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult>"
    f"<Arn>{WHO}</Arn><UserId>AROA:{CUSTOMER}</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
DENIAL = (
    f"User: {WHO} is not authorized to perform: sts:GetCallerIdentity with {KEY}\n"
    f"The Canonical String for this request should have been\nx-amz-security-token:{TOKEN}\n"
    f"X-Amz-Security-Token={TOKEN}"
)


class Mute(Web):
    """No deployed API answers."""

    def ask(self, method: str, url: str, **_: Any) -> Any:
        raise NoAnswer(f"{url} did not answer to {method}.", "Try again.")


class Refusing:
    """An AWS that says who we are, or not even that, and refuses everything else at length."""

    def __init__(self, *, knows_us: bool) -> None:
        self.requests: list[str] = []
        self._knows_us = knows_us

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        body = str(request.body)
        self.requests.append(f"{request.url} {body[:80]}")
        if self._knows_us and "GetCallerIdentity" in body:
            return _answer(request, 200, IDENTITY, "text/xml")
        if "json" in str(request.headers.get("Content-Type")):
            told = f'{{"__type":"AccessDeniedException","message":{DENIAL!r}}}'.replace("'", '"')
            return _answer(request, 400, told, "application/x-amz-json-1.0")
        told = f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{DENIAL}</Message></Error>"
        return _answer(request, 403, f"{told}</ErrorResponse>", "text/xml")


def _answer(request: AWSPreparedRequest, status: int, text: str, kind: str) -> AWSResponse:
    class Raw(io.BytesIO):
        def stream(self, **_: object) -> Iterator[bytes]:
            yield self.read()

    headers = {"content-type": kind, "date": "Tue, 24 Nov 2026 12:00:00 GMT"}
    return AWSResponse(request.url, status, headers, Raw(text.encode()))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    # The embedded engine finds no place, so that --local starts none.
    (tmp_path / "taken").touch()
    monkeypatch.setenv("ORDERSETUP_STATE_DIR", str(tmp_path / "taken" / "state"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    # Reading the service models is slow, and every run makes a session of its own.
    loader = botocore.loaders.create_loader()
    monkeypatch.setattr(botocore.loaders, "create_loader", lambda *_: loader)


def run(
    monkeypatch: pytest.MonkeyPatch, args: list[str], env: dict[str, str], *, knows_us: bool
) -> None:
    """Run a command line and hold it to what holds for all of them."""
    refusing = Refusing(knows_us=knows_us)
    began, before = time.monotonic(), set(threading.enumerate())
    with monkeypatch.context() as patch:
        patch.setattr(URLLib3Session, "send", lambda _, request: refusing.send(request))
        result = CliRunner().invoke(
            group, args, obj=Options(web=Mute()), env=env, prog_name="ordersetup"
        )
        # What a command had begun to ask in the background belongs to it.
        for thread in set(threading.enumerate()) - before:
            thread.join(SECONDS)
    told = result.output
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in EXIT_CODES
    assert time.monotonic() - began < SECONDS
    if "--debug" not in args and not env.get("ORDERSETUP_DEBUG"):
        assert "Traceback" not in told
    assert "Parameter validation failed" not in told
    assert "unforeseen" not in told
    # The condition of a policy is the sender's address, and of no use without it.
    meant = CUSTOMER if path_of(args) == "policy" and result.exit_code == 0 else None
    assert not [secret for secret in PLANTED if secret in told and secret != meant]
    if result.exit_code == 2 and not any(words in told for words in AFTER_A_CALL):
        assert refusing.requests == [], told


def fuzzed(examples: int) -> settings:
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        # A command line is short enough to be read as it was found.
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
class TestWhateverIsTyped:
    @fuzzed(FEW)
    @given(data=st.data(), env=variables, knows_us=st.booleans())
    def test_is_answered_by_a_sentence(
        self,
        monkeypatch: pytest.MonkeyPatch,
        path: tuple[str, ...],
        data: st.DataObject,
        env: dict[str, str],
        knows_us: bool,
    ) -> None:
        run(monkeypatch, data.draw(lines(path)), env, knows_us=knows_us)

    @pytest.mark.slow
    @fuzzed(MANY)
    @given(data=st.data(), env=variables, knows_us=st.booleans())
    def test_is_answered_by_a_sentence_however_long_one_tries(
        self,
        monkeypatch: pytest.MonkeyPatch,
        path: tuple[str, ...],
        data: st.DataObject,
        env: dict[str, str],
        knows_us: bool,
    ) -> None:
        run(monkeypatch, data.draw(lines(path)), env, knows_us=knows_us)
