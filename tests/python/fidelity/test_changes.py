"""Section 1.2: what a change set lists."""

import json

from cloud import (
    KNOWN_AFTER_APPLY,
    att,
    group,
    has,
    invalid,
    lacks,
    only,
    parameter,
    queue,
    ref,
    rows,
    same,
    template,
    text,
    topic,
)


def literal(name, recreation="Never"):
    target = {"Attribute": "Properties", "Name": name, "RequiresRecreation": recreation}
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"}


def values(cloud, before, after, **more):
    name = cloud.name("change")
    cloud.create(name, before)
    return cloud.changes(name, after, values=True, **more)


def plain(cloud, before, after, **more):
    name = cloud.name("change")
    cloud.create(name, before)
    return cloud.changes(name, after, **more)


@rows("CH-01", "CH-24", "CH-25", "CH-23")
def an_addition(cloud):
    made = cloud.propose(cloud.name("add"), template({"A": topic(DisplayName="d"), "B": topic()}), "CREATE")
    asked = {"ChangeSetName": made}
    first = cloud.cfn.describe_change_set(**asked)["Changes"][0]
    bare = {"Action": "Add", "LogicalResourceId": "A", "ResourceType": "AWS::SNS::Topic", "Scope": [], "Details": []}
    same(first, {"Type": "Resource", "ResourceChange": bare})
    valued = [
        change["ResourceChange"] for change in cloud.cfn.describe_change_set(IncludePropertyValues=True, **asked)["Changes"]
    ]
    same(valued[0], {**bare, "AfterContext": '{"Properties":{"DisplayName":"d"}}'})
    same(valued[1]["AfterContext"], '{"Properties":{}}')
    # Whatever the cloud tells, the client's model has a name for it.
    model = cloud.cfn.meta.service_model
    for shape, told in [
        ("ChangeAction", {"Add", "Modify", "Remove", "Import"}),
        ("ResourceAttribute", {"Properties", "Metadata", "Tags"}),
        ("ChangeSource", {"ResourceReference", "ParameterReference", "ResourceAttribute", "DirectModification"}),
    ]:
        assert told <= set(model.shape_for(shape).enum), shape


@rows("CH-02")
def a_removal(cloud):
    kept = {**topic(), "DeletionPolicy": "Retain"}
    before = template({"A": topic(), "B": topic(DisplayName="d"), "C": kept})
    seen = values(cloud, before, template({"A": topic()}))
    gone = seen["B"]
    has(gone, Action="Remove", PolicyAction="Delete", Scope=[], Details=[], BeforeContext='{"Properties":{"DisplayName":"d"}}')
    assert gone["PhysicalResourceId"].startswith("arn:aws:sns:"), gone
    lacks(gone, "Replacement", "AfterContext")
    has(seen["C"], PolicyAction="Retain")


@rows("CH-03", "CH-05")
def a_change_in_place(cloud):
    seen = plain(cloud, template({"A": topic(DisplayName="1")}), template({"A": topic(DisplayName="2")}))["A"]
    has(seen, Action="Modify", Replacement="False", Scope=["Properties"], Details=[literal("DisplayName")])
    lacks(seen, "PolicyAction", "BeforeContext")
    assert seen["PhysicalResourceId"]


@rows("CH-04")
def a_replacement(cloud):
    for policy, told in [("Delete", "ReplaceAndDelete"), ("Retain", "ReplaceAndRetain"), ("Snapshot", "ReplaceAndSnapshot")]:
        name, mark = cloud.name("replace"), {"UpdateReplacePolicy": policy}
        cloud.create(name, template({"A": {**topic(TopicName=f"{name}-1"), **mark}}))
        old = cloud.physical(name, "A")
        seen = cloud.changes(name, template({"A": {**topic(TopicName=f"{name}-2"), **mark}}))["A"]
        has(seen, Action="Modify", Replacement="True", PolicyAction=told, PhysicalResourceId=old)
        same(seen["Details"], [literal("TopicName", "Always")])


@rows("CH-06", "CH-07")
def every_leaf_has_its_path_and_its_values_as_text(cloud):
    first, second = cloud.name("dead"), cloud.name("letters")
    name = cloud.name("leaves")

    def asked(delay, receive, dead, **more):
        policy = {"maxReceiveCount": receive, "deadLetterTargetArn": att(dead, "Arn")}
        made = queue(DelaySeconds=delay, RedrivePolicy=policy, **more)
        return template({"Q": made, "One": queue(QueueName=first), "Two": queue(QueueName=second)})

    cloud.create(name, asked(0, 3, "One"))
    seen = cloud.changes(name, asked(5, 4, "Two", MaximumMessageSize=2048), values=True)["Q"]
    told = {d["Target"]["Path"]: d["Target"] for d in seen["Details"]}
    delay = {"Name": "DelaySeconds", "Attribute": "Properties", "RequiresRecreation": "Never", "Path": "/Properties/DelaySeconds"}
    same(told["/Properties/DelaySeconds"], {**delay, "BeforeValue": "0", "AfterValue": "5", "AttributeChangeType": "Modify"})
    has(told["/Properties/RedrivePolicy/maxReceiveCount"], Name="RedrivePolicy", BeforeValue="3", AfterValue="4")
    has(told["/Properties/RedrivePolicy/deadLetterTargetArn"], Name="RedrivePolicy", AttributeChangeType="Modify")
    added = told["/Properties/MaximumMessageSize"]
    has(added, AfterValue="2048", AttributeChangeType="Add")
    lacks(added, "BeforeValue")
    has(json.loads(seen["AfterContext"])["Properties"], DelaySeconds="5", MaximumMessageSize="2048")
    cloud.update(name, asked(5, 4, "Two", MaximumMessageSize=2048))
    seen = cloud.changes(name, asked(5, 4, "Two"), values=True)["Q"]
    removed = only(seen["Details"])["Target"]
    has(removed, BeforeValue="2048", AttributeChangeType="Remove")
    lacks(removed, "AfterValue")


@rows("CH-08", "CH-09")
def a_mapping_leaf_is_a_direct_change_and_a_parameter_is_named(cloud):
    def mapped(leaf):
        found = {"Fn::FindInMap": ["M", "k", "v"]}
        return template({"A": topic(DisplayName=found)}, Mappings={"M": {"k": {"v": leaf}}})

    same(plain(cloud, mapped("1"), mapped("2"))["A"]["Details"], [literal("DisplayName")])
    name = cloud.name("caused")
    both = {"k1": {"v": "1"}, "k2": {"v": "2"}}
    uses = {
        "Direct": topic(DisplayName=ref("P")),
        "Inside": topic(DisplayName={"Fn::Sub": "x-${P}"}),
        "Key": topic(DisplayName={"Fn::FindInMap": ["M", ref("P"), "v"]}),
    }
    asked = template(uses, Parameters={"P": {"Type": "String"}}, Mappings={"M": both})
    cloud.create(name, asked, Parameters=[{"ParameterKey": "P", "ParameterValue": "k1"}])
    seen = cloud.changes(name, asked, Parameters=[{"ParameterKey": "P", "ParameterValue": "k2"}])
    for logical_id in uses:
        detail = only(seen[logical_id]["Details"])
        has(detail, Evaluation="Static", ChangeSource="ParameterReference", CausingEntity="P")


def chain(name, topic_name, display):
    return template(
        {
            "Foo": topic(TopicName=f"{name}-{topic_name}", DisplayName=display),
            "Attribute": parameter(att("Foo", "TopicName")),
            "Reference": parameter(ref("Foo")),
            "Display": parameter(att("Foo", "DisplayName")),
            "Further": parameter(att("Display", "Value")),
            "After": {**topic(), "DependsOn": "Foo"},
        }
    )


@rows("CH-10", "CH-22")
def references_to_what_is_replaced(cloud):
    name = cloud.name("replaced")
    cloud.create(name, chain(name, "a", "d"))
    seen = cloud.changes(name, chain(name, "b", "d"))
    has(seen["Foo"], Replacement="True")
    detail = only(seen["Reference"]["Details"])
    has(detail, Evaluation="Static", ChangeSource="ResourceReference", CausingEntity="Foo")
    detail = only(seen["Attribute"]["Details"])
    has(detail, Evaluation="Static", ChangeSource="ResourceAttribute", CausingEntity="Foo.TopicName")
    valued = cloud.changes(name, chain(name, "b", "d"), values=True)["Reference"]
    kinds = [(d["Evaluation"], d["ChangeSource"], d["Target"]["AfterValue"]) for d in valued["Details"]]
    same(
        sorted(kinds), [("Dynamic", "DirectModification", KNOWN_AFTER_APPLY), ("Static", "ResourceReference", KNOWN_AFTER_APPLY)]
    )
    same(json.loads(valued["AfterContext"])["Properties"]["Value"], KNOWN_AFTER_APPLY)


@rows("CH-11", "CH-12", "CH-13")
def attributes_of_what_changes_in_place(cloud):
    name = cloud.name("inplace")
    cloud.create(name, chain(name, "a", "1"))
    seen = cloud.changes(name, chain(name, "a", "2"))
    has(only(seen["Display"]["Details"]), Evaluation="Dynamic", ChangeSource="ResourceAttribute", CausingEntity="Foo.DisplayName")
    has(only(seen["Further"]["Details"]), Evaluation="Dynamic", CausingEntity="Display.Value")
    # Neither a Ref nor a DependsOn is listed.
    lacks(seen, "Reference", "After")
    same(list(cloud.changes(name, chain(name, "a", "2"), values=True)), ["Foo"])


@rows("CH-14")
def dependents_are_evaluated_anew_at_execution(cloud):
    name = cloud.name("anew")
    cloud.create(name, chain(name, "a", "1"))
    before = len(cloud.events(name))
    cloud.execute(cloud.propose(name, chain(name, "a", "2")))
    for logical_id in ("Foo", "Display", "Further"):
        same(cloud.story(name, logical_id, before), ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
    for logical_id in ("Attribute", "Reference", "After"):
        same(cloud.story(name, logical_id, before), [])
    stored = cloud.client("ssm").get_parameter(Name=cloud.physical(name, "Further"))
    same(stored["Parameter"]["Value"], "2")


@rows("CH-15", "CH-16")
def new_resources_see_old_values_and_what_is_new_is_not_known(cloud):
    name = cloud.name("fresh")
    cloud.create(name, template({"Old": topic(DisplayName="1"), "Still": topic(DisplayName="s")}))
    joined = {"Fn::Join": ["", ["functions/", att("New", "TopicArn"), "/invocations"]]}
    after = {
        "Old": topic(DisplayName="2"),
        "Still": topic(DisplayName="s"),
        "New": topic(DisplayName="n"),
        "Whole": parameter(att("New", "DisplayName")),
        "Part": parameter(joined),
        "Before": parameter(att("Old", "DisplayName")),
        "Real": parameter(ref("Still")),
    }
    seen = cloud.changes(name, template(after), values=True)
    told = {logical_id: json.loads(change["AfterContext"])["Properties"].get("Value") for logical_id, change in seen.items()}
    same(told["Whole"], KNOWN_AFTER_APPLY)
    same(told["Part"], f"functions/{KNOWN_AFTER_APPLY}/invocations")
    same(told["Before"], "1")
    same(told["Real"], cloud.physical(name, "Still"))


@rows("CH-17", "CH-20")
def metadata_counts(cloud):
    name = cloud.name("metadata")

    def asked(display="d", **metadata):
        made = {"A": {**topic(DisplayName=display), "Metadata": metadata}}
        return template(made, Parameters={"P": {"Type": "String", "Default": "1"}})

    cloud.create(name, asked(note=ref("P")))
    two = [{"ParameterKey": "P", "ParameterValue": "2"}]
    seen = cloud.changes(name, asked(note=ref("P")), Parameters=two)["A"]
    has(seen, Action="Modify", Replacement="False", Scope=["Metadata"])
    has(only(seen["Details"]), ChangeSource="ParameterReference", CausingEntity="P")
    same(only(seen["Details"])["Target"], {"Attribute": "Metadata", "RequiresRecreation": "Never"})
    has(cloud.changes(name, asked(note="edited"))["A"], Action="Modify", Replacement="False", Scope=["Metadata"])
    has(cloud.changes(name, asked("e", note=ref("P")), Parameters=two)["A"], Scope=["Metadata", "Properties"])


@rows("CH-18", "CH-18b")
def tags_as_a_property_and_tags_of_the_stack(cloud):
    before, after = (template({"A": topic(Tags=[{"Key": "k", "Value": v}])}) for v in "12")
    target = only(plain(cloud, before, after)["A"]["Details"])["Target"]
    same(target, {"Attribute": "Properties", "Name": "Tags", "RequiresRecreation": "Never"})
    name = cloud.name("tagged")
    policy = {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {"Topics": [ref("A")], "PolicyDocument": {"Version": "2012-10-17", "Statement": []}},
    }
    asked = template({"A": topic(), "B": group(), "Untagged": policy})
    cloud.create(name, asked)
    seen = cloud.changes(name, asked, Tags=[{"Key": "k", "Value": "v"}])
    same(sorted(seen), ["A", "B"])
    has(seen["A"], Action="Modify", Replacement="False", Scope=["Tags"])
    detail = only(seen["A"]["Details"])
    has(
        detail,
        Evaluation="Static",
        ChangeSource="DirectModification",
        Target={"Attribute": "Tags", "RequiresRecreation": "Never"},
    )


@rows("CH-19")
def policies_alone_are_no_change_and_outputs_are(cloud):
    name = cloud.name("only")
    cloud.create(name, template({"A": topic()}))
    for one in ({"DeletionPolicy": "Retain"}, {"UpdateReplacePolicy": "Retain"}):
        invalid(
            cloud.cfn.update_stack,
            "No updates are to be performed.",
            StackName=name,
            TemplateBody=text(template({"A": {**topic(), **one}})),
        )
    cloud.update(name, template({"A": topic()}, Outputs={"O": {"Value": "new"}}))
    same(cloud.status(name), "UPDATE_COMPLETE")


@rows("CH-21")
def a_condition_adds_and_removes(cloud):
    name = cloud.name("condition")
    asked = template(
        {"A": topic(), "B": {**topic(), "Condition": "On"}},
        Parameters={"P": {"Type": "String"}},
        Conditions={"On": {"Fn::Equals": [ref("P"), "yes"]}},
    )

    def given(value):
        return [{"ParameterKey": "P", "ParameterValue": value}]

    cloud.create(name, asked, Parameters=given("no"))
    same({k: v["Action"] for k, v in cloud.changes(name, asked, Parameters=given("yes")).items()}, {"B": "Add"})
    cloud.update(name, asked, Parameters=given("yes"))
    same({k: v["Action"] for k, v in cloud.changes(name, asked, Parameters=given("no")).items()}, {"B": "Remove"})


@rows("CH-26")
def changes_are_in_the_order_of_their_ids(cloud):
    before = template({"C": topic(), "Staging": topic(DisplayName="1")})
    after = template({"A": topic(), "Staging": topic(DisplayName="2"), "StagingPolicy": topic()})
    same(list(plain(cloud, before, after)), ["A", "C", "StagingPolicy", "Staging"])


@rows("CH-28", "ER-17")
def a_missing_export_fails_the_execution_only(cloud):
    name = cloud.name("importer")
    made = cloud.propose(name, template({"A": topic(DisplayName={"Fn::ImportValue": "nobody-exports-this"})}), "CREATE")
    cloud.execute(made)
    same(cloud.status(name), "ROLLBACK_COMPLETE")
    said = "ROLLBACK_IN_PROGRESS No export named nobody-exports-this found. Rollback requested by user."
    assert said in cloud.story(name, "stack"), cloud.events(name)
