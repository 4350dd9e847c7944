"""Re-ranks the titles that a member is about to be shown, from what they have just done.

An event carries its candidates. Profiles are read in bulk, every candidate of the batch is scored in one call, and each
member's order goes out on a stream. A ranking that comes too late is worth nothing: there is one retry and no more.
"""

import base64
import json
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

PROFILES = os.environ["TABLE_PROFILES"]
SHOWN = os.environ["TABLE_SHOWN"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_SHOWN"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_SHOWN"])
ENDPOINT = os.environ["ENDPOINT_RANKER"]
RANKINGS = os.environ["STREAM_RANKINGS"]

CONFIG = Config(connect_timeout=0.3, read_timeout=0.7, retries={"max_attempts": 1})
dynamodb = boto3.client("dynamodb", config=CONFIG)
kinesis = boto3.client("kinesis", config=CONFIG)
sagemaker = boto3.client("sagemaker-runtime", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    started, failures, rows = time.monotonic(), [], []
    for record in event["Records"]:
        try:
            rows.append((record, decode(record)))
        except (KeyError, TypeError, ValueError) as error:
            fail(failures, record, error)
    try:
        profiles = read(sorted({row["member_id"] for _, row in rows}))
        scores = iter(score([features(row, title, profiles) for _, row in rows for title in row["candidates"]]))
    except (BotoCoreError, ClientError, ValueError) as error:
        for record, _ in rows:
            fail(failures, record, error)
        return {"batchItemFailures": failures}
    ranked = []
    for record, row in rows:
        scored = sorted(((next(scores), title["title_id"]) for title in row["candidates"]), key=lambda s: (-s[0], s[1]))
        ranked.append((record, row["member_id"], [title for _, title in scored]))
    tell(ranked, failures)
    measure((time.monotonic() - started) * 1e6, sum(row["member_id"] not in profiles for _, row in rows))
    return {"batchItemFailures": failures}


def decode(record):
    """Who is shown what."""
    seen = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
    titles = [
        {"title_id": str(title["title_id"]), "genre": str(title["genre"]), "age": float(title["age"]), "fame": float(title["fame"])}
        for title in seen["candidates"]
    ]
    return {"member_id": str(seen["member_id"]), "candidates": titles}


def read(members):
    """Likes by member; a batch has at most 50 of them: one call."""
    found, request = {}, {PROFILES: {"Keys": [{"member_id": {"S": member}} for member in members]}}
    while members and request:
        answer = dynamodb.batch_get_item(RequestItems=request)
        for item in answer["Responses"].get(PROFILES, []):
            found[item["member_id"]["S"]] = {genre: float(value["N"]) for genre, value in item["likes"]["M"].items()}
        request = answer.get("UnprocessedKeys")
    return found


def features(row, title, profiles):
    """The model's four: share of the member's liking for the genre, fame, age of the title, whether the member is known."""
    likes = profiles.get(row["member_id"], {})
    share = likes.get(title["genre"], 0.0) / (sum(likes.values()) or 1.0)
    return [share, title["fame"], title["age"], float(bool(likes))]


def score(rows):
    """One score per candidate, in one call."""
    if not rows:
        return []
    body = "\n".join(",".join(f"{value:.5g}" for value in row) for row in rows)
    answer = sagemaker.invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Accept="text/csv", Body=body)
    scores = [float(text) for text in answer["Body"].read().decode().replace(",", "\n").split()]
    if len(scores) != len(rows):
        raise ValueError(f"{len(scores)} scores for {len(rows)} candidates")
    return scores


def tell(ranked, failures):
    """Sends the orders, and remembers what was shown."""
    if not ranked:
        return
    entries = [
        {"PartitionKey": member, "Data": json.dumps({"member_id": member, "titles": titles}).encode()}
        for _, member, titles in ranked
    ]
    try:
        results = kinesis.put_records(StreamName=RANKINGS, Records=entries)["Records"]
    except (BotoCoreError, ClientError) as error:
        results = [{"ErrorCode": repr(error)} for _ in ranked]
    for (record, member, titles), result in zip(ranked, results):
        try:
            if result.get("ErrorCode"):
                raise ValueError(result["ErrorCode"])
            remember(member, titles)
        except (BotoCoreError, ClientError, ValueError) as error:
            fail(failures, record, error)


def remember(member, titles):
    """The last order that a member was shown; the newest wins, so writing it again does no harm."""
    item = {
        "member_id": {"S": member},
        "titles": {"L": [{"S": title} for title in titles]},
        TTL_ATTRIBUTE: {"N": str(int(time.time()) + TTL_SECONDS)},
    }
    dynamodb.put_item(TableName=SHOWN, Item=item)


def measure(microseconds, cold):
    """Time of the batch and members without a profile, in embedded metric format."""
    metrics = [{"Name": "RankingTime", "Unit": "Microseconds"}, {"Name": "ColdMembers", "Unit": "Count"}]
    directive = {"Namespace": os.environ["METRICS_NAMESPACE"], "Dimensions": [[]], "Metrics": metrics}
    values = {"RankingTime": round(microseconds), "ColdMembers": cold}
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **values}))


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "not ranked", "sequence": sequence, "error": repr(error)}))
    failures.append({"itemIdentifier": sequence})
