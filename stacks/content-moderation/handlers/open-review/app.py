"""Opens a case for the reviewers' tool: one per content, whoever asked for it and however often."""

import json
import os
import time
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

REVIEWS = os.environ["TABLE_REVIEWS"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_REVIEWS"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_REVIEWS"])

dynamodb = boto3.client(
    "dynamodb", config=Config(connect_timeout=0.5, read_timeout=1, retries={"max_attempts": 2, "mode": "standard"})
)


def handler(event, _context):
    """Lambda's entry point; answers with the messages that failed."""
    failures = []
    for message in event["Records"]:
        try:
            request = json.loads(message["body"])
            open_case(request["content_id"], str(request["reason"]))
        except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
            print(json.dumps({"message": "no case", "id": message["messageId"], "error": repr(error)}))
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def open_case(content, reason):
    """Writes an open case, unless there is one: a case that was closed stays closed."""
    now = time.time()
    item = {
        "content_id": {"S": content},
        "state": {"S": "open"},
        "opened_at": {"S": datetime.fromtimestamp(now, timezone.utc).isoformat()},
        "reason": {"S": reason},
        TTL_ATTRIBUTE: {"N": str(int(now) + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(TableName=REVIEWS, Item=item, ConditionExpression="attribute_not_exists(content_id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
