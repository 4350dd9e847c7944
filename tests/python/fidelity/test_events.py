"""Sections 3 and 5: events, their order, and reading them."""

import json
import re
import time
import uuid

from botocore.exceptions import WaiterError
from cloud import att, bad, bucket, group, has, invalid, lacks, only, parameter, queue, ref, refused, rows, same, template, text, topic


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
    assert re.fullmatch(r"Topic-CREATE_IN_PROGRESS-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", begun["EventId"]), (begun["EventId"], at)
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
        return next(one["Timestamp"] for one in events if (one["LogicalResourceId"], one["ResourceStatus"]) == (logical_id, status))

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
        [(one["ResourceStatus"], one.get("ResourceStatusReason"), one["PhysicalResourceId"]) for one in cloud.raw_events(name)[before:] if one["LogicalResourceId"] == "Old"],
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
    assert order.index("User UPDATE_COMPLETE") < clean < order.index("Old DELETE_IN_PROGRESS") < order.index("stack UPDATE_COMPLETE"), order


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
    has(cloud.stack(name), StackStatus="DELETE_FAILED", StackStatusReason="The following resource(s) failed to delete: [Bucket]. ")
    said = r'DELETE_FAILED Resource handler returned message: "The bucket you tried to delete is not empty \(Service: S3, Status Code: 409, Request ID: .*\)" '
    assert re.fullmatch(said + r"\(RequestToken: .*, HandlerErrorCode: GeneralServiceException\)", cloud.story(name, "Bucket", before)[1]), cloud.events(name, before)
    same(cloud.story(name, "Base", before), [])
    for logical_id in ("After", "Apart"):
        same(cloud.story(name, logical_id, before)[-1], "DELETE_COMPLETE")
    cloud.client("s3").delete_object(Bucket=name, Key="k")
    cloud.delete(name)


@rows("SQ-27", "RB-15")
def a_creation_has_a_time_limit(cloud):
    name = cloud.name("limit")
    cloud.create(name, template({"Slow": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}}), TimeoutInMinutes=1)
    said = "ROLLBACK_IN_PROGRESS Stack creation time exceeded the specified timeout. Rollback requested by user."
    assert said in cloud.story(name, "stack"), cloud.events(name)
    invalid(cloud.cfn.create_stack, re.compile(".*'timeoutInMinutes' failed .*"), StackName=cloud.name("limit"), TemplateBody=text(template({"T": topic()})), TimeoutInMinutes=0)


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
    same(cloud.story(name, "P")[:2], ["CREATE_IN_PROGRESS", "CREATE_FAILED Property validation failure: [The property {/Type} is required]"])


@rows("SQ-34", "ER-45")
def a_replacement_is_refused_while_rollback_is_disabled(cloud):
    name = cloud.name("norollback")
    cloud.create(name, template({"T": topic(TopicName=f"{name}-1")}))
    before = len(cloud.events(name))
    cloud.update(name, template({"T": topic(TopicName=f"{name}-2")}), DisableRollback=True)
    said = "UPDATE_FAILED Replacement type updates not supported on stack with disable-rollback."
    same(cloud.story(name, "T", before), ["UPDATE_IN_PROGRESS", said])
    same(cloud.status(name), "UPDATE_FAILED")


# --- section 5 ---


@rows("DE-01", "DE-10")
def events_are_paged_newest_first_over_all_operations(cloud):
    name = cloud.name("paged")
    made = {f"T{n:03d}": topic() for n in range(105)}
    arn = cloud.create(name, template(made))
    seen, token = [], {}
    while True:
        page = cloud.cfn.describe_stack_events(StackName=name, **token)
        seen += page["StackEvents"]
        if "NextToken" not in page:
            break
        assert len(page["NextToken"]) <= 1024
        token = {"NextToken": page["NextToken"]}
    times = [one["Timestamp"] for one in seen]
    assert times == sorted(times, reverse=True) and len({one["EventId"] for one in seen}) == len(seen) > 400, len(seen)
    # This list has pages, that one ends at a hundred.
    listed = [one for page in cloud.cfn.get_paginator("list_stack_resources").paginate(StackName=name) for one in page["StackResourceSummaries"]]
    same(len(listed), 105)
    same(len(cloud.cfn.describe_stack_resources(StackName=name)["StackResources"]), 100)
    for operation in ("list_stacks", "describe_stacks", "describe_stack_events", "list_stack_resources", "list_exports", "list_imports", "list_change_sets", "describe_change_set", "describe_events"):
        assert cloud.cfn.can_paginate(operation), operation
    assert not cloud.cfn.can_paginate("describe_stack_resources")
    cloud.delete(name)
    refused(cloud.cfn.describe_stack_events, "ValidationError", f"Stack [{name}] does not exist", StackName=name)
    assert len(cloud.raw_events(arn)) > len(seen)


@rows("DE-02", "DE-03", "DE-04", "DE-05", "DE-06")
def operations_are_told_from_beginning_to_end(cloud):
    name = cloud.name("operation")
    answer = cloud.cfn.create_stack(StackName=name, TemplateBody=text(template({"Good": topic(), "Bad": bad("Good")})), ClientRequestToken="t")
    cloud.advance()
    invalid(cloud.cfn.describe_events, "One of ChangeSetName, OperationId or StackName must be specified", ChangeSetName="bare")
    told = cloud.cfn.describe_events(StackName=name)["OperationEvents"]
    times = [one["Timestamp"] for one in told]
    same(times, sorted(times, reverse=True))
    same({uuid.UUID(one["EventId"]).version for one in told}, {4})
    begun = told[-1]
    has(begun, EventType="STACK_EVENT", OperationType="CREATE_STACK", OperationStatus="IN_PROGRESS", OperationId=answer["OperationId"], StackId=answer["StackId"])
    lacks(begun, "EndTime", "ClientRequestToken")
    ended = next(one for one in told if one.get("OperationStatus") == "FAILED")
    assert ended["EndTime"] >= ended["StartTime"], ended
    progress = next(one for one in told if one["EventType"] == "PROGRESS" and one["LogicalResourceId"] == "Good")
    has(progress, ClientRequestToken="t", ResourceType="AWS::SNS::Topic")
    assert {"ResourceStatus", "ResourceProperties", "PhysicalResourceId", "Timestamp"} <= set(progress), progress
    only_failed = cloud.cfn.describe_events(StackName=name, Filters={"FailedEvents": True})["OperationEvents"]
    has(only([one for one in only_failed if one.get("LogicalResourceId") == "Bad"]), EventType="PROVISIONING_ERROR", ResourceStatus="CREATE_FAILED")
    by_operation = cloud.cfn.describe_events(OperationId=answer["OperationId"])["OperationEvents"]
    same([one["EventId"] for one in by_operation], [one["EventId"] for one in told])
    known = cloud.cfn.meta.service_model.shape_for("OperationEvent").members
    assert all(set(one) <= set(known) for one in told), known
    types = set(cloud.cfn.meta.service_model.shape_for("OperationType").enum)
    assert {"CREATE_STACK", "UPDATE_STACK", "DELETE_STACK", "CONTINUE_ROLLBACK", "ROLLBACK", "CREATE_CHANGESET"} <= types, types
    # The rest of a stack's life has its own types.
    cloud.delete(name)
    told = cloud.cfn.describe_events(StackName=answer["StackId"])["OperationEvents"]
    has(told[0], OperationType="DELETE_STACK", OperationStatus="SUCCEEDED")


@rows("DE-09")
def waiters_end_as_their_model_says(cloud):
    quick = {"Delay": 0, "MaxAttempts": 3}
    wait = {kind: cloud.cfn.get_waiter(kind) for kind in cloud.cfn.waiter_names}
    done, rolled, name = cloud.name("wait"), cloud.name("wait"), cloud.name("wait")
    arn = cloud.create(done, template({"T": topic()}))
    cloud.create(rolled, template({"T": bad()}))

    def ends(kind, **asked):
        wait[kind].wait(WaiterConfig=quick, **asked)

    def fails(kind, **asked):
        try:
            ends(kind, **asked)
        except WaiterError as error:
            assert "terminal failure" in str(error), error
            return
        raise AssertionError(f"{kind} {asked} ended well")

    ends("stack_exists", StackName=done)
    ends("stack_create_complete", StackName=done)
    fails("stack_create_complete", StackName=rolled)
    fails("stack_create_complete", StackName="nostack")
    cloud.update(done, template({"T": topic(DisplayName="2")}))
    ends("stack_update_complete", StackName=done)
    ends("stack_create_complete", StackName=done)
    fails("stack_delete_complete", StackName=done)
    cloud.update(done, template({"T": topic(DisplayName="3"), "Bad": bad("T")}))
    fails("stack_update_complete", StackName=done)
    ends("stack_rollback_complete", StackName=done)
    cloud.delete(done)
    ends("stack_delete_complete", StackName=done)
    ends("stack_delete_complete", StackName=arn)
    cloud.create(name, template({"T": topic()}))
    fails("change_set_create_complete", ChangeSetName=cloud.propose(name, template({"T": topic()})))
    ends("change_set_create_complete", ChangeSetName=cloud.propose(name, template({"T": topic(DisplayName="4")})))


@rows("DE-11", "DE-13")
def lists_tell_deleted_stacks_too_newest_first(cloud):
    names = [cloud.name("list") for _ in range(3)]
    arns = []
    for name in names:
        arns.append(cloud.create(name, template({"T": topic()}, Description=f"of {name}")))
    cloud.delete(names[0])
    pages = cloud.cfn.get_paginator("list_stacks").paginate()
    listed = {one["StackId"]: one for page in pages for one in page["StackSummaries"]}
    same([one for one in listed if one in arns], arns[::-1])
    has(listed[arns[0]], StackStatus="DELETE_COMPLETE", TemplateDescription=f"of {names[0]}")
    assert listed[arns[0]]["DeletionTime"] > listed[arns[0]]["CreationTime"]
    gone = cloud.cfn.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    seen = {one["StackId"] for page in gone for one in page["StackSummaries"]}
    assert arns[0] in seen and arns[1] not in seen
    # A change set is pending for a while; asking at once is asking too early.
    made = cloud.cfn.create_change_set(StackName=names[1], ChangeSetName="soon", TemplateBody=text(template({"T": topic(DisplayName="2")})))
    same(cloud.cfn.describe_change_set(ChangeSetName=made["Id"])["Status"], "CREATE_PENDING")


@rows("WI-10", "ER-06")
def asking_again_is_made_safe_by_a_token(cloud):
    name = cloud.name("again")
    given = {"StackName": name, "TemplateBody": text(template({"T": topic()})), "ClientRequestToken": f"token-{name}"}
    first = cloud.cfn.create_stack(**given)
    for _ in ("in progress", "finished"):
        same(cloud.cfn.create_stack(**given)["StackId"], first["StackId"])
        cloud.advance()
    same(cloud.story(name, "stack"), ["CREATE_IN_PROGRESS User Initiated", "CREATE_COMPLETE"])
    said = f"The client request token token-{name} has already been used for this stack. Retry the request with a different client request token"
    other = {**given, "TemplateBody": text(template({"T": topic(DisplayName="2")}))}
    refused(cloud.cfn.update_stack, "TokenAlreadyExistsException", said, **other)
    asked = {"StackName": name, "ChangeSetName": "c", "TemplateBody": text(template({"T": topic(DisplayName="2")})), "ClientToken": f"set-{name}"}
    made = cloud.cfn.create_change_set(**asked)
    same(cloud.cfn.create_change_set(**asked)["Id"], made["Id"])
    # Throttling is asked again by the client itself.
    cloud.command("fail", "DescribeStacks", "--call", "throttle", "--times", "2")
    began = time.monotonic()
    same(only(cloud.client("cloudformation", attempts=4).describe_stacks(StackName=name)["Stacks"])["StackName"], name)
    assert time.monotonic() - began < 10
