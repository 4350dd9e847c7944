"""Hands prediction requests on to the queue before the models, each with the model of its tenant.

This is all that stands between the stream and the queue: no endpoint is called here, so a slow model lengthens the queue and
never the stream's iterator age.
"""

import base64
import json
import os
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

TENANTS = os.environ["TABLE_TENANTS"]
QUEUE = os.environ["QUEUE_INFERENCE_REQUESTS"]
FEATURES = int(os.environ.get("FEATURES", "3"))
# A contract changes rarely, and a minute late is soon enough.
REMEMBER_SECONDS = 60

# (1 s + 2 s) × 2 attempts for each of two kinds of calls: below the timeout of 20 s.
CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"max_attempts": 2, "mode": "standard"})
dynamodb = boto3.client("dynamodb", config=CONFIG)
sqs = boto3.client("sqs", config=CONFIG)
remembered = {}


class Unroutable(ValueError):
    """A request that no retry makes right."""


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    failures, requests = [], []
    for record in event["Records"]:
        try:
            requests.append((record, decode(record)))
        except Unroutable as error:
            fail(failures, record, error)
    try:
        models = models_of({request["tenant_id"] for _, request in requests})
    except (BotoCoreError, ClientError) as error:
        for record, _ in requests:
            fail(failures, record, error)
        return {"batchItemFailures": failures}
    routed = []
    for record, request in requests:
        if request["tenant_id"] in models:
            routed.append((record, {**request, "model": models[request["tenant_id"]]}))
        else:
            fail(failures, record, Unroutable("no such tenant"))
    send(routed, failures)
    return {"batchItemFailures": failures}


def decode(record):
    """The request of a Kinesis record."""
    try:
        request = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
        row = [float(value) for value in request["features"]]
        found = {"request_id": str(request["request_id"]), "tenant_id": str(request["tenant_id"]), "features": row}
    except (KeyError, TypeError, ValueError) as error:
        raise Unroutable(f"not a request: {error!r}") from error
    if len(row) != FEATURES:
        raise Unroutable(f"{len(row)} features instead of {FEATURES}")
    return found


def models_of(tenants):
    """The model by tenant, from memory where it is fresh; an unknown tenant is simply not there."""
    now = time.monotonic()
    asked = sorted(tenant for tenant in tenants if remembered.get(tenant, (0, ""))[0] <= now)
    for start in range(0, len(asked), 100):
        request = {TENANTS: {"Keys": [{"tenant_id": {"S": tenant}} for tenant in asked[start : start + 100]]}}
        while request:
            answer = dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(TENANTS, []):
                remembered[item["tenant_id"]["S"]] = (now + REMEMBER_SECONDS, item["model"]["S"])
            request = answer.get("UnprocessedKeys")
    return {tenant: remembered[tenant][1] for tenant in tenants if remembered.get(tenant, (0, ""))[0] > now}


def send(routed, failures):
    """Ten messages a call, as SQS takes them."""
    for start in range(0, len(routed), 10):
        chunk = routed[start : start + 10]
        entries = [{"Id": str(index), "MessageBody": json.dumps(body)} for index, (_, body) in enumerate(chunk)]
        try:
            answer = sqs.send_message_batch(QueueUrl=QUEUE, Entries=entries)
            refused = {int(entry["Id"]): entry.get("Code", "refused") for entry in answer.get("Failed", [])}
        except (BotoCoreError, ClientError) as error:
            refused = dict.fromkeys(range(len(chunk)), error)
        for index, error in refused.items():
            fail(failures, chunk[index][0], error)


def fail(failures, record, error):
    """Names a record as failed, by its sequence number."""
    sequence = record["kinesis"]["sequenceNumber"]
    print(json.dumps({"message": "request failed", "sequence": sequence, "error": repr(error)}))
    failures.append({"itemIdentifier": sequence})
