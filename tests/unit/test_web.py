"""HTTP to the deployed API, against a server on the loopback address."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ordersetup import __version__
from ordersetup.web import NoAnswer, Web


class Shop(BaseHTTPRequestHandler):
    """Answers with what it was asked, and keeps each connection whatever the visitor asks."""

    seen: list[tuple[str, str, dict[str, str], bytes]]
    visitors: list[tuple[str, int]]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.command, self.path, headers, body))
        self.visitors.append(self.client_address)
        self.close_connection = False
        self.send_response(302 if self.path == "/elsewhere" else 202)
        self.send_header("X-Amzn-ErrorType", "None")
        self.send_header("Location", "/prod/orders")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"done")

    do_OPTIONS = do_POST

    def log_message(self, *_: Any) -> None:
        """Tests say nothing."""


@pytest.fixture
def shop() -> Iterator[ThreadingHTTPServer]:
    Shop.seen = []
    Shop.visitors = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def url(server: ThreadingHTTPServer, path: str = "/prod/orders") -> str:
    return f"http://127.0.0.1:{server.server_address[1]}{path}"


def test_an_order_is_posted_under_our_name(shop: ThreadingHTTPServer) -> None:
    answer = Web().ask(
        "POST", url(shop), headers={"Content-Type": "application/json"}, body=b'{"a": 1}'
    )
    [(method, path, headers, body)] = Shop.seen
    assert (method, path, body) == ("POST", "/prod/orders", b'{"a": 1}')
    assert headers["user-agent"] == f"ordersetup/{__version__}"
    assert headers["content-type"] == "application/json"
    assert answer.status == 202
    assert answer.body == b"done"


def test_header_names_are_told_in_lower_case(shop: ThreadingHTTPServer) -> None:
    assert Web().ask("OPTIONS", url(shop)).headers["x-amzn-errortype"] == "None"


def test_each_request_has_a_connection_of_its_own(shop: ThreadingHTTPServer) -> None:
    web = Web()
    web.ask("OPTIONS", url(shop))
    web.ask("OPTIONS", url(shop))
    assert [headers["connection"] for _, _, headers, _ in Shop.seen] == ["close", "close"]
    assert len(set(Shop.visitors)) == 2


def test_a_crowd_keeps_its_connections_and_warns_of_none(
    shop: ThreadingHTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    web = Web().crowd(4)
    threads = [threading.Thread(target=web.ask, args=("POST", url(shop))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Shop.seen) == 4
    assert not [headers for _, _, headers, _ in Shop.seen if "connection" in headers]
    assert caplog.text == ""
    web.close()


def test_a_redirect_is_an_answer_and_not_followed(shop: ThreadingHTTPServer) -> None:
    assert Web().ask("POST", url(shop, "/elsewhere")).status == 302
    assert len(Shop.seen) == 1


@pytest.fixture
def mute() -> Iterator[socket.socket]:
    """A port that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening


def test_an_endpoint_that_says_nothing_is_given_up_in_time(mute: socket.socket) -> None:
    began = time.monotonic()
    address = f"http://127.0.0.1:{mute.getsockname()[1]}/"
    with pytest.raises(NoAnswer) as caught:
        Web().ask("POST", address, timeout=0.05)
    assert caught.value.happened == f"{address} did not answer: nothing came within 0.05 s."
    assert time.monotonic() - began < 3


def test_a_closed_port_is_told_in_the_system_s_words() -> None:
    with pytest.raises(NoAnswer) as caught:
        Web().ask("POST", "http://127.0.0.1:1/orders")
    assert caught.value.happened == (
        "http://127.0.0.1:1/orders did not answer: Connection refused."
    )
    assert caught.value.then == "Check the network, then try again."


def test_a_host_that_is_none_is_told_without_a_traceback() -> None:
    with pytest.raises(NoAnswer, match="not a valid host"):
        Web().ask("POST", "http://[::1/orders")
