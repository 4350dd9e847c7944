"""Section 5: reading events, paging, waiting, asking again."""

import time
import uuid

from botocore.exceptions import WaiterError
from cloud import bad, has, invalid, lacks, only, refused, rows, same, template, text, topic


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
    listed = [
        one
        for page in cloud.cfn.get_paginator("list_stack_resources").paginate(StackName=name)
        for one in page["StackResourceSummaries"]
    ]
    same(len(listed), 105)
    same(len(cloud.cfn.describe_stack_resources(StackName=name)["StackResources"]), 100)
    for operation in (
        "list_stacks",
        "describe_stacks",
        "describe_stack_events",
        "list_stack_resources",
        "list_exports",
        "list_imports",
        "list_change_sets",
        "describe_change_set",
        "describe_events",
    ):
        assert cloud.cfn.can_paginate(operation), operation
    assert not cloud.cfn.can_paginate("describe_stack_resources")
    cloud.delete(name)
    refused(cloud.cfn.describe_stack_events, "ValidationError", f"Stack [{name}] does not exist", StackName=name)
    assert len(cloud.raw_events(arn)) > len(seen)


@rows("DE-02", "DE-03", "DE-04", "DE-05", "DE-06")
def operations_are_told_from_beginning_to_end(cloud):
    name = cloud.name("operation")
    answer = cloud.cfn.create_stack(
        StackName=name, TemplateBody=text(template({"Good": topic(), "Bad": bad("Good")})), ClientRequestToken="t"
    )
    cloud.advance()
    invalid(cloud.cfn.describe_events, "One of ChangeSetName, OperationId or StackName must be specified", ChangeSetName="bare")
    told = cloud.cfn.describe_events(StackName=name)["OperationEvents"]
    times = [one["Timestamp"] for one in told]
    same(times, sorted(times, reverse=True))
    same({uuid.UUID(one["EventId"]).version for one in told}, {4})
    begun = told[-1]
    has(
        begun,
        EventType="STACK_EVENT",
        OperationType="CREATE_STACK",
        OperationStatus="IN_PROGRESS",
        OperationId=answer["OperationId"],
        StackId=answer["StackId"],
    )
    lacks(begun, "EndTime", "ClientRequestToken")
    ended = next(one for one in told if one.get("OperationStatus") == "FAILED")
    assert ended["EndTime"] >= ended["StartTime"], ended
    progress = next(one for one in told if one["EventType"] == "PROGRESS" and one["LogicalResourceId"] == "Good")
    has(progress, ClientRequestToken="t", ResourceType="AWS::SNS::Topic")
    assert {"ResourceStatus", "ResourceProperties", "PhysicalResourceId", "Timestamp"} <= set(progress), progress
    only_failed = cloud.cfn.describe_events(StackName=name, Filters={"FailedEvents": True})["OperationEvents"]
    has(
        only([one for one in only_failed if one.get("LogicalResourceId") == "Bad"]),
        EventType="PROVISIONING_ERROR",
        ResourceStatus="CREATE_FAILED",
    )
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
    made = cloud.cfn.create_change_set(
        StackName=names[1], ChangeSetName="soon", TemplateBody=text(template({"T": topic(DisplayName="2")}))
    )
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
    asked = {
        "StackName": name,
        "ChangeSetName": "c",
        "TemplateBody": text(template({"T": topic(DisplayName="2")})),
        "ClientToken": f"set-{name}",
    }
    made = cloud.cfn.create_change_set(**asked)
    same(cloud.cfn.create_change_set(**asked)["Id"], made["Id"])
    # Throttling is asked again by the client itself.
    cloud.command("fail", "DescribeStacks", "--call", "throttle", "--times", "2")
    began = time.monotonic()
    same(only(cloud.client("cloudformation", attempts=4).describe_stacks(StackName=name)["Stacks"])["StackName"], name)
    assert time.monotonic() - began < 10
