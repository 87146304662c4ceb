"""Which resource plays which of the guide's parts, in a stack that was built by other hands.

From an invoke URL or a function's name on, by reference: API → integration → function → its
environment, its role's policies and its event-invoke config → functions, tables, topics, queue.
Where nothing refers to a part, the guide's own name is taken if such a thing exists. Only reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ordersetup.addresses import GUIDE_NAMES, Address, first_of, name_of
from ordersetup.api_references import ApiReferences
from ordersetup.aws import Aws
from ordersetup.blueprint import Names
from ordersetup.errors import BadInput
from ordersetup.references import Kind, Reference, References

FUNCTIONS = ("ProcessOrder", "UpdateInventory", "SendEmail")
GIVEN, BY_NAME, BY_KEYS = "given", "by name", "by its keys"
GUESSED = "guessed: it is the one that is left"

_FUNCTION_WORDS = {"UpdateInventory": ("INVENTORY", "STOCK"), "SendEmail": ("MAIL", "CONFIRM")}
_TABLE_WORDS = {
    "InventoryTransactions": ("TRANSACTION", "LEDGER", "MOVEMENT", "ORDER"),
    "Inventory": ("INVENTORY", "STOCK"),
}
_TOPIC_WORDS = {
    "OrderProcessingAlerts": ("ALERT", "ALARM", "FAIL", "ERROR"),
    "OrderConfirmationTopic": ("CONFIRM", "RECEIPT"),
}
_KEYS = {"Inventory": ("item_id",), "InventoryTransactions": ("order_id", "item_id")}


@dataclass(frozen=True)
class Piece:
    """What was taken for one part of the guide.

    Args:
        guide: what the guide calls it.
        actual: the name or ARN of what was taken for it; None if nothing was found.
        how: how it was found, or why it was not.
    """

    guide: str
    actual: str | None
    how: str


@dataclass(frozen=True)
class Taken:
    """What was taken for what.

    Args:
        names: the actual names.
        pieces: each part of the guide, in the guide's order.
        roles: ARN of the role that each function runs with, by the function's name in the guide.
        denied: what could not be read, one sentence each.
    """

    names: Names
    pieces: tuple[Piece, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    denied: tuple[str, ...] = ()


def discover(
    aws: Aws,
    names: Names,
    *,
    address: Address | None = None,
    function: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Taken:
    """Find out what plays which part.

    Args:
        aws: the account and region.
        names: the names to fall back on where nothing refers to a part.
        address: where orders are posted, if that is where to begin.
        function: the function that takes the orders, if that is where to begin.
        mapping: actual names by the guide's, as `mapping_of` reads them; they win over all else.

    Raises:
        BadInput: the address is of another region.
    """
    if address is not None and address.region not in (None, aws.region):
        raise BadInput(
            f"--url is of the region {address.region}, and you work in {aws.region}.",
            f"Add: --region {address.region}",
        )
    search = _Search(References(aws), names, mapping or {})
    search.api_and_function(address, function)
    search.functions()
    search.stored()
    return search.taken()


def roles_of(aws: Aws, names: Names) -> Taken:
    """The roles that the functions of these names run with; the guide has no name for them."""
    search = _Search(References(aws), names, {})
    for guide in FUNCTIONS:
        if search.look.function(names.of(guide)) is not None:
            search.names[guide] = names.of(guide)
    roles = search.roles()
    return Taken(names, (search.role(roles),), roles, tuple(search.look.denied))


class _Search:
    """One search: what has been found, and how."""

    def __init__(self, look: References, names: Names, mapping: Mapping[str, str]) -> None:
        self.look = look
        self.mapping = mapping
        self.names: dict[str, str] = {}
        self.how: dict[str, str] = {}
        self.api_id: str | None = None
        self._of = names
        self._apis = ApiReferences(look)

    def api_and_function(self, address: Address | None, function: str | None) -> None:
        """Whichever was given leads to the other; if neither was, the guide's names do."""
        if address is not None:
            self._take_api(address.api_id, GIVEN)
            self._take("stage", address.stage, GIVEN)
            if address.path:
                self._take("path", address.path, GIVEN)
        self._given()
        if function is not None:
            self._take("ProcessOrder", name_of(function), GIVEN)
        if address is not None and "ProcessOrder" not in self.names:
            self._integrated(None)
        self._by_name("function", "ProcessOrder")
        if self.api_id is None:
            self._api_of_function()
        if "path" not in self.names:
            self._integrated(self.names.get("ProcessOrder"))
        if self.api_id and (stage := self._apis.stage(self.api_id)):
            self._take("stage", *stage)

    def _integrated(self, function: str | None) -> None:
        path = self.names.get("path")
        if self.api_id and (found := self._apis.integrated(self.api_id, path, function)):
            self._take("path", found.path, "by its POST method")
            self._take("ProcessOrder", found.function, "by the API's integration")

    def _given(self) -> None:
        for guide, actual in self.mapping.items():
            if guide == "EcommerceAPI":
                self._take_api(self._apis.id_of(actual) or actual, GIVEN)
            elif guide in ("stage", "path"):
                text = actual if guide == "stage" else f"/{actual.strip('/')}"
                self.names[guide], self.how[guide] = text, GIVEN
            elif guide != "Role":
                self._take(guide, name_of(actual), GIVEN)

    def _api_of_function(self) -> None:
        function = self.names.get("ProcessOrder")
        if function and (api_id := self._apis.allowed(function)):
            self._take_api(api_id, f"by {function}'s resource-based policy")
        elif api_id := self._apis.id_of(self._of.of("EcommerceAPI")):
            self._take_api(api_id, BY_NAME)

    def _take_api(self, api_id: str, how: str) -> None:
        self.api_id = api_id
        self.names["EcommerceAPI"] = self._apis.name_of(api_id) or api_id
        self.how["EcommerceAPI"] = how

    def functions(self) -> None:
        """The functions that the first one names, by their words; the last one left by default."""
        self._choose("function", ("UpdateInventory", "SendEmail"), ("ProcessOrder",))

    def stored(self) -> None:
        """Tables, topics and the queue, by what the functions name."""
        self._choose("table", ("Inventory", "InventoryTransactions"), FUNCTIONS[1:])
        self._by_keys()
        self._choose("topic", ("OrderConfirmationTopic", "OrderProcessingAlerts"), FUNCTIONS[1:])
        self._queue()

    def _choose(self, kind: Kind, guides: tuple[str, str], by: Iterable[str]) -> None:
        """Divide what the functions name among two parts of the guide."""
        left: list[Reference] = []
        for reference in self._references(kind, by):
            guide = self._part(kind, reference)
            if guide is None:
                left.append(reference)
            else:
                self._take(guide, reference.name, reference.how)
        taken = {self.names[guide] for guide in guides if guide in self.names}
        rest = list(dict.fromkeys(r.name for r in left if r.name not in taken))
        missing = [guide for guide in guides if guide not in self.names]
        if len(rest) == len(missing) == 1:
            self._take(missing[0], rest[0], GUESSED)
        for guide in guides:
            self._by_name(kind, guide)

    def _references(self, kind: Kind, by: Iterable[str]) -> Iterator[Reference]:
        own = {self.names[guide] for guide in by if guide in self.names}
        for guide in by:
            if guide in self.names:
                for reference in self.look.named_in(self.names[guide], kind, guide):
                    if kind != "function" or reference.name not in own:
                        yield reference

    def _part(self, kind: Kind, reference: Reference) -> str | None:
        """The part of the guide that a reference is for, if its words or keys tell."""
        if kind == "function":
            return first_of(_FUNCTION_WORDS, reference.hint)
        if kind == "topic":
            words = first_of(_TOPIC_WORDS, reference.hint)
            # Only one of the two functions sends mail, so what it names is for that.
            alone = "environment" in reference.how and reference.by == "SendEmail"
            return words or ("OrderConfirmationTopic" if alone else None)
        keys = self.look.keys(reference.name)
        by_keys = next((guide for guide, wanted in _KEYS.items() if wanted == keys), None)
        return by_keys or first_of(_TABLE_WORDS, reference.hint)

    def _by_keys(self) -> None:
        """A table that nobody names: the only one with the guide's keys."""
        missing = [guide for guide in _KEYS if guide not in self.names]
        if not missing:
            return
        taken = set(self.names.values())
        tables = [name for name in self.look.tables() if name not in taken]
        for guide in missing:
            fitting = [name for name in tables if self.look.keys(name) == _KEYS[guide]]
            if len(fitting) == 1:
                self._take(guide, fitting[0], BY_KEYS)

    def _queue(self) -> None:
        guide = "OrderProcessingDLQ"
        for by in ("UpdateInventory", "SendEmail"):
            if by in self.names and (arn := self._destination(self.names[by])):
                self._take(guide, name_of(arn), f"by {self.names[by]}'s event-invoke config")
        for by in ("UpdateInventory", "SendEmail"):
            found = self.look.function(self.names[by]) if by in self.names else None
            arn = (found or {}).get("DeadLetterConfig", {}).get("TargetArn", "")
            if ":sqs:" in arn:
                self._take(guide, name_of(arn), f"by {self.names[by]}'s dead-letter queue")
        for reference in self._references("queue", FUNCTIONS[1:]):
            self._take(guide, reference.name, reference.how)
        self._by_name("queue", guide)

    def _destination(self, function: str) -> str | None:
        for qualifier in ("", "$LATEST"):
            config = self.look.event_invoke_config(function, qualifier)
            if config is not None:
                on_failure = config.get("DestinationConfig", {}).get("OnFailure", {})
                arn = on_failure.get("Destination", "")
                return arn if ":sqs:" in arn else None
        return None

    def roles(self) -> dict[str, str]:
        """The roles that the functions found run with."""
        found = {g: self.look.function(self.names[g]) for g in FUNCTIONS if g in self.names}
        return {guide: f["Role"] for guide, f in found.items() if f is not None}

    def role(self, roles: Mapping[str, str]) -> Piece:
        """Whose role it is, as a piece."""
        if not roles:
            return Piece("Role", None, self._why())
        return Piece("Role", ", ".join(dict.fromkeys(roles.values())), "by the functions")

    def taken(self) -> Taken:
        """Everything, in the guide's order."""
        roles = self.roles()
        if given := self.mapping.get("Role"):
            arn = f"arn:{self.look.aws.partition}:iam::{self.look.aws.account}:role/{given}"
            roles = dict.fromkeys(FUNCTIONS, given if given.startswith("arn:") else arn)
        role = Piece("Role", next(iter(roles.values())), GIVEN) if given else self.role(roles)
        pieces = [self._piece(guide) for guide in GUIDE_NAMES[:-1]]
        names = Names(
            self._of.stack,
            self._of.region,
            given={g: n for g, n in self.names.items() if g not in ("stage", "path")},
            api_id=self.api_id,
            stage=self.names.get("stage", self._of.stage),
            path=self.names.get("path", self._of.path),
        )
        return Taken(names, (*pieces, role), roles, tuple(self.look.denied))

    def _piece(self, guide: str) -> Piece:
        if guide not in self.names:
            return Piece(guide, None, self._why())
        actual = self.names[guide]
        if guide == "EcommerceAPI" and actual != self.api_id:
            actual = f"{actual} ({self.api_id})"
        return Piece(guide, actual, self.how[guide])

    def _why(self) -> str:
        return f"may not be read: {self.look.denied[0]}" if self.look.denied else "not found"

    def _take(self, guide: str, name: str, how: str) -> None:
        if guide not in self.names:
            self.names[guide], self.how[guide] = name, how

    def _by_name(self, kind: Kind, guide: str) -> None:
        if guide not in self.names and self.look.exists(kind, self._of.of(guide)):
            self._take(guide, self._of.of(guide), BY_NAME)
