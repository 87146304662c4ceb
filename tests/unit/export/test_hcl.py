"""The writer of HCL: strings that mean themselves, and the form of `terraform fmt`."""

from __future__ import annotations

import re

import hcl2
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ordersetup.export.hcl import Block, Code, Value, attributes, document, encoded, quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("C:\\orders", '"C:\\\\orders"'),
        ("two\nlines\tand\ra bit", '"two\\nlines\\tand\\ra bit"'),
        ("${path.module}", '"$${path.module}"'),
        ("%{if true}", '"%%{if true}"'),
        ("50 % of $5 {", '"50 % of $5 {"'),
        ("Bücher › 北", '"Bücher › 北"'),
    ],
    ids=["plain", "quotes", "backslash", "space", "template", "directive", "signs", "letters"],
)
def test_a_string_means_its_own_characters(text: str, written: str) -> None:
    assert quoted(text) == written


def test_equals_signs_are_aligned_among_neighbours_of_one_line() -> None:
    body: dict[str, Value] = {
        "name": "orders",
        "billing_mode": "PAY_PER_REQUEST",
        "tags": {"a": "1", "cost-centre:eu": "2"},
        "on": True,
        "rate": 50.0,
        "burst": 100,
    }
    assert "\n".join(attributes(body)) == (
        'name         = "orders"\n'
        'billing_mode = "PAY_PER_REQUEST"\n'
        "tags = {\n"
        '  a                = "1"\n'
        '  "cost-centre:eu" = "2"\n'
        "}\n"
        "on    = true\n"
        "rate  = 50\n"
        "burst = 100"
    )


def test_a_long_list_takes_a_line_an_item_and_a_short_one_does_not() -> None:
    long = [f"arn:aws:lambda:eu-west-1:123456789012:function:{n}" for n in ("One", "Two")]
    short: dict[str, Value] = {"a": ["x", Code("y.z")]}
    assert attributes(short) == ['a = ["x", y.z]']
    assert attributes({"a": long}) == ["a = [", *(f'  "{text}",' for text in long), "]"]


def test_empty_values_are_values() -> None:
    assert attributes({"a": {}, "b": [], "c": ""}) == ["a = {}", "b = []", 'c = ""']


def test_blocks_follow_attributes_and_are_set_apart() -> None:
    block = Block(
        "resource",
        ("aws_x", "y"),
        {"a": 1},
        (Block("one", blocks=(Block("two", body={"b": Code("c.d")}),)), Block("three")),
    )
    assert document("Head.", [block]) == (
        '# Head.\n\nresource "aws_x" "y" {\n  a = 1\n\n  one {\n    two {\n      b = c.d\n    }\n'
        "  }\n\n  three {\n  }\n}\n"
    )


def test_what_is_encoded_is_indented_with_the_rest() -> None:
    assert attributes({"policy": encoded({"Action": ["a:B"], "On": Code("x.arn")})}) == [
        "policy = jsonencode({",
        '  Action = ["a:B"]',
        "  On     = x.arn",
        "})",
    ]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=30))
def test_a_parser_reads_back_every_string(text: str) -> None:
    # The parser wants a } after an escaped ${ or %{, which HCL itself does not ask for.
    assume(not re.search(r"[$%]\{[^}]*$", text))
    written = document("x", [Block("output", ("o",), {"value": text})])
    (output,) = hcl2.loads(written)["output"]
    ((_, found),) = output.items()
    assert found["value"] == quoted(text)


@pytest.mark.parametrize(("text", "written"), [("%{", '"%%{"'), ("a${", '"a$${"')])
def test_what_opens_a_template_is_escaped_though_nothing_closes_it(text: str, written: str) -> None:
    assert quoted(text) == written
