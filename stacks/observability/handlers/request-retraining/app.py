"""Asks for a new model when inputs have drifted: once a day, with the report that says why."""

import json
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

RETRAINING = os.environ["TABLE_RETRAINING"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_RETRAINING"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_RETRAINING"])
REPORTS = os.environ["BUCKET_REPORTS"]

# Ten messages, two calls each, one attempt of 1.5 s: the timeout of 30 s.
CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"max_attempts": 1})
dynamodb = boto3.client("dynamodb", config=CONFIG)
s3 = boto3.client("s3", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the messages that failed."""
    failures = []
    for message in event["Records"]:
        try:
            body = json.loads(message["body"])
            request(json.loads(body["Message"]) if "TopicArn" in body else body)
        except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
            print(json.dumps({"message": "no request", "id": message["messageId"], "error": repr(error)}))
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def request(found):
    """Writes the day's request, if it is the first, with the features that drifted most."""
    report = json.loads(s3.get_object(Bucket=REPORTS, Key=found["report"])["Body"].read())
    worst = sorted(report["drift"].items(), key=lambda item: -item[1])[:3]
    item = {
        "request_id": {"S": f"fraud#{found['at'][:10]}"},
        "report": {"S": found["report"]},
        "features": {"M": {name: {"N": f"{drift:.4f}"} for name, drift in worst}},
        TTL_ATTRIBUTE: {"N": str(int(time.time()) + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(TableName=RETRAINING, Item=item, ConditionExpression="attribute_not_exists(request_id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
