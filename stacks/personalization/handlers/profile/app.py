"""Keeps what members like: a weight per genre, half of which is forgotten within two weeks.

Events of a member come in order from one shard. A profile remembers the last one it took, by sequence number, so that a
batch that is read again changes nothing; and it is written only if nobody has written it since it was read.
"""

import base64
import json
import os
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PROFILES = os.environ["TABLE_PROFILES"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_PROFILES"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_PROFILES"])
HALF_LIFE = float(os.environ.get("HALF_LIFE_DAYS", "14")) * 86_400
GENRES = 40
WEIGHTS = {"play": 1.0, "finish": 3.0, "rate": 5.0}
WORKERS = 32

CONFIG = Config(
    connect_timeout=0.5, read_timeout=1, retries={"max_attempts": 2, "mode": "standard"}, max_pool_connections=WORKERS
)
dynamodb = boto3.client("dynamodb", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    failures, by_member = [], defaultdict(list)
    for record in event["Records"]:
        try:
            seen = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
            found = (int(record["kinesis"]["sequenceNumber"]), float(seen["at"]), str(seen["genre"]), WEIGHTS[seen["type"]])
            by_member[str(seen["member_id"])].append((record, found))
        except (KeyError, TypeError, ValueError) as error:
            fail(failures, record, error)
    with ThreadPoolExecutor(WORKERS) as pool:
        chunks = list(chunked(sorted(by_member), 100))
        known = {}
        for error, found in pool.map(read, chunks):
            if error is not None:
                raise error
            known |= found
        updates = pool.map(lambda item: attempt(item[0], known.get(item[0]), item[1]), by_member.items())
        for items, error in zip(by_member.values(), updates):
            if error is not None:
                fail(failures, items[0][0], error)
    return {"batchItemFailures": failures}


def chunked(items, size):
    """Lists of at most so many."""
    return (items[start : start + size] for start in range(0, len(items), size))


def read(members):
    """Profiles of up to a hundred members, or what went wrong."""
    found, request = {}, {PROFILES: {"Keys": [{"member_id": {"S": member}} for member in members]}}
    try:
        while request:
            answer = dynamodb.batch_get_item(RequestItems=request)
            found |= {item["member_id"]["S"]: item for item in answer["Responses"].get(PROFILES, [])}
            request = answer.get("UnprocessedKeys")
    except (BotoCoreError, ClientError) as error:
        return error, {}
    return None, found


def attempt(member, item, events):
    """Updates one profile; answers with what went wrong."""
    last = int(item["last_sequence"]["S"]) if item else -1
    at = float(item["at"]["N"]) if item else 0.0
    likes = {name: float(value["N"]) for name, value in item["likes"]["M"].items()} if item else {}
    for sequence, moment, genre, weight in (found for _, found in events if found[0] > last):
        kept = 0.5 ** (max(0.0, moment - at) / HALF_LIFE) if at else 1.0
        likes = {name: value * kept for name, value in likes.items()}
        likes[genre] = likes.get(genre, 0.0) + weight
        last, at = sequence, max(at, moment)
    if item and last == int(item["last_sequence"]["S"]):
        return None
    try:
        store(member, item, last, at, likes)
    except (BotoCoreError, ClientError) as error:
        return error
    return None


def store(member, item, last, at, likes):
    """Writes a profile with its strongest genres, if it is still as it was read; else the records are tried again."""
    strongest = sorted(likes.items(), key=lambda like: (-like[1], like[0]))[:GENRES]
    condition = {"ConditionExpression": "attribute_not_exists(member_id)"}
    if item:
        condition = {
            "ConditionExpression": "last_sequence = :read",
            "ExpressionAttributeValues": {":read": item["last_sequence"]},
        }
    dynamodb.put_item(
        TableName=PROFILES,
        Item={
            "member_id": {"S": member},
            # As text: a sequence number has up to 56 digits, DynamoDB's numbers hold 38.
            "last_sequence": {"S": str(last)},
            "at": {"N": f"{at:.3f}"},
            "likes": {"M": {name: {"N": f"{value:.6g}"} for name, value in strongest}},
            TTL_ATTRIBUTE: {"N": str(int(time.time()) + TTL_SECONDS)},
        },
        **condition,
    )


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "event failed", "sequence": sequence, "error": repr(error)}))
    failures.append({"itemIdentifier": sequence})
