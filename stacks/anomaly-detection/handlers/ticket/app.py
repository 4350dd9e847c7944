"""Opens tickets from anomalies: one per sensor and hour, however often the sensor rings and however often a message comes."""

import json
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ANOMALIES = os.environ["TABLE_ANOMALIES"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_ANOMALIES"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_ANOMALIES"])
TICKET_EVERY = int(os.environ.get("TICKET_EVERY", "3600"))

# Ten messages, two attempts of a second and a half each: below the timeout of 30 s.
dynamodb = boto3.client(
    "dynamodb", config=Config(connect_timeout=0.5, read_timeout=1, retries={"max_attempts": 2, "mode": "standard"})
)


def handler(event, _context):
    """Lambda's entry point; answers with the messages that failed."""
    failures = []
    for message in event["Records"]:
        try:
            body = json.loads(message["body"])
            # A topic wraps what it passes on to a queue, unless it delivers raw.
            open_ticket(json.loads(body["Message"]) if "TopicArn" in body else body)
        except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
            print(json.dumps({"message": "no ticket", "id": message["messageId"], "error": repr(error)}))
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def open_ticket(anomaly):
    """Writes the ticket of a sensor and period, if it is the first."""
    now = int(time.time())
    item = {
        "anomaly_id": {"S": f"ticket#{anomaly['sensor_id']}#{now // TICKET_EVERY}"},
        "sensor_id": {"S": anomaly["sensor_id"]},
        "at": {"S": anomaly["at"]},
        "first_anomaly": {"S": anomaly["anomaly_id"]},
        TTL_ATTRIBUTE: {"N": str(now + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(TableName=ANOMALIES, Item=item, ConditionExpression="attribute_not_exists(anomaly_id)")
        print(json.dumps({"message": "ticket opened", "ticket": item["anomaly_id"]["S"]}))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
