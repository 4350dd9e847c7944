"""Section 3: events and their order."""

import json
import re
import uuid

from cloud import att, bad, bucket, group, has, invalid, lacks, only, parameter, queue, ref, rows, same, template, text, topic


@rows("EV-01", "EV-02", "EV-03", "EV-04", "EV-05", "DE-07", "WI-06")
def events_have_the_services_shapes(cloud):
    name = cloud.name("shape")
    made = template({"Topic": topic(DisplayName="d", Tags=[{"Key": "n", "Value": "1"}], FifoTopic=False), "Bare": group()})
    answer = cloud.cfn.create_stack(StackName=name, TemplateBody=text(made), ClientRequestToken="token")
    cloud.advance()
    events = cloud.raw_events(name)
    first = events[0]
    has(first, LogicalResourceId=name, PhysicalResourceId=answer["StackId"], ResourceType="AWS::CloudFormation::Stack")
    lacks(first, "ResourceProperties")
    same(uuid.UUID(first["EventId"]).version, 1)
    same(answer["OperationId"], first["EventId"])
    same({one["OperationId"] for one in events}, {answer["OperationId"]})
    same({one.get("ClientRequestToken") for one in events}, {"token"})
    begun, initiated = [one for one in events if one["LogicalResourceId"] == "Topic"][:2]
    at = begun["Timestamp"].strftime("%Y-%m-%dT%H:%M:%S.") + f"{begun['Timestamp'].microsecond // 1000:03d}Z"
    assert re.fullmatch(r"Topic-CREATE_IN_PROGRESS-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", begun["EventId"]), (
        begun["EventId"],
        at,
    )
    same(begun["PhysicalResourceId"], "")
    assert initiated["PhysicalResourceId"].startswith("arn:aws:sns:"), initiated
    wanted = {"DisplayName": "d", "FifoTopic": "false", "Tags": [{"Key": "n", "Value": "1"}]}
    same(json.loads(begun["ResourceProperties"]), wanted)
    same(next(one for one in events if one["LogicalResourceId"] == "Bare")["ResourceProperties"], "{}")
    updated = cloud.cfn.update_stack(StackName=name, TemplateBody=text(template({"Topic": topic()})))
    own = [one for one in cloud.raw_events(name) if one["OperationId"] == updated["OperationId"]]
    assert own and own[0]["EventId"] != updated["OperationId"], own
    lacks(own[0], "ClientRequestToken")


@rows("SQ-01", "SQ-02", "SQ-04", "DE-12")
def a_creation_tells_every_step(cloud):
    name = cloud.name("create")
    made = {"First": queue(), "Second": parameter(att("First", "QueueName")), "Apart": group()}
    cloud.create(name, template(made))
    same(cloud.events(name)[0], "stack CREATE_IN_PROGRESS User Initiated")
    same(cloud.events(name)[-1], "stack CREATE_COMPLETE")
    plain = ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS Resource creation Initiated", "CREATE_COMPLETE"]
    same(cloud.story(name, "Second"), plain)
    same(cloud.story(name, "First"), [*plain[:2], "CREATE_IN_PROGRESS Eventual consistency check initiated", plain[2]])
    events = cloud.raw_events(name)
    checked = only([one for one in events if one.get("ResourceStatusReason", "").startswith("Eventual")])
    same(checked["DetailedStatus"], "CONFIGURATION_COMPLETE")

    def when(logical_id, status):
        return next(
            one["Timestamp"] for one in events if (one["LogicalResourceId"], one["ResourceStatus"]) == (logical_id, status)
        )

    assert when("Second", "CREATE_IN_PROGRESS") >= when("First", "CREATE_COMPLETE")
    assert when("Apart", "CREATE_IN_PROGRESS") == when("First", "CREATE_IN_PROGRESS")
    # What needs it waits for the end of the check (DE-12).
    assert when("First", "CREATE_COMPLETE") > checked["Timestamp"]


@rows("SQ-06", "SQ-25")
def a_replacement_creates_first_and_deletes_in_the_cleanup(cloud):
    name = cloud.name("replace")

    def asked(number):
        made = {**topic(TopicName=f"{name}-{number}"), "DeletionPolicy": "Retain"}
        return template({"Old": made, "User": parameter(ref("Old"))})

    cloud.create(name, asked(1))
    before, old = len(cloud.events(name)), cloud.physical(name, "Old")
    cloud.update(name, asked(2))
    new = cloud.physical(name, "Old")
    why = "Requested update requires the creation of a new physical resource; hence creating one."
    same(
        [
            (one["ResourceStatus"], one.get("ResourceStatusReason"), one["PhysicalResourceId"])
            for one in cloud.raw_events(name)[before:]
            if one["LogicalResourceId"] == "Old"
        ],
        [
            ("UPDATE_IN_PROGRESS", why, old),
            ("UPDATE_IN_PROGRESS", "Resource creation Initiated", new),
            # The eventual consistency check of the type.
            ("UPDATE_IN_PROGRESS", "Eventual consistency check initiated", new),
            ("UPDATE_COMPLETE", None, new),
            ("DELETE_IN_PROGRESS", None, old),
            ("DELETE_COMPLETE", None, old),
        ],
    )
    same(cloud.story(name, "User", before), ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
    order = cloud.events(name, before)
    clean = order.index("stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert (
        order.index("User UPDATE_COMPLETE") < clean < order.index("Old DELETE_IN_PROGRESS") < order.index("stack UPDATE_COMPLETE")
    ), order


@rows("SQ-07", "SQ-08", "SQ-25")
def what_is_retained_is_skipped(cloud):
    name = cloud.name("retain")

    def asked(number, **more):
        made = {**topic(TopicName=f"{name}-{number}"), "UpdateReplacePolicy": "Retain"}
        return template({"Old": made, **more})

    cloud.create(name, asked(1, Kept={**topic(), "DeletionPolicy": "Retain"}, Gone=topic()))
    before = len(cloud.events(name))
    cloud.update(name, asked(2))
    same(cloud.story(name, "Old", before)[-1], "DELETE_SKIPPED")
    same(cloud.story(name, "Kept", before), ["DELETE_SKIPPED"])
    same(cloud.story(name, "Gone", before), ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"])
    order = cloud.events(name, before)
    assert order.index("Old UPDATE_COMPLETE") < order.index("Gone DELETE_IN_PROGRESS"), order
    # UpdateReplacePolicy does not act on removal.
    before = len(cloud.events(name))
    cloud.update(name, template({"Other": topic()}))
    same(cloud.story(name, "Old", before), ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"])


@rows("SQ-09")
def a_deletion_goes_in_reverse_order(cloud):
    name = cloud.name("delete")
    made = {"First": topic(), "Second": parameter(ref("First")), "Kept": {**topic(), "DeletionPolicy": "Retain"}}
    arn = cloud.create(name, template(made))
    before = len(cloud.events(name))
    cloud.delete(name)
    order = cloud.events(arn, before)
    same((order[0], order[-1]), ("stack DELETE_IN_PROGRESS User Initiated", "stack DELETE_COMPLETE"))
    same(cloud.story(arn, "Kept", before), ["DELETE_SKIPPED"])
    assert order.index("Second DELETE_COMPLETE") < order.index("First DELETE_IN_PROGRESS"), order


@rows("SQ-10", "ER-36", "TR-01")
def a_failed_creation_cancels_what_is_under_way_and_deletes_what_was_made(cloud):
    name = cloud.name("fail")
    cloud.create(name, template({"Bad": bad("Done"), "Slow": queue(), "Done": topic(), "Later": {**topic(), "DependsOn": "Bad"}}))
    failed = cloud.story(name, "Bad")
    same(failed[0], "CREATE_IN_PROGRESS")
    handler = r'CREATE_FAILED Resource handler returned message: ".* \(Service: Ssm, Status Code: 400, Request ID: [^)]*\) \(SDK Attempt Count: 1\)" '
    assert re.fullmatch(handler + r"\(RequestToken: [-0-9a-f]{36}, HandlerErrorCode: [A-Za-z]+\)", failed[1]), failed
    same(len(failed), 3)
    assert "CREATE_FAILED Resource creation cancelled" in cloud.story(name, "Slow"), cloud.events(name)
    same(cloud.story(name, "Later"), [])
    same(
        cloud.story(name, "stack"),
        [
            "CREATE_IN_PROGRESS User Initiated",
            "ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad, Slow]. Rollback requested by user.",
            "ROLLBACK_COMPLETE",
        ],
    )
    for logical_id in ("Slow", "Done"):
        same(cloud.story(name, logical_id)[-2:], ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"])


@rows("SQ-12")
def on_failure_delete_removes_the_stack(cloud):
    name = cloud.name("vanish")
    arn = cloud.create(name, template({"Good": topic(), "Bad": bad("Good")}), OnFailure="DELETE")
    story = cloud.story(arn, "stack")
    same(story[1], "DELETE_IN_PROGRESS The following resource(s) failed to create: [Bad]. Delete requested by user.")
    same(story[-1], "DELETE_COMPLETE")


@rows("SQ-21", "SQ-22")
def a_bucket_with_objects_blocks_the_deletion_and_only_what_it_needs(cloud):
    name = cloud.name("full")
    made = {
        "Base": topic(),
        "Bucket": {**bucket(BucketName=name), "DependsOn": "Base"},
        "After": {**topic(), "DependsOn": "Bucket"},
        "Apart": topic(),
    }
    cloud.create(name, template(made))
    cloud.client("s3").put_object(Bucket=name, Key="k", Body=b"x")
    before = len(cloud.events(name))
    cloud.delete(name)
    has(
        cloud.stack(name), StackStatus="DELETE_FAILED", StackStatusReason="The following resource(s) failed to delete: [Bucket]. "
    )
    said = r'DELETE_FAILED Resource handler returned message: "The bucket you tried to delete is not empty \(Service: S3, Status Code: 409, Request ID: .*\)" '
    assert re.fullmatch(
        said + r"\(RequestToken: .*, HandlerErrorCode: GeneralServiceException\)", cloud.story(name, "Bucket", before)[1]
    ), cloud.events(name, before)
    same(cloud.story(name, "Base", before), [])
    for logical_id in ("After", "Apart"):
        same(cloud.story(name, logical_id, before)[-1], "DELETE_COMPLETE")
    cloud.client("s3").delete_object(Bucket=name, Key="k")
    cloud.delete(name)


@rows("SQ-27", "RB-15")
def a_creation_has_a_time_limit(cloud):
    name = cloud.name("limit")
    cloud.create(
        name,
        template({"Slow": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}}),
        TimeoutInMinutes=1,
    )
    said = "ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. Rollback requested by user."
    assert said in cloud.story(name, "stack"), cloud.events(name)
    invalid(
        cloud.cfn.create_stack,
        re.compile(".*'timeoutInMinutes' failed .*"),
        StackName=cloud.name("limit"),
        TemplateBody=text(template({"T": topic()})),
        TimeoutInMinutes=0,
    )


@rows("SQ-29")
def an_output_that_cannot_be_evaluated_rolls_back(cloud):
    name = cloud.name("output")
    cloud.create(name, template({"P": parameter("v")}, Outputs={"InvalidOutput": {"Value": att("P", "Invalid")}}))
    said = (
        "ROLLBACK_IN_PROGRESS [Error] /Outputs/InvalidOutput/Value/Fn::GetAtt: Resource type AWS::SSM::Parameter does not support "
        "attribute {Invalid}. Rollback requested by user."
    )
    assert said in cloud.story(name, "stack"), cloud.events(name)


@rows("SQ-31")
def what_is_required_is_asked_for_before_the_service(cloud):
    name = cloud.name("required")
    cloud.create(name, template({"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Value": "v"}}}), DisableValidation=True)
    same(
        cloud.story(name, "P")[:2],
        ["CREATE_IN_PROGRESS", "CREATE_FAILED Property validation failure: [The property {/Type} is required]"],
    )


@rows("SQ-34", "ER-45")
def a_replacement_is_refused_while_rollback_is_disabled(cloud):
    name = cloud.name("norollback")
    cloud.create(name, template({"T": topic(TopicName=f"{name}-1")}))
    before = len(cloud.events(name))
    cloud.update(name, template({"T": topic(TopicName=f"{name}-2")}), DisableRollback=True)
    said = "UPDATE_FAILED Replacement type updates not supported on stack with disable-rollback."
    same(cloud.story(name, "T", before), ["UPDATE_IN_PROGRESS", said])
    same(cloud.status(name), "UPDATE_FAILED")
