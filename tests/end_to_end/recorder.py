"""A proxy between the command line and the engine that notes which AWS calls go through."""

from __future__ import annotations

import http.client
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_READS = re.compile(r"(Get|List|Describe|Query|Scan|BatchGet|Filter|Simulate)[A-Z]\w*|Query|Scan")
_READS_BY_POST = frozenset({"POST /v2/email/list-identities"})
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/(?P<name>[^/]+)/aws4_request")
_STEP = re.compile(r" step/(?P<name>\S+)$")
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


@dataclass
class Call:
    """One call that went through.

    Args:
        name: as "service:Operation" or "service:METHOD /path".
        step: whom it was made for, as its User-Agent says; empty if for nobody.
        began: when it came in, by the clock in seconds.
        ended: when it was answered.
    """

    name: str
    step: str
    began: float
    ended: float = 0.0


HELD_SECONDS = 60
"""The longest that a call is held up, should a test forget it."""


@dataclass(eq=False)
class Hold:
    """One call that is to be held up.

    Args:
        step: whom it is made for, as its User-Agent says.
        number: which of the step's writes it is, from 1.
        answered: whether it is held after its effect, its answer kept back; else before.

    Attributes:
        name: the call's name, once it is held.
    """

    step: str
    number: int = 1
    answered: bool = False
    name: str = field(default="", init=False)
    _come: threading.Event = field(default_factory=threading.Event, init=False)
    _over: threading.Event = field(default_factory=threading.Event, init=False)
    _dropped: bool = field(default=True, init=False)

    def wait(self) -> None:
        """Return once the call is where it is held."""
        assert self._come.wait(HELD_SECONDS), f"{self.step} has not made its write {self.number}"

    def go(self) -> None:
        """Let the call, or its answer, go on its way."""
        self._dropped = False
        self._over.set()

    def drop(self) -> None:
        """Break the connection instead; nothing happens to a call that went on already."""
        self._over.set()

    def stay(self, call: Call) -> bool:
        """Stay where the call is held; whether it goes on."""
        self.name = call.name
        self._come.set()
        self._over.wait(HELD_SECONDS)
        return not self._dropped


class Recorder:
    """What went through so far.

    Args:
        endpoint_url: where requests are sent on to.
        delay: seconds by which each request is held up.
    """

    def __init__(self, endpoint_url: str, delay: float) -> None:
        self.target = urlsplit(endpoint_url)
        self.delay = delay
        self.calls: list[str] = []
        self.log: list[Call] = []
        self.url = ""
        self._news = threading.Condition()
        self._holds: tuple[Hold, ...] = ()
        self._written: Counter[str] = Counter()

    def note(self, call: Call) -> Sequence[Hold]:
        """Add a call, and wake who waits for it; why it is to be held up, if it is."""
        with self._news:
            self.log.append(call)
            self.calls.append(call.name)
            self._news.notify_all()
            if is_read(call.name):
                return ()
            self._written[call.step] += 1
            due = call.step, self._written[call.step]
            return [hold for hold in self._holds if (hold.step, hold.number) == due]

    @contextmanager
    def holding(self, *holds: Hold) -> Iterator[None]:
        """Hold up calls that are made as long as the context lasts, and drop them then."""
        self.forget(*holds)
        try:
            yield
        finally:
            self.forget()
            for hold in holds:
                hold.drop()

    def forget(self, *holds: Hold) -> None:
        """Begin anew, with these calls to be held up."""
        with self._news:
            self.calls.clear()
            self.log.clear()
            self._written.clear()
            self._holds = holds

    def wait_for(self, call: str) -> None:
        """Return once a call has come in."""
        with self._news:
            assert self._news.wait_for(lambda: call in self.calls, timeout=30), self.calls

    @property
    def writes(self) -> list[str]:
        """The calls that can change something."""
        return [call for call in self.calls if not is_read(call)]


def is_read(call: str) -> bool:
    """Whether a call, as "service:Operation" or "service:METHOD /path", only reads."""
    operation = call.partition(":")[2]
    if " /" in operation:
        return operation in _READS_BY_POST or operation.startswith(("GET ", "OPTIONS ", "HEAD "))
    return bool(_READS.fullmatch(operation))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Whoever was killed hears no answer, and that is no error.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def recording(endpoint_url: str, *, delay: float = 0.0) -> Iterator[Recorder]:
    """Record what passes to an engine; requests go to the recorder's `url`."""
    recorder = Recorder(endpoint_url, delay)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body go out apart, and would wait 40 ms for the client's acknowledgement.
        disable_nagle_algorithm = True

        def _forward(self) -> None:
            body = _body(self)
            agent = _STEP.search(self.headers.get("User-Agent", ""))
            call = Call(named(self, body), agent["name"] if agent else "", time.perf_counter())
            holds = recorder.note(call)
            if not _goes_on(call, holds, answered=False):
                self.close_connection = True
                return
            time.sleep(recorder.delay)
            upstream = http.client.HTTPConnection(str(recorder.target.netloc), timeout=60)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
            try:
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                content = answer.read()
            finally:
                upstream.close()
            call.ended = time.perf_counter()
            if not _goes_on(call, holds, answered=True):
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_HEAD = _forward

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    recorder.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _goes_on(call: Call, holds: Sequence[Hold], *, answered: bool) -> bool:
    """Whether a call goes on, once it was held up as long as it is to be."""
    return all(hold.stay(call) for hold in holds if hold.answered is answered)


def _body(request: BaseHTTPRequestHandler) -> bytes:
    """The whole body of a request: whoever was killed while asking has asked for nothing."""
    length = int(request.headers.get("Content-Length", 0))
    body = request.rfile.read(length)
    if len(body) < length:
        raise ConnectionAbortedError
    return body


def named(request: BaseHTTPRequestHandler, body: bytes) -> str:
    """The call's name: by its target, its action, or its method and path."""
    found = _SERVICE.search(request.headers.get("Authorization", ""))
    service = found["name"] if found else "http"
    if target := request.headers.get("X-Amz-Target"):
        return f"{service}:{target.rpartition('.')[2]}"
    if body.startswith(b"Action=") or b"&Action=" in body:
        return f"{service}:{parse_qs(body.decode())['Action'][0]}"
    return f"{service}:{request.command} {urlsplit(request.path).path}"
