"""Turns positions into features: how fast a courier moves, smoothed, and where they are now.

Speed is a difference, so positions are taken in order per courier. A position older than what is known changes nothing:
batches that are read again, and phones that send late, do no harm.
"""

import base64
import json
import os
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from math import asin, cos, radians, sin, sqrt

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

FEATURES = os.environ["TABLE_COURIER_FEATURES"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_COURIER_FEATURES"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_COURIER_FEATURES"])
# Half of a speed is forgotten within so many seconds.
HALF_LIFE = float(os.environ.get("HALF_LIFE_SECONDS", "60"))
STANDING = 0.5
WORKERS = 16

# At worst five reads and 500 writes over 16 threads, 1.5 s and one attempt each, take longer than the timeout allows. Then
# the batch is tried again, twice, and given up after two minutes: by then newer positions are there.
CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"max_attempts": 1}, max_pool_connections=WORKERS)
dynamodb = boto3.client("dynamodb", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    failures, by_courier = [], defaultdict(list)
    for record in event["Records"]:
        try:
            position = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
            found = (float(position["at"]), float(position["lat"]), float(position["lon"]))
            by_courier[str(position["courier_id"])].append((record, found))
        except (KeyError, TypeError, ValueError) as error:
            fail(failures, record, error)
    try:
        known = read(sorted(by_courier))
    except (BotoCoreError, ClientError) as error:
        for items in by_courier.values():
            fail(failures, items[0][0], error)
        return {"batchItemFailures": failures}
    with ThreadPoolExecutor(WORKERS) as pool:
        done = pool.map(lambda item: attempt(item[0], known.get(item[0]), item[1]), by_courier.items())
        for items, error in zip(by_courier.values(), done):
            if error is not None:
                fail(failures, items[0][0], error)
    return {"batchItemFailures": failures}


def read(couriers):
    """What is known of couriers."""
    found = {}
    for start in range(0, len(couriers), 100):
        request = {FEATURES: {"Keys": [{"courier_id": {"S": courier}} for courier in couriers[start : start + 100]]}}
        while request:
            answer = dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(FEATURES, []):
                found[item["courier_id"]["S"]] = {
                    name: float(value["N"]) for name, value in item.items() if "N" in value
                }
            request = answer.get("UnprocessedKeys")
    return found


def attempt(courier, known, items):
    """Updates one courier; answers with what went wrong."""
    try:
        features = known
        for position in sorted(position for _, position in items):
            features = move(features, *position)
        if features != known:
            store(courier, features)
    except (BotoCoreError, ClientError) as error:
        return error
    return None


def move(known, at, lat, lon):
    """The features after a position."""
    if known is None:
        return {"at": at, "lat": lat, "lon": lon, "speed": 0.0, "standing": 0.0}
    if at <= known["at"]:
        return known
    passed = at - known["at"]
    now = metres(known["lat"], known["lon"], lat, lon) / passed
    kept = 0.5 ** (passed / HALF_LIFE)
    standing = known["standing"] + passed if now < STANDING else 0.0
    return {"at": at, "lat": lat, "lon": lon, "speed": kept * known["speed"] + (1 - kept) * now, "standing": standing}


def metres(lat, lon, other_lat, other_lon):
    """Distance on the sphere."""
    half = [sin(radians(b - a) / 2) ** 2 for a, b in ((lat, other_lat), (lon, other_lon))]
    return 12_742_000 * asin(sqrt(min(1.0, half[0] + cos(radians(lat)) * cos(radians(other_lat)) * half[1])))


def store(courier, features):
    """Writes features unless newer ones are there."""
    item = {name: {"N": f"{value:.9g}" if name in ("speed", "standing") else f"{value:.6f}"} for name, value in features.items()}
    try:
        dynamodb.put_item(
            TableName=FEATURES,
            Item={**item, "courier_id": {"S": courier}, TTL_ATTRIBUTE: {"N": str(int(time.time()) + TTL_SECONDS)}},
            ConditionExpression="attribute_not_exists(courier_id) OR #at < :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": item["at"]},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "position failed", "sequence": sequence, "error": repr(error)}))
    failures.append({"itemIdentifier": sequence})
