"""Joins decisions with what turned out to be true, and keeps score by model and hour.

An outcome and its point on the scorecard are one transaction: an outcome that a card scheme sends in two files, or that is
delivered twice, counts once.
"""

import base64
import json
import os
import time
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

SCORECARDS = os.environ["TABLE_SCORECARDS"]
SCORECARDS_TTL = os.environ["TTL_ATTRIBUTE_SCORECARDS"]
SCORECARDS_SECONDS = int(os.environ["TTL_SECONDS_SCORECARDS"])
JOINED = os.environ["TABLE_JOINED"]
JOINED_TTL = os.environ["TTL_ATTRIBUTE_JOINED"]
JOINED_SECONDS = int(os.environ["TTL_SECONDS_JOINED"])
# By (declined, fraud).
CELLS = {(True, True): "caught", (True, False): "wrongly_declined", (False, True): "missed", (False, False): "rightly_approved"}

CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 3, "mode": "adaptive"})
dynamodb = boto3.client("dynamodb", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    failures, counted, delays = [], dict.fromkeys(CELLS.values(), 0), []
    for record in event["Records"]:
        try:
            outcome = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
            cell = CELLS[(outcome["decision"] == "decline", bool(outcome["fraud"]))]
            decided, known = float(outcome["decided_at"]), float(outcome["known_at"])
            if join(str(outcome["transaction_id"]), str(outcome["model"]), decided, cell):
                counted[cell] += 1
                delays.append(known - decided)
        except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
            sequence = record["kinesis"]["sequenceNumber"]
            print(json.dumps({"message": "outcome failed", "sequence": sequence, "error": repr(error)}))
            failures.append({"itemIdentifier": sequence})
    measure(counted, delays)
    return {"batchItemFailures": failures}


def join(transaction, model, decided, cell):
    """Counts an outcome; false if it has been counted before."""
    now = int(time.time())
    hour = datetime.fromtimestamp(decided, timezone.utc).strftime("%Y-%m-%dT%H")
    first = {
        "TableName": JOINED,
        "Item": {"transaction_id": {"S": transaction}, "cell": {"S": cell}, JOINED_TTL: {"N": str(now + JOINED_SECONDS)}},
        "ConditionExpression": "attribute_not_exists(transaction_id)",
    }
    point = {
        "TableName": SCORECARDS,
        "Key": {"model": {"S": model}, "hour": {"S": hour}},
        "UpdateExpression": "SET #ttl = :ttl ADD #cell :one",
        "ExpressionAttributeNames": {"#ttl": SCORECARDS_TTL, "#cell": cell},
        "ExpressionAttributeValues": {":ttl": {"N": str(now + SCORECARDS_SECONDS)}, ":one": {"N": "1"}},
    }
    try:
        dynamodb.transact_write_items(TransactItems=[{"Put": first}, {"Update": point}])
    except ClientError as error:
        reasons = [reason.get("Code") for reason in error.response.get("CancellationReasons", [])]
        if "ConditionalCheckFailed" in reasons:
            return False
        raise
    return True


def measure(counted, delays):
    """Precision, misses, how many and how late, in embedded metric format."""
    if not delays:
        return
    units = {"Decided": "Count", "FraudMissed": "Count", "LabelDelay": "Seconds"}
    # A metric takes at most a hundred values a line; the middle of a batch is told by that many.
    values = {"Decided": len(delays), "FraudMissed": counted["missed"], "LabelDelay": delays[:100]}
    declined = counted["caught"] + counted["wrongly_declined"]
    if declined:
        units["Precision"] = "Percent"
        values["Precision"] = 100.0 * counted["caught"] / declined
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    directive = {"Namespace": os.environ["METRICS_NAMESPACE"], "Dimensions": [[]], "Metrics": metrics}
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **values}))
