"""Asks a served embedded cloud, through boto3, about what CloudFormation deployed into it.

    test_embedded_serve.py http://127.0.0.1:4566 [STACK]

With a stack's name, that stack is looked at. Without one, a small stack of its own is deployed first and removed at the
end. Prints one line per check; the exit code is 0 if all hold.
"""

import json
import sys
import time

import boto3
from botocore.config import Config

REGION = "eu-west-1"
OWN = "wire-check"


def client(name, endpoint):
    return boto3.client(
        name,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="embedded",
        aws_secret_access_key="embedded",
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def template(account):
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
    }
    return {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}},
            "Stream": {
                "Type": "AWS::Kinesis::Stream",
                "Properties": {"Name": f"{OWN}-s", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "RetentionPeriodHours": 48},
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": f"{OWN}-f",
                    "Runtime": "python3.13",
                    "Handler": "app.handler",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"S3Bucket": f"sluice-artifacts-{account}-{REGION}", "S3Key": f"{OWN}.zip"},
                },
            },
            "Mapping": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
                    "FunctionName": {"Ref": "Function"},
                    "StartingPosition": "TRIM_HORIZON",
                    "BatchSize": 20,
                },
            },
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": f"{OWN}-{account}"}},
            "Archive": {
                "Type": "AWS::KinesisFirehose::DeliveryStream",
                "Properties": {
                    "DeliveryStreamName": f"{OWN}-d",
                    "DeliveryStreamType": "KinesisStreamAsSource",
                    "KinesisStreamSourceConfiguration": {
                        "KinesisStreamARN": {"Fn::GetAtt": ["Stream", "Arn"]},
                        "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
                    },
                    "ExtendedS3DestinationConfiguration": {
                        "BucketARN": {"Fn::GetAtt": ["Bucket", "Arn"]},
                        "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
                    },
                },
            },
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": f"{OWN}-t",
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
                },
            },
            "Model": {
                "Type": "AWS::SageMaker::Model",
                "Properties": {
                    "ModelName": f"{OWN}-m",
                    "ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]},
                    "PrimaryContainer": {"Image": f"{account}.dkr.ecr.{REGION}.amazonaws.com/x:1", "ModelDataUrl": "s3://b/m.tar.gz"},
                },
            },
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {
                    "EndpointConfigName": f"{OWN}-c",
                    "ProductionVariants": [
                        {
                            "VariantName": "main",
                            "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                            "InstanceType": "ml.c5.xlarge",
                            "InitialInstanceCount": 2,
                            "InitialVariantWeight": 1,
                        }
                    ],
                },
            },
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {"EndpointName": f"{OWN}-e", "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
            },
        }
    }


def wait(cloudformation, stack, wanted):
    for _ in range(240):
        try:
            status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except cloudformation.exceptions.ClientError as error:
            if wanted is None and "does not exist" in str(error):
                return
            raise
        if status == wanted:
            return
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(0.5)
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    reasons = [(e["LogicalResourceId"], e.get("ResourceStatusReason")) for e in events if "FAILED" in e["ResourceStatus"]]
    raise SystemExit(f"{stack} is {status}, not {wanted}: {reasons}")


def check(name, holds, seen):
    print(f"{'ok  ' if holds else 'FAIL'} {name}" + ("" if holds else f": {seen!r}"))
    return holds


def look(endpoint, stack):
    cloudformation = client("cloudformation", endpoint)
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    results = [
        check("cloudformation describe-stack-events: newest first", events[0]["Timestamp"] >= events[-1]["Timestamp"], events[:1]),
        check("cloudformation describe-stack-events: ends with the stack", events[0]["ResourceType"] == "AWS::CloudFormation::Stack", events[:1]),
    ]
    resources = {}
    for resource in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]:
        resources.setdefault(resource["ResourceType"], []).append(resource["PhysicalResourceId"])

    for name in resources.get("AWS::Kinesis::Stream", []):
        seen = client("kinesis", endpoint).describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        results.append(check(f"kinesis describe-stream-summary {name}", seen["StreamStatus"] == "ACTIVE" and seen["OpenShardCount"] >= 1, seen))
        results.append(check(f"kinesis mode of {name}", seen["StreamModeDetails"]["StreamMode"] in ("ON_DEMAND", "PROVISIONED"), seen))
    for name in resources.get("AWS::DynamoDB::Table", []):
        seen = client("dynamodb", endpoint).describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        results.append(check(f"dynamodb describe-time-to-live {name}", seen["TimeToLiveStatus"] in ("ENABLED", "ENABLING") and bool(seen["AttributeName"]), seen))
    for arn in resources.get("AWS::SageMaker::Endpoint", []):
        sagemaker = client("sagemaker", endpoint)
        seen = sagemaker.describe_endpoint(EndpointName=arn.rsplit("/", 1)[-1])
        results.append(check(f"sagemaker describe-endpoint {seen['EndpointName']}", seen["EndpointStatus"] == "InService", seen))
        config = sagemaker.describe_endpoint_config(EndpointConfigName=seen["EndpointConfigName"])
        names = [variant["VariantName"] for variant in config["ProductionVariants"]]
        results.append(check("sagemaker endpoint's variants are its configuration's", [v["VariantName"] for v in seen["ProductionVariants"]] == names, seen))
    for uuid in resources.get("AWS::Lambda::EventSourceMapping", []):
        seen = client("lambda", endpoint).get_event_source_mapping(UUID=uuid)
        results.append(check(f"lambda get-event-source-mapping {uuid}", seen["State"] == "Enabled" and seen["UUID"] == uuid and "BatchSize" in seen, seen))
    for name in resources.get("AWS::KinesisFirehose::DeliveryStream", []):
        seen = client("firehose", endpoint).describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
        destination = seen["Destinations"][0]["ExtendedS3DestinationDescription"]
        holds = seen["DeliveryStreamStatus"] == "ACTIVE" and destination["BucketARN"].startswith("arn:aws:s3:::")
        results.append(check(f"firehose describe-delivery-stream {name}", holds, seen))
        source = seen["Source"]["KinesisStreamSourceDescription"]["KinesisStreamARN"]
        results.append(check(f"firehose source of {name}", ":stream/" in source, seen))
    wanted = {
        "AWS::Kinesis::Stream",
        "AWS::DynamoDB::Table",
        "AWS::SageMaker::Endpoint",
        "AWS::Lambda::EventSourceMapping",
        "AWS::KinesisFirehose::DeliveryStream",
    }
    results.append(check("the stack has one of each type that is asked about", wanted <= set(resources), sorted(resources)))
    return all(results)


def main(endpoint, stack=None):
    if stack is not None:
        return look(endpoint, stack)
    account = client("sts", endpoint).get_caller_identity()["Account"]
    client("s3", endpoint).put_object(Bucket=f"sluice-artifacts-{account}-{REGION}", Key=f"{OWN}.zip", Body=b"zipped")
    cloudformation = client("cloudformation", endpoint)
    cloudformation.create_stack(StackName=OWN, TemplateBody=json.dumps(template(account)), Capabilities=["CAPABILITY_IAM"])
    wait(cloudformation, OWN, "CREATE_COMPLETE")
    holds = look(endpoint, OWN)
    cloudformation.delete_stack(StackName=OWN)
    wait(cloudformation, OWN, None)
    names = client("kinesis", endpoint).list_streams()["StreamNames"]
    return check("after the deletion the stream is gone", f"{OWN}-s" not in names, names) and holds


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
