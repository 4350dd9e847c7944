"""The AWS CLI, Sceptre and the CDK create, update and delete a plain stack of emitted types in a served embedded cloud.

    peers.py http://127.0.0.1:4566 FOLDER_WITH_NODE_MODULES

Each is the tool as published, with nothing but `AWS_ENDPOINT_URL` set. Between its steps the stack is looked at through
boto3. Prints a line a step; the exit code is 0 if all hold.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3

REGION = "eu-west-1"
BIN = Path(sys.executable).parent


def template(days, name):
    return {
        "Description": "A plain stack of types that Sluice emits.",
        "Parameters": {"Days": {"Type": "Number", "Default": days}},
        "Resources": {
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": f"{name}-stream", "ShardCount": 1}},
            "Log": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}},
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Stream"}}},
        },
        "Outputs": {"StreamArn": {"Value": {"Fn::GetAtt": ["Stream", "Arn"]}}},
    }


class Peer:
    """A tool, the stack that it owns, and a folder of its own."""

    def __init__(self, url, name, folder):
        self.name, self.folder = name, Path(folder)
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "embedded",
            "AWS_SECRET_ACCESS_KEY": "embedded",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_PAGER": "",
            "HOME": str(folder),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
        keys = {"aws_access_key_id": "embedded", "aws_secret_access_key": "embedded"}
        self.cloudformation = boto3.client("cloudformation", endpoint_url=url, region_name=REGION, **keys)
        self.logs = boto3.client("logs", endpoint_url=url, region_name=REGION, **keys)

    def run(self, *command, **environment):
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def stack(self):
        try:
            return self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except self.cloudformation.exceptions.ClientError as error:
            assert "does not exist" in str(error), error
            return None

    def rests(self):
        """The stack when nothing is under way any more."""
        for _ in range(600):
            stack = self.stack()
            if stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS"):
                return stack
            time.sleep(0.1)
        raise AssertionError(f"{self.name} never rests")

    def holds(self, status, days):
        stack = self.rests()
        if status is None:
            assert stack is None, stack
        else:
            assert stack["StackStatus"] == status, stack
            listed = self.cloudformation.describe_stack_resources(StackName=self.name)["StackResources"]
            group = next(one["PhysicalResourceId"] for one in listed if one["ResourceType"] == "AWS::Logs::LogGroup")
            seen = self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
            assert seen["retentionInDays"] == days, seen
        print(f"ok  {self.name}: {status or 'gone'}", flush=True)


def aws_cli(url, folder):
    peer = Peer(url, "peer-aws-cli", folder)
    (peer.folder / "one.json").write_text(json.dumps(template(7, peer.name)))
    (peer.folder / "two.json").write_text(json.dumps(template(14, peer.name)))

    def aws(*arguments):
        return peer.run(BIN / "aws", "cloudformation", *arguments, "--stack-name", peer.name)

    aws("create-stack", "--template-body", "file://one.json")
    peer.holds("CREATE_COMPLETE", 7)
    aws("wait", "stack-create-complete")
    # Its own deployment, by change set, finds nothing to do.
    said = peer.run(
        BIN / "aws",
        "cloudformation",
        "deploy",
        "--template-file",
        "one.json",
        "--stack-name",
        peer.name,
        "--no-fail-on-empty-changeset",
    )
    assert "No changes to deploy" in said, said
    aws("update-stack", "--template-body", "file://two.json")
    peer.holds("UPDATE_COMPLETE", 14)
    aws("delete-stack")
    peer.holds(None, None)


def sceptre(url, folder):
    peer = Peer(url, "peer-sceptre", folder)
    for part in ("config", "templates"):
        (peer.folder / part).mkdir()
    (peer.folder / "config/config.yaml").write_text(f"project_code: peer\nregion: {REGION}\n")
    stack = "template:\n  path: plain.json\n  type: file\nstack_name: peer-sceptre\nparameters:\n  Days: '{}'\n"
    (peer.folder / "templates/plain.json").write_text(json.dumps(template(1, peer.name)))
    for days, command, status in [(7, "create", "CREATE_COMPLETE"), (14, "update", "UPDATE_COMPLETE"), (14, "delete", None)]:
        (peer.folder / "config/plain.yaml").write_text(stack.format(days))
        peer.run(BIN / "sceptre", "--no-colour", command, "--yes", "plain.yaml")
        peer.holds(status, days)


def cdk(url, folder, node):
    peer = Peer(url, "peer-cdk", folder)
    tool = ["node", Path(node) / "node_modules/aws-cdk/bin/cdk"]
    common = ["--ci", "--no-notices", "--output", "cdk.out"]
    for days, status in [(7, "CREATE_COMPLETE"), (14, "UPDATE_COMPLETE")]:
        app = ["--app", f"node {Path(node) / 'app.js'}"]
        peer.run(*tool, "deploy", *app, *common, "--require-approval", "never", PEER_DAYS=str(days))
        peer.holds(status, days)
    peer.run(*tool, "destroy", "--force", "--app", "cdk.out", "--ci", "--no-notices")
    peer.holds(None, None)


def main(url, node):
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        waiting = []
        for peer, *more in [(aws_cli,), (sceptre,), (cdk, Path(node).resolve())]:
            own = Path(folder) / peer.__name__
            own.mkdir()
            waiting.append(pool.submit(peer, url, own, *more))
        for one in waiting:
            one.result()


if __name__ == "__main__":
    main(*sys.argv[1:])
