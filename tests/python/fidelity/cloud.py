"""A served embedded cloud whose clock stands still until a test moves it, and what tests say about its answers."""

import json
import os
import re
import subprocess
from functools import cache

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-west-1"
# Time stands still unless `sluice embedded advance` moves it.
CLOCK = {"SLUICE_CLOCK": "2026-09-26T22:21:45Z"}
KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}"


def rows(*ids):
    """Names the rows of the behaviour reference that a test holds the cloud to."""

    def mark(test):
        test.rows = ids
        return test

    return mark


class Cloud:
    """One `sluice embedded serve`, and the commands that move its time and make things fail."""

    def __init__(self, sluice, project, url):
        self.sluice, self.project, self.url = sluice, project, url
        self.made = 0
        self.cfn = self.client("cloudformation")

    @cache
    def client(self, service, attempts=1):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="embedded",
            aws_secret_access_key="embedded",
            # Answers are looked at as they are, and nothing is hidden by asking again.
            config=Config(retries={"total_max_attempts": attempts}, s3={"addressing_style": "path"}, parameter_validation=False),
        )

    @property
    @cache
    def account(self):
        return self.client("sts").get_caller_identity()["Account"]

    def command(self, *arguments):
        command, told = [self.sluice, "embedded", *arguments], {**os.environ, **CLOCK}
        done = subprocess.run(command, cwd=self.project, env=told, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def advance(self, span="1h"):
        """Moves the clock on; an hour is more than anything here takes."""
        self.command("advance", span)

    def fail(self, what, on="create", times=1, message=None):
        said = [] if message is None else ["--message", message]
        self.command("fail", what, "--on", on, "--times", str(times), *said)

    def name(self, about="stack"):
        """A name that no other test uses."""
        self.made += 1
        return f"{about}-{self.made}"

    # --- operations, from request to rest ---

    def create(self, name, template, **more):
        made = self.cfn.create_stack(StackName=name, TemplateBody=text(template), **more)
        self.advance()
        return made["StackId"]

    def update(self, name, template, **more):
        made = self.cfn.update_stack(StackName=name, TemplateBody=text(template), **more)
        self.advance()
        return made

    def delete(self, name, **more):
        self.cfn.delete_stack(StackName=name, **more)
        self.advance()

    def propose(self, stack, template, kind="UPDATE", name=None, **more):
        """Makes a change set and waits for it; gives its ARN."""
        self.made += 1
        name = name or f"set-{self.made}"
        body = {} if template is None else {"TemplateBody": text(template)}
        made = self.cfn.create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType=kind, **body, **more)
        self.advance("10s")
        return made["Id"]

    def changes(self, stack, template, values=False, **more):
        """The changes that a change set lists, by logical id."""
        described = self.cfn.describe_change_set(
            ChangeSetName=self.propose(stack, template, **more), IncludePropertyValues=values
        )
        assert described["Status"] == "CREATE_COMPLETE", described.get("StatusReason")
        return {change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"] for change in described["Changes"]}

    def execute(self, change_set, **more):
        self.cfn.execute_change_set(ChangeSetName=change_set, **more)
        self.advance()

    # --- looking ---

    def stack(self, name):
        return only(self.cfn.describe_stacks(StackName=name)["Stacks"])

    def status(self, name):
        return self.stack(name)["StackStatus"]

    def raw_events(self, name):
        """Every event, oldest first."""
        pages = self.cfn.get_paginator("describe_stack_events").paginate(StackName=name)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def events(self, name, after=0):
        """Every event after the first `after`, as `Topic CREATE_COMPLETE reason`, oldest first."""
        return [told(event) for event in self.raw_events(name)[after:]]

    def story(self, name, of, after=0):
        """The events of one logical id (`stack` is the stack)."""
        return [event.split(" ", 1)[1] for event in self.events(name, after) if event.split(" ")[0] == of]

    def resource(self, name, logical_id):
        return self.cfn.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)["StackResourceDetail"]

    def physical(self, name, logical_id):
        return self.resource(name, logical_id)["PhysicalResourceId"]


def told(event):
    who = "stack" if event["ResourceType"] == "AWS::CloudFormation::Stack" else event["LogicalResourceId"]
    return " ".join([who, event["ResourceStatus"], *([event["ResourceStatusReason"]] if "ResourceStatusReason" in event else [])])


def only(items):
    assert len(items) == 1, items
    return items[0]


def text(template):
    return template if isinstance(template, str) else json.dumps(template)


def refused(call, code, message, status=400, **arguments):
    """Holds a refusal to its code, HTTP status and text; a compiled pattern fits the whole text."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        assert told["Code"] == code, told
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status, error.response
        assert told["Type"] == ("Sender" if status < 500 else "Receiver"), told
        holds = message.fullmatch(told["Message"]) if isinstance(message, re.Pattern) else message == told["Message"]
        assert holds, f"said  {told['Message']!r}\nnot   {message!r}"
        return
    raise AssertionError(f"was not refused with {code} {message!r} but answered {answer}")


def invalid(call, message, **arguments):
    """A `ValidationError`."""
    refused(call, "ValidationError", message, **arguments)


def same(seen, wanted):
    assert seen == wanted, f"\nseen    {seen!r}\nwanted  {wanted!r}"


def has(seen, **wanted):
    """Members that must be there with these values; `None` is for absent."""
    for key, value in wanted.items():
        assert seen.get(key) == value, f"{key} is {seen.get(key)!r}, not {value!r}, in {seen!r}"


def lacks(seen, *keys):
    found = [key for key in keys if key in seen]
    assert not found, f"{found} in {seen!r}"


# --- templates of types that are cheap to make ---


def template(resources, **sections):
    return {"Resources": resources, **sections}


def topic(**properties):
    return {"Type": "AWS::SNS::Topic", "Properties": properties}


def parameter(value, **properties):
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": value, **properties}}


def bad(*needs):
    """A resource that its service refuses to make."""
    return {**parameter("wrong", AllowedPattern="^right$"), "DependsOn": list(needs)}


def group(**properties):
    return {"Type": "AWS::Logs::LogGroup", "Properties": properties}


def queue(**properties):
    """Takes a minute to come and to go."""
    return {"Type": "AWS::SQS::Queue", "Properties": properties}


def bucket(**properties):
    return {"Type": "AWS::S3::Bucket", "Properties": properties}


def ref(name):
    return {"Ref": name}


def att(name, attribute):
    return {"Fn::GetAtt": [name, attribute]}


def role(**properties):
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    trust = {"Version": "2012-10-17", "Statement": [allow]}
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, **properties}}
