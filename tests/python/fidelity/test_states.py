"""Sections 2.1 and 2.3: what DescribeStacks shows, and how statuses follow each other."""

import re
import uuid

from cloud import bad, has, invalid, lacks, only, parameter, queue, rows, same, template, text, topic

TOPIC = template({"Topic": topic()})


def statuses(cloud, name, after=0):
    return [event.split(" ")[0] for event in cloud.story(name, "stack", after)]


@rows("ST-01", "TR-01")
def every_status_has_a_name_in_the_model(cloud):
    known = set(cloud.cfn.meta.service_model.shape_for("StackStatus").enum)
    assert len(known) == 23, known
    seen = {one["StackStatus"] for page in cloud.cfn.get_paginator("list_stacks").paginate() for one in page["StackSummaries"]}
    assert seen <= known, seen - known
    # The filter takes every name and only these.
    cloud.cfn.list_stacks(StackStatusFilter=sorted(known))
    invalid(
        cloud.cfn.list_stacks, re.compile(".*'stackStatusFilter' failed to satisfy constraint: .*"), StackStatusFilter=["DONE"]
    )


@rows("ST-02", "ST-10")
def a_stack_tells_how_it_was_made_last(cloud):
    name = cloud.name("made")
    arn = cloud.create(name, TOPIC)
    stack = cloud.stack(name)
    lacks(stack, "LastUpdatedTime", "ChangeSetId")
    same(uuid.UUID(arn.rsplit("/", 1)[1]).version, 1)
    made = cloud.propose(name, template({"Topic": topic(DisplayName="2")}))
    cloud.execute(made)
    by_set = cloud.stack(name)
    has(by_set, ChangeSetId=made, CreationTime=stack["CreationTime"])
    assert by_set["LastUpdatedTime"] > stack["CreationTime"]
    cloud.update(name, template({"Topic": topic(DisplayName="3")}))
    lacks(cloud.stack(name), "ChangeSetId")
    cloud.execute(cloud.propose(name, template({"Topic": topic(DisplayName="4")})))
    cloud.delete(name)
    lacks(cloud.stack(arn), "ChangeSetId")
    assert cloud.create(name, TOPIC) != arn
    new = cloud.name("made")
    cloud.execute(cloud.propose(new, TOPIC, "CREATE"))
    stack = cloud.stack(new)
    assert stack["LastUpdatedTime"] > stack["CreationTime"] and stack["ChangeSetId"], stack


@rows("ST-03", "ST-08")
def what_is_always_shown_and_what_only_when_there(cloud):
    name = cloud.name("shown")
    cloud.create(name, TOPIC)
    stack = cloud.stack(name)
    has(stack, Tags=[], NotificationARNs=[], RollbackConfiguration={}, DisableRollback=False)
    has(
        stack,
        DriftInformation={"StackDriftStatus": "NOT_CHECKED"},
        DeploymentConfig={"Mode": "STANDARD", "DisableRollback": False},
    )
    lacks(stack, "Capabilities", "Parameters", "Outputs", "Description", "RoleARN", "TimeoutInMinutes")
    has(only(stack["LastOperations"]), OperationType="CREATE_STACK")
    other = cloud.name("shown")
    cloud.create(other, {**TOPIC, "Outputs": {"O": {"Value": "v"}}}, Capabilities=["CAPABILITY_IAM"], TimeoutInMinutes=30)
    has(
        cloud.stack(other), Capabilities=["CAPABILITY_IAM"], TimeoutInMinutes=30, Outputs=[{"OutputKey": "O", "OutputValue": "v"}]
    )


@rows("ST-04", "SQ-13", "ER-42", "ST-06")
def do_nothing_keeps_everything(cloud):
    name = cloud.name("nothing")
    cloud.create(name, template({"Good": topic(), "Bad": bad("Good")}), OnFailure="DO_NOTHING")
    stack = cloud.stack(name)
    has(
        stack,
        StackStatus="CREATE_FAILED",
        DisableRollback=True,
        StackStatusReason="The following resource(s) failed to create: [Bad]. ",
    )
    same(cloud.story(name, "Good")[-1], "CREATE_COMPLETE")
    said = (
        "This stack cannot be updated from [CREATE_FAILED] state because it contains [on-failure: DO_NOTHING]. "
        "Please use disable-rollback option instead during stack creation."
    )
    invalid(cloud.cfn.update_stack, said, StackName=name, TemplateBody=text(TOPIC))


@rows("ST-05", "SQ-15", "TR-03")
def a_failed_update_puts_everything_back(cloud):
    name = cloud.name("back")

    def asked(display, **more):
        return template(
            {"A": topic(DisplayName=display), "Z": topic(DisplayName=display, TopicName=f"{name}-z"), **more}, Description=display
        )

    given = {"Tags": [{"Key": "k", "Value": "1"}], "Capabilities": ["CAPABILITY_IAM"]}
    cloud.create(name, asked("1", Gone=topic()), **given)
    before = len(cloud.events(name))
    more = {"Bad": bad("New"), "New": {**topic(), "DependsOn": ["A", "Z"]}}
    cloud.update(name, asked("2", **more), Tags=[{"Key": "k", "Value": "2"}])
    stack = cloud.stack(name)
    has(stack, StackStatus="UPDATE_ROLLBACK_COMPLETE", Description="1", **given)
    same(
        cloud.story(name, "stack", before),
        [
            "UPDATE_IN_PROGRESS User Initiated",
            "UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad]. ",
            "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE",
        ],
    )
    same(cloud.story(name, "A", before), ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"] * 2)
    # What the update would have removed was not touched yet; what it made is gone.
    same(cloud.story(name, "Gone", before), [])
    same(cloud.story(name, "New", before)[-2:], ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"])
    has(cloud.cfn.get_template(StackName=name)["TemplateBody"], Description="1")
    cloud.execute(cloud.propose(name, asked("3")))
    lacks(cloud.stack(name), "Capabilities")


@rows("ST-07", "ER-01")
def a_deleted_stack_is_found_by_its_arn(cloud):
    name = cloud.name("deleted")
    kept = {**topic(), "DeletionPolicy": "Retain"}
    arn = cloud.create(name, template({"Topic": topic(), "Kept": kept}, Outputs={"O": {"Value": "v"}}))
    cloud.delete(name)
    has(cloud.stack(arn), StackStatus="DELETE_COMPLETE", Outputs=[{"OutputKey": "O", "OutputValue": "v"}])
    listed = cloud.cfn.describe_stack_resources(StackName=arn)["StackResources"]
    same(
        {one["LogicalResourceId"]: one["ResourceStatus"] for one in listed},
        {"Topic": "DELETE_COMPLETE", "Kept": "DELETE_SKIPPED"},
    )
    for call in (cloud.cfn.describe_stacks, cloud.cfn.get_template, cloud.cfn.get_template_summary):
        invalid(call, f"Stack with id {name} does not exist", StackName=name)


@rows("ST-09", "ER-03")
def resources_are_listed_by_their_ids(cloud):
    name = cloud.name("listed")
    made = {"C": topic(), "A": topic(), "Bad": bad("A", "C")}
    cloud.create(name, template(made), DisableRollback=True)
    listed = cloud.cfn.describe_stack_resources(StackName=name)["StackResources"]
    same([one["LogicalResourceId"] for one in listed], ["A", "Bad", "C"])
    lacks(listed[1], "PhysicalResourceId")
    same(cloud.resource(name, "A")["Metadata"], "{}")
    ask = cloud.cfn.describe_stack_resource
    invalid(ask, f"Resource Bad does not exist for stack {name}", StackName=name, LogicalResourceId="Bad")
    invalid(ask, "Stack 'nostack' does not exist", StackName="nostack", LogicalResourceId="A")
    other = cloud.name("listed")
    cloud.create(other, template({"A": topic(), "B": topic()}))
    cloud.update(other, template({"A": topic()}))
    invalid(ask, f"Resource B does not exist for stack {other}", StackName=other, LogicalResourceId="B")


@rows("ST-11", "TV-26")
def templates_are_given_back_as_they_were(cloud):
    name, cfn = cloud.name("text"), cloud.cfn
    yaml = "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n"
    made = cloud.propose(name, yaml, "CREATE")
    same(cfn.get_template(StackName=name).get("TemplateBody", ""), "")
    invalid(cfn.get_template_summary, "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.", StackName=name)
    cloud.execute(made)
    has(cfn.get_template(StackName=name), TemplateBody=yaml, StagesAvailable=["Original", "Processed"])
    cloud.update(name, template({"Topic": topic(DisplayName="d")}))
    same(cfn.get_template(StackName=name)["TemplateBody"], template({"Topic": topic(DisplayName="d")}))
    invalid(cfn.get_template, "StackName is required if ChangeSetName is not specified.")
    invalid(cfn.get_template, "StackName is a required parameter.", ChangeSetName="bare")


@rows("TR-02", "SQ-05")
def an_update_in_place_touches_only_what_changed(cloud):
    name = cloud.name("inplace")
    cloud.create(name, template({"A": topic(DisplayName="1"), "B": topic()}))
    before, physical = len(cloud.events(name)), cloud.physical(name, "A")
    cloud.update(name, template({"A": topic(DisplayName="2"), "B": topic()}))
    same(
        cloud.events(name, before),
        [
            "stack UPDATE_IN_PROGRESS User Initiated",
            "A UPDATE_IN_PROGRESS",
            "A UPDATE_COMPLETE",
            "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "stack UPDATE_COMPLETE",
        ],
    )
    same({one["PhysicalResourceId"] for one in cloud.raw_events(name)[before:] if one["LogicalResourceId"] == "A"}, {physical})


@rows("TR-04", "SQ-20")
def a_cleanup_that_fails_does_not_fail_the_update(cloud):
    name = cloud.name("cleanup")
    cloud.create(name, template({"A": topic(), "B": topic()}))
    before = len(cloud.events(name))
    cloud.fail("B", on="delete", times=3)
    cloud.update(name, template({"A": topic()}))
    has(
        cloud.stack(name),
        StackStatus="UPDATE_COMPLETE",
        StackStatusReason="Update successful. One or more resources could not be deleted.",
    )
    assert cloud.story(name, "B", before)[-1].startswith("DELETE_FAILED"), cloud.events(name, before)
    same(statuses(cloud, name, before), ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"])
    invalid(
        cloud.cfn.describe_stack_resource, f"Resource B does not exist for stack {name}", StackName=name, LogicalResourceId="B"
    )


def stuck(cloud):
    """A stack in UPDATE_ROLLBACK_FAILED, its resource A in UPDATE_FAILED."""
    name = cloud.name("stuck")

    def asked(display, **more):
        return template({"A": topic(DisplayName=display), "B": topic(DisplayName=display), "Still": topic(), **more})

    cloud.create(name, asked("1"))
    cloud.cfn.update_stack(StackName=name, TemplateBody=text(asked("2", New={**queue(), "DependsOn": ["A", "B"]})))
    # After A and B were changed and before New is there.
    cloud.advance("20s")
    cloud.fail("A", on="update")
    cloud.cfn.cancel_update_stack(StackName=name)
    cloud.advance()
    same(cloud.status(name), "UPDATE_ROLLBACK_FAILED")
    return name


@rows("TR-05", "SQ-16", "SQ-17", "SQ-19")
def a_rollback_that_failed_is_continued(cloud):
    name = stuck(cloud)
    same(cloud.stack(name)["StackStatusReason"].rstrip(), "The following resource(s) failed to update: [A].")
    story = cloud.story(name, "stack")
    assert "UPDATE_ROLLBACK_IN_PROGRESS User Initiated" in story, story
    assert any(event.endswith("cancelled") for event in cloud.story(name, "New")), cloud.story(name, "New")
    assert cloud.story(name, "A")[-1].startswith("UPDATE_FAILED Resource handler returned message"), cloud.story(name, "A")
    before = len(cloud.events(name))
    cloud.cfn.continue_update_rollback(StackName=name, ResourcesToSkip=["A"])
    cloud.advance()
    same(cloud.status(name), "UPDATE_ROLLBACK_COMPLETE")
    same(cloud.story(name, "A", before), ["UPDATE_COMPLETE Resource skipped during UpdateRollback"])
    wanted = [
        "UPDATE_ROLLBACK_IN_PROGRESS User Initiated",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
    ]
    same(cloud.story(name, "stack", before), wanted)
    other = stuck(cloud)
    cloud.delete(other)
    invalid(cloud.cfn.describe_stacks, f"Stack with id {other} does not exist", StackName=other)


@rows("SQ-18")
def what_cannot_be_skipped_fails_the_stack_again(cloud):
    name = stuck(cloud)
    for given, said in [
        ("Missing", f"Resources with logicalIds [Missing] do not belong to stack {name}"),
        ("Still", "Only the resources in UPDATE_FAILED state are allowed to be skipped"),
        ("Nested.Inner", "Stack [Nested] does not exist"),
    ]:
        cloud.cfn.continue_update_rollback(StackName=name, ResourcesToSkip=[given])
        cloud.advance()
        has(cloud.stack(name), StackStatus="UPDATE_ROLLBACK_FAILED", StackStatusReason=said)


@rows("TR-06", "RB-14", "ER-41")
def a_failed_stack_is_rolled_back_on_request(cloud):
    name = cloud.name("later")
    kept = {**topic(), "DeletionPolicy": "Retain"}
    cloud.create(name, template({"Good": kept, "Bad": bad("Good")}), DisableRollback=True)
    same(cloud.status(name), "CREATE_FAILED")
    answer = cloud.cfn.rollback_stack(StackName=name, RetainExceptOnCreate=True)
    same(sorted(set(answer) - {"ResponseMetadata"}), ["OperationId", "StackId"])
    same(cloud.status(name), "ROLLBACK_IN_PROGRESS")
    cloud.advance()
    has(cloud.stack(name), StackStatus="ROLLBACK_COMPLETE", RetainExceptOnCreate=True)
    same(cloud.story(name, "Good")[-1], "DELETE_COMPLETE")

    other = cloud.name("later")
    cloud.create(other, TOPIC)
    worse = template({"Topic": topic(DisplayName="2"), "Bad": bad("Topic")})
    cloud.update(other, worse, DisableRollback=True)
    same(cloud.status(other), "UPDATE_FAILED")
    said = (
        "This stack is currently in a non-terminal [UPDATE_FAILED] state. To update the stack from this state, please use the "
        "disable-rollback parameter with update-stack API. To rollback to the last known good state, use the rollback-stack API"
    )
    invalid(cloud.cfn.update_stack, said, StackName=other, TemplateBody=text(TOPIC))
    invalid(cloud.cfn.execute_change_set, said, ChangeSetName=cloud.propose(other, worse))
    cloud.cfn.rollback_stack(StackName=other)
    same(cloud.status(other), "UPDATE_ROLLBACK_IN_PROGRESS")
    cloud.advance()
    same(cloud.status(other), "UPDATE_ROLLBACK_COMPLETE")


@rows("TR-07", "SQ-14", "ER-08", "ER-09", "ER-10")
def what_cannot_be_deleted_is_retained_or_left_behind(cloud):
    name, cfn = cloud.name("blocked"), cloud.cfn
    asked = template({"Broken": topic(), "Fine": topic(), "Bad": bad("Broken", "Fine")})
    arn = cfn.create_stack(StackName=name, TemplateBody=text(asked))["StackId"]
    cloud.advance("5s")
    cloud.fail("Broken", on="delete", times=2)
    cloud.advance()
    has(
        cloud.stack(name),
        StackStatus="ROLLBACK_FAILED",
        StackStatusReason="The following resource(s) failed to delete: [Broken]. ",
    )
    same([event.split(" ")[0] for event in cloud.story(name, "Broken")][-2:], ["DELETE_IN_PROGRESS", "DELETE_FAILED"])
    said = (
        f"Invalid operation on stack [{arn}]. You can activate DeletionMode FORCE_DELETE_STACK in a delete stack operation only "
        "when the stack is in the DELETE_FAILED state."
    )
    invalid(cfn.delete_stack, said, StackName=name, DeletionMode="FORCE_DELETE_STACK")
    invalid(cfn.delete_stack, re.compile(".*DELETE_FAILED.*"), StackName=name, RetainResources=["Broken"])
    before = len(cloud.events(name))
    cloud.delete(name)
    same(
        [e.split(" Resource handler")[0] for e in cloud.events(name, before)][:3],
        ["stack DELETE_IN_PROGRESS User Initiated", "Broken DELETE_IN_PROGRESS", "Broken DELETE_FAILED"],
    )
    has(
        cloud.stack(name), StackStatus="DELETE_FAILED", StackStatusReason="The following resource(s) failed to delete: [Broken]. "
    )
    said = "The specified resources to retain must be in a valid state. Do not specify resources that are in the DELETE_COMPLETE state."
    invalid(cfn.delete_stack, said, StackName=name, RetainResources=["Fine"])
    before = len(cloud.events(name))
    cloud.delete(name, RetainResources=["Broken"])
    same(cloud.events(arn, before), ["stack DELETE_IN_PROGRESS User Initiated", "Broken DELETE_SKIPPED", "stack DELETE_COMPLETE"])
    other = cloud.name("blocked")
    arn = cloud.create(other, template({"Broken": topic()}))
    cloud.fail("Broken", on="delete", times=2)
    cloud.delete(other)
    cloud.delete(other, DeletionMode="FORCE_DELETE_STACK")
    same(cloud.status(arn), "DELETE_COMPLETE")


@rows("CS-02", "TV-21")
def a_name_of_a_stack_has_its_form(cloud):
    rule = r"Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"
    for wrong in ("1st", "a_b"):
        said = f"1 validation error detected: Value '{wrong}' at 'stackName' failed to satisfy constraint: {rule}"
        invalid(cloud.cfn.create_stack, said, StackName=wrong, TemplateBody=text(TOPIC))


@rows("SQ-23")
def what_an_operation_made_goes_with_it_under_retain_except_on_create(cloud):
    name = cloud.name("except")
    made = {
        "Soft": {**parameter("v"), "DeletionPolicy": "RetainExceptOnCreate"},
        "Hard": {**parameter("v"), "DeletionPolicy": "Retain"},
    }
    for given, hard in [({}, "DELETE_SKIPPED"), ({"RetainExceptOnCreate": True}, "DELETE_COMPLETE")]:
        cloud.create(name, template({**made, "Bad": bad("Soft", "Hard")}), **given)
        same(cloud.story(name, "Soft")[-1], "DELETE_COMPLETE")
        same(cloud.story(name, "Hard")[-1], hard)
        cloud.delete(name)
    arn = cloud.create(name, template(made))
    cloud.delete(name)
    same(cloud.story(arn, "Soft")[-1], "DELETE_SKIPPED")
