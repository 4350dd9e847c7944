"""Submits uploads for judgement: what the model reads goes to a bucket, the call names it, the answer comes later.

Nothing waits for the model here. Object key and inference id are the content's own, so an upload that is submitted twice
is judged twice and decided once.
"""

import base64
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BUCKET = os.environ["BUCKET_CONTENT"]
ENDPOINT = os.environ["ENDPOINT_MODERATION"]
WORKERS = 16
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
LINK = re.compile(r"https?://", re.IGNORECASE)
SLURS = re.compile(r"\b(idiot|loser|trash|kys)\b", re.IGNORECASE)

# 50 uploads over 16 threads are four rounds of two calls, (1 s + 3 s) each and one attempt: 32 s of the timeout's 45 s.
# Lambda repeats what failed.
CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 1}, max_pool_connections=WORKERS)
s3 = boto3.client("s3", config=CONFIG)
sagemaker = boto3.client("sagemaker-runtime", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the records that failed."""
    with ThreadPoolExecutor(WORKERS) as pool:
        errors = list(pool.map(attempt, event["Records"]))
    failures = []
    for record, error in zip(event["Records"], errors):
        if error is not None:
            sequence = record["kinesis"]["sequenceNumber"]
            print(json.dumps({"message": "not submitted", "sequence": sequence, "error": repr(error)}))
            failures.append({"itemIdentifier": sequence})
    return {"batchItemFailures": failures}


def attempt(record):
    """Submits a record; answers with what went wrong."""
    try:
        submit(json.loads(base64.b64decode(record["kinesis"]["data"], validate=True)))
    except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
        return error
    return None


def submit(upload):
    """Writes the model's input and asks for a judgement."""
    content = upload["content_id"]
    if not NAME.fullmatch(content):
        raise ValueError("content_id is not a name")
    key = f"{upload['kind']}/{content}.csv"
    about = {"content-id": content, "kind": upload["kind"], "channel-id": str(upload["channel_id"])}
    s3.put_object(Bucket=BUCKET, Key=key, Body=row(upload).encode(), ContentType="text/csv", Metadata=about)
    sagemaker.invoke_endpoint_async(
        EndpointName=ENDPOINT,
        InputLocation=f"s3://{BUCKET}/{key}",
        ContentType="text/csv",
        Accept="text/csv",
        InferenceId=content,
    )


def row(upload):
    """The model's five features of a text: length, shouting, links, slurs, earlier removals of the channel."""
    text = upload.get("text", "")
    letters = [c for c in text if c.isalpha()]
    shouting = sum(c.isupper() for c in letters) / len(letters) if letters else 0.0
    values = (len(text), shouting, len(LINK.findall(text)), len(SLURS.findall(text)), upload.get("removals", 0))
    return ",".join(f"{float(value):.4g}" for value in values)
