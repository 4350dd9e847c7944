"""Decides on content when SageMaker says that its judgement is there.

Clear cases are removed or let through; in between people decide. Acted first, written last: a crash in between acts
twice, and whoever acts on content does it once per content id.
"""

import json
import os
import time
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

JUDGEMENTS = os.environ["TABLE_JUDGEMENTS"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_JUDGEMENTS"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_JUDGEMENTS"])
VERDICTS = os.environ["BUCKET_VERDICTS"]
HUMAN_REVIEW = os.environ["QUEUE_HUMAN_REVIEW"]
REMOVED = os.environ["TOPIC_REMOVED_CONTENT"]
REMOVE_AT = float(os.environ.get("REMOVE_AT", "0.95"))
REVIEW_AT = float(os.environ.get("REVIEW_AT", "0.6"))

# Three calls, (1 s + 3 s) × 2 attempts each: below the timeout of 30 s. What fails is invoked again by Lambda.
CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"max_attempts": 2, "mode": "standard"})
dynamodb = boto3.client("dynamodb", config=CONFIG)
s3 = boto3.client("s3", config=CONFIG)
sns = boto3.client("sns", config=CONFIG)
sqs = boto3.client("sqs", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point. An error fails the invocation: Lambda tries it twice more, then keeps the event."""
    scores, doubtful = [], 0
    for record in event["Records"]:
        result = json.loads(record["Sns"]["Message"])
        if result["invocationStatus"] != "Completed":
            raise ValueError(f"not a judgement: {result['invocationStatus']}")
        score = read(result["responseParameters"]["outputLocation"])
        decision = decide(result["inferenceId"], score)
        scores.append(score)
        doubtful += decision == "review"
    measure(scores, doubtful)


def read(location):
    """The score that the model wrote; only from the bucket of verdicts."""
    place = urlsplit(location)
    if place.scheme != "s3" or place.netloc != VERDICTS:
        raise ValueError(f"not an object of this pipeline: {location}")
    body = s3.get_object(Bucket=VERDICTS, Key=place.path.lstrip("/"))["Body"].read()
    return float(body.decode().replace(",", "\n").split()[0])


def decide(content, score):
    """Removes, asks people, or lets through; writes what was decided."""
    if score >= REMOVE_AT:
        decision = "remove"
        sns.publish(TopicArn=REMOVED, Message=json.dumps({"content_id": content, "score": score}))
    elif score >= REVIEW_AT:
        decision = "review"
        sqs.send_message(QueueUrl=HUMAN_REVIEW, MessageBody=json.dumps({"content_id": content, "reason": f"score {score:.3f}"}))
    else:
        decision = "allow"
    now = time.time()
    item = {
        "content_id": {"S": content},
        "score": {"N": f"{score:.6f}"},
        "decision": {"S": decision},
        "decided_at": {"N": f"{now:.3f}"},
        TTL_ATTRIBUTE: {"N": str(int(now) + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(TableName=JUDGEMENTS, Item=item, ConditionExpression="attribute_not_exists(content_id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
    return decision


def measure(scores, doubtful):
    """Scores and the share that people see, in embedded metric format."""
    metrics = [{"Name": "Toxicity"}, {"Name": "HumanShare", "Unit": "Percent"}]
    directive = {"Namespace": os.environ["METRICS_NAMESPACE"], "Dimensions": [[]], "Metrics": metrics}
    values = {"Toxicity": scores, "HumanShare": 100.0 * doubtful / len(scores)}
    print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **values}))
