"""Section 1.1: the life of a change set."""

import re

from cloud import group, has, invalid, lacks, only, parameter, ref, refused, rows, same, template, text, topic

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
TOPIC = template({"Topic": topic(DisplayName="one")}, Description="of a topic")
VERSION_4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@rows("CS-01", "CS-02", "CS-03", "CS-04", "CS-17", "SQ-03", "TR-01")
def a_stack_is_made_by_change_set(cloud):
    name, cfn = cloud.name("made"), cloud.cfn
    valued = {**TOPIC, "Parameters": {"P": {"Type": "String"}}}
    made = cfn.create_change_set(
        StackName=name,
        ChangeSetName="first",
        ChangeSetType="CREATE",
        TemplateBody=text(valued),
        Parameters=[{"ParameterKey": "P", "ParameterValue": "v"}],
        Tags=[{"Key": "k", "Value": "v"}],
        Capabilities=["CAPABILITY_IAM"],
    )
    same(sorted(set(made) - {"ResponseMetadata"}), ["Id", "StackId"])
    assert re.fullmatch(rf"arn:aws:cloudformation:eu-west-1:\d{{12}}:changeSet/first/{VERSION_4.pattern}", made["Id"]), made
    seen = cfn.describe_change_set(ChangeSetName=made["Id"])
    has(seen, Status="CREATE_PENDING", ExecutionStatus="UNAVAILABLE", Changes=[])
    stack = cloud.stack(name)
    has(stack, StackStatus="REVIEW_IN_PROGRESS", StackStatusReason="User Initiated", Tags=[])
    lacks(stack, "Description", "Capabilities", "Parameters")
    same(cloud.events(name), ["stack REVIEW_IN_PROGRESS User Initiated"])
    cloud.advance("1s")
    has(cfn.describe_change_set(ChangeSetName=made["Id"]), Status="CREATE_IN_PROGRESS", ExecutionStatus="UNAVAILABLE")
    cloud.advance("4s")
    has(cfn.describe_change_set(ChangeSetName=made["Id"]), Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE")

    answer = cfn.execute_change_set(ChangeSetName=made["Id"])
    same(set(answer), {"ResponseMetadata"})
    has(cfn.describe_change_set(ChangeSetName=made["Id"]), Status="CREATE_COMPLETE", ExecutionStatus="EXECUTE_IN_PROGRESS")
    cloud.advance()
    has(cfn.describe_change_set(ChangeSetName=made["Id"]), Status="CREATE_COMPLETE", ExecutionStatus="EXECUTE_COMPLETE")
    stack = cloud.stack(name)
    has(stack, StackStatus="CREATE_COMPLETE", Tags=[{"Key": "k", "Value": "v"}], Capabilities=["CAPABILITY_IAM"])
    has(stack, Description="of a topic", Parameters=[{"ParameterKey": "P", "ParameterValue": "v"}])
    created = next(one for one in stack["LastOperations"] if one["OperationType"] == "CREATE_STACK")
    assert VERSION_4.fullmatch(created["OperationId"]), created
    same(cloud.events(name)[:2], ["stack REVIEW_IN_PROGRESS User Initiated", "stack CREATE_IN_PROGRESS User Initiated"])
    same(cloud.events(name)[-1], "stack CREATE_COMPLETE")


@rows("CS-05")
def describing_shows_what_is_always_there(cloud):
    made = cloud.propose(cloud.name("shape"), TOPIC, "CREATE")
    seen = cloud.cfn.describe_change_set(ChangeSetName=made)
    has(seen, NotificationARNs=[], RollbackConfiguration={}, Capabilities=[], IncludeNestedStacks=False)
    has(seen, DeploymentConfig={"Mode": "STANDARD", "DisableRollback": False})
    always = {"ChangeSetName", "ChangeSetId", "StackId", "StackName", "CreationTime", "ExecutionStatus", "Status", "Changes"}
    always |= {"NotificationARNs", "RollbackConfiguration", "Capabilities", "IncludeNestedStacks", "DeploymentConfig"}
    same(set(seen) - {"ResponseMetadata"}, always)


@rows("CS-06")
def an_update_keeps_the_tags_of_the_stack_and_not_its_capabilities(cloud):
    name = cloud.name("kept")
    cloud.create(name, TOPIC, Tags=[{"Key": "k", "Value": "v"}], Capabilities=["CAPABILITY_IAM"])
    made = cloud.propose(name, template({"Topic": topic(DisplayName="two")}))
    has(cloud.cfn.describe_change_set(ChangeSetName=made), Tags=[{"Key": "k", "Value": "v"}], Capabilities=[])


@rows("CS-07", "CS-11")
def one_without_changes_fails_at_once(cloud):
    name = cloud.name("same")
    cloud.create(name, TOPIC)
    made = cloud.cfn.create_change_set(StackName=name, ChangeSetName="none", TemplateBody=text(TOPIC))["Id"]
    cloud.advance("250ms")
    seen = cloud.cfn.describe_change_set(ChangeSetName=made)
    has(seen, Status="FAILED", ExecutionStatus="UNAVAILABLE", StatusReason=NO_CHANGES, Changes=[])
    said = f"ChangeSet [{made}] cannot be executed in its current status of [FAILED]"
    refused(cloud.cfn.execute_change_set, "InvalidChangeSetStatus", said, ChangeSetName=made)


@rows("CS-09")
def an_explicit_value_equal_to_the_default_is_no_change(cloud):
    name = cloud.name("default")
    asked = template({"Topic": topic(DisplayName=ref("P"))}, Parameters={"P": {"Type": "String", "Default": "one"}})
    cloud.create(name, asked)
    made = cloud.propose(name, asked, Parameters=[{"ParameterKey": "P", "ParameterValue": "one"}])
    has(cloud.cfn.describe_change_set(ChangeSetName=made), Status="FAILED", StatusReason=NO_CHANGES)


@rows("CS-10")
def a_transform_never_counts_as_no_change(cloud):
    name, macro = cloud.name("macro"), {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    asked = {**TOPIC, "Transform": "AWS::LanguageExtensions"}
    cloud.create(name, asked, **macro)
    made = cloud.propose(name, asked, **macro)
    has(cloud.cfn.describe_change_set(ChangeSetName=made), Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", Changes=[])
    cloud.update(name, asked, **macro)
    same(cloud.status(name), "UPDATE_COMPLETE")


@rows("CS-12")
def one_that_is_still_being_made_is_not_executed(cloud):
    made = cloud.cfn.create_change_set(
        StackName=cloud.name("early"), ChangeSetName="early", ChangeSetType="CREATE", TemplateBody=text(TOPIC)
    )["Id"]
    for pause, status in [(None, "CREATE_PENDING"), ("1s", "CREATE_IN_PROGRESS")]:
        if pause:
            cloud.advance(pause)
        said = f"ChangeSet [{made}] cannot be executed in its current status of [{status}]"
        refused(cloud.cfn.execute_change_set, "InvalidChangeSetStatus", said, ChangeSetName=made)


@rows("CS-13", "CS-16")
def a_direct_update_makes_others_obsolete_and_an_execution_deletes_them(cloud):
    name = cloud.name("obsolete")
    cloud.create(name, TOPIC)
    stale = cloud.propose(name, template({"Topic": topic(DisplayName="two")}))
    cloud.update(name, template({"Topic": topic(DisplayName="three")}))
    has(cloud.cfn.describe_change_set(ChangeSetName=stale), ExecutionStatus="OBSOLETE")
    said = f"ChangeSet [{stale}] cannot be executed in its current execution status of [OBSOLETE]"
    refused(cloud.cfn.execute_change_set, "InvalidChangeSetStatus", said, ChangeSetName=stale)
    other = cloud.propose(name, template({"Topic": topic(DisplayName="four")}))
    cloud.execute(cloud.propose(name, template({"Topic": topic(DisplayName="five")})))
    same(cloud.cfn.list_change_sets(StackName=name)["Summaries"], [])
    gone = f"ChangeSet [{other}] does not exist"
    refused(cloud.cfn.describe_change_set, "ChangeSetNotFound", gone, status=404, ChangeSetName=other)


@rows("CS-14", "CS-15")
def one_under_execution_is_left_alone(cloud):
    made = cloud.propose(cloud.name("busy"), TOPIC, "CREATE")
    cloud.cfn.execute_change_set(ChangeSetName=made, ClientRequestToken="once")
    said = "An operation on this ChangeSet is currently in progress.  Please attempt this operation again later."
    refused(cloud.cfn.execute_change_set, "InvalidChangeSetStatus", said, ChangeSetName=made)
    refused(cloud.cfn.delete_change_set, "InvalidChangeSetStatus", said, ChangeSetName=made)
    same(set(cloud.cfn.execute_change_set(ChangeSetName=made, ClientRequestToken="once")), {"ResponseMetadata"})


@rows("CS-18", "CS-19", "CS-20", "CS-21")
def the_type_has_to_fit_the_stack(cloud):
    name, body = cloud.name("fit"), {"ChangeSetName": "c", "TemplateBody": text(TOPIC)}
    make = cloud.cfn.create_change_set
    invalid(make, f"Stack [{name}] does not exist", StackName=name, **body)
    # Several may stand side by side while the stack is under review, by name or id.
    first = make(StackName=name, ChangeSetType="CREATE", **body)
    make(StackName=first["StackId"], ChangeSetName="d", ChangeSetType="CREATE", TemplateBody=text(TOPIC))
    cloud.advance("10s")
    same(len(cloud.cfn.list_change_sets(StackName=name)["Summaries"]), 2)
    cloud.execute(first["Id"])
    arn = first["StackId"]
    for given in (name, arn):
        said = f"Stack [{given}] already exists and cannot be created again with the changeSet [c]."
        invalid(make, said, StackName=given, ChangeSetType="CREATE", **body)
    cloud.delete(name)
    said = f"Stack [{arn}] already exists and cannot be created again with the changeSet [c]."
    invalid(make, said, StackName=arn, ChangeSetType="CREATE", **body)
    said = f"Stack:{arn} is in DELETE_COMPLETE state and can not be updated."
    invalid(make, said, StackName=arn, ChangeSetType="UPDATE", **body)


@rows("CS-22", "CS-23", "CS-24", "ER-47")
def one_that_is_gone_is_not_found(cloud):
    name, cfn = cloud.name("gone"), cloud.cfn
    made = cloud.propose(name, TOPIC, "CREATE", name="mine")
    cfn.delete_change_set(ChangeSetName=made)
    refused(cfn.describe_change_set, "ChangeSetNotFound", f"ChangeSet [{made}] does not exist", status=404, ChangeSetName=made)
    said = "ChangeSet [mine] does not exist"
    refused(cfn.describe_change_set, "ChangeSetNotFound", said, status=404, ChangeSetName="mine", StackName=name)
    for call in (cfn.describe_change_set, cfn.delete_change_set):
        invalid(call, "Stack [nostack] does not exist", ChangeSetName="mine", StackName="nostack")
    said = "StackName must be specified if ChangeSetName is not specified as an ARN."
    invalid(cfn.delete_change_set, said, ChangeSetName="mine")


@rows("CS-27")
def names_and_descriptions_have_their_bounds(cloud):
    make, name = cloud.cfn.create_change_set, cloud.name("bounds")
    body = {"StackName": name, "ChangeSetType": "CREATE", "TemplateBody": text(TOPIC)}
    for wrong in ("1st", "a_b"):
        rule = "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        said = f"1 validation error detected: Value '{wrong}' at 'changeSetName' failed to satisfy constraint: {rule}"
        invalid(make, said, ChangeSetName=wrong, **body)
    for what, wrong in [("changeSetName", {"ChangeSetName": "a" * 129}), ("description", {"Description": "d" * 1025})]:
        given = {"ChangeSetName": "c", **body, **wrong}
        invalid(
            make,
            re.compile(rf"1 validation error detected: Value '.*' at '{what}' failed .* length less than or equal to \d+"),
            **given,
        )
    imported = [
        {"ResourceType": "AWS::SNS::Topic", "LogicalResourceId": f"T{n}", "ResourceIdentifier": {"TopicArn": "a"}}
        for n in range(201)
    ]
    given = {**body, "ChangeSetName": "c", "ChangeSetType": "IMPORT", "ResourcesToImport": imported}
    invalid(make, re.compile(".*'resourcesToImport' failed .* length less than or equal to 200"), **given)
    make(ChangeSetName="a" * 128, Description="d" * 1024, **body)


@rows("CS-28", "CS-29")
def the_template_comes_from_exactly_one_place(cloud):
    name = cloud.name("place")
    cloud.create(name, TOPIC)
    make = cloud.cfn.create_change_set
    said = "You cannot specify both usePreviousTemplate and Template Body/Template URL."
    invalid(make, said, StackName=name, ChangeSetName="c", UsePreviousTemplate=True, TemplateBody=text(TOPIC))
    said = "Either Template URL or Template Body must be specified."
    invalid(make, said, StackName=name, ChangeSetName="c")
    invalid(cloud.cfn.update_stack, said, StackName=name)


@rows("CS-30", "CS-31", "CS-32")
def parameters_must_have_values_exist_and_fit(cloud):
    make, name = cloud.cfn.create_stack, cloud.name("values")

    def asked(**declaration):
        return text(template({"Topic": topic(DisplayName=ref("Value"))}, Parameters={"Value": {"Type": "String", **declaration}}))

    def given(value, key="Value"):
        return [{"ParameterKey": key, "ParameterValue": value}]

    invalid(make, "Parameters: [Value] must have values", StackName=name, TemplateBody=asked())
    said = "Parameter Value should either have input value or default value"
    invalid(make, said, StackName=name, TemplateBody=asked(Type="AWS::SSM::Parameter::Value<String>"))
    said = "Parameters: [Other] do not exist in the template"
    invalid(make, said, StackName=name, TemplateBody=asked(Default=""), Parameters=given("v", "Other"))
    said = "Parameter 'Value' must be a number."
    invalid(make, said, StackName=name, TemplateBody=asked(Type="Number"), Parameters=given("many"))
    cloud.create(name, asked(), Parameters=given(""))
    same(cloud.status(name), "CREATE_COMPLETE")


@rows("CS-33")
def a_parameter_is_kept_only_when_asked_for(cloud):
    name = cloud.name("previous")
    asked = template({"P": parameter(ref("Value"))}, Parameters={"Value": {"Type": "String", "Default": "default"}})
    cloud.create(name, asked, Parameters=[{"ParameterKey": "Value", "ParameterValue": "mine"}])
    keep = [{"ParameterKey": "Value", "UsePreviousValue": True}]
    cloud.update(name, {**asked, "Outputs": {"O": {"Value": "x"}}}, Parameters=keep)
    same(only(cloud.stack(name)["Parameters"])["ParameterValue"], "mine")
    cloud.update(name, asked)
    same(only(cloud.stack(name)["Parameters"])["ParameterValue"], "default")


@rows("CS-34")
def a_parameter_from_the_parameter_store_is_shown_with_its_value(cloud):
    name, store = cloud.name("stored"), cloud.client("ssm")
    store.put_parameter(Name=f"/{name}", Value="from the store", Type="String")
    declared = {"Value": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": f"/{name}"}}
    asked = template({"Topic": topic(DisplayName=ref("Value"))}, Parameters=declared, Outputs={"O": {"Value": ref("Value")}})
    cloud.create(name, asked)
    stack = cloud.stack(name)
    shown = {"ParameterKey": "Value", "ParameterValue": f"/{name}", "ResolvedValue": "from the store"}
    has(stack, StackStatus="CREATE_COMPLETE", Parameters=[shown])
    same(only(stack["Outputs"])["OutputValue"], "from the store")
    # What the store says is looked up anew each time (CH-08).
    store.put_parameter(Name=f"/{name}", Value="changed", Type="String", Overwrite=True)
    made = cloud.cfn.describe_change_set(ChangeSetName=cloud.propose(name, asked))
    has(made, Status="CREATE_COMPLETE", Parameters=[{**shown, "ResolvedValue": "changed"}])


@rows("CS-35")
def a_hidden_parameter_is_masked_and_its_uses_are_not(cloud):
    name = cloud.name("hidden")

    def asked(hidden):
        declared = {"Secret": {"Type": "String", "NoEcho": hidden}}
        return template(
            {"Group": {**group(), "Metadata": {"Seen": ref("Secret")}}},
            Parameters=declared,
            Outputs={"O": {"Value": ref("Secret")}},
        )

    cloud.create(name, asked(True), Parameters=[{"ParameterKey": "Secret", "ParameterValue": "s3cret"}])
    stack = cloud.stack(name)
    same(only(stack["Parameters"])["ParameterValue"], "****")
    same(only(stack["Outputs"])["OutputValue"], "s3cret")
    same(cloud.resource(name, "Group")["Metadata"], '{"Seen":"s3cret"}')
    cloud.update(name, asked(False), Parameters=[{"ParameterKey": "Secret", "ParameterValue": "open"}])
    same(only(cloud.stack(name)["Parameters"])["ParameterValue"], "open")


@rows("CS-38")
def on_stack_failure_stands_alone(cloud):
    name = cloud.name("onfailure")
    made = cloud.propose(name, TOPIC, "CREATE", OnStackFailure="ROLLBACK")
    invalid(
        cloud.cfn.execute_change_set, re.compile(".*OnStackFailure.*DisableRollback.*"), ChangeSetName=made, DisableRollback=True
    )
    cloud.execute(made)
    again = {"StackName": name, "ChangeSetName": "c", "TemplateBody": text(TOPIC), "OnStackFailure": "DELETE"}
    invalid(cloud.cfn.create_change_set, re.compile(".*'onStackFailure'.*"), **again)
