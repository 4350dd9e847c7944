import unittest
from unittest import mock

from support import HandlerTest, sequence, stream_event

DAY = 86_400


def seen(kind="play", genre="crime", at=0.0, member="m-1"):
    return {"member_id": member, "title_id": "t-1", "type": kind, "genre": genre, "at": 1_760_000_000 + at}


class ProfileTest(HandlerTest):
    stack, function = "personalization", "profile"

    def likes(self, member="m-1"):
        return {item["member_id"]: item["likes"] for item in self.items("profiles")}[member]

    def test_what_is_finished_counts_more_than_what_is_begun_and_time_halves_it(self):
        self.assertEqual(self.run_handler(stream_event([seen("play"), seen("finish"), seen("rate", "drama")])), [])
        self.assertEqual(self.likes(), {"crime": 4.0, "drama": 5.0})
        self.run_handler(stream_event([seen("play", "drama", 14 * DAY)], first=4))
        self.assertEqual(self.likes(), {"crime": 2.0, "drama": 3.5})

    def test_a_batch_that_is_read_again_changes_nothing(self):
        batch = stream_event([seen(), seen(member="m-2")])
        for _ in range(2):
            self.assertEqual(self.run_handler(batch), [])
        self.assertEqual((self.likes(), self.likes("m-2")), ({"crime": 1.0}, {"crime": 1.0}))

    def test_a_profile_that_somebody_else_has_written_meanwhile_is_tried_again(self):
        self.run_handler(stream_event([seen()]))
        stale = self.app.read(["m-1"])
        self.run_handler(stream_event([seen()], first=2))
        with mock.patch.object(self.app, "read", return_value=stale):
            self.assertEqual(self.run_handler(stream_event([seen()], first=3)), [sequence(3)])
        self.assertEqual(self.likes(), {"crime": 2.0})

    def test_broken_events_fail_alone(self):
        self.assertEqual(self.run_handler(stream_event(["no json", seen("sleep"), seen()])), [sequence(1), sequence(2)])
        self.assertEqual(self.likes(), {"crime": 1.0})

    def test_the_sample_makes_a_profile(self):
        self.assertEqual(self.run_handler(self.sample("interactions.json")), [])
        self.assertEqual(set(self.likes("m-0001")), {"crime", "documentary"})


class RankTest(HandlerTest):
    stack, function = "personalization", "rank"

    def setUp(self):
        super().setUp()
        self.endpoint.answer = lambda row: row[0] + row[1] / 10
        self.put("profiles", member_id="m-1", likes={"crime": 3, "drama": 1})

    def opened(self, member="m-1"):
        titles = [("t-drama", "drama", 0.9), ("t-crime", "crime", 0.1), ("t-famous", "news", 1.0)]
        candidates = [{"title_id": title, "genre": genre, "fame": fame, "age": 3} for title, genre, fame in titles]
        return {"member_id": member, "candidates": candidates}

    def test_members_see_first_what_they_like_and_strangers_what_is_famous(self):
        self.assertEqual(self.run_handler(stream_event([self.opened(), self.opened("m-2")])), [])
        told = {one["member_id"]: one["titles"] for one in self.sent("rankings")}
        self.assertEqual(told, {"m-1": ["t-crime", "t-drama", "t-famous"], "m-2": ["t-famous", "t-drama", "t-crime"]})
        self.assertEqual(self.endpoint.asked, ["ranker"])
        self.assertEqual({i["member_id"]: i["titles"] for i in self.items("shown")}, told)
        self.assertEqual((len(self.metric("RankingTime")), self.metric("ColdMembers")), (1, [1]))

    def test_rows_that_nobody_scores_or_hears_of_are_named(self):
        self.assertEqual(self.run_handler(stream_event(["no json", {"member_id": "m-1"}])), [sequence(1), sequence(2)])
        self.aws["kinesis"].delete_stream(StreamName="rankings")
        self.assertEqual(self.run_handler(stream_event([self.opened()])), [sequence(1)])
        self.assertEqual(self.items("shown"), [])
        self.endpoint.broken = {"ranker"}
        self.assertEqual(self.run_handler(stream_event([self.opened()])), [sequence(1)])

    def test_the_sample_is_ranked(self):
        self.assertEqual(self.run_handler(self.sample("opens.json")), [])
        self.assertEqual(len(self.sent("rankings")), 1)


class TrendTest(HandlerTest):
    stack, function = "personalization", "trend"
    environment = {"AT_LEAST": "2"}

    def run_minute(self, *batches, first=1, shard="shardId-0"):
        state = {}
        for number, batch in enumerate(batches, 1):
            self.run_handler(stream_event(batch, shard, first, final=number == len(batches), state=state))
            state = self.answer["state"]
            first += len(batch)

    def plays(self):
        return [sum(v for name, v in item.items() if name.startswith("part:")) for item in self.items("trends")]

    def test_plays_of_all_shards_add_up_and_a_repeated_minute_changes_nothing(self):
        for shard in ("shardId-0", "shardId-1", "shardId-0"):
            self.run_minute([seen(), seen("finish")], [seen(), "no json"], [], shard=shard)
        self.assertEqual(self.plays(), [4.0])

    def test_a_minute_that_is_ended_early_and_goes_on_loses_nothing(self):
        self.run_minute([seen(), seen()], [])
        self.run_minute([seen(), seen(), seen()], [], first=5)
        self.assertEqual(self.plays(), [5.0])

    def test_what_is_hardly_played_is_no_trend(self):
        self.run_minute([seen()], [])
        self.assertEqual(self.plays(), [])


if __name__ == "__main__":
    unittest.main()
