"""Compares the inputs of fraud detection with those it was trained on.

Reads the stream of the other pipeline. Five minutes of a shard are counted into the bins of the reference; then the
population stability index of each feature says how far they are from training. Everything is measured, a report is kept,
and above a bound the owners of the model are told.
"""

import base64
import json
import os
import time
from bisect import bisect_right
from math import log

import boto3
from botocore.config import Config

REFERENCE = os.environ["TABLE_REFERENCE"]
REPORTS = os.environ["BUCKET_REPORTS"]
TOPIC = os.environ["TOPIC_DRIFT_FOUND"]
DRIFT_AT = float(os.environ.get("DRIFT_AT", "0.25"))
# The index of two small samples is large whatever they are.
ENOUGH = int(os.environ.get("ENOUGH", "500"))
FEATURES = ("amount", "merchant_risk")
REQUIRED = ("transaction_id", "card_id", "amount", "event_time")
REMEMBER_SECONDS = 300

# Four calls of (1 s + 3 s) × 2 attempts: below the timeout of 50 s.
CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 2, "mode": "standard"})
dynamodb = boto3.client("dynamodb", config=CONFIG)
s3 = boto3.client("s3", config=CONFIG)
sns = boto3.client("sns", config=CONFIG)
remembered = {"until": 0.0, "reference": {}}


def handler(event, _context):
    """Lambda's entry point; answers with the state for the window's next batch."""
    reference = load_reference()
    state = event.get("state") or {"records": 0, "missing": 0, "bins": {name: [0] * len(reference[name][1]) for name in reference}}
    sizes, amounts = [], []
    for record in event["Records"]:
        data = base64.b64decode(record["kinesis"]["data"])
        sizes.append(len(data))
        count(state, data, reference, amounts)
    measure_records(sizes, amounts)
    if not event.get("isFinalInvokeForWindow"):
        return {"state": state}
    if state["records"] >= ENOUGH:
        judge(state, reference, event)
    return {"state": {}}


def load_reference():
    """Edges of the bins and the share of training records in each, by feature."""
    now = time.monotonic()
    if remembered["until"] <= now or not remembered["reference"]:
        keys = [{"feature": {"S": name}} for name in FEATURES]
        answer = dynamodb.batch_get_item(RequestItems={REFERENCE: {"Keys": keys}})
        remembered["reference"] = {
            item["feature"]["S"]: tuple([float(value["N"]) for value in item[part]["L"]] for part in ("edges", "shares"))
            for item in answer["Responses"].get(REFERENCE, [])
        }
        remembered["until"] = now + REMEMBER_SECONDS
    return remembered["reference"]


def count(state, data, reference, amounts):
    """Counts a record into the bins of its features."""
    state["records"] += 1
    try:
        transaction = json.loads(data)
        missing = any(transaction.get(name) is None for name in REQUIRED)
    except (AttributeError, ValueError):
        state["missing"] += 1
        return
    state["missing"] += missing
    for name, (edges, _) in reference.items():
        try:
            value = float(transaction[name])
        except (KeyError, TypeError, ValueError):
            continue
        if name == "amount":
            amounts.append(value)
        # A reference that was replaced while the window lasted may have other bins.
        if name in state["bins"] and len(state["bins"][name]) == len(edges) + 1:
            state["bins"][name][bisect_right(edges, value)] += 1


def judge(state, reference, event):
    """Measures the drift of the window, keeps a report, and tells if it is large."""
    drift = {name: stability(reference[name][1], bins) for name, bins in state["bins"].items() if name in reference and sum(bins)}
    worst = max(drift.values(), default=0.0)
    missing = 100.0 * state["missing"] / state["records"]
    namespace = os.environ["METRICS_NAMESPACE"]
    directives = [
        {"Namespace": namespace, "Dimensions": [["Service"]], "Metrics": [{"Name": "InputDrift"}]},
        {"Namespace": namespace, "Dimensions": [[]], "Metrics": [{"Name": "MissingFields", "Unit": "Percent"}]},
    ]
    emit(directives, InputDrift=worst, MissingFields=missing, Service="fraud-detection")
    key = f"{event['window']['start']}/{event['shardId']}.json"
    report = {"window": event["window"], "shard": event["shardId"], "drift": drift, "missing_percent": missing, "bins": state["bins"]}
    s3.put_object(Bucket=REPORTS, Key=key, Body=json.dumps(report, sort_keys=True).encode(), ContentType="application/json")
    if worst > DRIFT_AT:
        sns.publish(TopicArn=TOPIC, Message=json.dumps({"report": key, "drift": worst, "at": event["window"]["end"]}))


def stability(expected, bins):
    """Population stability index: 0 for the same shares; above 0.25 the populations differ."""
    total, index = sum(bins), 0.0
    for share, seen in zip(expected, bins):
        before, now = max(share, 1e-4), max(seen / total, 1e-4)
        index += (now - before) * log(now / before)
    return index


def measure_records(sizes, amounts):
    """Sizes and amounts; a metric takes at most a hundred values a line."""
    namespace = os.environ["METRICS_NAMESPACE"]
    for start in range(0, len(sizes), 100):
        metrics = [{"Name": "RecordSize", "Unit": "Bytes"}, {"Name": "Amount", "Unit": "None"}]
        values = {"RecordSize": sizes[start : start + 100], "Amount": amounts[start : start + 100]}
        metrics = [metric for metric in metrics if values[metric["Name"]]]
        emit([{"Namespace": namespace, "Dimensions": [[]], "Metrics": metrics}], **values)


def emit(directives, **values):
    """One line of embedded metric format: CloudWatch makes the metrics, no call and no permission."""
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}, **values}))
