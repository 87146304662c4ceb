"""An AWS CLI that notes what it is asked, and answers what is laid out for it."""

from __future__ import annotations

import shlex
from pathlib import Path

_SCRIPT = """#!/bin/sh
cd {folder} || exit 1
profile=-
while :; do
  case $1 in
    --profile) profile=$2 && shift 2 ;;
    --endpoint-url) shift 2 ;;
    *) break ;;
  esac
done
echo "$profile $*" | tr '\\n' ' ' >>calls
echo >>calls
if [ -s "$1.$2.refusals" ]; then
  said=$(head -n 1 "$1.$2.refusals")
  sed -i 1d "$1.$2.refusals"
  echo "An error occurred ($said) when calling $2: Sorry" >&2
  exit 254
fi
if [ -x "$1.$2.deed" ]; then exec "./$1.$2.deed" "$profile"; fi
cat "$1.$2.answer" 2>/dev/null || true
"""


class AwsCli:
    """The stand-in; it is no more than a shell script.

    Args:
        folder: where it lies, with its answers and the calls it got.
        account: whose credentials it says these are.
    """

    def __init__(self, folder: Path, account: str) -> None:
        self._folder = folder
        self.path = folder / "aws"
        self.path.write_text(_SCRIPT.format(folder=shlex.quote(str(folder))))
        self.path.chmod(0o700)
        self.answer("sts.get-caller-identity", account)
        self.answer("apigateway.create-rest-api", "api1 root1")

    @property
    def calls(self) -> list[str]:
        """Each call: the profile it was made with or "-", service, operation and arguments."""
        return [line.strip() for line in (self._folder / "calls").read_text().splitlines()]

    def answer(self, call: str, text: str) -> None:
        """What is answered to a call, as "service.operation"."""
        (self._folder / f"{call}.answer").write_text(f"{text}\n")

    def refuse(self, call: str, code: str, times: int = 1) -> None:
        """Refuse the next so many calls."""
        (self._folder / f"{call}.refusals").write_text(f"{code}\n" * times)

    def do(self, call: str, script: str) -> None:
        """Run a script for a call instead; its argument is the profile."""
        deed = self._folder / f"{call}.deed"
        deed.write_text(script)
        deed.chmod(0o700)

    def count(self, call: str) -> int:
        """How often a call was made."""
        service, _, operation = call.partition(".")
        return sum(line.split()[1:3] == [service, operation] for line in self.calls)
