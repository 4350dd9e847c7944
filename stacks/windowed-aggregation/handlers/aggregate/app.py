"""Counts and sums purchases in windows of event time.

Two kinds of windows meet here. Lambda's tumbling window is by arrival: for a minute, a shard's batches share a state. In
that state lie the windows that matter, by event time. When the minute ends, each is written as this minute's part of
its window: a part has a name, so writing it again changes nothing, and a window is the sum of its parts. Each write is
also told at once, as a speculative result; it is complete when the watermark has passed the window's end by the allowed
lateness. An event for a complete window is late and goes to a stream of its own.
"""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# A replay runs this code into another table, without a late stream: it counts late events where they belong.
TABLE = os.environ.get("WINDOWS", "TABLE_WINDOWS").removeprefix("TABLE_")
WINDOWS = os.environ[f"TABLE_{TABLE}"]
TTL_ATTRIBUTE = os.environ[f"TTL_ATTRIBUTE_{TABLE}"]
TTL_SECONDS = int(os.environ[f"TTL_SECONDS_{TABLE}"])
LATE_STREAM = os.environ.get("STREAM_LATE_PURCHASES")
RESULTS = os.environ.get("STREAM_WINDOW_RESULTS")
WINDOW = int(os.environ.get("WINDOW_SECONDS", "300"))
LATENESS = int(os.environ.get("ALLOWED_LATENESS_SECONDS", "60"))
WATERMARKS = "#watermarks"
WRITERS = 16

CONFIG = Config(
    connect_timeout=1, read_timeout=3, retries={"max_attempts": 3, "mode": "standard"}, max_pool_connections=WRITERS
)
dynamodb = boto3.client("dynamodb", config=CONFIG)
kinesis = boto3.client("kinesis", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the state for the next batch and with the first record that failed."""
    state = event.get("state") or {"watermark": load_watermark(event["shardId"]), "first": None, "parts": {}}
    late, failures = [], []
    for record in event["Records"]:
        try:
            purchase = decode(record)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            # The state holds what came before it and nothing after: whatever is read again is counted once.
            failures = failed(record, error)
            break
        start = int(purchase["event_time"] // WINDOW * WINDOW)
        if LATE_STREAM and start + WINDOW + LATENESS <= state["watermark"]:
            late.append(record)
            continue
        state["first"] = state["first"] or record["kinesis"]["sequenceNumber"]
        state["watermark"] = max(state["watermark"], purchase["event_time"])
        count, total = state["parts"].get(f"{start} {purchase['shop_id']}", [0, "0"])
        state["parts"][f"{start} {purchase['shop_id']}"] = [count + 1, str(Decimal(total) + purchase["amount"])]
    # A late record may be sent twice; who reads it counts it once. It may not be lost, so a failure here fails the batch.
    send(LATE_STREAM, [(record["kinesis"]["partitionKey"], base64.b64decode(record["kinesis"]["data"])) for record in late])
    if event.get("isFinalInvokeForWindow"):
        close(state, event)
        state = {}
    return {"state": state, "batchItemFailures": failures}


def decode(record):
    """The purchase of a Kinesis record."""
    purchase = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True), parse_float=Decimal)
    if not isinstance(purchase["shop_id"], str) or not purchase["shop_id"]:
        raise ValueError("shop_id is not a text")
    amount, event_time = Decimal(purchase["amount"]), float(purchase["event_time"])
    if not amount.is_finite() or not 0 < event_time < time.time() + 86_400:
        # One clock that is a year ahead would make every other event late.
        raise ValueError("an amount or an event time that cannot be")
    return {"shop_id": purchase["shop_id"], "amount": amount, "event_time": event_time}


def close(state, event):
    """Writes this minute's parts and where the watermark stands, and tells the results so far."""
    # By its first record, not by the minute: a minute whose state grew too large is ended early and goes on anew.
    part = f"{event['shardId']}@{state['first']}"
    keys = sorted(state["parts"])
    with ThreadPoolExecutor(WRITERS) as pool:
        results = list(pool.map(lambda key: store(key, state["parts"][key], part, state["watermark"]), keys))
    if RESULTS:
        send(RESULTS, [(result["shop_id"], json.dumps(result).encode()) for result in results])
    save_watermark(event["shardId"], state["watermark"])


def store(key, values, part, watermark):
    """Sets a part of a window and answers with the window as it is now."""
    start, shop = key.split(" ", 1)
    count, total = values
    answer = dynamodb.update_item(
        TableName=WINDOWS,
        Key={"shop_id": {"S": shop}, "window_start": {"S": start}},
        UpdateExpression="SET #part = :part, #day = :day, #ttl = :ttl",
        ExpressionAttributeNames={"#part": f"part:{part}", "#day": "day", "#ttl": TTL_ATTRIBUTE},
        ExpressionAttributeValues={
            ":part": {"L": [{"N": str(count)}, {"N": total}]},
            ":day": {"S": time.strftime("%Y-%m-%d", time.gmtime(int(start)))},
            ":ttl": {"N": str(int(start) + TTL_SECONDS)},
        },
        ReturnValues="ALL_NEW",
    )
    parts = [value["L"] for name, value in answer["Attributes"].items() if name.startswith("part:")]
    return {
        "shop_id": shop,
        "window_start": int(start),
        "count": sum(int(part[0]["N"]) for part in parts),
        "sum": str(sum(Decimal(part[1]["N"]) for part in parts)),
        "complete": int(start) + WINDOW + LATENESS <= watermark,
    }


def load_watermark(shard):
    """Where the shard's watermark stood when its last state ended; a new shard has none."""
    key = {"shop_id": {"S": WATERMARKS}, "window_start": {"S": shard}}
    item = dynamodb.get_item(TableName=WINDOWS, Key=key, ConsistentRead=True).get("Item")
    return float(item["watermark"]["N"]) if item else 0.0


def save_watermark(shard, watermark):
    """Moves the shard's watermark, never back."""
    try:
        dynamodb.update_item(
            TableName=WINDOWS,
            Key={"shop_id": {"S": WATERMARKS}, "window_start": {"S": shard}},
            UpdateExpression="SET watermark = :new, #ttl = :ttl",
            ConditionExpression="attribute_not_exists(watermark) OR watermark < :new",
            ExpressionAttributeNames={"#ttl": TTL_ATTRIBUTE},
            ExpressionAttributeValues={
                ":new": {"N": f"{watermark:.3f}"},
                ":ttl": {"N": str(int(time.time()) + TTL_SECONDS)},
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def send(stream, entries):
    """Puts records, 500 a call; what is refused is tried again, and in the end is an error."""
    for start in range(0, len(entries), 500):
        rest = [{"PartitionKey": key, "Data": data} for key, data in entries[start : start + 500]]
        for attempt in range(5):
            results = kinesis.put_records(StreamName=stream, Records=rest)["Records"]
            rest = [entry for entry, result in zip(rest, results) if result.get("ErrorCode")]
            if not rest:
                break
            time.sleep(0.05 * 2**attempt)
        else:
            raise BotoCoreError()


def failed(record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "purchase failed", "sequence": sequence, "error": repr(error)}))
    return [{"itemIdentifier": sequence}]
