import unittest

from support import HandlerTest, queue_event, sequence, stream_event


def request(number, tenant="acme", features=(0.1, 2.0, 3.0), **more):
    return {"request_id": f"r-{number}", "tenant_id": tenant, "features": list(features), **more}


class RouteTest(HandlerTest):
    stack, function = "multi-model-inference", "route"

    def setUp(self):
        super().setUp()
        self.put("tenants", tenant_id="acme", model="tenant-acme")
        self.put("tenants", tenant_id="initech", model="shared")

    def test_requests_go_to_the_queue_with_the_model_of_their_tenant(self):
        failed = self.run_handler(stream_event([request(n) for n in range(12)] + [request(12, "initech")]))
        self.assertEqual(failed, [])
        queued = {message["request_id"]: message["model"] for message in self.received("inference-requests")}
        self.assertEqual(queued, {**{f"r-{n}": "tenant-acme" for n in range(12)}, "r-12": "shared"})

    def test_the_sample_has_one_request_that_cannot_be_routed(self):
        event = self.sample("requests.json")
        self.assertEqual(self.run_handler(event), [event["Records"][2]["kinesis"]["sequenceNumber"]])

    def test_what_no_retry_makes_right_is_named_alone(self):
        failed = self.run_handler(stream_event(["no json", request(1, features=[1]), request(2, "nobody"), request(3)]))
        self.assertEqual(failed, [sequence(1), sequence(2), sequence(3)])
        self.assertEqual([message["request_id"] for message in self.received("inference-requests")], ["r-3"])

    def test_without_the_queue_every_record_is_named(self):
        self.aws["sqs"].delete_queue(QueueUrl=self.app.QUEUE)
        self.assertEqual(len(self.run_handler(stream_event([request(1), request(2)]))), 2)

    def test_tenants_are_remembered_and_unknown_ones_are_asked_for_again(self):
        self.run_handler(stream_event([request(1), request(2, "new")]))
        self.put("tenants", tenant_id="new", model="shared")
        self.put("tenants", tenant_id="acme", model="tenant-globex")
        self.assertEqual(self.run_handler(stream_event([request(3), request(4, "new")])), [])
        queued = {message["request_id"]: message["model"] for message in self.received("inference-requests")}
        self.assertEqual((queued["r-3"], queued["r-4"]), ("tenant-acme", "shared"))


class InferTest(HandlerTest):
    stack, function = "multi-model-inference", "infer"

    def setUp(self):
        super().setUp()
        self.endpoint.answer = lambda row: row[0]

    def predictions(self):
        return {item["request_id"]: (item["prediction"], item["served_by"]) for item in self.items("predictions")}

    def test_a_batch_is_one_call_per_model(self):
        bodies = [request(n, features=(n / 10, 0, 0), model="shared" if n % 2 else "tenant-acme") for n in range(4)]
        self.assertEqual(self.run_handler(queue_event(bodies)), [])
        self.assertEqual(self.endpoint.asked, ["shared.tar.gz", "tenant-acme.tar.gz"])
        self.assertEqual(self.predictions()["r-3"], (0.3, "shared"))
        self.assertEqual((len(self.metric("InferenceTime")), self.metric("FallbackShare")), (2, [0.0]))

    def test_the_fallback_endpoint_answers_for_a_model_that_fails(self):
        self.endpoint.broken = {"tenant-acme.tar.gz"}
        bodies = [request(1, model="tenant-acme"), request(2, model="shared")]
        self.assertEqual(self.run_handler(queue_event(bodies)), [])
        self.assertEqual((self.predictions()["r-1"][1], self.predictions()["r-2"][1]), ("generic", "shared"))
        self.assertEqual(self.metric("FallbackShare"), [50.0])

    def test_messages_that_nobody_answers_go_back_and_the_others_stay(self):
        self.endpoint.broken = {"tenant-acme.tar.gz", "generic"}
        bodies = ["no json", request(1, model="tenant-acme"), request(2, model="shared")]
        self.assertEqual(self.run_handler(queue_event(bodies)), ["m-1", "m-2"])
        self.assertEqual(list(self.predictions()), ["r-2"])

    def test_a_request_that_is_delivered_twice_keeps_its_first_answer(self):
        self.run_handler(queue_event([request(1, model="shared")]))
        self.endpoint.answer = lambda row: 0.9
        self.assertEqual(self.run_handler(queue_event([request(1, model="shared")])), [])
        self.assertEqual(self.predictions()["r-1"][0], 0.1)


if __name__ == "__main__":
    unittest.main()
