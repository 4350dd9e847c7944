import unittest

from support import HandlerTest, sequence, stream_event


def position(at, lat=53.35, lon=-6.26, courier="k-1"):
    return {"courier_id": courier, "at": at, "lat": lat, "lon": lon}


def order(at=1000.0, order_id="o-1", courier="k-1", **more):
    return {"order_id": order_id, "courier_id": courier, "at": at, "lat": 53.36, "lon": -6.26, "items": 2, "ready_in": 60, **more}


class EngineerTest(HandlerTest):
    stack, function = "delivery-eta", "engineer"

    def features(self):
        return {item["courier_id"]: item for item in self.items("courier-features")}

    def test_speed_is_the_smoothed_difference_of_positions(self):
        # A hundredth of a degree of latitude is 1,112 m.
        self.assertEqual(self.run_handler(stream_event([position(0.0), position(60.0, lat=53.36)])), [])
        self.assertAlmostEqual(self.features()["k-1"]["speed"], 1112 / 60 / 2, delta=0.05)
        self.run_handler(stream_event([position(120.0, lat=53.36)], first=3))
        self.assertAlmostEqual(self.features()["k-1"]["speed"], 1112 / 60 / 4, delta=0.05)
        self.assertEqual(self.features()["k-1"]["standing"], 60.0)

    def test_old_positions_and_repeated_batches_change_nothing(self):
        batch = stream_event([position(0.0), position(60.0, lat=53.36)])
        self.run_handler(batch)
        before = self.features()
        self.run_handler(batch)
        self.run_handler(stream_event([position(30.0, lat=50.0)]))
        self.assertEqual(self.features(), before)

    def test_couriers_do_not_mix_and_broken_positions_fail_alone(self):
        failed = self.run_handler(stream_event([position(0.0), "no json", position(0.0, courier="k-2", lat=40.0)]))
        self.assertEqual(failed, [sequence(2)])
        self.assertEqual({name: item["lat"] for name, item in self.features().items()}, {"k-1": 53.35, "k-2": 40.0})

    def test_the_sample_makes_features(self):
        self.assertEqual(self.run_handler(self.sample("positions.json")), [])
        self.assertEqual(len(self.features()), 2)


class ScoreTest(HandlerTest):
    stack, function = "delivery-eta", "score"

    def setUp(self):
        super().setUp()
        self.endpoint.answer = lambda row: 600 + row[0] / 10
        self.endpoint.variant = "challenger"
        self.put("courier-features", courier_id="k-1", at=990, lat=53.35, lon=-6.26, speed=5, standing=0)

    def etas(self):
        return {item["order_id"]: item for item in self.items("etas")}

    def test_a_batch_is_scored_in_one_call_and_told_with_the_variant_that_answered(self):
        self.assertEqual(self.run_handler(stream_event([order(), order(order_id="o-2", courier="unknown")])), [])
        self.assertEqual(self.endpoint.asked, ["eta"])
        self.assertAlmostEqual(self.etas()["o-1"]["arrives_at"], 1000 + 600 + 111.2, delta=0.5)
        self.assertEqual(self.etas()["o-2"]["variant"], "challenger")
        self.assertEqual(sorted(told["order_id"] for told in self.sent("eta-updates")), ["o-1", "o-2"])
        self.assertEqual(self.metric("FeatureAge"), [10.0, 3600.0])

    def test_an_older_event_changes_nothing_and_the_change_of_a_newer_one_is_measured(self):
        self.run_handler(stream_event([order(1000.0)]))
        self.run_handler(stream_event([order(900.0)], first=2))
        self.assertEqual(self.etas()["o-1"]["predicted_for"], 1000.0)
        self.assertEqual(self.metric("EtaChange"), [])
        self.run_handler(stream_event([order(1030.0)], first=3))
        self.assertAlmostEqual(self.metric("EtaChange")[0], 30.0, delta=0.01)
        self.assertEqual(len(self.sent("eta-updates")), 2)

    def test_an_event_that_is_delivered_again_is_told_again(self):
        for _ in range(2):
            self.run_handler(self.sample("orders.json"))
        self.assertEqual(len(self.sent("eta-updates")), 4)
        self.assertEqual(len(self.etas()), 2)

    def test_broken_orders_and_orders_that_nobody_scores_are_named(self):
        self.endpoint.broken = {"eta"}
        self.assertEqual(self.run_handler(stream_event(["no json", order()])), [sequence(1), sequence(2)])

    def test_an_update_that_is_not_told_is_tried_again(self):
        self.aws["kinesis"].delete_stream(StreamName="eta-updates")
        self.assertEqual(self.run_handler(stream_event([order()])), [sequence(1)])


if __name__ == "__main__":
    unittest.main()
