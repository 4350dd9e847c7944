"""Section 7: rollback triggers, stack policies, and what else an operation is told."""

import json
import re

from cloud import bad, has, invalid, lacks, only, queue, rows, same, template, text, topic

TOPIC = template({"Topic": topic()})


def allow(action="Update:*", resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Principal": "*", "Resource": resource, **more}


def policy(*statements):
    return json.dumps({"Statement": list(statements)})


@rows("TV-27", "SP-03")
def a_policy_is_given_back_as_it_was_set(cloud):
    name, cfn = cloud.name("policy"), cloud.cfn
    cloud.create(name, TOPIC)
    lacks(cfn.get_stack_policy(StackName=name), "StackPolicyBody")
    for wrong in ("text", "[]", '{"Statement": 1}', policy({"Effect": "Allow", "Action": "Update:*", "Resource": "*"})):
        invalid(
            cfn.set_stack_policy, "Error validating stack policy: Invalid stack policy", StackName=name, StackPolicyBody=wrong
        )
    given = {"StackPolicyBody": policy(allow()), "StackPolicyURL": "https://s3.amazonaws.com/b/k"}
    invalid(cfn.set_stack_policy, "You cannot specify both StackPolicyURL and StackPolicyBody", StackName=name, **given)
    for body in ("{}", policy(allow()) + "\n"):
        cfn.set_stack_policy(StackName=name, StackPolicyBody=body)
        same(cfn.get_stack_policy(StackName=name)["StackPolicyBody"], body)


def updated(cloud, name, said, display, **more):
    """Updates the topic; `said` is what stands in the way."""
    before = len(cloud.events(name))
    cloud.update(name, template({"Topic": topic(DisplayName=display)}), **more)
    story = cloud.story(name, "Topic", before)
    if said is None:
        same(story, ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
        return
    assert f"UPDATE_FAILED {said}" in story, story
    same(cloud.status(name), "UPDATE_ROLLBACK_COMPLETE")


@rows("SP-01", "SP-02", "ER-38")
def what_a_policy_does_not_allow_is_denied(cloud):
    name = cloud.name("denied")
    cloud.create(name, TOPIC, StackPolicyBody=policy(allow(effect="Deny")))
    updated(cloud, name, "Action denied by stack policy: Statement [#1] does not allow [Update:*] for resource [*];", "1")
    # For one update only; the policy in force stays.
    updated(cloud, name, None, "2", StackPolicyDuringUpdateBody=policy(allow()))
    same(cloud.cfn.get_stack_policy(StackName=name)["StackPolicyBody"], policy(allow(effect="Deny")))
    change_set = cloud.propose(name, template({"Topic": topic(DisplayName="3")}))
    cloud.execute(change_set)
    same(cloud.status(name), "UPDATE_ROLLBACK_COMPLETE")

    def told(*statements):
        cloud.cfn.set_stack_policy(StackName=name, StackPolicyBody=policy(*statements))
        updated(cloud, name, *expected, str(cloud.made))
        cloud.made += 1

    expected = ("Action not allowed by stack policy",)
    told(allow("Update:Replace"))
    told(allow(resource="LogicalResourceId/Other*"))
    told(allow(Condition={"StringEquals": {"ResourceType": ["AWS::SQS::Queue"]}}))
    expected = (None,)
    told(allow("Update:Modify", resource="LogicalResourceId/Top*"))
    told(allow(Condition={"StringLike": {"ResourceType": ["AWS::SNS::*"]}}))
    told({**allow(), "NotAction": "Update:Delete"} | {"Action": "Update:*"})
    expected = (
        "Action denied by stack policy: Statement [#2] does not allow [Update:Modify] for resource [LogicalResourceId/Topic];",
    )
    told(allow(), allow("Update:Modify", resource="LogicalResourceId/Topic", effect="Deny"))
    # Deletion of the stack is not its business.
    cloud.delete(name)
    invalid(cloud.cfn.describe_stacks, f"Stack with id {name} does not exist", StackName=name)


@rows("SP-04", "ER-38")
def a_replacement_is_asked_for_when_it_happens(cloud):
    name = cloud.name("replace")
    cloud.create(name, template({"VPC": topic(TopicName=f"{name}-1")}))
    forbid = policy(allow(), allow("Update:Replace", resource="LogicalResourceId/VPC", effect="Deny"))
    cloud.cfn.set_stack_policy(StackName=name, StackPolicyBody=forbid)
    cloud.update(name, template({"VPC": topic(TopicName=f"{name}-1", DisplayName="d")}))
    same(cloud.status(name), "UPDATE_COMPLETE")
    change_set = cloud.propose(name, template({"VPC": topic(TopicName=f"{name}-2")}))
    same(cloud.cfn.describe_change_set(ChangeSetName=change_set)["Status"], "CREATE_COMPLETE")
    cloud.execute(change_set)
    said = "UPDATE_FAILED Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource [LogicalResourceId/VPC];"
    assert said in cloud.story(name, "VPC"), cloud.story(name, "VPC")


def alarm(cloud, name, state=None):
    """An alarm on a metric of its own, which holds its state until it is told otherwise; gives its ARN."""
    asked = {
        "Namespace": "Test",
        "MetricName": name,
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
    }
    asked |= {"AlarmName": name, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore"}
    made = template({"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": asked}})
    cloud.create(f"{name}-alarm", made)
    if state is not None:
        cloud.command("metric", "Test", name, "2" if state == "ALARM" else "0")
    seen = only(cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"])
    same(seen["StateValue"], state or "INSUFFICIENT_DATA")
    return seen["AlarmArn"]


def triggers(*arns, minutes=5):
    kind = "AWS::CloudWatch::Alarm"
    return {
        "RollbackConfiguration": {
            "RollbackTriggers": [{"Arn": arn, "Type": kind} for arn in arns],
            "MonitoringTimeInMinutes": minutes,
        }
    }


@rows("TV-28", "RB-01")
def triggers_have_their_form(cloud):
    name = cloud.name("form")
    cloud.create(name, TOPIC)
    arn = f"arn:aws:cloudwatch:eu-west-1:{cloud.account}:alarm:a"
    asked = {"StackName": name, "TemplateBody": text(template({"Topic": topic(DisplayName="d")}))}
    wrong = {"RollbackTriggers": [{"Arn": arn, "Type": "AWS::SNS::Topic"}]}
    invalid(cloud.cfn.update_stack, "Rollback Trigger Type not supported", RollbackConfiguration=wrong, **asked)
    given = triggers("arn:aws:cloudwatch:eu-west-1:1:nothing")
    invalid(cloud.cfn.update_stack, "RelativeId of a Rollback Trigger's ARN is incorrect", **given, **asked)
    many = triggers(*[f"{arn}{n}" for n in range(6)])
    invalid(
        cloud.cfn.update_stack,
        re.compile(".*'rollbackConfiguration.rollbackTriggers'.* less than or equal to 5"),
        **many,
        **asked,
    )
    invalid(
        cloud.cfn.update_stack,
        re.compile(".*'rollbackConfiguration.monitoringTimeInMinutes'.*"),
        **triggers(arn, minutes=181),
        **asked,
    )


@rows("RB-01", "RB-02", "RB-05")
def an_alarm_during_the_monitoring_time_rolls_back(cloud):
    name = cloud.name("watched")
    arn = alarm(cloud, name, "OK")
    cloud.create(name, template({"Topic": topic(), "Old": topic()}), **triggers(arn))
    same(cloud.status(name), "CREATE_COMPLETE")
    cloud.cfn.update_stack(StackName=name, TemplateBody=text(template({"Topic": topic(DisplayName="2")})))
    cloud.advance("2m")
    # The resources are done; what is old is still there.
    same(cloud.status(name), "UPDATE_IN_PROGRESS")
    same(cloud.story(name, "Topic")[-1], "UPDATE_COMPLETE")
    cloud.command("metric", "Test", name, "2")
    cloud.advance()
    same(cloud.status(name), "UPDATE_ROLLBACK_COMPLETE")
    same(cloud.story(name, "Old")[-1], "CREATE_COMPLETE")
    # One that rings already when it begins rolls back; deletion is not watched. The configuration was kept.
    before = len(cloud.events(name))
    cloud.update(name, template({"Topic": topic(DisplayName="3")}))
    same(cloud.status(name), "UPDATE_ROLLBACK_COMPLETE")
    assert len(cloud.events(name)) > before
    has(cloud.stack(name)["RollbackConfiguration"], MonitoringTimeInMinutes=5)
    # An empty list clears them.
    cleared = {"RollbackConfiguration": {"RollbackTriggers": [], "MonitoringTimeInMinutes": 0}}
    cloud.update(name, template({"Topic": topic(DisplayName="4")}), **cleared)
    has(cloud.stack(name), StackStatus="UPDATE_COMPLETE")
    same(cloud.stack(name)["RollbackConfiguration"].get("RollbackTriggers", []), [])
    other = cloud.name("watched")
    cloud.create(other, TOPIC, **triggers(alarm(cloud, other)))
    same(cloud.status(other), "CREATE_COMPLETE")
    cloud.command("metric", "Test", other, "2")
    cloud.delete(other)
    invalid(cloud.cfn.describe_stacks, f"Stack with id {other} does not exist", StackName=other)


@rows("RB-03")
def a_missing_alarm_fails_the_operation(cloud):
    name = cloud.name("missing")
    cloud.create(name, TOPIC, **triggers(f"arn:aws:cloudwatch:eu-west-1:{cloud.account}:alarm:nothing"))
    same(cloud.status(name), "ROLLBACK_COMPLETE")


@rows("RB-04")
def monitoring_time_without_triggers_still_waits(cloud):
    name = cloud.name("waits")
    cloud.create(name, TOPIC)
    given = {"RollbackConfiguration": {"MonitoringTimeInMinutes": 5}}
    cloud.cfn.update_stack(StackName=name, TemplateBody=text(template({"New": topic()})), **given)
    cloud.advance("2m")
    same(cloud.status(name), "UPDATE_IN_PROGRESS")
    cloud.advance("5m")
    same(cloud.status(name), "UPDATE_COMPLETE")


@rows("TV-29")
def on_failure_and_disable_rollback_exclude_each_other(cloud):
    asked = {"StackName": cloud.name("both"), "TemplateBody": text(TOPIC), "OnFailure": "DELETE", "DisableRollback": True}
    invalid(cloud.cfn.create_stack, re.compile(".*DisableRollback.*OnFailure.*|.*OnFailure.*DisableRollback.*"), **asked)


# --- express mode ---

EXPRESS = {"DeploymentConfig": {"Mode": "EXPRESS"}}
REASON = "Resource operation completed using Express Mode. It may continue becoming available in the background."


@rows("RB-11", "SQ-33")
def express_mode_does_not_wait(cloud):
    name = cloud.name("express")
    arn = cloud.cfn.create_stack(StackName=name, TemplateBody=text(template({"Slow": queue()})), **EXPRESS)["StackId"]
    cloud.advance("10s")
    has(cloud.stack(name), StackStatus="CREATE_COMPLETE", DeploymentConfig={"Mode": "EXPRESS", "DisableRollback": True})
    same(cloud.story(name, "Slow")[-1], f"CREATE_COMPLETE {REASON}")
    change_set = cloud.propose(name, template({"Slow": queue(DelaySeconds=1)}), **EXPRESS)
    has(cloud.cfn.describe_change_set(ChangeSetName=change_set)["DeploymentConfig"], Mode="EXPRESS")
    cloud.cfn.execute_change_set(ChangeSetName=change_set)
    cloud.advance("10s")
    same(cloud.story(name, "Slow")[-1], f"UPDATE_COMPLETE {REASON}")
    cloud.cfn.delete_stack(StackName=name, **EXPRESS)
    cloud.advance("10s")
    same(cloud.story(arn, "Slow")[-1], f"DELETE_COMPLETE {REASON}")


@rows("RB-12", "RB-13", "ER-43", "ER-44")
def a_failed_express_update_is_left_by_express_only(cloud):
    name, asked = cloud.name("express"), template({"Topic": topic(DisplayName="1"), "P": bad("Topic")})
    cloud.create(name, TOPIC)
    cloud.update(name, asked, **EXPRESS)
    same(cloud.status(name), "UPDATE_FAILED")
    said = re.compile(
        r"This stack is in a UPDATE_FAILED state from a previous operation that used EXPRESS deployment mode with disable-rollback\. "
        r"Follow-up operations must use the same DeploymentConfig \(mode=EXPRESS\) until the stack reaches a \*_COMPLETE state.*"
    )
    invalid(cloud.cfn.update_stack, said, StackName=name, TemplateBody=text(TOPIC))
    said = (
        "RollbackStack is not supported for stacks that were last updated using EXPRESS deployment mode and are in a failed state"
    )
    invalid(cloud.cfn.rollback_stack, said, StackName=name)
    cloud.update(name, TOPIC, **EXPRESS)
    same(cloud.status(name), "UPDATE_COMPLETE")
    cloud.update(name, asked, DeploymentConfig={"Mode": "EXPRESS", "DisableRollback": False})
    same(cloud.status(name), "UPDATE_ROLLBACK_COMPLETE")
