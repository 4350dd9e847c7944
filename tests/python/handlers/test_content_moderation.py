import unittest

from support import HandlerTest, queue_event, sequence, stream_event, topic_event


def upload(content="c-1", text="hello", kind="message", **more):
    return {"content_id": content, "channel_id": "ch-1", "kind": kind, "text": text, **more}


class SubmitTest(HandlerTest):
    stack, function = "content-moderation", "submit"

    def test_the_models_input_is_in_the_bucket_before_the_endpoint_is_asked(self):
        self.assertEqual(self.run_handler(self.sample("uploads.json")), [])
        for asked in self.endpoint.asked:
            key = asked["InputLocation"].removeprefix("s3://content/")
            found = self.aws["s3"].get_object(Bucket="content", Key=key)
            self.assertEqual(found["Metadata"]["content-id"], asked["InferenceId"])
            self.assertEqual(len(found["Body"].read().decode().split(",")), 5)
        self.assertEqual(len(self.endpoint.asked), 3)

    def test_features_tell_shouting_links_and_slurs(self):
        self.assertEqual(self.app.row(upload(text="GO idiot http://x")), "17,0.1667,1,1,0")
        self.assertEqual(self.app.row(upload(text="", removals=2)), "0,0,0,0,2")

    def test_broken_uploads_and_names_that_lead_elsewhere_fail_alone(self):
        failed = self.run_handler(stream_event([upload("../other"), "no json", upload("fine")]))
        self.assertEqual(failed, [sequence(1), sequence(2)])
        self.assertEqual([asked["InferenceId"] for asked in self.endpoint.asked], ["fine"])

    def test_an_upload_that_the_endpoint_does_not_take_is_tried_again(self):
        self.endpoint.broken = {"moderation"}
        self.assertEqual(self.run_handler(stream_event([upload()])), [sequence(1)])


class DecideTest(HandlerTest):
    stack, function = "content-moderation", "decide"

    def judged(self, score, content="c-1"):
        """SageMaker's notice of a result, and the result."""
        self.aws["s3"].put_object(Bucket="verdicts", Key=f"{content}.out", Body=f"{score}\n".encode())
        return topic_event(
            {
                "invocationStatus": "Completed",
                "inferenceId": content,
                "requestParameters": {"inputLocation": f"s3://content/message/{content}.csv"},
                "responseParameters": {"outputLocation": f"s3://verdicts/{content}.out", "contentType": "text/csv"},
            }
        )

    def decisions(self):
        return {item["content_id"]: item["decision"] for item in self.items("judgements")}

    def test_the_score_decides_and_only_doubt_costs_people_time(self):
        for score, content in ((0.99, "bad"), (0.7, "unclear"), (0.1, "fine")):
            self.run_handler(self.judged(score, content))
        self.assertEqual(self.decisions(), {"bad": "remove", "unclear": "review", "fine": "allow"})
        self.assertEqual([told["content_id"] for told in self.received("removed-content-listener")], ["bad"])
        self.assertEqual([asked["content_id"] for asked in self.received("human-review")], ["unclear"])
        self.assertEqual((self.metric("Toxicity"), self.metric("HumanShare")), ([0.1], [0.0]))

    def test_the_first_judgement_stays(self):
        self.run_handler(self.judged(0.1))
        self.run_handler(self.judged(0.99))
        self.assertEqual(self.decisions(), {"c-1": "allow"})

    def test_the_sample_is_understood(self):
        self.aws["s3"].put_object(Bucket="verdicts", Key="moderation/c-0001.out", Body=b"0.97\n")
        self.run_handler(self.sample("moderation-done.json"))
        self.assertEqual(self.decisions(), {"c-0001": "remove"})

    def test_a_result_that_is_not_there_or_lies_elsewhere_fails_the_invocation(self):
        event = self.judged(0.1)
        self.aws["s3"].delete_object(Bucket="verdicts", Key="c-1.out")
        with self.assertRaises(Exception):
            self.run_handler(event)
        self.aws["s3"].create_bucket(Bucket="other", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        stray = {"invocationStatus": "Completed", "inferenceId": "c", "responseParameters": {"outputLocation": "s3://other/x"}}
        with self.assertRaises(ValueError):
            self.run_handler(topic_event(stray))
        self.assertEqual(self.decisions(), {})


class EscalateTest(HandlerTest):
    stack, function = "content-moderation", "escalate"

    def test_what_the_model_failed_on_is_handed_to_people(self):
        about = {"content-id": "c-1", "kind": "clip", "channel-id": "ch-1"}
        self.aws["s3"].put_object(Bucket="content", Key="clip/c-1.csv", Body=b"1", Metadata=about)
        failure = {"requestParameters": {"inputLocation": "s3://content/clip/c-1.csv"}, "failureReason": "timed out"}
        gone = {"requestParameters": {"inputLocation": "s3://content/clip/gone.csv"}}
        self.assertEqual(self.run_handler(queue_event([failure, gone, "no json"])), ["m-2", "m-3"])
        asked = self.received("human-review")
        self.assertEqual([(one["content_id"], one["reason"]) for one in asked], [("c-1", "the model failed: timed out")])


class OpenReviewTest(HandlerTest):
    stack, function = "content-moderation", "open-review"

    def test_a_content_has_one_case_and_a_closed_one_stays_closed(self):
        asked = {"content_id": "c-1", "reason": "score 0.7"}
        self.assertEqual(self.run_handler(queue_event([asked, asked, "no json"])), ["m-3"])
        self.assertEqual([item["state"] for item in self.items("reviews")], ["open"])
        self.put("reviews", content_id="c-1", state="removed", opened_at="2026-01-01")
        self.run_handler(queue_event([asked]))
        self.assertEqual([item["state"] for item in self.items("reviews")], ["removed"])


if __name__ == "__main__":
    unittest.main()
