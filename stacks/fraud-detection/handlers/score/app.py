"""Scores card transactions from a Kinesis stream.

One invocation: decode the batch, read features in bulk, score it in one call (the fallback model takes over when the
default one fails), write each decision once, side by side, and send late records to their own stream. Three round trips
whatever the batch, because somebody waits at a till. Records that fail are named in the answer, so Lambda tries again
from the first of them and the rest of the batch stands.
"""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from math import isfinite

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

FEATURES = os.environ["TABLE_CARD_FEATURES"]
DECISIONS = os.environ["TABLE_DECISIONS"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_DECISIONS"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_DECISIONS"])
LATE_STREAM = os.environ["STREAM_LATE_TRANSACTIONS"]
ENDPOINT = os.environ["ENDPOINT_SCORING"]
MODELS = [model for model in (os.environ["DEFAULT_MODEL"], os.environ.get("FALLBACK_MODEL")) if model]

# Older than this by event time, a decision helps nobody who waits at a till.
LATE_AFTER_SECONDS = float(os.environ.get("LATE_AFTER_SECONDS", "60"))
DECLINE_AT = float(os.environ.get("DECLINE_AT", "0.9"))
FEATURE_NAMES = ("spend_24h", "transactions_24h", "distinct_merchants_7d", "chargebacks_90d")

# Short timeouts: a slow call must not eat the batch's time; Lambda retries the record, not the call. Two models, two
# attempts of 2.5 s each, and as much for the tables, stay far below the function's own timeout.
WRITERS = 10
CONFIG = Config(
    connect_timeout=0.5, read_timeout=2, retries={"max_attempts": 2, "mode": "standard"}, max_pool_connections=WRITERS
)
dynamodb = boto3.client("dynamodb", config=CONFIG)
kinesis = boto3.client("kinesis", config=CONFIG)
sagemaker = boto3.client("sagemaker-runtime", config=CONFIG)


class BadRecord(ValueError):
    """The record can never be scored, however often it is tried."""


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    now = time.time()
    failures, work = [], []
    for record in event["Records"]:
        try:
            work.append((record, decode(record)))
        except BadRecord as error:
            fail(failures, record, error)
    late = [item for item in work if now - item[1]["event_time"] > LATE_AFTER_SECONDS]
    timely = [item for item in work if now - item[1]["event_time"] <= LATE_AFTER_SECONDS]
    send_late(late, failures)
    score_all(timely, now, failures)
    return {"batchItemFailures": failures}


def decode(record):
    """The transaction of a Kinesis record."""
    try:
        transaction = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True), parse_float=Decimal)
        for field in ("transaction_id", "card_id"):
            if not isinstance(transaction[field], str) or not transaction[field]:
                raise BadRecord(f"{field} is not a text")
        transaction["amount"] = Decimal(transaction["amount"])
        transaction["event_time"] = float(transaction["event_time"])
        if not (transaction["amount"].is_finite() and isfinite(transaction["event_time"])):
            raise BadRecord("an amount or an event time that is no number")
    except BadRecord:
        raise
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise BadRecord(f"not a transaction: {error!r}") from error
    return transaction


def score_all(items, now, failures):
    """Scores and stores every item; one that cannot be stored does not stop the others."""
    if not items:
        return
    try:
        features = read_features({transaction["card_id"] for _, transaction in items})
        scores, model = score(row(transaction, features.get(transaction["card_id"], {})) for _, transaction in items)
    except (BotoCoreError, ClientError, ValueError) as error:
        for record, _ in items:
            fail(failures, record, error)
        return

    def attempt(item, value):
        try:
            store(item[1], value, model, now)
        except (BotoCoreError, ClientError) as error:
            return error
        return None

    with ThreadPoolExecutor(WRITERS) as pool:
        for (record, _), error in zip(items, pool.map(attempt, items, scores)):
            if error is not None:
                fail(failures, record, error)
    measure(items)


def read_features(cards):
    """Features by card, a hundred cards per call; a card without features is simply not there."""
    found, cards = {}, sorted(cards)
    for start in range(0, len(cards), 100):
        keys = [{"card_id": {"S": card}} for card in cards[start : start + 100]]
        request = {FEATURES: {"Keys": keys}}
        for attempt in range(5):
            answer = dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(FEATURES, []):
                found[item["card_id"]["S"]] = {
                    name: float(item[name]["N"]) for name in FEATURE_NAMES if "N" in item.get(name, {})
                }
            request = answer.get("UnprocessedKeys")
            if not request:
                break
            time.sleep(0.02 * 2**attempt)
        else:
            raise BotoCoreError()
    return found


def row(transaction, features):
    """What the model sees of a transaction."""
    return ",".join(str(value) for value in (transaction["amount"], *(features.get(name, 0.0) for name in FEATURE_NAMES)))


def score(rows):
    """The probabilities of fraud in one call, and the model that said so: the default one, or else the fallback."""
    rows = list(rows)
    last = None
    for model in MODELS:
        try:
            answer = sagemaker.invoke_endpoint(
                EndpointName=ENDPOINT, TargetModel=model, ContentType="text/csv", Accept="text/csv", Body="\n".join(rows)
            )
            scores = [float(text) for text in answer["Body"].read().decode().replace(",", "\n").split()]
            if len(scores) != len(rows):
                raise ValueError(f"{len(scores)} scores for {len(rows)} transactions")
            return scores, model
        except (BotoCoreError, ClientError, ValueError) as error:
            log("model failed", model=model, transactions=len(rows), error=repr(error))
            last = error
    raise last


def store(transaction, score, model, now):
    """Writes a decision once: a record that is delivered again finds it and changes nothing."""
    item = {
        "transaction_id": {"S": transaction["transaction_id"]},
        "card_id": {"S": transaction["card_id"]},
        "amount": {"N": str(transaction["amount"])},
        "score": {"N": f"{score:.6f}"},
        "decision": {"S": "decline" if score >= DECLINE_AT else "approve"},
        "model": {"S": model},
        "decided_at": {"N": f"{now:.3f}"},
        TTL_ATTRIBUTE: {"N": str(int(now) + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(
            TableName=DECISIONS, Item=item, ConditionExpression="attribute_not_exists(transaction_id)"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def measure(items):
    """Milliseconds from the stream's taking a record to its decision, in embedded metric format; a line takes a hundred."""
    now = time.time()
    times = [round((now - record["kinesis"]["approximateArrivalTimestamp"]) * 1000, 1) for record, _ in items]
    metrics = [{"Name": "DecisionTime", "Unit": "Milliseconds"}]
    directive = {"Namespace": os.environ["METRICS_NAMESPACE"], "Dimensions": [[]], "Metrics": metrics}
    for start in range(0, len(times), 100):
        stamp = {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}
        print(json.dumps({"_aws": stamp, "DecisionTime": times[start : start + 100]}))


def send_late(items, failures):
    """Hands late records on as they came, with their own partition key, at most 500 per call."""
    for start in range(0, len(items), 500):
        chunk = items[start : start + 500]
        entries = [
            {"Data": base64.b64decode(record["kinesis"]["data"]), "PartitionKey": record["kinesis"]["partitionKey"]}
            for record, _ in chunk
        ]
        try:
            results = kinesis.put_records(StreamName=LATE_STREAM, Records=entries)["Records"]
        except (BotoCoreError, ClientError) as error:
            for record, _ in chunk:
                fail(failures, record, error)
            continue
        for (record, _), result in zip(chunk, results):
            if result.get("ErrorCode"):
                fail(failures, record, result["ErrorCode"])


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    log("record failed", sequence=sequence, error=repr(error))
    failures.append({"itemIdentifier": sequence})


def log(message, **fields):
    """One JSON line; never a card number or an amount."""
    print(json.dumps({"message": message, **fields}))
