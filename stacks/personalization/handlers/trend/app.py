"""Counts plays per title and minute over all members.

A shard's batches share a state for the minute; when it ends, each title's count is written as this shard's part of the
minute. A part has a name, so writing it again changes nothing; a title's plays are the sum of its parts.
"""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

TRENDS = os.environ["TABLE_TRENDS"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_TRENDS"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_TRENDS"])
# A title that one shard sees less often in a minute is no trend, and there are millions of them.
AT_LEAST = int(os.environ.get("AT_LEAST", "20"))
WRITERS = 16

CONFIG = Config(
    connect_timeout=1, read_timeout=2, retries={"max_attempts": 2, "mode": "standard"}, max_pool_connections=WRITERS
)
dynamodb = boto3.client("dynamodb", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the state for the minute's next batch."""
    state = event.get("state") or {"first": None, "plays": {}}
    for record in event["Records"]:
        try:
            seen = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
            if seen["type"] == "play":
                title = str(seen["title_id"])
                state["first"] = state["first"] or record["kinesis"]["sequenceNumber"]
                state["plays"][title] = state["plays"].get(title, 0) + 1
        except (KeyError, TypeError, ValueError):
            # The archive keeps it; one play more or less makes no trend.
            continue
    if not event.get("isFinalInvokeForWindow"):
        return {"state": state}
    # By its first play, not by the minute: a minute whose state grew too large is ended early and goes on anew.
    part = f"part:{event['shardId']}@{state['first']}"
    counts = sorted((title, count) for title, count in state["plays"].items() if count >= AT_LEAST)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda item: store(item[0], event["window"]["start"], part, item[1]), counts))
    return {"state": {}}


def store(title, minute, part, count):
    """Sets a shard's part of a minute."""
    dynamodb.update_item(
        TableName=TRENDS,
        Key={"title_id": {"S": title}, "minute": {"S": minute}},
        UpdateExpression="SET #part = :count, #ttl = :ttl",
        ExpressionAttributeNames={"#part": part, "#ttl": TTL_ATTRIBUTE},
        ExpressionAttributeValues={":count": {"N": str(count)}, ":ttl": {"N": str(int(time.time()) + TTL_SECONDS)}},
    )
