from __future__ import annotations

from collections.abc import Iterator

import pytest

from handlers import errors
from handlers.errors import BadOrder, Fault, MalformedOrder, OrderError


def named(error: type[OrderError]) -> Iterator[type[OrderError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from named(kind)


@pytest.mark.parametrize("kind", [*named(OrderError)])
def test_every_message_begins_with_the_name_of_its_error(kind: type[OrderError]) -> None:
    arguments: list[object] = ["{}"] * kind.says.count("{}")
    error = kind([Fault("items", "is missing")]) if issubclass(kind, BadOrder) else kind(*arguments)
    assert str(error).startswith(f"{kind.__name__}: ")


@pytest.mark.parametrize("kind", [*named(OrderError)])
def test_every_error_says_what_it_means_in_one_line(kind: type[OrderError]) -> None:
    assert kind.__doc__
    assert "\n" not in kind.__doc__


def test_an_argument_with_braces_is_told_as_it_is() -> None:
    error = errors.OutOfStock("{lamp}", 2, 5, "")
    assert str(error) == "OutOfStock: item {lamp} has 2 left, the order wants 5"


def test_the_sender_sees_what_was_found_and_the_message_does_not() -> None:
    error = MalformedOrder([Fault("order_id", "must be an id", '"ada@example.com"')])
    assert error.told() == ['order_id: must be an id, not "ada@example.com"']
    assert str(error) == "MalformedOrder: order_id: must be an id"


@pytest.mark.parametrize(("count", "last"), [(20, "f19: is wrong"), (23, "and 3 more")])
def test_more_than_twenty_faults_are_counted(count: int, last: str) -> None:
    error = BadOrder([Fault(f"f{index}", "is wrong") for index in range(count)])
    assert len(error.faults) == count
    assert error.told()[:20] == [f"f{index}: is wrong" for index in range(20)]
    assert error.told()[-1] == last
    assert str(error).endswith(last)
