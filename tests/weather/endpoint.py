"""An endpoint on this machine that says who one is, and otherwise one thing only, or nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from microburst.protocols import render_error

from tests.weather.sky import Rule

_WHO = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/jane</Arn><UserId>J</UserId>
<Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


@dataclass
class Endpoint:
    """What it says and what it was asked.

    Args:
        url: where it listens.
        rule: whose answer every call gets; without one, calls are never answered.
        calls: how many there were, but for the question who one is.
    """

    url: str = ""
    rule: Rule | None = None
    calls: int = 0
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def listening() -> Iterator[Endpoint]:
    """Listen as long as the context lasts."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if "/sts/" in self.headers.get("Authorization", ""):
                self._say(200, {}, _WHO)
                return
            endpoint.calls += 1
            if endpoint.rule is None:
                endpoint.over.wait(120)
                return
            error = endpoint.rule["error"]
            self._say(
                *render_error(
                    endpoint.rule["service"], error["code"], error["message"], error["status"]
                )
            )

        do_PUT = do_GET = do_OPTIONS = do_POST

        def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        endpoint.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield endpoint
        endpoint.over.set()
        server.shutdown()
        thread.join()
