import json
import unittest
from decimal import Decimal

from support import HandlerTest, sequence, stream_event

START = 1767225600  # 2026-01-01T00:00:00Z, the beginning of a five-minute window


def purchase(at, amount="1.00", shop="shop-1", event="e-1"):
    return {"event_id": event, "shop_id": shop, "amount": amount, "event_time": START + at, "country": "IE"}


class Windows(HandlerTest):
    stack = "windowed-aggregation"

    def window(self, shop="shop-1", at=0):
        """Count and sum of a window, from its parts."""
        table = "replayed-windows" if self.function == "replay" else "windows"
        found = [i for i in self.items(table) if (i["shop_id"], i["window_start"]) == (shop, str(START + at))]
        parts = [part for item in found for name, part in item.items() if name.startswith("part:")]
        return sum(part[0] for part in parts), sum(part[1] for part in parts)

    def run_minute(self, *batches, **event):
        """Batches of one tumbling window, the state carried on as Lambda carries it."""
        self.answer = {"state": event.pop("state", {})}
        first = event.pop("first", 1)
        for number, batch in enumerate(batches, 1):
            run = stream_event(batch, first=first, final=number == len(batches), state=self.answer["state"], **event)
            failed = self.run_handler(run)
            # Through JSON, as the state really goes.
            self.answer = json.loads(json.dumps(self.answer))
            first += len(batch)
        return failed


class AggregateTest(Windows):
    function = "aggregate"

    def test_purchases_are_summed_by_event_time_whatever_the_minute_they_arrive_in(self):
        self.run_minute([purchase(10, "1.10"), purchase(20, "2.20")], [purchase(310, "5")], [])
        self.run_minute([purchase(290, "0.70")], [], start="2026-01-01T00:01:00Z", first=10)
        self.assertEqual(self.window(), (3, 4.0))
        self.assertEqual(self.window(at=300), (1, 5.0))

    def test_a_minute_that_is_repeated_changes_nothing(self):
        self.run_minute([purchase(10, "1")], [])
        self.run_minute([purchase(10, "1")], [])
        self.assertEqual(self.window(), (1, 1.0))

    def test_a_minute_that_is_ended_early_and_goes_on_loses_nothing(self):
        self.run_minute([purchase(10, "1")], [])
        self.run_minute([purchase(11, "2")], [], first=5)
        self.assertEqual(self.window(), (2, 3.0))

    def test_results_are_told_at_once_and_complete_when_the_watermark_has_passed(self):
        self.run_minute([purchase(10, "1"), purchase(20, "2"), purchase(361, "3")], [])
        told = {(r["window_start"] - START): (r["count"], r["sum"], r["complete"]) for r in self.sent("window-results")}
        self.assertEqual(told, {0: (2, "3", True), 300: (1, "3", False)})

    def test_late_purchases_go_aside_also_in_the_next_minute(self):
        self.run_minute([purchase(400)], [])
        self.run_minute([purchase(10, event="late"), purchase(339, event="timely")], [], first=10)
        self.assertEqual([record["event_id"] for record in self.sent("late-purchases")], ["late"])
        self.assertEqual(self.window(), (0, 0))
        self.assertEqual(self.window(at=300), (2, 2.0))

    def test_a_broken_purchase_stops_the_batch_and_what_comes_after_is_counted_once(self):
        event = [purchase(10), "no json", purchase(20)]
        failed = self.run_handler(stream_event(event, state={}))
        self.assertEqual(failed, [sequence(2)])
        # Lambda reads again from the failed one; say it was repaired.
        state = self.answer["state"]
        self.run_minute([purchase(15), purchase(20)], [], state=state, first=2)
        self.assertEqual(self.window(), (3, 3.0))

    def test_a_clock_far_ahead_does_not_move_the_watermark(self):
        self.assertEqual(self.run_handler(stream_event([purchase(10**9)], state={})), [sequence(1)])

    def test_the_sample_is_aggregated(self):
        self.assertEqual(self.run_handler(self.sample("purchases.json")), [])
        self.assertEqual(len(self.sent("window-results")), 2)
        self.assertEqual(len(self.sent("late-purchases")), 1)


class ReplayTest(Windows):
    function = "replay"

    def test_a_replay_counts_late_purchases_where_they_belong(self):
        self.run_minute([purchase(400), purchase(10)], [])
        self.assertEqual((self.window(), self.window(at=300)), ((1, 1.0), (1, 1.0)))


class CorrectTest(Windows):
    function = "correct"

    def test_a_late_purchase_changes_its_window_once_and_the_change_is_told(self):
        self.put("windows", shop_id="shop-1", window_start=str(START), **{"part:a": [2, Decimal("3.50")]})
        for _ in range(2):
            self.assertEqual(self.run_handler(self.sample("late.json")), [])
        told = self.sent("window-corrections")
        self.assertEqual(told[0], {"shop_id": "shop-1", "window_start": START, "count": 3, "sum": "7.75", "late": 1})
        self.assertEqual(told[-1], told[0])

    def test_a_purchase_for_a_window_that_nobody_has_written_makes_it(self):
        self.run_handler(stream_event([purchase(10, "2"), purchase(11, "3", event="e-2")]))
        self.assertEqual([(told["count"], told["sum"]) for told in self.sent("window-corrections")], [(2, "5")])

    def test_broken_ones_are_named_and_so_are_those_whose_change_is_not_told(self):
        self.aws["kinesis"].delete_stream(StreamName="window-corrections")
        self.assertEqual(self.run_handler(stream_event(["no json", purchase(10)])), [sequence(1), sequence(2)])


if __name__ == "__main__":
    unittest.main()
