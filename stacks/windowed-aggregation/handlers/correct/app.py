"""Puts windows right that were complete when a purchase arrived.

The purchase's id and the change of its window are one transaction: a purchase that is delivered twice, or that another
shard's watermark had already let through late, counts once. The corrected window is told to the stream of corrections.
"""

import base64
import json
import os
import time
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

WINDOWS = os.environ["TABLE_WINDOWS"]
WINDOWS_TTL = os.environ["TTL_ATTRIBUTE_WINDOWS"]
WINDOWS_SECONDS = int(os.environ["TTL_SECONDS_WINDOWS"])
SEEN = os.environ["TABLE_SEEN_LATE"]
SEEN_TTL = os.environ["TTL_ATTRIBUTE_SEEN_LATE"]
SEEN_SECONDS = int(os.environ["TTL_SECONDS_SEEN_LATE"])
CORRECTIONS = os.environ["STREAM_WINDOW_CORRECTIONS"]
WINDOW = int(os.environ.get("WINDOW_SECONDS", "300"))

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 3, "mode": "adaptive"})
dynamodb = boto3.client("dynamodb", config=CONFIG)
kinesis = boto3.client("kinesis", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    failures, changed = [], {}
    for record in event["Records"]:
        try:
            purchase = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True), parse_float=Decimal)
            start = int(float(purchase["event_time"]) // WINDOW * WINDOW)
            correct(purchase["event_id"], purchase["shop_id"], start, Decimal(purchase["amount"]))
            # Told even if it was counted before: the first time, the telling may have failed.
            changed.setdefault((purchase["shop_id"], start), []).append(record)
        except (ArithmeticError, BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
            fail(failures, record, error)
    tell(changed, failures)
    return {"batchItemFailures": failures}


def correct(event_id, shop, start, amount):
    """Counts a late purchase, unless its id has been counted."""
    now = int(time.time())
    seen = {"event_id": {"S": event_id}, SEEN_TTL: {"N": str(now + SEEN_SECONDS)}}
    change = {
        "TableName": WINDOWS,
        "Key": {"shop_id": {"S": shop}, "window_start": {"S": str(start)}},
        "UpdateExpression": "SET #ttl = :ttl ADD late_count :one, late_sum :amount",
        "ExpressionAttributeNames": {"#ttl": WINDOWS_TTL},
        "ExpressionAttributeValues": {
            ":ttl": {"N": str(now + WINDOWS_SECONDS)},
            ":one": {"N": "1"},
            ":amount": {"N": str(amount)},
        },
    }
    first = {"TableName": SEEN, "Item": seen, "ConditionExpression": "attribute_not_exists(event_id)"}
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": first}, {"Update": change}])
    except ClientError as error:
        reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        if "ConditionalCheckFailed" not in reasons:
            raise


def tell(changed, failures):
    """Sends each corrected window as it is now."""
    for (shop, start), records in sorted(changed.items()):
        try:
            key = {"shop_id": {"S": shop}, "window_start": {"S": str(start)}}
            item = dynamodb.get_item(TableName=WINDOWS, Key=key, ConsistentRead=True)["Item"]
            parts = [value["L"] for name, value in item.items() if name.startswith("part:")]
            parts.append([item["late_count"], item["late_sum"]])
            window = {
                "shop_id": shop,
                "window_start": start,
                "count": sum(int(part[0]["N"]) for part in parts),
                "sum": str(sum(Decimal(part[1]["N"]) for part in parts)),
                "late": int(item["late_count"]["N"]),
            }
            kinesis.put_record(StreamName=CORRECTIONS, PartitionKey=shop, Data=json.dumps(window).encode())
        except (BotoCoreError, ClientError, KeyError) as error:
            for record in records:
                fail(failures, record, error)


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "correction failed", "sequence": sequence, "error": repr(error)}))
    failures.append({"itemIdentifier": sequence})
