"""Runs the handler of the built-in pipeline against stand-ins of the AWS clients.

    test_fraud_handler.py

Needs boto3, no network and no credentials.
"""

import importlib.util
import io
import json
import os
import sys
import unittest
from pathlib import Path

from botocore.exceptions import ClientError

STACK = Path(__file__).resolve().parents[2] / "stacks" / "fraud-detection"

os.environ.update(
    AWS_DEFAULT_REGION="eu-west-1",
    TABLE_CARD_FEATURES="features",
    TABLE_DECISIONS="decisions",
    TTL_ATTRIBUTE_DECISIONS="expires_at",
    TTL_SECONDS_DECISIONS="7776000",
    STREAM_LATE_TRANSACTIONS="late",
    ENDPOINT_SCORING="scoring",
    DEFAULT_MODEL="fraud-v7.tar.gz",
    FALLBACK_MODEL="fraud-v6.tar.gz",
)
sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("app", STACK / "handlers" / "score" / "app.py")
app = importlib.util.module_from_spec(spec)
spec.loader.exec_module(app)


def refused(code):
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


class Table:
    """Both tables; the first answer leaves half of the keys for the next call."""

    def __init__(self):
        self.items, self.partial = {}, True

    def batch_get_item(self, RequestItems):
        keys = RequestItems["features"]["Keys"]
        now, later = (keys[:1], keys[1:]) if self.partial else (keys, [])
        self.partial = False
        found = [{**key, "spend_24h": {"N": "12.5"}} for key in now]
        return {"Responses": {"features": found}, "UnprocessedKeys": {"features": {"Keys": later}} if later else {}}

    def put_item(self, TableName, Item, ConditionExpression):
        assert (TableName, ConditionExpression) == ("decisions", "attribute_not_exists(transaction_id)")
        key = Item["transaction_id"]["S"]
        if key in self.items:
            raise refused("ConditionalCheckFailedException")
        self.items[key] = Item


class Stream:
    def __init__(self, refuse=False):
        self.records, self.refuse = [], refuse

    def put_records(self, StreamName, Records):
        assert StreamName == "late"
        if self.refuse:
            return {"Records": [{"ErrorCode": "ProvisionedThroughputExceededException"} for _ in Records]}
        self.records += Records
        return {"Records": [{} for _ in Records]}


class Endpoint:
    def __init__(self, broken=()):
        self.broken, self.asked = broken, []

    def invoke_endpoint(self, EndpointName, TargetModel, ContentType, Accept, Body):
        assert (EndpointName, ContentType, len(Body.split(","))) == ("scoring", "text/csv", 5)
        self.asked.append(TargetModel)
        if TargetModel in self.broken:
            raise refused("ModelError")
        return {"Body": io.BytesIO(b"0.97\n" if float(Body.split(",")[0]) > 1000 else b"0.02\n")}


class HandlerTest(unittest.TestCase):
    def run_batch(self, name, **clients):
        app.dynamodb = clients.get("table", Table())
        app.kinesis = clients.get("stream", Stream())
        app.sagemaker = clients.get("endpoint", Endpoint())
        event = json.loads((STACK / "events" / name).read_text())
        return event, app.handler(event, None)

    def test_an_ordinary_batch_is_decided_record_by_record(self):
        table = Table()
        _, answer = self.run_batch("ordinary.json", table=table)
        self.assertEqual(answer, {"batchItemFailures": []})
        decisions = {key: item["decision"]["S"] for key, item in table.items.items()}
        self.assertEqual(decisions, {"t-0001": "approve", "t-0002": "decline", "t-0003": "approve"})

    def test_late_records_go_aside_broken_ones_fail_and_repeated_ones_change_nothing(self):
        table, stream = Table(), Stream()
        event, answer = self.run_batch("late-bad-and-repeated.json", table=table, stream=stream)
        broken = event["Records"][2]["kinesis"]["sequenceNumber"]
        self.assertEqual(answer, {"batchItemFailures": [{"itemIdentifier": broken}]})
        self.assertEqual([json.loads(record["Data"])["transaction_id"] for record in stream.records], ["t-0002"])
        self.assertEqual(list(table.items), ["t-0001"])

    def test_the_fallback_scores_when_the_default_model_fails(self):
        table, endpoint = Table(), Endpoint(broken={"fraud-v7.tar.gz"})
        _, answer = self.run_batch("ordinary.json", table=table, endpoint=endpoint)
        self.assertEqual(answer["batchItemFailures"], [])
        self.assertEqual({item["model"]["S"] for item in table.items.values()}, {"fraud-v6.tar.gz"})

    def test_a_record_that_no_model_scores_is_named(self):
        endpoint = Endpoint(broken={"fraud-v7.tar.gz", "fraud-v6.tar.gz"})
        event, answer = self.run_batch("ordinary.json", endpoint=endpoint)
        sequences = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        self.assertEqual([item["itemIdentifier"] for item in answer["batchItemFailures"]], sequences)

    def test_a_late_record_that_cannot_be_handed_on_is_named(self):
        event, answer = self.run_batch("late-bad-and-repeated.json", stream=Stream(refuse=True))
        late = event["Records"][1]["kinesis"]["sequenceNumber"]
        self.assertIn({"itemIdentifier": late}, answer["batchItemFailures"])


if __name__ == "__main__":
    unittest.main()
