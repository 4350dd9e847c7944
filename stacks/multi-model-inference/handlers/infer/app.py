"""Answers requests from the queue: one call per model and batch, the fallback endpoint where a model fails.

A prediction is written once, whatever is delivered twice. A message whose model and fallback both fail goes back to the
queue; after its attempts it lies in the dead-letter queue.
"""

import json
import os
import time
from collections import defaultdict
from datetime import datetime, timezone

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

try:  # From the layer; with it, each call shows in the trace.
    from aws_xray_sdk.core import patch

    patch(["botocore"])
except ImportError:
    pass

PREDICTIONS = os.environ["TABLE_PREDICTIONS"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_PREDICTIONS"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_PREDICTIONS"])
ENDPOINT = os.environ["ENDPOINT_MODELS"]
FALLBACK_ENDPOINT = os.environ["FALLBACK_ENDPOINT"]

# The fleet may take long to load a model; the fallback may start cold. Both once, both together below 40 s.
sagemaker = boto3.client("sagemaker-runtime", config=Config(connect_timeout=1, read_timeout=15, retries={"max_attempts": 1}))
dynamodb = boto3.client("dynamodb", config=Config(connect_timeout=1, read_timeout=2, retries={"max_attempts": 2}))


def handler(event, _context):
    """Lambda's entry point; answers with the messages that failed."""
    failures, by_model = [], defaultdict(list)
    for message in event["Records"]:
        try:
            request = json.loads(message["body"])
            by_model[request["model"]].append((message, request))
        except (KeyError, TypeError, ValueError) as error:
            fail(failures, message, error)
    times, fallbacks = [], 0
    for model, items in sorted(by_model.items()):
        started = time.monotonic()
        try:
            predictions, served_by = predict(model, [request["features"] for _, request in items])
        except (BotoCoreError, ClientError, ValueError) as error:
            for message, _ in items:
                fail(failures, message, error)
            continue
        times.append((time.monotonic() - started) * 1000)
        fallbacks += len(items) if served_by == FALLBACK_ENDPOINT else 0
        for (message, request), prediction in zip(items, predictions):
            try:
                store(request, prediction, served_by)
            except (BotoCoreError, ClientError) as error:
                fail(failures, message, error)
    measure(times, fallbacks, sum(len(items) for items in by_model.values()))
    return {"batchItemFailures": failures}


def predict(model, rows):
    """Predictions for rows, and who made them: the tenant's model, or else the fallback endpoint."""
    body = "\n".join(",".join(f"{value:.6g}" for value in row) for row in rows)
    try:
        return ask(rows, EndpointName=ENDPOINT, TargetModel=f"{model}.tar.gz", Body=body), model
    except (BotoCoreError, ClientError, ValueError) as error:
        print(json.dumps({"message": "model failed", "model": model, "error": repr(error)}))
    return ask(rows, EndpointName=FALLBACK_ENDPOINT, Body=body), FALLBACK_ENDPOINT


def ask(rows, **request):
    """One call; as many answers as rows, or an error."""
    answer = sagemaker.invoke_endpoint(ContentType="text/csv", Accept="text/csv", **request)
    predictions = [float(text) for text in answer["Body"].read().decode().replace(",", "\n").split()]
    if len(predictions) != len(rows):
        raise ValueError(f"{len(predictions)} answers to {len(rows)} rows")
    return predictions


def store(request, prediction, served_by):
    """Writes a prediction once."""
    now = time.time()
    item = {
        "request_id": {"S": request["request_id"]},
        "tenant_id": {"S": request["tenant_id"]},
        "predicted_at": {"S": datetime.fromtimestamp(now, timezone.utc).isoformat()},
        "prediction": {"N": f"{prediction:.6f}"},
        "served_by": {"S": served_by},
        TTL_ATTRIBUTE: {"N": str(int(now) + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(TableName=PREDICTIONS, Item=item, ConditionExpression="attribute_not_exists(request_id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def measure(times, fallbacks, requests):
    """Time per call and the share that the fallback answered, in embedded metric format."""
    if not times:
        return
    namespace = os.environ["METRICS_NAMESPACE"]
    directives = [
        {"Namespace": namespace, "Dimensions": [[]], "Metrics": [{"Name": "InferenceTime", "Unit": "Milliseconds"}]},
        {"Namespace": namespace, "Dimensions": [["Service"]], "Metrics": [{"Name": "FallbackShare", "Unit": "Percent"}]},
    ]
    values = {"InferenceTime": times, "FallbackShare": 100.0 * fallbacks / requests, "Service": "multi-model-inference"}
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": directives}, **values}))


def fail(failures, message, error):
    """Names a message as failed; it comes back after its visibility timeout."""
    print(json.dumps({"message": "request failed", "id": message["messageId"], "error": repr(error)}))
    failures.append({"itemIdentifier": message["messageId"]})
