import json
import unittest

from support import HandlerTest, queue_event, sequence, stream_event


def transaction(amount=50.0, **more):
    return {"transaction_id": "t", "card_id": "c", "amount": str(amount), "event_time": 1.0, **more}


class DriftTest(HandlerTest):
    stack, function = "observability", "drift"
    environment = {"ENOUGH": "10"}

    def setUp(self):
        super().setUp()
        self.put("reference", feature="amount", edges=[100, 1000], shares=[0.6, 0.3, 0.1])

    def run_window(self, *batches):
        state = {}
        for number, batch in enumerate(batches, 1):
            self.assertEqual(self.run_handler(stream_event(batch, final=number == len(batches), state=state)), [])
            state = json.loads(json.dumps(self.answer["state"]))

    def test_inputs_as_in_training_are_measured_and_nobody_is_told(self):
        amounts = [50] * 6 + [500] * 3 + [5000]
        self.run_window([transaction(amount) for amount in amounts], [])
        self.assertAlmostEqual(self.metric("InputDrift")[0], 0.0, places=6)
        self.assertEqual((self.metric("MissingFields"), self.received("drift-found-listener")), ([0.0], []))

    def test_other_inputs_are_told_with_a_report(self):
        self.run_window([transaction(5000)] * 7, [transaction(50)] * 3, [])
        found = self.received("drift-found-listener")
        self.assertEqual([one["drift"] for one in found], self.metric("InputDrift"))
        self.assertGreater(found[0]["drift"], 1)
        report = json.loads(self.aws["s3"].get_object(Bucket="reports", Key=found[0]["report"])["Body"].read())
        self.assertEqual(report["bins"]["amount"], [3, 0, 7])

    def test_fields_that_are_missing_are_counted_also_where_nothing_can_be_read(self):
        self.run_window([transaction()] * 8 + ["no json", "[]"], [])
        self.assertEqual(self.metric("MissingFields"), [20.0])

    def test_sizes_and_amounts_are_measured_a_hundred_a_line(self):
        self.run_handler(stream_event([transaction(n) for n in range(150)], state={}))
        self.assertEqual((len(self.metrics), len(self.metric("RecordSize")), len(self.metric("Amount"))), (2, 150, 150))

    def test_a_window_that_says_little_is_not_judged(self):
        self.run_window([transaction(5000)] * 9, [])
        self.assertEqual((self.metric("InputDrift"), self.received("drift-found-listener")), ([], []))

    def test_the_sample_is_counted(self):
        self.run_handler(self.sample("transactions.json"))
        self.assertEqual(self.answer["state"]["records"], 3)


class QualityTest(HandlerTest):
    stack, function = "observability", "quality"

    def outcome(self, number, decision="decline", fraud=True):
        moments = {"decided_at": 1767225600.0, "known_at": 1767225600.0 + 86400}
        return {"transaction_id": f"t-{number}", "model": "fraud-v7", "decision": decision, "fraud": fraud, **moments}

    def test_outcomes_are_kept_by_model_and_hour_and_counted_once(self):
        batch = [self.outcome(1), self.outcome(2, fraud=False), self.outcome(3, "approve"), self.outcome(4, "approve", False)]
        self.assertEqual(self.run_handler(stream_event(batch + [self.outcome(1)])), [])
        card = self.items("scorecards")[0]
        cells = ("caught", "wrongly_declined", "missed", "rightly_approved")
        self.assertEqual([card[cell] for cell in cells], [1, 1, 1, 1])
        self.assertEqual((card["hour"], self.metric("Precision"), self.metric("FraudMissed")), ("2026-01-01T00", [50.0], [1]))
        self.assertEqual((self.metric("Decided"), self.metric("LabelDelay")), ([4], [86400.0] * 4))

    def test_broken_outcomes_fail_alone(self):
        self.assertEqual(self.run_handler(stream_event(["no json", self.outcome(1), {"fraud": True}])), [sequence(1), sequence(3)])

    def test_the_sample_is_counted(self):
        self.assertEqual(self.run_handler(self.sample("outcomes.json")), [])
        self.assertEqual(len(self.items("joined")), 3)


class RequestRetrainingTest(HandlerTest):
    stack, function = "observability", "request-retraining"

    def test_a_day_of_drift_is_one_request_with_its_reason(self):
        report = {"drift": {"amount": 0.9, "merchant_risk": 0.1}}
        self.aws["s3"].put_object(Bucket="reports", Key="a.json", Body=json.dumps(report).encode())
        told = {"report": "a.json", "drift": 0.9, "at": "2026-01-01T00:05:00Z"}
        gone = {**told, "report": "gone.json"}
        self.assertEqual(self.run_handler(queue_event([told, {"TopicArn": "t", "Message": json.dumps(told)}, gone])), ["m-3"])
        found = self.items("retraining")
        self.assertEqual([(item["request_id"], item["features"]["amount"]) for item in found], [("fraud#2026-01-01", 0.9)])


if __name__ == "__main__":
    unittest.main()
