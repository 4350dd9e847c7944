"""Runs a handler of a built-in stack against moto: its tables, streams, queues, topics and buckets are made from the
stack's own pipeline file, and the handler is told of them as a deployed function is.

Endpoints are stand-ins. Needs boto3 and moto, no network and no credentials.
"""

import base64
import importlib.util
import io
import json
import os
import sys
import unittest
from pathlib import Path
from unittest import mock

import boto3
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws

STACKS = Path(__file__).resolve().parents[3] / "stacks"
REGION = "eu-west-1"
CLIENTS = {}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
sys.dont_write_bytecode = True


def client(owner, name, **options):
    """A client, kept: making one takes longer than a test."""
    if (owner, name) not in CLIENTS:
        CLIENTS[owner, name] = boto3.session.Session().client(name, **options)
    return CLIENTS[owner, name]


def refused(code="ModelError"):
    """An error of a service."""
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class Endpoint:
    """Stands in for SageMaker. `answer` says what a row is worth; an endpoint or model in `broken` fails."""

    def __init__(self, answer=lambda row: 0.02, broken=(), variant="AllTraffic"):
        self.answer, self.broken, self.variant, self.asked = answer, broken, variant, []

    def invoke_endpoint(self, EndpointName, ContentType, Accept, Body, TargetModel=None):
        assert (ContentType, Accept) == ("text/csv", "text/csv")
        self.asked.append(TargetModel or EndpointName)
        if {TargetModel, EndpointName} & set(self.broken):
            raise refused()
        answers = [str(self.answer([float(value) for value in row.split(",")])) for row in Body.splitlines()]
        return {"Body": io.BytesIO("\n".join(answers).encode()), "InvokedProductionVariant": self.variant}

    def invoke_endpoint_async(self, **request):
        self.asked.append(request)
        if request["EndpointName"] in self.broken:
            raise refused("ValidationException")
        return {"InferenceId": request["InferenceId"]}


class HandlerTest(unittest.TestCase):
    """A stack's function, alone with what its edges lead to."""

    stack = function = None
    environment = {}

    def setUp(self):
        self.endpoint = Endpoint()
        self.pipeline = yaml.safe_load((STACKS / self.stack / "pipeline.yaml").read_text())
        self.declared = {**self.pipeline.get("consumers", {}), **self.pipeline.get("workers", {})}[self.function]
        for context in (
            mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}),
            mock_aws(),
        ):
            context.start()
            self.addCleanup(context.stop)
        self.aws = {name: client("test", name) for name in ("dynamodb", "kinesis", "s3", "sns", "sqs")}
        variables = {**self.make(), **self.declared.get("environment", {}), **self.environment}
        told = mock.patch.dict(os.environ, variables)
        told.start()
        self.addCleanup(told.stop)
        self.app = self.load()

    def load(self):
        """The handler's module, fresh, with the endpoint's stand-in for its SageMaker client."""
        owner = (self.stack, self.function)
        fake = lambda name, **options: self.endpoint if name == "sagemaker-runtime" else client(owner, name, **options)
        path = STACKS / self.stack / self.declared["code"] / "app.py"
        spec = importlib.util.spec_from_file_location("app", path)
        module = importlib.util.module_from_spec(spec)
        with mock.patch("boto3.client", fake):
            spec.loader.exec_module(module)
        return module

    def make(self):
        """Makes what the function's edges lead to and answers with the variables that say so."""
        declared, variables = self.declared, {}
        for metric in self.declared_metrics().values():
            variables["METRICS_NAMESPACE"] = metric.get("namespace", f"Sluice/{self.stack}")
        written, sends = declared.get("writes", []), declared.get("sends", {})
        for name in {*declared.get("features", []), *written}:
            variables[variable("TABLE", name)] = self.make_table(name)
            ttl = self.pipeline["tables"][name].get("ttl")
            if name in written and ttl:
                variables[variable("TTL_ATTRIBUTE", name)] = ttl["attribute"]
                variables[variable("TTL_SECONDS", name)] = str(int(ttl["after"][:-1]) * SECONDS[ttl["after"][-1]])
        for name in [*sends.get("streams", []), *filter(None, [declared.get("late_to")])]:
            self.aws["kinesis"].create_stream(StreamName=name, ShardCount=1)
            variables[variable("STREAM", name)] = name
        for name in sends.get("queues", []):
            variables[variable("QUEUE", name)] = self.aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
        for name in sends.get("topics", []):
            topic = self.aws["sns"].create_topic(Name=name)["TopicArn"]
            listener = self.aws["sqs"].create_queue(QueueName=f"{name}-listener")["QueueUrl"]
            arn = self.aws["sqs"].get_queue_attributes(QueueUrl=listener, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            self.aws["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
            variables[variable("TOPIC", name)] = topic
        for name in {*sends.get("buckets", []), *declared.get("reads", [])}:
            self.aws["s3"].create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
            variables[variable("BUCKET", name)] = name
        for field, extra in (("scores_with", None), ("falls_back_to", "FALLBACK_ENDPOINT")):
            if name := declared.get(field):
                variables[variable("ENDPOINT", name)] = name
                variables |= {extra: name} if extra else {}
                many = self.pipeline["endpoints"][name]["model"].get("multi-model", {})
                for role in ("default", "fallback"):
                    if role in many:
                        variables[f"{role.upper()}_MODEL"] = f"{many[role]}.tar.gz"
        return variables

    def make_table(self, name):
        """A table with its keys and indexes."""
        table = self.pipeline["tables"][name]
        keys = lambda of: [
            {"AttributeName": of[part], "KeyType": kind} for part, kind in (("key", "HASH"), ("sort", "RANGE")) if part in of
        ]
        indexes = [
            {"IndexName": index, "KeySchema": keys(of), "Projection": {"ProjectionType": "ALL"}}
            for index, of in table.get("indexes", {}).items()
        ]
        attributes = {key["AttributeName"] for of in (table, *table.get("indexes", {}).values()) for key in keys(of)}
        self.aws["dynamodb"].create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=keys(table),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in sorted(attributes)],
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        )
        return name

    def put(self, table, **item):
        """Writes an item of texts and numbers."""
        self.aws["dynamodb"].put_item(TableName=table, Item={key: typed(value) for key, value in item.items()})

    def items(self, table):
        """Every item of a table, in plain values."""
        found = self.aws["dynamodb"].scan(TableName=table)["Items"]
        return [{key: plain(value) for key, value in item.items()} for item in found]

    def sent(self, stream):
        """The records of a stream."""
        kinesis = self.aws["kinesis"]
        shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
        place = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        return [json.loads(record["Data"]) for record in kinesis.get_records(ShardIterator=place)["Records"]]

    def received(self, queue):
        """The messages of a queue; of a topic, those of its listener."""
        url = self.aws["sqs"].get_queue_url(QueueName=queue)["QueueUrl"]
        found = []
        while messages := self.aws["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                body = json.loads(message["Body"])
                found.append(json.loads(body["Message"]) if "TopicArn" in body else body)
                self.aws["sqs"].delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def sample(self, name):
        """An event of the stack's `events` folder."""
        return json.loads((STACKS / self.stack / "events" / name).read_text())

    def run_handler(self, event):
        """Runs the handler; answers with the ids that failed, the answer itself, and the metrics it wrote."""
        with mock.patch("builtins.print") as printed:
            answer = self.app.handler(event, None) or {}
        lines = [json.loads(call.args[0]) for call in printed.call_args_list]
        self.metrics = [line for line in lines if "_aws" in line]
        for line in self.metrics:
            self.check_metrics(line)
        self.answer = answer
        return [failure["itemIdentifier"] for failure in answer.get("batchItemFailures", [])]

    def declared_metrics(self):
        """The metrics that the pipeline file says this function writes, by the name that they have in CloudWatch."""
        camel = lambda stage: "".join(word.capitalize() for word in stage.split("-"))
        found = self.pipeline.get("metrics", {}).items()
        return {metric.get("name", camel(stage)): metric for stage, metric in found if metric["by"] == self.function}

    def check_metrics(self, line):
        """What is written is what is declared: alarms and dashboard look nowhere else. A line takes a hundred values."""
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                declared = self.declared_metrics()[metric["Name"]]
                self.assertEqual(directive["Namespace"], declared.get("namespace", f"Sluice/{self.stack}"))
                self.assertEqual(metric.get("Unit", "None").lower(), declared.get("unit", "none"))
                dimensions = declared.get("dimensions", {})
                self.assertEqual(directive["Dimensions"], [list(dimensions)])
                self.assertEqual({name: line[name] for name in dimensions}, dimensions)
                values = line[metric["Name"]]
                self.assertLessEqual(len(values) if isinstance(values, list) else 1, 100)

    def metric(self, name):
        """Every value of a metric that the last run wrote."""
        found = [line[name] for line in self.metrics if name in line]
        return [value for seen in found for value in (seen if isinstance(seen, list) else [seen])]


def variable(prefix, stage):
    return f"{prefix}_{stage.replace('-', '_').upper()}"


def typed(value):
    if isinstance(value, list):
        return {"L": [typed(each) for each in value]}
    if isinstance(value, dict):
        return {"M": {key: typed(each) for key, each in value.items()}}
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def plain(value):
    kind, content = next(iter(value.items()))
    if kind == "L":
        return [plain(each) for each in content]
    if kind == "M":
        return {key: plain(each) for key, each in content.items()}
    return float(content) if kind == "N" else content


def stream_event(records, shard="shardId-000000000000", first=1, **window):
    """A Kinesis event of these records; text stands for bytes that are no JSON. With `window`, one of a tumbling window."""
    found = []
    for number, record in enumerate(records, first):
        data = record if isinstance(record, str) else json.dumps(record)
        sequence = f"{49590000000000000000000000000000000000000000000000000000 + number}"
        kinesis = {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "key",
            "sequenceNumber": sequence,
            "data": base64.b64encode(data.encode()).decode(),
            "approximateArrivalTimestamp": 1790000000.0 + number,
        }
        found.append({"kinesis": kinesis, "eventSource": "aws:kinesis", "eventID": f"{shard}:{sequence}"})
    if not window:
        return {"Records": found}
    final = window.pop("final", False)
    times = {"start": window.pop("start", "2026-01-01T00:00:00Z"), "end": window.pop("end", "2026-01-01T00:01:00Z")}
    return {
        "Records": found,
        "window": times,
        "shardId": shard,
        "state": window.pop("state", {}),
        "isFinalInvokeForWindow": final,
        "isWindowTerminatedEarly": False,
    }


def queue_event(bodies):
    """An SQS event of these messages; text stands for a body that is no JSON."""
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return {"Records": [{"messageId": f"m-{number}", "body": text} for number, text in enumerate(texts, 1)]}


def topic_event(message):
    """An SNS event."""
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(message)}}]}


def sequence(number):
    """The sequence number of the n-th record of an event."""
    return f"{49590000000000000000000000000000000000000000000000000000 + number}"
