"""Section 1.3: imports and early validation."""

import re

from cloud import bucket, group, has, invalid, only, ref, rows, same, template, text, topic


@rows("CI-01", "CI-02", "CI-04", "CH-24")
def an_import_takes_in_what_is_there(cloud):
    name, make = cloud.name("import"), cloud.cfn.create_change_set
    taken = {"Old": f"{name}-old", "Other": f"{name}-other"}
    for found in taken.values():
        cloud.client("logs").create_log_group(logGroupName=found)
    to_import = [
        {"ResourceType": "AWS::Logs::LogGroup", "LogicalResourceId": k, "ResourceIdentifier": {"LogGroupName": v}}
        for k, v in taken.items()
    ]
    bare = template({k: group(LogGroupName=v) for k, v in taken.items()})
    asked = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": "IMPORT", "ResourcesToImport": to_import}
    said = "The following resources to import [Old, Other] must have DeletionPolicy attribute specified in the template."
    invalid(make, said, TemplateBody=text(bare), **asked)
    kept = template({k: {**group(LogGroupName=v), "DeletionPolicy": "Retain"} for k, v in taken.items()})
    said = "As part of the import operation, you cannot modify or add [Outputs]"
    invalid(make, said, TemplateBody=text({**kept, "Outputs": {"O": {"Value": "x"}}}), **asked)
    made = make(TemplateBody=text(kept), Tags=[{"Key": "k", "Value": "v"}], **asked)
    same(cloud.status(name), "REVIEW_IN_PROGRESS")
    cloud.advance("10s")
    changes = cloud.cfn.describe_change_set(ChangeSetName=made["Id"])["Changes"]
    same([one["ResourceChange"]["Action"] for one in changes], ["Import", "Import"])
    cloud.cfn.execute_change_set(ChangeSetName=made["Id"])
    same(cloud.status(name), "IMPORT_IN_PROGRESS")
    cloud.advance()
    same(cloud.status(name), "IMPORT_COMPLETE")
    story = [event.split(" ")[0] for event in cloud.story(name, "Old")]
    same(story, ["IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])


@rows("CI-03")
def what_exists_is_imported_only_where_it_is_retained(cloud):
    name = cloud.name("existing")
    cloud.client("logs").create_log_group(logGroupName=name)
    loose = cloud.propose(name, template({"Found": group(LogGroupName=name)}), "CREATE", ImportExistingResources=True)
    seen = cloud.cfn.describe_change_set(ChangeSetName=loose)
    said = (
        "CloudFormation is attempting to import some resources because they already exist in your account. The resources must have "
        "the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected "
        f"resources are Found ({{LogGroupName={name}}})"
    )
    has(seen, Status="FAILED", StatusReason=said)
    kept = template({"Found": {**group(LogGroupName=name), "DeletionPolicy": "Retain"}})
    cloud.execute(cloud.propose(name, kept, "CREATE", ImportExistingResources=True))
    same(cloud.status(name), "CREATE_COMPLETE")
    same(cloud.physical(name, "Found"), name)


@rows("CV-01", "CV-02", "CV-03")
def early_validation_finds_names_that_are_taken(cloud):
    name = cloud.name("taken")
    cloud.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    asked = template({"Bucket": bucket(BucketName=name)})
    made = cloud.propose(name, asked, "CREATE")
    said = (
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation "
        "errors, use the DescribeEvents API for detailed failure information."
    )
    has(cloud.cfn.describe_change_set(ChangeSetName=made), Status="FAILED", StatusReason=said)
    found = only(cloud.cfn.describe_events(ChangeSetName=made, Filters={"FailedEvents": True})["OperationEvents"])
    has(
        found,
        EventType="VALIDATION_ERROR",
        ValidationName="NAME_CONFLICT_VALIDATION",
        ValidationStatus="FAILED",
        ValidationFailureMode="FAIL",
    )
    has(
        found,
        ValidationStatusReason=f"Resource of type 'AWS::S3::Bucket' with identifier '{name}' already exists.",
        LogicalResourceId="Bucket",
    )
    made = cloud.propose(name, asked, "CREATE", DisableValidation=True)
    has(cloud.cfn.describe_change_set(ChangeSetName=made), Status="CREATE_COMPLETE")


FAILED_EARLY = re.compile(
    r"Validation failed with 1 error\(s\)\. Call DescribeEvents to retrieve the full list .* then retry the operation\."
)


@rows("CV-04", "DE-08", "CV-02")
def early_validation_of_a_direct_creation_is_asynchronous(cloud):
    name = cloud.name("incomplete")
    asked = template({"Topic": topic(), "BadPolicy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [ref("Topic")]}}})
    cloud.create(name, asked)
    same(cloud.status(name), "ROLLBACK_COMPLETE")
    told = cloud.cfn.describe_events(StackName=name)["OperationEvents"][::-1]
    brief = [
        (
            one["OperationType"],
            one["EventType"],
            one.get("OperationStatus") or one.get("ResourceStatus") or one["ValidationStatus"],
        )
        for one in told
    ]
    wanted = [
        ("CREATE_STACK", "STACK_EVENT", "IN_PROGRESS"),
        ("CREATE_STACK", "PROGRESS", "CREATE_IN_PROGRESS"),
        ("CREATE_STACK", "VALIDATION_ERROR", "FAILED"),
        ("CREATE_STACK", "PROVISIONING_ERROR", "CREATE_FAILED"),
        ("CREATE_STACK", "STACK_EVENT", "FAILED"),
        ("ROLLBACK", "STACK_EVENT", "IN_PROGRESS"),
        ("ROLLBACK", "PROGRESS", "ROLLBACK_IN_PROGRESS"),
        ("ROLLBACK", "PROGRESS", "ROLLBACK_COMPLETE"),
        ("ROLLBACK", "STACK_EVENT", "SUCCEEDED"),
    ]
    same(brief, wanted)
    finding, failed, rolled = told[2], told[3], told[6]
    has(
        finding,
        ValidationName="PROPERTY_VALIDATION",
        ValidationFailureMode="FAIL",
        LogicalResourceId="BadPolicy",
        PhysicalResourceId="",
    )
    has(
        finding,
        ValidationStatusReason="Required property [PolicyDocument] not found",
        ValidationPath="/Resources/BadPolicy/Properties",
    )
    has(failed, DetailedStatus="VALIDATION_FAILED", LogicalResourceId=name)
    assert FAILED_EARLY.fullmatch(failed["ResourceStatusReason"]), failed
    has(rolled, ResourceStatusReason="Validation failure detected. See the operation's FAILED event for details.")
    # Without it the resource fails, before its service is asked (SQ-31).
    other = cloud.name("incomplete")
    cloud.create(other, asked, DisableValidation=True)
    said = "CREATE_FAILED Property validation failure: [The property {/PolicyDocument} is required]"
    assert said in cloud.story(other, "BadPolicy"), cloud.events(other)
