"""What a person may write to say which stack is meant: an invoke URL, and names for the guide's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import urlsplit

from ordersetup.errors import BadInput

GUIDE_NAMES = (
    *("Inventory", "InventoryTransactions", "OrderProcessingDLQ"),
    *("OrderConfirmationTopic", "OrderProcessingAlerts"),
    *("ProcessOrder", "UpdateInventory", "SendEmail"),
    *("EcommerceAPI", "stage", "path", "Role"),
)
"""What the guide calls the parts of the pipeline, and what else can be another one's."""

_HOST = re.compile(
    r"(?P<api>[a-z0-9]+)(-vpce-[a-z0-9]+)?\.execute-api\.(?P<region>[a-z0-9-]+)\."
    r"(amazonaws\.com(\.cn)?|api\.aws)"
)
_EMULATED = (
    re.compile(r"/restapis/(?P<api>\w+)/(?P<stage>[\w-]+)/_user_request_(?P<path>/.*)?"),
    re.compile(r"/_aws/execute-api/(?P<api>\w+)/(?P<stage>[\w-]+)(?P<path>/.*)?"),
)
_STAGED = re.compile(r"/(?P<stage>[\w-]+)(?P<path>/.*)?")


@dataclass(frozen=True)
class Address:
    """An API's stage and resource, as its invoke URL names them.

    Args:
        api_id: the REST API.
        stage: the stage.
        path: the resource, with its slash; None if the URL ends with the stage.
        region: the region, where the URL names it.
    """

    api_id: str
    stage: str
    path: str | None
    region: str | None = None


def address_of(url: str) -> Address:
    """What an invoke URL names: Amazon's form, or either form of an emulator.

    Raises:
        BadInput: it is no invoke URL of a REST API.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        raise _no_invoke_url(url) from None
    if parts.scheme not in ("http", "https"):
        raise _no_invoke_url(url)
    if amazon := _HOST.fullmatch(host):
        if found := _STAGED.fullmatch(parts.path):
            return Address(amazon["api"], found["stage"], _path(found["path"]), amazon["region"])
        raise BadInput(
            f"--url {url} names no stage.",
            "Give the whole address that orders are posted to, such as …/prod/orders.",
        )
    for form in _EMULATED:
        if found := form.fullmatch(parts.path):
            return Address(found["api"], found["stage"], _path(found["path"]))
    raise _no_invoke_url(url)


def plain_url(url: str) -> str:
    """An address without what may be secret in it, or says nothing of which API is meant."""
    parts = urlsplit(url.strip())
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}"


def _path(found: str | None) -> str | None:
    return (found or "").rstrip("/") or None


def _no_invoke_url(url: str) -> BadInput:
    return BadInput(
        f"--url {url!r} is no invoke URL of a REST API.",
        "Take it from API Gateway › APIs › your API › Stages › Invoke URL; "
        "an address of your own domain does not say which API is meant: use --function NAME.",
    )


def mapping_of(pairs: Iterable[str]) -> dict[str, str]:
    """Actual names by the guide's, from `GUIDE=actual` as they are written on a command line.

    The guide's names are taken in any case, with or without hyphens and underscores.

    Raises:
        BadInput: one is not of that form, or names nothing of the guide's.
    """
    known = {_plain(name): name for name in GUIDE_NAMES}
    mapping: dict[str, str] = {}
    for pair in pairs:
        key, equals, actual = (part.strip() for part in pair.partition("="))
        if not (key and equals and actual):
            raise BadInput(f"--map {pair!r} is not of the form NAME=ACTUAL.", _example())
        if _plain(key) not in known:
            near = get_close_matches(_plain(key), known, n=1, cutoff=0)
            raise BadInput(
                f"--map {pair!r}: the guide has nothing called {key!r}.",
                f"Did you mean {known[near[0]]}? There are: {', '.join(GUIDE_NAMES)}.",
            )
        mapping[known[_plain(key)]] = actual
    return mapping


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


def _example() -> str:
    return "Write for example: --map INVENTORY=my-table"


def name_of(actual: str) -> str:
    """The name in an ARN or a URL, or the name itself."""
    if actual.startswith("arn:"):
        tail = actual.split(":", 5)[-1]
        if tail.startswith("function:"):
            return tail.split(":")[1]
        return tail.removeprefix("table/").split("/")[0]
    if "://" in actual:
        return urlsplit(actual).path.rstrip("/").rpartition("/")[2]
    return actual


def first_of(words: Mapping[str, Iterable[str]], text: str) -> str | None:
    """The first key one of whose words stands in the text, whatever the case."""
    upper = text.upper()
    return next((key for key, some in words.items() if any(word in upper for word in some)), None)
