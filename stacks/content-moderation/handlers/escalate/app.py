"""Hands content that the model failed on to people: what cannot be judged is not let through.

SageMaker's notice of the failure says where the input lies; what is known about the content stands beside it.
"""

import json
import os
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CONTENT = os.environ["BUCKET_CONTENT"]
HUMAN_REVIEW = os.environ["QUEUE_HUMAN_REVIEW"]

# Ten messages, two calls each, one attempt of 1.5 s: the timeout of 30 s.
CONFIG = Config(connect_timeout=0.5, read_timeout=1, retries={"max_attempts": 1})
s3 = boto3.client("s3", config=CONFIG)
sqs = boto3.client("sqs", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the messages that failed."""
    failures = []
    for message in event["Records"]:
        try:
            body = json.loads(message["body"])
            escalate(json.loads(body["Message"]) if "TopicArn" in body else body)
        except (BotoCoreError, ClientError, KeyError, TypeError, ValueError) as error:
            print(json.dumps({"message": "not escalated", "id": message["messageId"], "error": repr(error)}))
            failures.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failures}


def escalate(failure):
    """Sends a review request with what the object's metadata tells."""
    place = urlsplit(failure["requestParameters"]["inputLocation"])
    if place.scheme != "s3" or place.netloc != CONTENT:
        raise ValueError("the input is not an object of this pipeline")
    about = s3.get_object(Bucket=CONTENT, Key=place.path.lstrip("/"))["Metadata"]
    reason = f"the model failed: {failure.get('failureReason', 'no reason given')}"[:500]
    request = {"content_id": about["content-id"], "kind": about["kind"], "channel_id": about["channel-id"], "reason": reason}
    sqs.send_message(QueueUrl=HUMAN_REVIEW, MessageBody=json.dumps(request))
