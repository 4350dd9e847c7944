"""Sections 4.1 and 4.3: existence, state, tokens, capabilities, permissions, throttling."""

import re

from cloud import att, group, has, invalid, only, parameter, refused, role, rows, same, template, text, topic

TOPIC = template({"Topic": topic()})
NO_UPDATES = "No updates are to be performed."


@rows("ER-02", "ER-03", "ER-01")
def each_action_has_its_own_words_for_a_stack_that_is_not_there(cloud):
    cfn, asked = cloud.cfn, {"StackName": "nostack"}
    for call in (cfn.describe_stacks, cfn.get_template, cfn.get_template_summary):
        invalid(call, "Stack with id nostack does not exist", **asked)
    invalid(cfn.describe_stack_events, "Stack [nostack] does not exist", **asked)
    invalid(cfn.update_stack, "Stack [nostack] does not exist", TemplateBody=text(TOPIC), **asked)
    invalid(cfn.create_change_set, "Stack [nostack] does not exist", ChangeSetName="c", TemplateBody=text(TOPIC), **asked)
    invalid(cfn.list_change_sets, "Stack [nostack] does not exist", **asked)
    invalid(cfn.describe_stack_resource, "Stack 'nostack' does not exist", LogicalResourceId="A", **asked)


@rows("ER-04", "ER-05")
def a_live_name_is_taken_and_an_update_needs_a_change(cloud):
    name = cloud.name("live")
    cloud.create(name, TOPIC)
    again = {"StackName": name, "TemplateBody": text(TOPIC)}
    refused(cloud.cfn.create_stack, "AlreadyExistsException", f"Stack [{name}] already exists", **again)
    invalid(cloud.cfn.update_stack, NO_UPDATES, **again)
    rolled = cloud.name("live")
    cloud.create(rolled, template({"P": parameter("v", AllowedPattern="^w$")}))
    same(cloud.status(rolled), "ROLLBACK_COMPLETE")
    refused(
        cloud.cfn.create_stack,
        "AlreadyExistsException",
        f"Stack [{rolled}] already exists",
        StackName=rolled,
        TemplateBody=text(TOPIC),
    )


@rows("ER-07")
def termination_protection_keeps_a_stack(cloud):
    name = cloud.name("protected")
    cloud.create(name, TOPIC, EnableTerminationProtection=True)
    same(cloud.stack(name)["EnableTerminationProtection"], True)
    invalid(cloud.cfn.delete_stack, f"Stack [{name}] cannot be deleted while TerminationProtection is enabled", StackName=name)
    cloud.cfn.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    cloud.delete(name)
    invalid(cloud.cfn.describe_stacks, f"Stack with id {name} does not exist", StackName=name)


@rows("ER-11")
def a_role_that_cloudformation_may_not_assume_is_refused(cloud):
    name = cloud.name("assumed")
    cloud.create(
        name, template({"Role": role()}, Outputs={"Arn": {"Value": att("Role", "Arn")}}), Capabilities=["CAPABILITY_IAM"]
    )
    for_lambda = only(cloud.stack(name)["Outputs"])["OutputValue"]
    missing = f"arn:aws:iam::{cloud.account}:role/nobody"
    asked = {"StackName": cloud.name("assumed"), "TemplateBody": text(TOPIC)}
    for arn in (for_lambda, missing):
        invalid(cloud.cfn.create_stack, f"Role {arn} is invalid or cannot be assumed", RoleARN=arn, **asked)
        invalid(
            cloud.cfn.update_stack,
            f"Role {arn} is invalid or cannot be assumed",
            StackName=name,
            TemplateBody=text(TOPIC),
            RoleARN=arn,
        )
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudformation.amazonaws.com"}}],
    }
    other = cloud.name("assumed")
    made = template({"Role": role(AssumeRolePolicyDocument=trust)}, Outputs={"Arn": {"Value": att("Role", "Arn")}})
    cloud.create(other, made, Capabilities=["CAPABILITY_IAM"])
    arn = only(cloud.stack(other)["Outputs"])["OutputValue"]
    cloud.create(asked["StackName"], TOPIC, RoleARN=arn)
    has(cloud.stack(asked["StackName"]), StackStatus="CREATE_COMPLETE", RoleARN=arn)


@rows("ER-12")
def resource_types_forbid_others(cloud):
    said = "Resource type AWS::SNS::Topic is not allowed by parameter ResourceTypes [AWS::EC2::*]"
    invalid(cloud.cfn.create_stack, said, StackName=cloud.name("types"), TemplateBody=text(TOPIC), ResourceTypes=["AWS::EC2::*"])
    cloud.create(cloud.name("types"), TOPIC, ResourceTypes=["AWS::SNS::*"])


@rows("ER-13", "ER-13b", "ER-14", "ER-16", "ER-18")
def an_export_in_use_stands_fast(cloud):
    owner, user = cloud.name("owner"), cloud.name("user")
    export = f"{owner}-export"

    def asked(value):
        return template({"T": topic()}, Outputs={"O": {"Value": value, "Export": {"Name": export}}})

    arn = cloud.create(owner, asked("1"))
    invalid(cloud.cfn.list_imports, f"Export '{export}' is not imported by any stack.", ExportName=export)
    cloud.create(user, template({"T": topic(DisplayName={"Fn::ImportValue": export})}))
    found = next(one for one in cloud.cfn.list_exports()["Exports"] if one["Name"] == export)
    has(found, ExportingStackId=arn, Value="1")
    same(cloud.cfn.list_imports(ExportName=export)["Imports"], [user])
    for wanted, said in [
        (asked("2"), f"Update canceled. Cannot update export {export} as it is in use by {user}."),
        (template({"T": topic(DisplayName="d")}), f"Delete canceled. Cannot delete export {export} as it is in use by {user}."),
    ]:
        before = len(cloud.events(owner))
        cloud.update(owner, wanted)
        told = [f"UPDATE_ROLLBACK_IN_PROGRESS {said}", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
        same(cloud.story(owner, "stack", before), ["UPDATE_IN_PROGRESS User Initiated", *told])
    before = len(cloud.events(owner))
    cloud.delete(owner)
    said = f"Delete canceled. Cannot delete export {export} as it is in use by {user}."
    same(cloud.events(owner, before), ["stack DELETE_IN_PROGRESS User Initiated", f"stack UPDATE_ROLLBACK_COMPLETE {said}"])
    second = cloud.name("owner")
    cloud.create(second, asked("3"))
    said = f"ROLLBACK_IN_PROGRESS Export with name {export} is already exported by stack {owner}. Rollback requested by user."
    assert said in cloud.story(second, "stack"), cloud.story(second, "stack")


@rows("ER-31", "ER-32")
def capabilities_have_to_be_acknowledged(cloud):
    name, make = cloud.name("capable"), cloud.cfn.create_stack

    def needs(capability, asked, *given):
        said = f"Requires capabilities : [{capability}]"
        refused(
            make, "InsufficientCapabilitiesException", said, StackName=name, TemplateBody=text(asked), Capabilities=list(given)
        )

    needs("CAPABILITY_IAM", template({"R": role()}))
    needs("CAPABILITY_NAMED_IAM", template({"R": role(RoleName=name)}), "CAPABILITY_IAM")
    needs("CAPABILITY_AUTO_EXPAND", {**TOPIC, "Transform": "AWS::LanguageExtensions"})
    said = {
        "Capabilities": ["CAPABILITY_IAM"],
        "CapabilitiesReason": "The following resource(s) require capabilities: [AWS::IAM::Role]",
    }
    for call in (cloud.cfn.validate_template, cloud.cfn.get_template_summary):
        has(call(TemplateBody=text(template({"R": role()}))), **said)
    cloud.create(name, template({"R": role()}), Capabilities=["CAPABILITY_NAMED_IAM"])
    same(cloud.status(name), "CREATE_COMPLETE")


@rows("ER-33")
def what_has_a_name_of_its_own_is_not_replaced_under_it(cloud):
    name = cloud.name("custom")

    def asked(key):
        made = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}]}
        made["AttributeDefinitions"] = [{"AttributeName": key, "AttributeType": "S"}]
        return template({"T": {"Type": "AWS::DynamoDB::Table", "Properties": made}})

    cloud.create(name, asked("a"))
    cloud.update(name, asked("b"))
    said = (
        "UPDATE_FAILED CloudFormation cannot update a stack when a custom-named resource requires replacing. "
        f"Rename {name} and update the stack again."
    )
    assert said in cloud.story(name, "T"), cloud.story(name, "T")
    same(cloud.status(name), "UPDATE_ROLLBACK_COMPLETE")


@rows("ER-34", "ER-35", "ER-37")
def a_name_that_is_taken_fails_the_creation(cloud):
    owner, name = cloud.name("taken"), cloud.name("taken")
    arn = cloud.create(owner, template({"G": group(LogGroupName=owner)}))
    cloud.create(name, template({"G": group(LogGroupName=owner)}))
    assert f"CREATE_FAILED {owner} already exists in stack {arn}" in cloud.story(name, "G"), cloud.story(name, "G")
    cloud.client("logs").create_log_group(logGroupName=f"{name}-own")
    other = cloud.name("taken")
    cloud.create(other, template({"G": group(LogGroupName=f"{name}-own")}))
    failed = next(event for event in cloud.story(other, "G") if "CREATE_FAILED" in event)
    assert re.fullmatch(
        r'CREATE_FAILED Resource handler returned message: ".*" \(RequestToken: .*, HandlerErrorCode: AlreadyExists\)', failed
    ), failed
    known = cloud.cfn.meta.service_model.shape_for("HandlerErrorCode").enum
    assert "AlreadyExists" in known and "InvalidRequest" in known and "GeneralServiceException" in known


@rows("ER-39", "WI-07")
def a_caller_who_may_not_is_told_what_and_where(cloud):
    name = cloud.name("denied")
    who = f"arn:aws:iam::{cloud.account}:user/operator"
    cloud.command("identity", who)
    cloud.command("fail", "CreateChangeSet", "--call", "deny")
    said = (
        f"User: {who} is not authorized to perform: cloudformation:CreateChangeSet on resource: "
        f"arn:aws:cloudformation:eu-west-1:{cloud.account}:stack/{name}/* because no identity-based policy allows the "
        "cloudformation:CreateChangeSet action"
    )
    asked = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": text(TOPIC)}
    refused(cloud.cfn.create_change_set, "AccessDenied", said, status=403, **asked)
    cloud.command("identity")


@rows("ER-40", "WI-07")
def a_throttled_call(cloud):
    cloud.command("fail", "DescribeStacks", "--call", "throttle")
    refused(cloud.cfn.describe_stacks, "Throttling", "Rate exceeded")
    cloud.cfn.describe_stacks()


@rows("ER-46", "ER-47")
def a_stack_set_that_is_not_there(cloud):
    said = "StackSet nothing not found"
    for call in (cloud.cfn.describe_stack_set, cloud.cfn.update_stack_set, cloud.cfn.list_stack_instances):
        refused(call, "StackSetNotFoundException", said, status=404, StackSetName="nothing")
    same(cloud.cfn.list_stack_sets()["Summaries"], [])


@rows("ER-47")
def an_operation_that_is_not_there_is_not_found(cloud):
    missing = "00000000-0000-4000-8000-000000000000"
    refused(cloud.cfn.describe_events, "OperationNotFoundException", re.compile(".*"), status=404, OperationId=missing)
