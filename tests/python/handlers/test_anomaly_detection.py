import unittest

from support import HandlerTest, queue_event, sequence, stream_event


def reading(value, sensor="s-1", at=1790000000.0):
    return {"sensor_id": sensor, "value": value, "at": at}


class BaselineTest(HandlerTest):
    stack, function = "anomaly-detection", "baseline"

    def run_window(self, *batches, end="2026-01-01T00:01:00Z"):
        """Batches of one window, the state carried on as Lambda carries it."""
        self.answer = {"state": {}}
        for number, batch in enumerate(batches, 1):
            final = number == len(batches)
            self.run_handler(stream_event(batch, final=final, end=end, state=self.answer["state"]))

    def test_a_window_becomes_the_mean_and_variance_of_its_readings(self):
        self.run_window([reading(1), reading(2), reading(7, "s-2")], [reading(3)], [])
        found = {item["sensor_id"]: (item["mean"], round(item["variance"], 6)) for item in self.items("baselines")}
        self.assertEqual(found, {"s-1": (2.0, round(2 / 3, 6)), "s-2": (7.0, 0.0)})

    def test_later_windows_are_blended_in_by_weight_and_a_repeated_one_is_not(self):
        self.run_window([reading(10)] * 4, [])
        for _ in range(2):
            self.run_window([reading(20)] * 60, [], end="2026-01-01T00:02:00Z")
        # 60 readings weigh 60 / (60 + 240).
        self.assertAlmostEqual(self.items("baselines")[0]["mean"], 12.0)

    def test_a_broken_reading_does_not_hold_the_window_up(self):
        self.run_window([reading(1), "no json", {"sensor_id": "s-1"}], [])
        self.assertEqual(self.answer["batchItemFailures"], [])
        self.assertEqual(self.items("baselines")[0]["mean"], 1.0)

    def test_a_window_that_cannot_be_written_fails_as_a_whole(self):
        self.aws["dynamodb"].delete_table(TableName="baselines")
        with self.assertRaises(Exception):
            self.run_window([reading(1)], [])


class DetectTest(HandlerTest):
    stack, function = "anomaly-detection", "detect"

    def setUp(self):
        super().setUp()
        self.put("baselines", sensor_id="s-1", mean=10, variance=4)
        self.endpoint.answer = lambda row: 0.99 if row[0] > 5 else 0.2

    def test_only_what_is_far_from_its_baseline_is_scored_and_only_what_the_model_says_is_told(self):
        failed = self.run_handler(stream_event([reading(10), reading(17), reading(30), reading(99, "unknown")]))
        self.assertEqual((failed, self.endpoint.asked), ([], ["detector"]))
        self.assertEqual([item["value"] for item in self.items("anomalies")], [30.0])
        self.assertEqual([told["deviations"] for told in self.received("anomalies-listener")], [10.0])
        self.assertEqual((self.metric("AnomalyScore"), self.metric("Suspects")), ([0.2, 0.99], [50.0]))

    def test_a_calm_batch_asks_nobody(self):
        self.assertEqual(self.run_handler(stream_event([reading(10), reading(11)])), [])
        self.assertEqual((self.endpoint.asked, self.metric("AnomalyScore")), ([], []))

    def test_the_sample_finds_one_anomaly_however_often_it_is_delivered(self):
        for _ in range(2):
            self.assertEqual(self.run_handler(self.sample("readings.json")), [])
        self.assertEqual(len(self.items("anomalies")), 1)

    def test_broken_readings_and_readings_that_nobody_scores_are_named(self):
        self.endpoint.broken = {"detector"}
        self.assertEqual(self.run_handler(stream_event(["no json", reading(30)])), [sequence(1), sequence(2)])
        self.assertEqual(self.items("anomalies"), [])

    def test_an_anomaly_that_cannot_be_told_is_named_and_not_written(self):
        self.aws["sns"].delete_topic(TopicArn=self.app.TOPIC)
        self.assertEqual(self.run_handler(stream_event([reading(30)])), [sequence(1)])
        self.assertEqual(self.items("anomalies"), [])


class TicketTest(HandlerTest):
    stack, function = "anomaly-detection", "ticket"

    def test_a_sensor_that_rings_often_gets_one_ticket_and_a_broken_message_fails_alone(self):
        anomaly = {"anomaly_id": "1", "sensor_id": "s-1", "at": "2026-01-01T00:00:00+00:00"}
        wrapped = {"TopicArn": "arn", "Message": '{"anomaly_id": "2", "sensor_id": "s-1", "at": "2026-01-01T00:00:01+00:00"}'}
        self.assertEqual(self.run_handler(queue_event([anomaly, wrapped, "no json", {**anomaly, "sensor_id": "s-2"}])), ["m-3"])
        self.assertEqual(sorted(item["sensor_id"] for item in self.items("anomalies")), ["s-1", "s-2"])


if __name__ == "__main__":
    unittest.main()
