#!/usr/bin/env python3
"""What a stand-in for AWS keeps of a deployed template, asked of its service APIs.

    wire.py URL REGION KNOWN made|updated TEMPLATE...
    wire.py URL REGION KNOWN probe RESOURCES

TEMPLATE is a rendered template (JSON) named after its deployed stack. KNOWN (JSON) says what this server is known to
lack: `left_out` types were not deployed, of `phantom` types nothing is there, `dropped` settings are not kept, and
`not_updated` ones stay as they were made. Everything else must read back as declared, and everything that is known must
still be so: what begins to work is told as well.
"""

import ast
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

URL, REGION = sys.argv[1:3]
SCHEMAS = Path(__file__).resolve().parent.parent.parent / "schemas" / "cloudformation"
KNOWN = json.loads(Path(sys.argv[3]).read_text())


@cache
def client(service):
    return boto3.client(
        service,
        endpoint_url=URL,
        region_name=REGION,
        aws_access_key_id="sluice",
        aws_secret_access_key="sluice",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, read_timeout=30),
    )


class Absent(Exception):
    """The service knows no such resource."""


def only(items):
    items = list(items)
    if len(items) != 1:
        raise Absent
    return items[0]


def renamed(source, **names):
    """Members of an answer under the names that CloudFormation has for them."""
    return {ours: source[theirs] for ours, theirs in names.items() if theirs in source}


def with_documents(attributes, *names):
    return {**attributes, **{name: document(attributes[name]) for name in names if name in attributes}}


def document(text):
    if not isinstance(text, str):
        return text
    if not text:
        # ministack tells what was not set as nothing.
        return None
    try:
        return json.loads(unquote(text))
    except json.JSONDecodeError:
        # moto writes some documents in Python's notation.
        return ast.literal_eval(text)


# One reader a type: from the physical id (and the declared properties) to properties as CloudFormation shapes them.


def stream(name, _):
    summary = client("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    return {
        "Name": summary["StreamName"],
        "RetentionPeriodHours": summary["RetentionPeriodHours"],
        "ShardCount": summary["OpenShardCount"],
        "StreamModeDetails": summary.get("StreamModeDetails"),
        "StreamEncryption": renamed(summary, EncryptionType="EncryptionType", KeyId="KeyId"),
        "DesiredShardLevelMetrics": [m for e in summary["EnhancedMonitoring"] for m in e["ShardLevelMetrics"]],
    }


def stream_consumer(arn, _):
    return client("kinesis").describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]


def table(name, _):
    dynamodb = client("dynamodb")
    found = dynamodb.describe_table(TableName=name)["Table"]
    found["BillingMode"] = found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    sse = found.get("SSEDescription", {})
    found["SSESpecification"] = {"SSEEnabled": sse.get("Status") == "ENABLED", **renamed(sse, KMSMasterKeyId="KMSMasterKeyArn")}
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    found["TimeToLiveSpecification"] = {
        "Enabled": ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING"),
        "AttributeName": ttl.get("AttributeName"),
    }
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    found["PointInTimeRecoverySpecification"] = {"PointInTimeRecoveryEnabled": recovery == "ENABLED"}
    return found


def function(name, _):
    found = client("lambda").get_function(FunctionName=name)
    configuration = found["Configuration"]
    configuration["ReservedConcurrentExecutions"] = found.get("Concurrency", {}).get("ReservedConcurrentExecutions")
    configuration["Layers"] = [layer["Arn"] for layer in configuration.get("Layers", [])]
    return configuration


def version(arn, declared):
    found = client("lambda").list_versions_by_function(FunctionName=declared["FunctionName"])["Versions"]
    # moto knows no id of it; the newest is the one that was made last.
    number = arn.rsplit(":", 1)[-1] if arn else max(v["Version"] for v in found if v["Version"] != "$LATEST")
    return renamed(only(v for v in found if v["Version"] == number), FunctionName="FunctionName")


def alias(arn, declared):
    name = {"FunctionName": declared["FunctionName"]}
    found = client("lambda").get_alias(Name=declared["Name"], **name)
    ready = kept(lambda: client("lambda").get_provisioned_concurrency_config(Qualifier=declared["Name"], **name))
    concurrency = renamed(ready or {}, ProvisionedConcurrentExecutions="RequestedProvisionedConcurrentExecutions")
    return {**found, **name, "ProvisionedConcurrencyConfig": concurrency}


def mapping(uuid, declared):
    found = client("lambda").get_event_source_mapping(UUID=uuid)
    # An unqualified name is answered with the ARN of the function that it names.
    wanted = declared["FunctionName"]
    found["FunctionName"] = wanted if found["FunctionArn"].endswith(wanted) else found["FunctionArn"]
    found["Enabled"] = found["State"] in ("Enabled", "Enabling", "Creating", "Updating")
    return found


def invoke_config(_, declared):
    name = renamed(declared, FunctionName="FunctionName", Qualifier="Qualifier")
    return {**client("lambda").get_function_event_invoke_config(**name), **name}


def permission(_, declared):
    # Of a function, or of one of its aliases.
    policy = document(client("lambda").get_policy(FunctionName=declared["FunctionName"])["Policy"])
    found = only(s for s in policy["Statement"] if s["Action"] == declared["Action"])
    return {
        "FunctionName": declared["FunctionName"],
        "Action": found["Action"],
        "Principal": found["Principal"].get("Service"),
        "SourceArn": next(iter(found.get("Condition", {}).get("ArnLike", {}).values()), None),
    }


def delivery(name, _):
    found = client("firehose").describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    destination = found["Destinations"][0].get("ExtendedS3DestinationDescription") or found["Destinations"][0]
    source = found.get("Source", {}).get("KinesisStreamSourceDescription", {})
    return {
        **found,
        "KinesisStreamSourceConfiguration": source,
        "ExtendedS3DestinationConfiguration": destination,
    }


def queue(url, _):
    found = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {**with_documents(found, "RedrivePolicy", "RedriveAllowPolicy"), "QueueName": url.rsplit("/", 1)[1]}


def queue_policy(_, declared):
    found = [
        document(client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"].get("Policy"))
        for url in declared["Queues"]
    ]
    return {"Queues": declared["Queues"], "PolicyDocument": only(found)}


def topic(arn, _):
    found = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return {**found, "TopicName": arn.rsplit(":", 1)[1]}


def topic_policy(_, declared):
    found = [document(client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]) for arn in declared["Topics"]]
    return {"Topics": declared["Topics"], "PolicyDocument": only(found)}


def subscription(_, declared):
    found = client("sns").list_subscriptions_by_topic(TopicArn=declared["TopicArn"])["Subscriptions"]
    found = only(s for s in found if s["Endpoint"] == declared["Endpoint"])
    arn = found["SubscriptionArn"]
    attributes = client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"] if ":" in arn else {}
    return {**found, **with_documents(attributes, "RedrivePolicy", "FilterPolicy")}


def bucket(name, declared):
    s3 = client("s3")
    s3.head_bucket(Bucket=name)
    found = {"BucketName": name}
    asked = {
        "BucketEncryption": lambda: {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"], **rule}
                for rule in s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
            ]
        },
        "PublicAccessBlockConfiguration": lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        "OwnershipControls": lambda: s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "VersioningConfiguration": lambda: renamed(s3.get_bucket_versioning(Bucket=name), Status="Status"),
        "LifecycleConfiguration": lambda: {
            "Rules": [lifecycle(rule) for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]]
        },
    }
    for name_of, ask in asked.items():
        if name_of in declared:
            found[name_of] = kept(ask)
    return found


def lifecycle(rule):
    rule = {"Id": rule["ID"], "Prefix": rule.get("Filter", {}).get("Prefix", rule.get("Prefix")), **rule}
    if "Transitions" in rule:
        rule["Transitions"] = [{"TransitionInDays": t["Days"], "StorageClass": t["StorageClass"]} for t in rule["Transitions"]]
    for ours, theirs in (("ExpirationInDays", "Expiration"),):
        if theirs in rule:
            rule[ours] = rule[theirs].get("Days")
    return rule


def bucket_policy(_, declared):
    found = client("s3").get_bucket_policy(Bucket=declared["Bucket"])["Policy"]
    return {"Bucket": declared["Bucket"], "PolicyDocument": document(found)}


def role(name, declared):
    iam = client("iam")
    found = iam.get_role(RoleName=name)["Role"]
    return {
        "AssumeRolePolicyDocument": document(found["AssumeRolePolicyDocument"]),
        "Description": found.get("Description"),
        "PermissionsBoundary": found.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "Policies": [
            {
                "PolicyName": policy["PolicyName"],
                "PolicyDocument": document(iam.get_role_policy(RoleName=name, PolicyName=policy["PolicyName"])["PolicyDocument"]),
            }
            for policy in declared.get("Policies", [])
        ],
    }


def managed_policy(arn, _):
    iam = client("iam")
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    text = iam.get_policy_version(PolicyArn=arn, VersionId=found["DefaultVersionId"])["PolicyVersion"]["Document"]
    return {"ManagedPolicyName": found["PolicyName"], "PolicyDocument": document(text), **found}


def log_group(name, _):
    groups = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return renamed(
        only(g for g in groups if g["logGroupName"] == name),
        LogGroupName="logGroupName", RetentionInDays="retentionInDays", KmsKeyId="kmsKeyId",
    )


def log_stream(_, declared):
    found = client("logs").describe_log_streams(logGroupName=declared["LogGroupName"])["logStreams"]
    name = only(s["logStreamName"] for s in found if s["logStreamName"] == declared["LogStreamName"])
    return {"LogGroupName": declared["LogGroupName"], "LogStreamName": name}


def key(id, _):
    kms = client("kms")
    found = kms.describe_key(KeyId=id)["KeyMetadata"]
    rotation = kms.get_key_rotation_status(KeyId=id)
    return {
        **found,
        "EnableKeyRotation": rotation["KeyRotationEnabled"],
        "RotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        "KeyPolicy": document(kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"]),
    }


def key_alias(name, _):
    found = client("kms").list_aliases()["Aliases"]
    return only(entry for entry in found if entry["AliasName"] == name)


def alarm(name, _):
    return only(client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"])


def composite(name, _):
    found = client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
    return only(found.get("CompositeAlarms", []))


def anomaly_detector(_, declared):
    found = client("cloudwatch").describe_anomaly_detectors()["AnomalyDetectors"]
    return only(d for d in found if d.get("SingleMetricAnomalyDetector", d).get("MetricName") == declared.get("MetricName"))


def dashboard(name, _):
    found = client("cloudwatch").get_dashboard(DashboardName=name)
    return renamed(found, DashboardName="DashboardName", DashboardBody="DashboardBody")


def model(arn, _):
    return client("sagemaker").describe_model(ModelName=arn.rsplit("/", 1)[-1])


def endpoint_config(arn, _):
    return client("sagemaker").describe_endpoint_config(EndpointConfigName=arn.rsplit("/", 1)[-1])


def endpoint(arn, _):
    found = client("sagemaker").describe_endpoint(EndpointName=arn.rsplit("/", 1)[-1])
    return {**found, "DeploymentConfig": found.get("LastDeploymentConfig")}


def scalable_target(_, declared):
    found = client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace=declared["ServiceNamespace"], ResourceIds=[declared["ResourceId"]]
    )
    return only(t for t in found["ScalableTargets"] if t["ScalableDimension"] == declared["ScalableDimension"])


def scaling_policy(_, declared):
    namespace = declared.get("ServiceNamespace") or declared["ScalingTargetId"].split("|")[2]
    found = client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace=namespace, PolicyNames=[declared["PolicyName"]]
    )
    return only(found["ScalingPolicies"])


def glue_database(name, _):
    found = client("glue").get_database(Name=name)["Database"]
    return {"DatabaseInput": found, "CatalogId": found.get("CatalogId")}


def glue_table(_, declared):
    found = client("glue").get_table(DatabaseName=declared["DatabaseName"], Name=declared["TableInput"]["Name"])["Table"]
    return {"TableInput": found, "DatabaseName": found["DatabaseName"], "CatalogId": found.get("CatalogId")}


def budget(_, declared):
    account = client("sts").get_caller_identity()["Account"]
    name = declared["Budget"]["BudgetName"]
    return {"Budget": client("budgets").describe_budget(AccountId=account, BudgetName=name)["Budget"]}


READERS = {
    "AWS::ApplicationAutoScaling::ScalableTarget": scalable_target,
    "AWS::ApplicationAutoScaling::ScalingPolicy": scaling_policy,
    "AWS::Budgets::Budget": budget,
    "AWS::CloudWatch::Alarm": alarm,
    "AWS::CloudWatch::AnomalyDetector": anomaly_detector,
    "AWS::CloudWatch::CompositeAlarm": composite,
    "AWS::CloudWatch::Dashboard": dashboard,
    "AWS::DynamoDB::Table": table,
    "AWS::Glue::Database": glue_database,
    "AWS::Glue::Table": glue_table,
    "AWS::IAM::ManagedPolicy": managed_policy,
    "AWS::IAM::Role": role,
    "AWS::KMS::Alias": key_alias,
    "AWS::KMS::Key": key,
    "AWS::Kinesis::Stream": stream,
    "AWS::Kinesis::StreamConsumer": stream_consumer,
    "AWS::KinesisFirehose::DeliveryStream": delivery,
    "AWS::Lambda::Alias": alias,
    "AWS::Lambda::EventInvokeConfig": invoke_config,
    "AWS::Lambda::EventSourceMapping": mapping,
    "AWS::Lambda::Function": function,
    "AWS::Lambda::Permission": permission,
    "AWS::Lambda::Version": version,
    "AWS::Logs::LogGroup": log_group,
    "AWS::Logs::LogStream": log_stream,
    "AWS::S3::Bucket": bucket,
    "AWS::S3::BucketPolicy": bucket_policy,
    "AWS::SNS::Subscription": subscription,
    "AWS::SNS::Topic": topic,
    "AWS::SNS::TopicPolicy": topic_policy,
    "AWS::SQS::Queue": queue,
    "AWS::SQS::QueuePolicy": queue_policy,
    "AWS::SageMaker::Endpoint": endpoint,
    "AWS::SageMaker::EndpointConfig": endpoint_config,
    "AWS::SageMaker::Model": model,
}


def kept(ask):
    """An answer; none where the service has nothing to say, or no such operation."""
    try:
        return ask()
    except (ClientError, BotoCoreError, KeyError, TypeError):
        return None


class Unresolved(Exception):
    """A value that only the server knows."""


class Stack:
    """A deployed template: its resources with their physical ids."""

    def __init__(self, name, template):
        self.name = name
        self.resources = template["Resources"]
        pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
        found = [r for page in pages for r in page["StackResourceSummaries"]]
        self.ids = {r["LogicalResourceId"]: r.get("PhysicalResourceId") for r in found}

    def value(self, value):
        """The value with what can be known of its functions."""
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Ref"}:
            return self.ids.get(value["Ref"]) or unresolved()
        if set(value) == {"Fn::Join"}:
            separator, parts = value["Fn::Join"]
            return separator.join(self.value(part) for part in parts)
        if set(value) == {"Fn::GetAtt"}:
            return self.attribute(*value["Fn::GetAtt"])
        if len(value) == 1 and next(iter(value)).startswith("Fn::"):
            unresolved()
        return {name: self.value(member) for name, member in value.items()}

    def attribute(self, id, name):
        type_name = self.resources[id]["Type"]
        physical = self.ids.get(id) or unresolved()
        if physical.startswith("arn:") and name.lower().endswith("arn"):
            return physical
        known = {
            ("AWS::Kinesis::Stream", "Arn"): lambda: client("kinesis").describe_stream_summary(StreamName=physical)[
                "StreamDescriptionSummary"]["StreamARN"],
            ("AWS::S3::Bucket", "Arn"): lambda: f"arn:aws:s3:::{physical}",
            ("AWS::SQS::Queue", "Arn"): lambda: client("sqs").get_queue_attributes(
                QueueUrl=physical, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"],
            ("AWS::IAM::Role", "Arn"): lambda: client("iam").get_role(RoleName=physical)["Role"]["Arn"],
            ("AWS::DynamoDB::Table", "Arn"): lambda: client("dynamodb").describe_table(TableName=physical)["Table"]["TableArn"],
            ("AWS::Logs::LogGroup", "Arn"): lambda: only(
                group["arn"] for group in client("logs").describe_log_groups(logGroupNamePrefix=physical)["logGroups"]
                if group["logGroupName"] == physical),
            ("AWS::KMS::Key", "Arn"): lambda: client("kms").describe_key(KeyId=physical)["KeyMetadata"]["Arn"],
            ("AWS::Lambda::Version", "Version"): lambda: physical.rsplit(":", 1)[1],
            ("AWS::Lambda::Function", "Arn"): lambda: client("lambda").get_function(FunctionName=physical)[
                "Configuration"]["FunctionArn"],
        }
        ask = known.get((type_name, name)) or unresolved
        try:
            return ask()
        except (ClientError, KeyError, IndexError, Absent):
            return unresolved()


def unresolved():
    raise Unresolved


def differences(path, wanted, found):
    """Paths below which what was found is not what was wanted. More may be found than wanted."""
    if isinstance(wanted, dict):
        found = found if isinstance(found, dict) else {}
        return [p for name, member in wanted.items() for p in differences(f"{path}.{name}", member, found.get(name))]
    if isinstance(wanted, list):
        found = found if isinstance(found, list) else [found]
        if len(wanted) != len(found):
            return [path]
        return [path] if any(all(differences("", w, f) for f in found) for w in wanted) else []
    if isinstance(wanted, str) and isinstance(found, list) and len(found) == 1:
        found = found[0]
    return [] if scalar(wanted) == scalar(found) else [path]


def scalar(value):
    if isinstance(value, datetime):
        value = value.timestamp()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{float(value):g}"
    text = str(value)
    if ":log-group:" in text:
        # With and without its streams.
        text = text.removesuffix(":*")
    if text in ("True", "False"):
        return text.lower()
    return f"{float(text):g}" if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


@cache
def write_only(type_name):
    """Properties that no service API tells again, by the published schema."""
    file = SCHEMAS / (type_name.replace("::", "-") + ".json")
    return [path.strip("/").replace("/", ".") for path in json.loads(file.read_text())["writeOnly"]]


def look(stack, id, resource):
    """Whether a resource is there, paths of what is not as declared, and why it is not there."""
    declared = {}
    for name, value in resource.get("Properties", {}).items():
        try:
            declared[name] = stack.value(value)
        except Unresolved:
            continue
    physical = stack.ids.get(id)
    try:
        found = READERS[resource["Type"]](physical, declared)
    except (Absent, ClientError, BotoCoreError, LookupError, TypeError, AttributeError) as why:
        return False, [], f"{type(why).__name__}: {why}"
    wrong = [path for name, value in declared.items() for path in differences(name, value, found.get(name))]
    untold = tuple(f"{path}." for path in write_only(resource["Type"]))
    return True, [path for path in wrong if not f"{path}.".startswith(untold)], ""


def probe(id, resource):
    """Whether a server makes a resource of a type that was left out, asked by itself."""
    cloudformation = client("cloudformation")

    def literal(value):
        if isinstance(value, list):
            return [literal(item) for item in value]
        if isinstance(value, dict):
            if len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::")):
                return "arn:aws:kinesis:eu-west-1:123456789012:stream/probe"
            return {name: literal(member) for name, member in value.items()}
        return value

    properties = literal(resource.get("Properties", {}))
    template = {"Resources": {id: {"Type": resource["Type"], "Properties": properties}}}
    name = f"probe-{id}".lower()
    try:
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"])
        stack = Stack(name, template)
        return look(stack, id, template["Resources"][id])[0]
    except (ClientError, BotoCoreError):
        return False
    finally:
        kept(lambda: cloudformation.delete_stack(StackName=name))


def main(round, files):
    wrong, met = [], set()
    lost = KNOWN["dropped"]
    if round == "updated":
        lost = {t: {**lost.get(t, {}), **KNOWN["not_updated"].get(t, {})} for t in {*lost, *KNOWN["not_updated"]}}
    looked = 0
    for file in files:
        template = json.loads(Path(file).read_text())
        stack = Stack(Path(file).stem, template)
        with ThreadPoolExecutor(4) as workers:
            jobs = {id: workers.submit(look, stack, id, resource) for id, resource in template["Resources"].items()}
        for id, job in jobs.items():
            type_name = template["Resources"][id]["Type"]
            at = f"{stack.name} {id} ({type_name})"
            present, different, why = job.result()
            looked += present
            if not present and type_name in KNOWN["phantom"]:
                met.add(type_name)
            elif not present:
                wrong.append(f"{at} is not there: {why}")
            for path in different:
                known = {
                    (type_name, entry)
                    for entry in lost.get(type_name, {})
                    if f"{path}.".startswith(f"{entry}.")
                }
                met |= known
                if not known:
                    wrong.append(f"{at}: {path} is not as declared")
    known = set(KNOWN["phantom"]) | {(t, entry) for t, entries in lost.items() for entry in entries}
    wrong += [f"{entry} works now, or is deployed no more: take it off the list" for entry in sorted(known - met, key=str)]
    print("\n".join(wrong))
    print(f"{looked} resources read back from {len(files)} stacks")
    return 1 if wrong or not looked else 0


def probes(file):
    """Tries what was left out: the first resource of each type, by itself."""
    left_out = json.loads(Path(file).read_text())
    works = [f"{entry} is made now: do not leave it out" for entry, (id, resource) in sorted(left_out.items())
             if probe(id, resource)]
    print("\n".join(works))
    return 1 if works else 0


if __name__ == "__main__":
    round, arguments = sys.argv[4], sys.argv[5:]
    sys.exit(probes(*arguments) if round == "probe" else main(round, arguments))
