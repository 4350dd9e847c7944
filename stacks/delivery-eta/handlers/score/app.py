"""Predicts when an order arrives, again with each of its events.

Features of the couriers are read in bulk, a batch is scored in one call, and each prediction is written only if no later
event of the order has been predicted already. Which of the endpoint's variants answered is written with it.
"""

import base64
import json
import os
import time
from math import asin, cos, radians, sin, sqrt

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

FEATURES = os.environ["TABLE_COURIER_FEATURES"]
ETAS = os.environ["TABLE_ETAS"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_ETAS"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_ETAS"])
ENDPOINT = os.environ["ENDPOINT_ETA"]
UPDATES = os.environ["STREAM_ETA_UPDATES"]
# Where nothing is known of the courier, the model hears these.
UNKNOWN = {"lat": None, "lon": None, "speed": 4.0, "at": 0.0}

# One attempt per call: an order's next event brings the next prediction. A batch makes three calls in bulk and 25 writes, each
# a few milliseconds; 1.5 s apiece would pass the timeout of 20 s, and then the batch is tried again.
CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"max_attempts": 1})
dynamodb = boto3.client("dynamodb", config=CONFIG)
kinesis = boto3.client("kinesis", config=CONFIG)
sagemaker = boto3.client("sagemaker-runtime", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    failures, orders = [], []
    for record in event["Records"]:
        try:
            orders.append((record, decode(record)))
        except (KeyError, TypeError, ValueError) as error:
            fail(failures, record, error)
    try:
        couriers = read(sorted({order["courier_id"] for _, order in orders}))
        rows = [row(order, couriers.get(order["courier_id"], UNKNOWN)) for _, order in orders]
        seconds, variant = score(rows)
    except (BotoCoreError, ClientError, ValueError) as error:
        for record, _ in orders:
            fail(failures, record, error)
        return {"batchItemFailures": failures}
    told, changes = [], []
    for (record, order), remaining in zip(orders, seconds):
        try:
            before = store(order, remaining, variant)
            if before is not None:
                told.append((record, {"order_id": order["order_id"], "arrives_at": order["at"] + remaining}))
                changes.append(abs(order["at"] + remaining - before))
        except (BotoCoreError, ClientError) as error:
            fail(failures, record, error)
    tell(told, failures)
    measure([age for *_, age in rows], changes)
    return {"batchItemFailures": failures}


def decode(record):
    """The order event of a Kinesis record."""
    order = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
    numbers = {name: float(order[name]) for name in ("at", "lat", "lon", "items", "ready_in")}
    return {"order_id": str(order["order_id"]), "courier_id": str(order["courier_id"]), **numbers}


def read(couriers):
    """Features by courier; one without a position is simply not there. A batch has at most 25 of them: one call."""
    found, request = {}, {FEATURES: {"Keys": [{"courier_id": {"S": courier}} for courier in couriers]}}
    while couriers and request:
        answer = dynamodb.batch_get_item(RequestItems=request)
        for item in answer["Responses"].get(FEATURES, []):
            found[item["courier_id"]["S"]] = {name: float(item[name]["N"]) for name in UNKNOWN}
        request = answer.get("UnprocessedKeys")
    return found


def row(order, courier):
    """Distance left, speed, seconds until the food is ready, items, age of the position."""
    if courier["lat"] is None:
        return [3000.0, courier["speed"], order["ready_in"], order["items"], 3600.0]
    half = [sin(radians(courier[axis] - order[axis]) / 2) ** 2 for axis in ("lat", "lon")]
    bent = half[0] + cos(radians(order["lat"])) * cos(radians(courier["lat"])) * half[1]
    distance = 12_742_000 * asin(sqrt(min(1.0, bent)))
    return [distance, courier["speed"], order["ready_in"], order["items"], max(0.0, order["at"] - courier["at"])]


def score(rows):
    """Seconds until arrival per row, in one call, and the variant that answered."""
    if not rows:
        return [], ""
    body = "\n".join(",".join(f"{value:.6g}" for value in row) for row in rows)
    answer = sagemaker.invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Accept="text/csv", Body=body)
    seconds = [max(0.0, float(text)) for text in answer["Body"].read().decode().replace(",", "\n").split()]
    if len(seconds) != len(rows):
        raise ValueError(f"{len(seconds)} answers to {len(rows)} orders")
    return seconds, answer["InvokedProductionVariant"]


def store(order, remaining, variant):
    """Writes a prediction and answers with the one before; nothing if a later event has been predicted."""
    arrives = order["at"] + remaining
    try:
        answer = dynamodb.update_item(
            TableName=ETAS,
            Key={"order_id": {"S": order["order_id"]}},
            UpdateExpression="SET predicted_for = :at, arrives_at = :arrives, variant = :variant, #ttl = :ttl",
            # The same event again writes the same again: the update to the apps may not have gone out.
            ConditionExpression="attribute_not_exists(order_id) OR predicted_for <= :at",
            ExpressionAttributeNames={"#ttl": TTL_ATTRIBUTE},
            ExpressionAttributeValues={
                ":at": {"N": f"{order['at']:.3f}"},
                ":arrives": {"N": f"{arrives:.3f}"},
                ":variant": {"S": variant},
                ":ttl": {"N": str(int(time.time()) + TTL_SECONDS)},
            },
            ReturnValues="UPDATED_OLD",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise
    return float(answer.get("Attributes", {}).get("arrives_at", {"N": arrives})["N"])


def tell(told, failures):
    """Sends the updates that the apps listen to, by order."""
    if not told:
        return
    entries = [{"PartitionKey": update["order_id"], "Data": json.dumps(update).encode()} for _, update in told]
    try:
        results = kinesis.put_records(StreamName=UPDATES, Records=entries)["Records"]
    except (BotoCoreError, ClientError) as error:
        results = [{"ErrorCode": repr(error)} for _ in told]
    for (record, _), result in zip(told, results):
        if result.get("ErrorCode"):
            fail(failures, record, result["ErrorCode"])


def measure(ages, changes):
    """How old the features were and by how much predictions moved, in embedded metric format."""
    namespace = os.environ["METRICS_NAMESPACE"]
    directives, values = [], {"Service": "delivery-eta"}
    for name, seen, dimensions in (("FeatureAge", ages, []), ("EtaChange", changes, ["Service"])):
        if seen:
            metrics = [{"Name": name, "Unit": "Seconds"}]
            directives.append({"Namespace": namespace, "Dimensions": [dimensions], "Metrics": metrics})
            values[name] = seen
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}, **values}))


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "order failed", "sequence": sequence, "error": repr(error)}))
    failures.append({"itemIdentifier": sequence})
