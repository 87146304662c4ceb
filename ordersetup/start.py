"""Where a search for a stack begins: what a person gave, whether it is there, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ordersetup.addresses import Address, name_of
from ordersetup.api_references import ApiReferences
from ordersetup.aws import Aws
from ordersetup.discovery import FUNCTIONS, Taken
from ordersetup.errors import Absent
from ordersetup.ownership import owner_of
from ordersetup.references import References

_ELSEWHERE = "--region and --profile say where to look."


@dataclass(frozen=True)
class Start:
    """What a person gave to begin with.

    Args:
        words: the same as a person would say it, such as the invoke URL; names what is found.
        address: where orders are posted, if that was given.
        function: the function that takes the orders, if that was given.
        mapping: actual names by the guide's.
    """

    words: str
    address: Address | None = None
    function: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)


def check_there(aws: Aws, start: Start) -> None:
    """Refuse to grade a pipeline whose first thing is not there.

    What may not be read is not called missing: the report says of each part that it is unknown.

    Raises:
        Absent: there is no such API, or no such function.
    """
    look = References(aws)
    where = f"in {aws.region} of account {aws.account}"
    if start.address is not None:
        api_id = start.address.api_id
        if ApiReferences(look).name_of(api_id) is None and not look.denied:
            raise Absent(
                f"There is no API {api_id} {where}.",
                "Take the URL from API Gateway › APIs › your API › Stages › Invoke URL; "
                + _ELSEWHERE,
            )
    if start.function is not None:
        name = name_of(start.function)
        if look.function(name) is None and not look.denied:
            raise Absent(
                f"There is no function {name} {where}.",
                "Name the one that API Gateway calls, see Lambda › Functions; " + _ELSEWHERE,
            )


def whose(aws: Aws, taken: Taken) -> str | None:
    """The stack of ours that was found, by the tags of its functions or of its API."""
    look = References(aws)
    names = taken.names
    functions = (names.of(guide) for guide in FUNCTIONS if guide in names.given)
    owners = [owner_of(look.tags(function)) for function in functions]
    if names.api_id is not None:
        owners.append(owner_of(ApiReferences(look).tags(names.api_id)))
    return next((owner for owner in owners if owner is not None), None)
