"""Section 2.2: which operation is taken in which status, and how the others are refused.

Every status that a client can bring a stack into is brought about, and every operation is tried on it. Operations that are
taken are tried only where they leave the status as it is, or last.
"""

import re

from cloud import bad, invalid, queue, refused, rows, same, template, text, topic

TOPIC = template({"Topic": topic()})
SLOW = template(
    {"Topic": topic(), "Slow": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": []}}}}
)
UPDATABLE = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"}
HALFWAY = {"CREATE_FAILED", "UPDATE_FAILED"}
BUSY = {
    "UPDATE_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
}


def probe(cloud, name, arn, status):
    """Tries everything on a stack in a status."""
    cfn, body = cloud.cfn, {"TemplateBody": text(template({"Other": topic()}))}
    same(cloud.status(arn), status)
    live = status != "DELETE_COMPLETE"
    given = name if live else arn
    if live:
        refused(cfn.create_stack, "AlreadyExistsException", f"Stack [{name}] already exists", StackName=name, **body)
    said = f"Stack [{given}] already exists and cannot be created again with the changeSet [c]."
    invalid(cfn.create_change_set, said, StackName=given, ChangeSetName="c", ChangeSetType="CREATE", **body)
    if status not in UPDATABLE:
        said = f"Stack:{arn} is in {status} state and can not be updated."
        if status not in HALFWAY:
            invalid(cfn.create_change_set, said, StackName=given, ChangeSetName="c", **body)
            invalid(cfn.update_stack, said, StackName=given, **body)
        else:
            said = re.compile(rf"This stack is currently in a non-terminal \[{status}\] state\..*")
            invalid(cfn.update_stack, said, StackName=given, **body)
    if status in BUSY:
        invalid(cfn.delete_stack, f"Stack [{name}] cannot be deleted while in status {status}", StackName=name)
    if status != "UPDATE_IN_PROGRESS":
        invalid(cfn.cancel_update_stack, "CancelUpdateStack cannot be called from current stack status", StackName=given)
    if status != "UPDATE_ROLLBACK_FAILED":
        invalid(cfn.continue_update_rollback, "RollbackUpdatedStack cannot be called from current stack status", StackName=given)
    if status not in HALFWAY:
        invalid(cfn.rollback_stack, "RollbackStack cannot be called from current stack status", StackName=given)
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "IMPORT_COMPLETE"}:
        cfn.detect_stack_drift(StackName=given)
    elif "IMPORT" not in status:
        invalid(cfn.detect_stack_drift, re.compile(".*"), StackName=given)
    if status in {"DELETE_IN_PROGRESS", "DELETE_COMPLETE"}:
        invalid(cfn.update_termination_protection, re.compile(".*"), StackName=given, EnableTerminationProtection=False)
    else:
        cfn.update_termination_protection(StackName=given, EnableTerminationProtection=False)
        cfn.set_stack_policy(StackName=given, StackPolicyBody="{}")
    same(cloud.status(arn), status)


@rows("TR-01", "TR-02")
def a_stack_on_its_way(cloud):
    name = cloud.name("matrix")
    arn = cloud.cfn.create_stack(StackName=name, TemplateBody=text(SLOW))["StackId"]
    cloud.advance("20s")
    probe(cloud, name, arn, "CREATE_IN_PROGRESS")
    cloud.advance()
    probe(cloud, name, arn, "CREATE_COMPLETE")
    slower = template({"Topic": topic(DisplayName="2"), "Queue": queue()})
    cloud.cfn.update_stack(StackName=name, TemplateBody=text(slower))
    cloud.advance("5s")
    probe(cloud, name, arn, "UPDATE_IN_PROGRESS")
    # The queue takes a minute, the removal of the key some seconds.
    for _ in range(60):
        cloud.advance("2s")
        if cloud.status(name) == "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS":
            break
    probe(cloud, name, arn, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    cloud.advance()
    probe(cloud, name, arn, "UPDATE_COMPLETE")
    cloud.cfn.delete_stack(StackName=name)
    cloud.advance("5s")
    probe(cloud, name, arn, "DELETE_IN_PROGRESS")
    # Asked again, a deletion has no effect and is no mistake.
    cloud.cfn.delete_stack(StackName=name)
    cloud.advance()
    probe(cloud, name, arn, "DELETE_COMPLETE")
    cloud.cfn.delete_stack(StackName=arn)
    cloud.cfn.delete_stack(StackName=name)
    same(cloud.status(arn), "DELETE_COMPLETE")


@rows("TR-01", "TR-06")
def a_creation_that_fails(cloud):
    name, asked = cloud.name("matrix"), template({"Slow": queue(), "Bad": bad("Slow")})
    arn = cloud.cfn.create_stack(StackName=name, TemplateBody=text(asked))["StackId"]
    cloud.advance("80s")
    probe(cloud, name, arn, "ROLLBACK_IN_PROGRESS")
    cloud.advance()
    probe(cloud, name, arn, "ROLLBACK_COMPLETE")
    cloud.delete(name)
    blocked = cloud.name("matrix")
    arn = cloud.cfn.create_stack(StackName=blocked, TemplateBody=text(template({"Broken": topic(), "Bad": bad("Broken")})))[
        "StackId"
    ]
    cloud.advance("5s")
    cloud.fail("Broken", on="delete")
    cloud.advance()
    probe(cloud, blocked, arn, "ROLLBACK_FAILED")
    cloud.delete(blocked)
    failed = cloud.name("matrix")
    arn = cloud.create(failed, template({"Bad": bad()}), DisableRollback=True)
    probe(cloud, failed, arn, "CREATE_FAILED")
    cloud.cfn.create_change_set(StackName=failed, ChangeSetName="c", TemplateBody=text(TOPIC))
    cloud.delete(failed)


@rows("TR-03", "TR-05", "TR-07")
def an_update_that_fails(cloud):
    name = cloud.name("matrix")
    arn = cloud.create(name, template({"A": topic(), "B": topic()}))
    asked = template({"A": topic(DisplayName="2"), "B": topic(DisplayName="2"), "Slow": queue(), "Bad": bad("Slow", "A", "B")})
    cloud.cfn.update_stack(StackName=name, TemplateBody=text(asked))
    seen = set()
    for _ in range(120):
        cloud.advance("2s")
        status = cloud.status(name)
        if status not in seen and status != "UPDATE_IN_PROGRESS":
            probe(cloud, name, arn, status)
        seen.add(status)
        if status == "UPDATE_ROLLBACK_COMPLETE":
            break
    assert {"UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"} <= seen, (
        seen
    )
    cloud.update(name, asked, DisableRollback=True)
    probe(cloud, name, arn, "UPDATE_FAILED")
    cloud.fail("A", on="update")
    cloud.cfn.rollback_stack(StackName=name)
    cloud.advance()
    probe(cloud, name, arn, "UPDATE_ROLLBACK_FAILED")
    cloud.fail("A", on="delete")
    cloud.delete(name)
    probe(cloud, name, arn, "DELETE_FAILED")
    cloud.delete(name)
    same(cloud.status(arn), "DELETE_COMPLETE")


@rows("CI-04")
def an_import(cloud):
    name = cloud.name("matrix")
    cloud.client("logs").create_log_group(logGroupName=name)
    kept = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name}, "DeletionPolicy": "Delete"}
    taken = [{"ResourceType": "AWS::Logs::LogGroup", "LogicalResourceId": "Old", "ResourceIdentifier": {"LogGroupName": name}}]
    made = cloud.propose(name, template({"Old": kept}), "IMPORT", ResourcesToImport=taken)
    cloud.cfn.execute_change_set(ChangeSetName=made)
    arn = cloud.stack(name)["StackId"]
    probe(cloud, name, arn, "IMPORT_IN_PROGRESS")
    cloud.advance()
    probe(cloud, name, arn, "IMPORT_COMPLETE")
    # What is not there cannot be taken in.
    missing = [{**taken[0], "LogicalResourceId": "New", "ResourceIdentifier": {"LogGroupName": f"{name}-missing"}}]
    new = {**kept, "Properties": {"LogGroupName": f"{name}-missing"}}
    made = cloud.propose(name, template({"Old": kept, "New": new}), "IMPORT", ResourcesToImport=missing)
    cloud.cfn.execute_change_set(ChangeSetName=made)
    cloud.advance()
    probe(cloud, name, arn, "IMPORT_ROLLBACK_COMPLETE")


@rows("CS-01")
def a_stack_under_review(cloud):
    name = cloud.name("matrix")
    cloud.propose(name, TOPIC, "CREATE")
    arn = cloud.stack(name)["StackId"]
    cloud.cfn.update_termination_protection(StackName=name, EnableTerminationProtection=True)
    said = f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"
    invalid(cloud.cfn.delete_stack, said, StackName=name)
    cloud.cfn.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    cloud.cfn.delete_stack(StackName=name)
    cloud.advance()
    same(cloud.status(arn), "DELETE_COMPLETE")


@rows("CS-18", "ER-02")
def no_stack_at_all(cloud):
    cfn = cloud.cfn
    calls = [cfn.update_stack, cfn.cancel_update_stack, cfn.continue_update_rollback, cfn.rollback_stack, cfn.set_stack_policy]
    for call in (*calls, cfn.update_termination_protection, cfn.detect_stack_drift):
        more = {"TemplateBody": text(TOPIC)} if call == cfn.update_stack else {}
        invalid(call, "Stack [nostack] does not exist", StackName="nostack", **more)
    same(cfn.delete_stack(StackName="nostack")["ResponseMetadata"]["HTTPStatusCode"], 200)
