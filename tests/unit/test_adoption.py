"""What is read of what others have made, and how it is saved before it is replaced."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from ordersetup import adoption
from ordersetup.adoption import Adoption, File, adoption_of, check_unchanged, save
from ordersetup.aws import Aws
from ordersetup.conflicts import Surveyed
from ordersetup.errors import OrdersetupError
from ordersetup.lifecycle import Lifecycle
from ordersetup.web import Answer, NoAnswer
from tests.end_to_end.by_hand import CODE
from tests.stacks import stack
from tests.unit import by_hand
from tests.wire import Visitor, Wire

PLAIN = stack()
SECRET = "hush-hush"
DENIAL = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
}


def surveyed(aws: Aws) -> list[Surveyed]:
    lifecycle = Lifecycle(aws, PLAIN.steps, lambda _: None, timeout=10, adopt=True)
    lifecycle.survey()
    lifecycle.refuse_conflicts()
    return lifecycle.found


def adopted(aws: Aws) -> Adoption:
    found = adoption_of(aws, surveyed(aws))
    assert found is not None
    return found


def configure(aws: Aws, **changes: Any) -> None:
    aws.lambda_.update_function_configuration(FunctionName="ProcessOrder", **changes)


def test_the_old_code_and_every_document_are_read(aws: Aws, calls: list[str]) -> None:
    hand = by_hand.build(aws)
    configure(aws, Environment={"Variables": {"KEY": SECRET}})
    found = surveyed(aws)
    calls.clear()

    read = adoption_of(aws, found)

    assert set(calls) == set(adoption.USES) - {"lambda:ListTags"}
    assert read is not None
    files = read.found.files
    assert set(files) == {
        "differences.csv",
        "EcommerceAPI.api.json",
        "LambdaOrderRole.role.json",
        "ProcessOrder.policy.json",
        *(
            f"{function}.{kind}"
            for function in ("ProcessOrder", "UpdateInventory", "SendEmail")
            for kind in ("zip", "configuration.json")
        ),
    }
    with ZipFile(io.BytesIO(files["SendEmail.zip"])) as old:
        assert old.read("lambda_function.py").decode() == CODE
    configuration = json.loads(files["ProcessOrder.configuration.json"])["Configuration"]
    assert configuration["Environment"]["Variables"] == {"KEY": SECRET}
    assert "Location" not in files["ProcessOrder.configuration.json"].decode()
    role = json.loads(files["LambdaOrderRole.role.json"])
    assert role["InlinePolicies"]["orders"]["Statement"] == hand.statements()
    assert role["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Action"] == "sts:AssumeRole"
    api = json.loads(files["EcommerceAPI.api.json"])
    methods = {r["path"]: r.get("resourceMethods", {}) for r in api["Resources"]}
    assert methods["/orders"]["POST"]["methodIntegration"]["type"] == "AWS_PROXY"
    assert "GatewayResponses" in api
    (statement,) = json.loads(files["ProcessOrder.policy.json"])["Statement"]
    assert statement["Sid"] == "api-gateway"
    assert {function: list(listing) for function, listing in read.found.code.items()} == {
        function: [File("lambda_function.py", 81)]
        for function in ("ProcessOrder", "UpdateInventory", "SendEmail")
    }


def test_what_differed_is_a_table_without_secrets(aws: Aws) -> None:
    by_hand.build(aws)
    configure(aws, Environment={"Variables": {"KEY": SECRET, "ALLOWED_ORIGIN": "me@x.io"}})
    text = adopted(aws).found.files["differences.csv"].decode()
    rows = {(row["resource"], row["attribute"]): row for row in csv.DictReader(io.StringIO(text))}
    mode = rows["DynamoDB › Tables › Inventory", "Capacity mode"]
    assert (mode["was"], mode["becomes"]) == ("Provisioned", "On-demand")
    variables = rows["Lambda › Functions › ProcessOrder", "Environment variables"]
    assert "KEY=(not shown)" in variables["was"]
    assert SECRET not in text
    assert "me@x.io" not in text


def test_what_stays_is_said(aws: Aws) -> None:
    by_hand.build(aws)
    aws.lambda_.put_function_concurrency(FunctionName="SendEmail", ReservedConcurrentExecutions=5)
    queue = PLAIN.step("queue/OrderProcessingDLQ").arn
    configure(aws, DeadLetterConfig={"TargetArn": queue})
    assert adopted(aws).found.left == (
        f"ProcessOrder keeps Dead-letter queue (the older setting): {queue}.",
        "SendEmail keeps Reserved concurrency: 5.",
        "The role LambdaOrderRole, with which ProcessOrder, UpdateInventory and SendEmail ran, is "
        "left untouched; this stack needs it no more.",
    )


def test_layers_stay_and_are_said_too(aws: Aws, wire: Wire) -> None:
    by_hand.build(aws)
    found = surveyed(aws)

    def bend(answer: dict[str, Any]) -> None:
        answer["Configuration"]["Layers"] = [{"Arn": "arn:layer:1"}, {"Arn": "arn:layer:2"}]

    wire.bend("lambda:GetFunction", bend)
    read = adoption_of(aws, found)
    assert read is not None
    assert read.found.left[0] == "ProcessOrder keeps layers: arn:layer:1, arn:layer:2."


def test_a_role_that_is_gone_is_no_hindrance(aws: Aws) -> None:
    by_hand.build(aws)
    aws.iam.delete_role_policy(RoleName="LambdaOrderRole", PolicyName="orders")
    aws.iam.delete_role(RoleName="LambdaOrderRole")
    assert json.loads(adopted(aws).found.files["LambdaOrderRole.role.json"]) == {"Role": None}


def test_a_role_of_our_name_is_read_before_its_policy_is_replaced(aws: Aws) -> None:
    name = PLAIN.blueprint.names.role
    aws.iam.create_role(RoleName=name, AssumeRolePolicyDocument='{"Statement": []}')
    aws.iam.put_role_policy(
        RoleName=name, PolicyName="orders-runtime", PolicyDocument=json.dumps(DENIAL)
    )
    read = adopted(aws)
    assert set(read.found.files) == {"differences.csv", f"{name}.role.json"}
    assert "orders-runtime" in json.loads(read.found.files[f"{name}.role.json"])["InlinePolicies"]
    assert read.found.left == ()


def test_where_all_is_ours_there_is_nothing_to_adopt(aws: Aws) -> None:
    aws.logs.create_log_group(logGroupName="/aws/lambda/SendEmail")
    assert adoption_of(aws, surveyed(aws)) is None


class Broken(Visitor):
    """Hands out no code, or another."""

    def __init__(self, answer: Answer | NoAnswer) -> None:
        super().__init__()
        self.answer = answer

    def ask(self, *_: object, **__: object) -> Answer:
        if isinstance(self.answer, NoAnswer):
            raise self.answer
        return self.answer


SIGNED = "https://bucket/code?X-Amz-Signature=abc"
FAULTS = {
    "no answer": (NoAnswer(f"{SIGNED} did not answer.", "Check.", "timed out"), "timed out"),
    "expired": (Answer(403, {}, b"<Error/>"), "it was answered 403"),
    "another": (Answer(200, {}, b"PK"), "what came has another hash than Lambda tells"),
}


@pytest.mark.parametrize(("answer", "reason"), FAULTS.values(), ids=FAULTS)
def test_code_that_cannot_be_saved_ends_it_and_its_address_is_kept_secret(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, answer: Answer | NoAnswer, reason: str
) -> None:
    by_hand.build(aws)
    monkeypatch.setattr(aws, "web", Broken(answer))
    with pytest.raises(OrdersetupError) as failed:
        adopted(aws)
    assert failed.value.happened == (
        f"The code of ProcessOrder could not be saved before it is replaced: {reason}. "
        "Nothing was changed."
    )
    assert failed.value.__cause__ is None
    assert failed.value.__context__ is None


def test_a_zip_with_unprintable_names_does_not_reach_the_terminal_as_such() -> None:
    package = io.BytesIO()
    with ZipFile(package, "w") as archive:
        archive.writestr("a\x1b[2Jb.py", "x")
        archive.mkdir("folder")
    assert adoption._listing(package.getvalue()) == (File("a?[2Jb.py", 1),)
    assert adoption._listing(b"?") == (File("(no zip)", 1),)


def test_what_is_saved_is_the_owners_alone_and_overwrites_nothing(aws: Aws, tmp_path: Path) -> None:
    by_hand.build(aws)
    found = adopted(aws).found
    folder = tmp_path / "a" / "b"
    save(found, folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in folder.iterdir()} == set(found.files)
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_bytes() == found.files[path.name]
    with pytest.raises(OrdersetupError, match=r"could not be saved .* File exists"):
        save(found, folder)


def test_a_folder_that_cannot_be_made_ends_it(aws: Aws, tmp_path: Path) -> None:
    by_hand.build(aws)
    (tmp_path / "file").write_text("")
    with pytest.raises(OrdersetupError, match="--save-to DIR"):
        save(adopted(aws).found, tmp_path / "file" / "under")


def test_what_has_changed_since_it_was_shown_is_not_taken_over(aws: Aws) -> None:
    by_hand.build(aws)
    shown = adopted(aws)
    check_unchanged(shown, surveyed(aws))
    configure(aws, MemorySize=512)
    with pytest.raises(OrdersetupError, match="has changed since it was shown"):
        check_unchanged(shown, surveyed(aws))
