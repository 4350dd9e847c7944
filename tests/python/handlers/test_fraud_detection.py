import json
import unittest
from unittest import mock

from botocore.exceptions import ReadTimeoutError
from support import HandlerTest, refused, stream_event


class ScoreTest(HandlerTest):
    stack, function = "fraud-detection", "score"

    def setUp(self):
        super().setUp()
        self.endpoint.answer = lambda row: 0.97 if row[0] > 1000 else 0.02

    def test_an_ordinary_batch_is_decided_in_one_call(self):
        self.put("card-features", card_id="card-001", spend_24h=12.5)
        self.assertEqual(self.run_handler(self.sample("ordinary.json")), [])
        decisions = {item["transaction_id"]: item["decision"] for item in self.items("decisions")}
        self.assertEqual(decisions, {"t-0001": "approve", "t-0002": "decline", "t-0003": "approve"})
        self.assertEqual(self.endpoint.asked, ["fraud-v7.tar.gz"])
        self.assertEqual(len(self.metric("DecisionTime")), 3)

    def test_late_records_go_aside_broken_ones_fail_and_repeated_ones_change_nothing(self):
        event = self.sample("late-bad-and-repeated.json")
        self.assertEqual(self.run_handler(event), [event["Records"][2]["kinesis"]["sequenceNumber"]])
        self.assertEqual([record["transaction_id"] for record in self.sent("late-transactions")], ["t-0002"])
        self.assertEqual([item["transaction_id"] for item in self.items("decisions")], ["t-0001"])
        before = self.items("decisions")
        self.run_handler(event)
        self.assertEqual(self.items("decisions"), before)

    def test_the_fallback_scores_when_the_default_model_fails(self):
        self.endpoint.broken = {"fraud-v7.tar.gz"}
        self.assertEqual(self.run_handler(self.sample("ordinary.json")), [])
        self.assertEqual({item["model"] for item in self.items("decisions")}, {"fraud-v6.tar.gz"})

    def test_records_that_no_model_scores_are_named(self):
        self.endpoint.broken = {"scoring"}
        event = self.sample("ordinary.json")
        sequences = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        self.assertEqual(self.run_handler(event), sequences)
        self.assertEqual(self.items("decisions"), [])

    def test_records_that_a_throttled_table_refuses_are_named(self):
        event = self.sample("ordinary.json")
        throttled = refused("ProvisionedThroughputExceededException")
        with mock.patch.object(self.app.dynamodb, "put_item", side_effect=throttled):
            self.assertEqual(len(self.run_handler(event)), len(event["Records"]))
        self.assertEqual(self.run_handler(event), [])

    def test_a_model_that_answers_too_late_is_a_model_that_fails(self):
        self.endpoint.invoke_endpoint = mock.Mock(side_effect=ReadTimeoutError(endpoint_url="scoring"))
        event = self.sample("ordinary.json")
        self.assertEqual(len(self.run_handler(event)), len(event["Records"]))

    def test_a_late_record_that_cannot_be_handed_on_is_named(self):
        self.aws["kinesis"].delete_stream(StreamName="late-transactions")
        event = self.sample("late-bad-and-repeated.json")
        self.assertIn(event["Records"][1]["kinesis"]["sequenceNumber"], self.run_handler(event))

    def test_a_number_that_is_none_spoils_nobody_elses_score(self):
        good = {"transaction_id": "t-1", "card_id": "c-1", "amount": "5", "event_time": 4102444800.0}
        bad = [{**good, "amount": "NaN"}, json.dumps({**good, "event_time": float("nan")}), "[]", "no json"]
        event = stream_event([good, *bad])
        self.assertEqual(self.run_handler(event), [record["kinesis"]["sequenceNumber"] for record in event["Records"][1:]])
        self.assertEqual(len(self.items("decisions")), 1)


if __name__ == "__main__":
    unittest.main()
