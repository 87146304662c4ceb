"""Addresses in what is sent to others: none can be read, and nothing else is touched."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import order
from ordersetup.masked import masked, masked_address
from tests.unit.choices import unhurried

ACCEPTED = st.from_regex(order._ADDRESS, fullmatch=True).filter(order._is_address)


@unhurried
@given(ACCEPTED)
def test_whatever_the_handlers_accept_is_masked(address: str) -> None:
    local, _, domain = address.partition("@")
    hidden = f"{local[0]}…@{domain}"
    assert masked(address) == masked_address(address) == hidden
    assert masked(f"sent to <{address}>.") == f"sent to <{hidden}>."
    assert masked(json.dumps({"to": address})) == json.dumps({"to": hidden}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("jane.doe@192.168.0.1", "j…@192.168.0.1"),
        ("bob@mail.x1", "b…@mail.x1"),
        ("bob@example.c", "b…@example.c"),
        ('"jane doe"@example.com', '"…@example.com'),
        ("jane@bücher.example", "j…@bücher.example"),
        ("jörg@example.com", "j…@example.com"),
        ("jane@[192.168.0.1]", "j…@[192.168.0.1]"),
    ],
)
def test_so_is_any_other_form(address: str, told: str) -> None:
    assert masked(f"to {address}, at once") == f"to {told}, at once"
    assert masked_address(address) == told


@pytest.mark.parametrize("text", ["kate@localhost", "jane doe@example.com", "a@b.c, d@e.f", "jane"])
def test_of_what_is_no_address_nothing_is_told(text: str) -> None:
    assert masked_address(text) == "…"


def test_where_there_is_none_there_is_nothing_to_tell() -> None:
    assert masked_address("") == ""


@pytest.mark.parametrize("word", ["a", "a.", "a@", "a@b", "a@b.", '"', '"a', "@", "a@b.c", "a@["])
def test_a_very_long_text_takes_no_time(word: str) -> None:
    began = time.process_time()
    masked(word * 100_000)
    masked("a@" + word * 100_000)
    assert time.process_time() - began < 2
