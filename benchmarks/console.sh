#!/bin/sh
# The guide's console steps as a careful person types them, one AWS CLI call after the other.
#
# usage: console.sh build|remove, with these variables:
#   AWS        the aws command            PREFIX       before every name
#   AWS_REGION where                      ACCOUNT      whose; in any other, nothing is done
#   PROFILE       the AWS profile, if it is not for the environment to say as whom
#   ZIP, POLICY   the functions' code, the role's policy (build)
#   ROLE_SECONDS  how long to wait before Lambda knows the role (0 on an engine, 10 on AWS)
#   PASSING_SECONDS  for how long remove tries again what may pass (180), REST_SECONDS  how often (5)
#
# It does less than `ordersetup provision`: no tags, no log groups, no look at what stands, no look at
# what became of a call, no second try, no question to the endpoint.
set -eu

export AWS_PAGER="" AWS_DEFAULT_OUTPUT=text AWS_DEFAULT_REGION="$AWS_REGION"
role="${PREFIX}OrderProcessingRole"

# The AWS CLI asks SQS where the variable does not reach.
aws() {
  "$AWS" ${PROFILE:+--profile "$PROFILE"} ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
}
quiet() { aws "$@" >/dev/null; }

check_account() {
  account=$(aws sts get-caller-identity --query Account)
  [ "$account" = "$ACCOUNT" ] || {
    echo "These credentials are of account $account, not of $ACCOUNT: nothing was done." >&2
    exit 1
  }
}

build() {
  arn() { echo "arn:aws:$1:$AWS_REGION:$account:$2"; }

  quiet dynamodb create-table --table-name "${PREFIX}Inventory" --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=item_id,AttributeType=S \
    --key-schema AttributeName=item_id,KeyType=HASH
  quiet dynamodb create-table --table-name "${PREFIX}InventoryTransactions" \
    --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=order_id,AttributeType=S AttributeName=item_id,AttributeType=S \
    --key-schema AttributeName=order_id,KeyType=HASH AttributeName=item_id,KeyType=RANGE
  quiet sqs create-queue --queue-name "${PREFIX}OrderProcessingDLQ" \
    --attributes MessageRetentionPeriod=1209600
  quiet sns create-topic --name "${PREFIX}OrderConfirmationTopic"
  quiet sns create-topic --name "${PREFIX}OrderProcessingAlerts"

  trust='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": "lambda.amazonaws.com"}}]}'
  quiet iam create-role --role-name "$role" --assume-role-policy-document "$trust"
  quiet iam put-role-policy --role-name "$role" --policy-name OrderProcessing \
    --policy-document "file://$POLICY"
  sleep "${ROLE_SECONDS:-0}"

  make() { # name, handler, environment
    quiet lambda create-function --function-name "$PREFIX$1" --runtime python3.13 \
      --architectures arm64 --memory-size 256 --timeout 30 --handler "handlers.$2.handler" \
      --role "arn:aws:iam::$account:role/$role" --zip-file "fileb://$ZIP" \
      --environment "{\"Variables\": {$3}}"
  }
  make ProcessOrder process_order "\"ALLOWED_ORIGIN\": \"*\",
    \"SEND_EMAIL_FUNCTION\": \"${PREFIX}SendEmail\",
    \"UPDATE_INVENTORY_FUNCTION\": \"${PREFIX}UpdateInventory\""
  make UpdateInventory update_inventory "\"INVENTORY_TABLE\": \"${PREFIX}Inventory\",
    \"TRANSACTIONS_TABLE\": \"${PREFIX}InventoryTransactions\",
    \"ALERTS_TOPIC_ARN\": \"$(arn sns "${PREFIX}OrderProcessingAlerts")\""
  make SendEmail send_email "\"SENDER\": \"\",
    \"CONFIRMATION_TOPIC_ARN\": \"$(arn sns "${PREFIX}OrderConfirmationTopic")\""
  for name in ProcessOrder UpdateInventory SendEmail; do
    quiet lambda wait function-active-v2 --function-name "$PREFIX$name"
  done
  for name in UpdateInventory SendEmail; do
    quiet lambda put-function-event-invoke-config --function-name "$PREFIX$name" \
      --maximum-retry-attempts 2 --destination-config \
      "{\"OnFailure\": {\"Destination\": \"$(arn sqs "${PREFIX}OrderProcessingDLQ")\"}}"
  done

  # The answers tell the ids, so nothing is looked up.
  set -- $(aws apigateway create-rest-api --name "${PREFIX}EcommerceAPI" \
    --endpoint-configuration types=REGIONAL --query "[id, rootResourceId]")
  api=$1
  orders=$(aws apigateway create-resource --rest-api-id "$api" --parent-id "$2" \
    --path-part orders --query id)
  on() { # operation, method, further arguments
    operation=$1 method=$2
    shift 2
    quiet apigateway "$operation" --rest-api-id "$api" --resource-id "$orders" \
      --http-method "$method" "$@"
  }
  header=method.response.header.Access-Control-Allow
  function=$(arn lambda "function:${PREFIX}ProcessOrder")
  on put-method POST --authorization-type NONE
  on put-integration POST --type AWS_PROXY --integration-http-method POST \
    --uri "arn:aws:apigateway:$AWS_REGION:lambda:path/2015-03-31/functions/$function/invocations"
  on put-method-response POST --status-code 200 --response-models application/json=Empty \
    --response-parameters "$header-Origin=false"
  quiet lambda add-permission --function-name "$function" --statement-id api-gateway \
    --action lambda:InvokeFunction --principal apigateway.amazonaws.com \
    --source-arn "$(arn execute-api "$api/*/POST/orders")"

  headers="Content-Type,X-Amz-Date,Authorization,X-Api-Key,X-Amz-Security-Token"
  on put-method OPTIONS --authorization-type NONE
  on put-integration OPTIONS --type MOCK \
    --request-templates '{"application/json": "{\"statusCode\": 200}"}'
  on put-method-response OPTIONS --status-code 200 --response-models application/json=Empty \
    --response-parameters "$header-Headers=false,$header-Methods=false,$header-Origin=false"
  on put-integration-response OPTIONS --status-code 200 --response-parameters \
    "{\"$header-Headers\": \"'$headers'\", \"$header-Methods\": \"'OPTIONS,POST'\", \"$header-Origin\": \"'*'\"}"
  for type in DEFAULT_4XX DEFAULT_5XX; do
    quiet apigateway put-gateway-response --rest-api-id "$api" --response-type "$type" \
      --response-parameters "{\"gatewayresponse.header.Access-Control-Allow-Origin\": \"'*'\"}"
  done
  quiet apigateway create-deployment --rest-api-id "$api" --stage-name prod
  quiet apigateway update-stage --rest-api-id "$api" --stage-name prod --patch-operations \
    "op=replace,path=/*/*/throttling/rateLimit,value=50" \
    "op=replace,path=/*/*/throttling/burstLimit,value=100"
}

# Delete or ask, again as long as that may pass: API Gateway deletes one API in 30 seconds, and IAM
# learns late that a role is empty. What is not there is gone; all other refusals are told at the end.
try() { # what it is for people, then the call; its answer is in $found
  what=$1
  shift
  until found=$(aws "$@" 2>"$errors"); do
    found="" said=$(cat "$errors")
    case $said in
      *"NotFoundException)"* | *"(NotFound)"* | *"(NoSuchEntity)"* | *"NonExistentQueue)"* | \
        *"(QueueDoesNotExist)"*) return ;;
      *TooManyRequests* | *Throttl* | *RequestLimitExceeded* | *"(LimitExceeded"* | *Conflict* | \
        *ConcurrentModification* | *ResourceInUse* | *Unavailable* | *"(Internal"* | \
        *"(ServiceFailure"* | *"(ServiceException"* | *"Could not connect"* | \
        *"Connection was closed"* | *"timeout on endpoint"*)
        [ "$(date +%s)" -ge "$ends" ] || {
          sleep "${REST_SECONDS:-5}"
          continue
        } ;;
    esac
    left="$left
$what: $said"
    return
  done
}

remove() { # whatever of it stands; fails if something may be left
  errors=$(mktemp) left="" ends=$(($(date +%s) + ${PASSING_SECONDS:-180}))
  trap 'rm -f "$errors"' EXIT
  try "REST APIs named ${PREFIX}EcommerceAPI" apigateway get-rest-apis \
    --query "items[?name=='${PREFIX}EcommerceAPI'].id"
  for api in $found; do
    try "REST API ${PREFIX}EcommerceAPI ($api)" apigateway delete-rest-api --rest-api-id "$api"
  done
  for name in ProcessOrder UpdateInventory SendEmail; do
    try "function $PREFIX$name" lambda delete-function --function-name "$PREFIX$name"
    try "log group /aws/lambda/$PREFIX$name" logs delete-log-group \
      --log-group-name "/aws/lambda/$PREFIX$name"
  done
  try "policy of role $role" iam delete-role-policy --role-name "$role" \
    --policy-name OrderProcessing
  try "role $role" iam delete-role --role-name "$role"
  for name in OrderConfirmationTopic OrderProcessingAlerts; do
    try "topic $PREFIX$name" sns delete-topic \
      --topic-arn "arn:aws:sns:$AWS_REGION:$account:$PREFIX$name"
  done
  try "queue ${PREFIX}OrderProcessingDLQ" sqs get-queue-url \
    --queue-name "${PREFIX}OrderProcessingDLQ" --query QueueUrl
  for url in $found; do
    try "queue ${PREFIX}OrderProcessingDLQ" sqs delete-queue --queue-url "$url"
  done
  for name in Inventory InventoryTransactions; do
    try "table $PREFIX$name" dynamodb delete-table --table-name "$PREFIX$name"
  done
  [ -z "$left" ] || {
    echo "Left in $AWS_REGION of account $account:$left" >&2
    exit 1
  }
}

check_account
"$1"
