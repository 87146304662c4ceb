"""What AWS answers for "not yet", word for word, and what it answers for good."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """AWS's answer to an operation, when a step is made or when what broke is repaired."""

    operation: str
    message: str
    broken: str | None = None


CONCURRENT = "Unable to complete operation due to concurrent modification. Please try again later."
NO_SUCH_API = "Invalid API identifier specified 123456789012:abc123"
NO_SUCH_RESOURCE = "Invalid Resource identifier specified"
IN_PROGRESS = (
    "The operation cannot be performed at this time. An update is in progress for resource: "
    "arn:aws:lambda:eu-west-1:123456789012:function:SendEmail"
)
PENDING = (
    "The operation cannot be performed at this time. "
    "The function is currently in the following state: "
)
PARALLEL = (
    "The function could not be updated due to a concurrent update operation. "
    "Please try again later."
)


def _busy(operation: str, broken: str | None = None) -> dict[tuple[str, str], Answer]:
    code = "ResourceConflictException"
    return {
        (code, "An update is in progress"): Answer(operation, IN_PROGRESS, broken),
        (code, "following state: Pending"): Answer(operation, f"{PENDING}Pending", broken),
        (code, "following state: InProgress"): Answer(operation, f"{PENDING}InProgress", broken),
        (code, "following state: Deleting"): Answer(operation, f"{PENDING}Deleting", broken),
        (code, "concurrent update operation"): Answer(operation, PARALLEL, broken),
    }


def _api(operation: str, missing: str, taken: str = "") -> dict[tuple[str, str], Answer]:
    answers = {
        ("ConflictException", "concurrent modification"): Answer(operation, CONCURRENT),
        ("NotFoundException", "Invalid"): Answer(operation, missing),
    }
    if taken:
        answers["ConflictException", "already"] = Answer(operation, taken)
    return answers


_UPDATE, _PUT, _ADD = (
    "lambda:UpdateFunctionConfiguration",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:AddPermission",
)
_TWICE = (
    "The statement id (X) provided already exists. Please provide a new statement id, or remove"
)

ANSWERS: dict[str, dict[tuple[str, str], Answer]] = {
    "Table": {
        ("ResourceInUseException", ""): Answer(
            "dynamodb:UpdateTable",
            "Attempt to change a resource which is still in use: Table is being updated: Inventory",
            "Table.capacity_mode",
        ),
        ("ResourceNotFoundException", ""): Answer(
            "dynamodb:ListTagsOfResource", "Requested resource not found"
        ),
        ("LimitExceededException", "tags are being updated"): Answer(
            "dynamodb:TagResource",
            "Subscriber limit exceeded: Table tags are being updated: Inventory",
            "Table.tags",
        ),
        ("LimitExceededException", "simultaneously"): Answer(
            "dynamodb:CreateTable",
            "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted "
            "simultaneously",
        ),
    },
    "Queue": {
        ("AWS.SimpleQueueService.QueueDeletedRecently", ""): Answer(
            "sqs:CreateQueue",
            "You must wait 60 seconds after deleting a queue before you can create another with "
            "the same name.",
        ),
        ("AWS.SimpleQueueService.NonExistentQueue", ""): Answer(
            "sqs:GetQueueAttributes", "The specified queue does not exist."
        ),
        ("QueueAlreadyExists", ""): Answer(
            "sqs:CreateQueue",
            "A queue already exists with the same name and a different value for attribute "
            "MessageRetentionPeriod",
        ),
    },
    "Topic": {
        ("InvalidParameter", "Topic already exists with different"): Answer(
            "sns:CreateTopic",
            "Invalid parameter: Tags Reason: Topic already exists with different tags",
        ),
        ("ResourceNotFound", ""): Answer(
            "sns:TagResource", "Resource does not exist", "Topic.tags"
        ),
        ("ConcurrentAccess", ""): Answer("sns:CreateTopic", "Can't perform this action now"),
    },
    "Alarm": {
        ("ResourceNotFoundException", ""): Answer(
            "cloudwatch:ListTagsForResource",
            "The named resource does not exist.",
        ),
        ("ConcurrentModificationException", ""): Answer(
            "cloudwatch:TagResource",
            "More than one process tried to modify a resource at the same time.",
            "Alarm.tags",
        ),
    },
    "Subscriptions": {
        ("NotFound", "Topic does not exist"): Answer("sns:Subscribe", "Topic does not exist"),
        ("InvalidParameter", "Subscription already exists with different"): Answer(
            "sns:Subscribe",
            "Invalid parameter: Attributes Reason: "
            "Subscription already exists with different attributes",
        ),
        ("ResourceNotFound", ""): Answer("sns:Subscribe", "Resource does not exist"),
        ("ConcurrentAccess", ""): Answer("sns:Subscribe", "Can't perform this action now"),
    },
    "SenderIdentity": {
        ("AlreadyExistsException", ""): Answer(
            "ses:CreateEmailIdentity", "Email identity shop@example.com already exist."
        ),
        ("ConcurrentModificationException", ""): Answer(
            "ses:CreateEmailIdentity", "Another operation is in progress"
        ),
    },
    "Role": {
        ("ConcurrentModification", ""): Answer(
            "iam:UpdateAssumeRolePolicy", "Request failed: another change", "Role.trust"
        ),
        ("NoSuchEntity", ""): Answer(
            "iam:UpdateAssumeRolePolicy", "The role with name X cannot be found.", "Role.trust"
        ),
        ("EntityAlreadyExists", ""): Answer("iam:CreateRole", "Role with name X already exists."),
    },
    "RolePolicy": {
        ("ConcurrentModification", ""): Answer("iam:PutRolePolicy", "Request failed"),
        ("NoSuchEntity", ""): Answer("iam:PutRolePolicy", "The role with name X cannot be found."),
    },
    "LogGroup": {
        ("OperationAbortedException", ""): Answer(
            "logs:CreateLogGroup",
            "A conflicting operation is currently in progress against this resource. "
            "Please try again.",
        ),
        ("ResourceAlreadyExistsException", ""): Answer(
            "logs:CreateLogGroup", "The specified log group already exists"
        ),
        ("ResourceNotFoundException", ""): Answer(
            "logs:PutRetentionPolicy", "The specified log group does not exist."
        ),
    },
    "Function": {
        ("InvalidParameterValueException", "cannot be assumed by Lambda"): Answer(
            "lambda:CreateFunction",
            "The role defined for the function cannot be assumed by Lambda.",
        ),
        ("InvalidParameterValueException", "KMS key is invalid for CreateGrant"): Answer(
            "lambda:CreateFunction",
            "Lambda was unable to configure access to your environment variables because the KMS "
            "key is invalid for CreateGrant. KMS Exception: InvalidArnException KMS Message: ARN "
            "does not refer to a valid principal",
        ),
        ("InvalidParameterValueException", "does not have permissions to call"): Answer(
            _UPDATE,
            "The provided execution role does not have permissions to call SendMessage on SQS",
            "Function.memory_mb",
        ),
        ("ResourceConflictException", "Function already exist"): Answer(
            "lambda:CreateFunction", "Function already exist: SendEmail"
        ),
        ("ResourceNotFoundException", "Function not found"): Answer(
            _UPDATE,
            "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:SendEmail",
            "Function.memory_mb",
        ),
        **_busy(_UPDATE, "Function.memory_mb"),
    },
    "AsyncInvocation": {
        ("InvalidParameterValueException", "does not have permissions to call"): Answer(
            _PUT,
            "The function's execution role does not have permissions to call SendMessage on "
            "arn:aws:sqs:eu-west-1:123456789012:OrderProcessingDLQ",
        ),
        ("InvalidParameterValueException", "The destination ARN"): Answer(
            _PUT,
            "The destination ARN arn:aws:sqs:eu-west-1:123456789012:OrderProcessingDLQ is invalid.",
        ),
        ("ResourceNotFoundException", "The function"): Answer(_PUT, "The function doesn't exist."),
        **_busy(_PUT),
    },
    "InvokePermission": {
        ("ResourceConflictException", "already exists"): Answer(_ADD, _TWICE),
        ("ResourceNotFoundException", ""): Answer(
            _ADD, "Function not found: arn:aws:lambda:eu-west-1:123456789012:function:ProcessOrder"
        ),
        **_busy(_ADD),
    },
    "RestApi": {
        ("ConflictException", "concurrent modification"): Answer(
            "apigateway:UpdateRestApi", CONCURRENT, "RestApi.description"
        ),
        ("NotFoundException", "Invalid"): Answer(
            "apigateway:UpdateRestApi", NO_SUCH_API, "RestApi.description"
        ),
    },
    "Resource": _api(
        "apigateway:CreateResource",
        NO_SUCH_API,
        "Another resource with the same parent already has this name: orders",
    ),
    "PostMethod": _api(
        "apigateway:PutMethod", NO_SUCH_RESOURCE, "Method already exists for this resource"
    ),
    "Preflight": _api(
        "apigateway:PutMethodResponse",
        NO_SUCH_RESOURCE,
        "Response already exists for this resource",
    ),
    "GatewayResponse": _api("apigateway:PutGatewayResponse", NO_SUCH_API),
    "Stage": {
        **_api("apigateway:CreateDeployment", NO_SUCH_API),
        ("BadRequestException", "Active stages pointing to this deployment"): Answer(
            "apigateway:DeleteDeployment",
            "Active stages pointing to this deployment must be moved or deleted",
            "Stage.older",
        ),
        ("BadRequestException", "No integration defined"): Answer(
            "apigateway:CreateDeployment", "No integration defined for method"
        ),
    },
}

PERMANENT = {
    "dynamodb:TagResource": "Subscriber limit exceeded: too many tags",
    "dynamodb:CreateTable": "Subscriber limit exceeded: There is a limit of 2500 tables",
    "sns:CreateTopic": "Invalid parameter: Topic Name",
    "sns:Subscribe": "Invalid parameter: Email address",
    "lambda:CreateFunction": "Could not unzip uploaded file.",
    "lambda:UpdateFunctionConfiguration": "The function is replicated.",
    "lambda:PutFunctionEventInvokeConfig": "You can't specify the function as a destination.",
    "lambda:AddPermission": "The final policy size is too big.",
    "apigateway:UpdateRestApi": "Cannot update the endpoint's type.",
    "apigateway:CreateResource": "Unable to make the resource.",
    "apigateway:PutMethod": "Unable to make the method.",
    "apigateway:PutMethodResponse": "Unable to make the response.",
    "apigateway:PutGatewayResponse": "Unable to make the response.",
    "apigateway:DeleteDeployment": "Unable to delete the deployment.",
    "apigateway:CreateDeployment": "The REST API doesn't contain any methods",
}
"""What an operation answers for good; with the code of a "not yet", only the words tell."""
