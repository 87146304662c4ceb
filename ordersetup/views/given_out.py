"""What a stack is called and where it is, for scripts: on stdout, as shell lines or as JSON."""

from __future__ import annotations

import re
import shlex
from typing import Any

from ordersetup.operate.outputs import Outputs
from ordersetup.views.console import console
from ordersetup.views.json_lines import write


def tell_outputs(found: Outputs, *, json: bool) -> None:
    """Write a stack's outputs to stdout.

    Args:
        found: the stack's addresses and names.
        json: as one JSON object, else as lines for a shell or an .env file.
    """
    if json:
        write(outputs_fields(found))
        return
    out = console(color=False)
    for name, value in variables(found).items():
        out.print(f"{name}={shlex.quote(value)}", markup=False)


def variables(found: Outputs) -> dict[str, str]:
    """The outputs as environment variables: ORDERS_URL, ORDERS_INVENTORY_ARN, …."""
    told = {"URL": found.endpoint, "STACK": found.stack}
    told |= {"ACCOUNT": found.account, "REGION": found.region}
    for name, address in found.addresses.items():
        told[_snake(name) if name.endswith(" URL") else f"{_snake(name)}_ARN"] = address
    told |= {f"{_snake(name)}_NAME": value for name, value in found.names.items()}
    return {f"ORDERS_{name}": value for name, value in told.items()}


def _snake(name: str) -> str:
    """A name of the guide in capitals: OrderProcessingDLQ is ORDER_PROCESSING_DLQ."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).replace(" ", "_").upper()


def outputs_fields(found: Outputs) -> dict[str, Any]:
    """The outputs as documented in docs/json.md."""
    return {
        "type": "outputs",
        "stack": found.stack,
        "account": found.account,
        "region": found.region,
        "endpoint": found.endpoint,
        "names": dict(found.names),
        "addresses": dict(found.addresses),
        "curl": found.curl,
        "by_hand": list(found.by_hand),
    }
