"""Finds readings that are abnormal for their sensor.

Most readings are settled by their baseline alone. Those far from it are scored, all of a batch in one call; what the
model calls an anomaly is told to a topic and then written. Told first: a crash in between tells it twice, never not at all.
"""

import base64
import json
import os
import time
from datetime import datetime, timezone
from math import sqrt

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BASELINES = os.environ["TABLE_BASELINES"]
ANOMALIES = os.environ["TABLE_ANOMALIES"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_ANOMALIES"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_ANOMALIES"])
ENDPOINT = os.environ["ENDPOINT_DETECTOR"]
TOPIC = os.environ["TOPIC_ANOMALIES"]
SUSPECT_AT = float(os.environ.get("SUSPECT_AT", "3"))
ALARM_AT = float(os.environ.get("ALARM_AT", "0.9"))

# (1 s + 3 s) × 2 attempts × 3 kinds of calls stay below the timeout of 30 s.
CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 2, "mode": "standard"})
dynamodb = boto3.client("dynamodb", config=CONFIG)
sagemaker = boto3.client("sagemaker-runtime", config=CONFIG)
sns = boto3.client("sns", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the readings that failed."""
    failures, readings = [], []
    for record in event["Records"]:
        try:
            reading = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
            at = float(reading["at"])
            readings.append((record, str(reading["sensor_id"]), float(reading["value"]), at))
        except (KeyError, TypeError, ValueError) as error:
            fail(failures, record, error)
    try:
        suspects = suspicious(readings)
        scores = score(suspects)
    except (BotoCoreError, ClientError, ValueError) as error:
        for record, *_ in readings:
            fail(failures, record, error)
        return {"batchItemFailures": failures}
    report([suspect for suspect, value in zip(suspects, scores) if value >= ALARM_AT], failures)
    measure(scores, len(readings))
    return {"batchItemFailures": failures}


def suspicious(readings):
    """Readings that lie far from their sensor's baseline, with how far. A sensor without a baseline is still learned."""
    baselines = read({sensor for _, sensor, _, _ in readings})
    found = []
    for record, sensor, value, at in readings:
        if sensor in baselines:
            mean, deviation = baselines[sensor]
            distance = abs(value - mean) / max(deviation, 1e-6)
            if distance >= SUSPECT_AT:
                found.append((record, sensor, value, at, [distance, value, mean, deviation]))
    return found


def read(sensors):
    """Mean and standard deviation by sensor."""
    found, sensors = {}, sorted(sensors)
    for start in range(0, len(sensors), 100):
        request = {BASELINES: {"Keys": [{"sensor_id": {"S": sensor}} for sensor in sensors[start : start + 100]]}}
        while request:
            answer = dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(BASELINES, []):
                found[item["sensor_id"]["S"]] = (float(item["mean"]["N"]), sqrt(float(item["variance"]["N"])))
            request = answer.get("UnprocessedKeys")
    return found


def score(suspects):
    """One score per suspect, in one call."""
    if not suspects:
        return []
    body = "\n".join(",".join(f"{value:.6g}" for value in row) for *_, row in suspects)
    answer = sagemaker.invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Accept="text/csv", Body=body)
    scores = [float(text) for text in answer["Body"].read().decode().replace(",", "\n").split()]
    if len(scores) != len(suspects):
        raise ValueError(f"{len(scores)} scores for {len(suspects)} readings")
    return scores


def report(anomalies, failures):
    """Tells and writes anomalies, ten a call as SNS takes them."""
    for start in range(0, len(anomalies), 10):
        chunk = anomalies[start : start + 10]
        entries = [{"Id": str(index), "Message": json.dumps(told(item))} for index, item in enumerate(chunk)]
        try:
            refused = {entry["Id"] for entry in sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=entries)["Failed"]}
        except (BotoCoreError, ClientError):
            refused = {entry["Id"] for entry in entries}
        for index, item in enumerate(chunk):
            try:
                if str(index) in refused:
                    raise ValueError("the topic did not take it")
                store(item)
            except (BotoCoreError, ClientError, ValueError) as error:
                fail(failures, item[0], error)


def told(anomaly):
    """What a message says."""
    record, sensor, value, at, (distance, *_) = anomaly
    return {
        "anomaly_id": record["kinesis"]["sequenceNumber"],
        "sensor_id": sensor,
        "value": value,
        "at": datetime.fromtimestamp(at, timezone.utc).isoformat(),
        "deviations": round(distance, 2),
    }


def store(anomaly):
    """Writes an anomaly once: the same record has the same sequence number however often it is delivered."""
    message = told(anomaly)
    item = {
        "anomaly_id": {"S": message["anomaly_id"]},
        "sensor_id": {"S": message["sensor_id"]},
        "at": {"S": message["at"]},
        "value": {"N": str(message["value"])},
        "deviations": {"N": str(message["deviations"])},
        TTL_ATTRIBUTE: {"N": str(int(time.time()) + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(TableName=ANOMALIES, Item=item, ConditionExpression="attribute_not_exists(anomaly_id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def measure(scores, readings):
    """Scores and the share of suspects, in embedded metric format: CloudWatch reads them from the log."""
    if not readings:
        return
    namespace = os.environ["METRICS_NAMESPACE"]
    share = {"Name": "Suspects", "Unit": "Percent"}
    directives = [{"Namespace": namespace, "Dimensions": [[]], "Metrics": [share]}]
    values = {"Suspects": 100.0 * len(scores) / readings}
    if scores:
        # A metric takes at most a hundred values a line.
        values |= {"AnomalyScore": scores[:100], "Service": "anomaly-detection"}
        directives.append({"Namespace": namespace, "Dimensions": [["Service"]], "Metrics": [{"Name": "AnomalyScore"}]})
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}, **values}))


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "reading failed", "sequence": sequence, "error": repr(error)}))
    failures.append({"itemIdentifier": sequence})
