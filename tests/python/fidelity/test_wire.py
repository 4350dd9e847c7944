"""Section 8: the AWS Query protocol, byte by byte."""

import re
import urllib.error
import urllib.request
from urllib.parse import urlencode

from cloud import rows, same, template, text, topic

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TOPIC = template({"Topic": topic()})


def post(cloud, **parameters):
    """Status, headers and body of a request as the protocol has it."""
    form = urlencode({name.replace("__", "."): value for name, value in parameters.items()}).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/eu-west-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0",
    }
    try:
        with urllib.request.urlopen(urllib.request.Request(cloud.url + "/", form, headers, method="POST"), timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


def ask(cloud, action, **parameters):
    return post(cloud, Action=action, Version="2010-05-15", **parameters)


@rows("WI-01", "WI-03", "WI-05")
def an_answer_has_its_frame_and_its_request_id(cloud):
    name = cloud.name("frame")
    cloud.create(name, TOPIC)
    status, headers, body = ask(cloud, "DescribeStacks", StackName=name)
    same((status, headers["Content-Type"]), (200, "text/xml"))
    frame = (
        rf'<DescribeStacksResponse xmlns="{NAMESPACE}"><DescribeStacksResult>(.*)</DescribeStacksResult>'
        rf"<ResponseMetadata><RequestId>({UUID})</RequestId></ResponseMetadata></DescribeStacksResponse>"
    )
    found = re.fullmatch(frame, body)
    assert found, body
    same(headers["x-amzn-RequestId"], found[2])
    assert "<Stacks><member>" in found[1] and "<Tags/>" in found[1] and "<Outputs" not in found[1], found[1]


@rows("WI-03", "CS-17")
def empty_results_are_written_and_some_actions_have_none(cloud):
    name = cloud.name("empty")
    made = cloud.propose(name, TOPIC, "CREATE")
    assert "<ExecuteChangeSetResult/>" in ask(cloud, "ExecuteChangeSet", ChangeSetName=made)[2]
    cloud.advance()
    for action, more in [("SetStackPolicy", {"StackPolicyBody": "{}"}), ("DeleteStack", {})]:
        status, _, body = ask(cloud, action, StackName=name, **more)
        assert status == 200 and "Result" not in body, body
    assert "<RequestId>" in body


@rows("WI-02")
def lists_are_numbered_and_an_empty_one_is_sent_empty(cloud):
    name = cloud.name("lists")
    declared = {**TOPIC, "Parameters": {"P": {"Type": "String"}, "Q": {"Type": "String"}}}
    given = {
        "StackName": name,
        "TemplateBody": text(declared),
        "Capabilities__member__1": "CAPABILITY_IAM",
        "DisableRollback": "true",
    }
    for number, key in enumerate("PQ", start=1):
        given |= {
            f"Parameters__member__{number}__ParameterKey": key,
            f"Parameters__member__{number}__ParameterValue": f"value {key}+&",
        }
    given |= {"Tags__member__1__Key": "k", "Tags__member__1__Value": "v"}
    status, _, body = ask(cloud, "CreateStack", **given)
    same(status, 200)
    cloud.advance()
    stack = cloud.stack(name)
    same({one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}, {"P": "value P+&", "Q": "value Q+&"})
    same(
        (stack["Capabilities"], stack["Tags"], stack["DisableRollback"]), (["CAPABILITY_IAM"], [{"Key": "k", "Value": "v"}], True)
    )
    keep = {
        f"Parameters__member__{n}__{part}": value
        for n, key in ((1, "P"), (2, "Q"))
        for part, value in (("ParameterKey", key), ("UsePreviousValue", "true"))
    }
    status, _, body = ask(cloud, "UpdateStack", StackName=name, UsePreviousTemplate="true", Tags="", **keep)
    assert status == 200, body
    cloud.advance()
    same(cloud.stack(name)["Tags"], [])


def refusal(status, headers, body, kind="Sender"):
    frame = (
        rf'<ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{kind}</Type><Code>(\w+)</Code><Message>([^<]*)</Message></Error>'
        rf"<RequestId>({UUID})</RequestId></ErrorResponse>"
    )
    found = re.fullmatch(frame, body)
    assert found, body
    same((headers["x-amzn-RequestId"], headers["Content-Type"]), (found[3], "text/xml"))
    return status, found[1], found[2]


@rows("WI-04", "WI-05", "WI-07", "WI-08", "ER-47")
def a_refusal_has_its_request_id_beside_the_error(cloud):
    name = cloud.name("refused")
    cloud.create(name, TOPIC, ClientRequestToken=f"t-{name}")
    arn = f"arn:aws:cloudformation:eu-west-1:{cloud.account}:changeSet/c/00000000-0000-4000-8000-000000000000"
    same_set = cloud.propose(name, TOPIC)
    iam = template({"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}})
    for wanted, action, asked in [
        ((400, "ValidationError"), "DescribeStacks", {"StackName": "nostack"}),
        ((400, "AlreadyExistsException"), "CreateStack", {"StackName": name, "TemplateBody": text(TOPIC)}),
        ((404, "ChangeSetNotFound"), "DescribeChangeSet", {"ChangeSetName": arn}),
        ((400, "InvalidChangeSetStatus"), "ExecuteChangeSet", {"ChangeSetName": same_set}),
        ((400, "InsufficientCapabilitiesException"), "CreateStack", {"StackName": "refused", "TemplateBody": text(iam)}),
        ((400, "TokenAlreadyExistsException"), "DeleteStack", {"StackName": name, "ClientRequestToken": f"t-{name}"}),
    ]:
        same(refusal(*ask(cloud, action, **asked))[:2], wanted)
    for kind, wanted in [("throttle", (400, "Throttling")), ("deny", (403, "AccessDenied"))]:
        cloud.command("fail", "DescribeStacks", "--call", kind)
        same(refusal(*ask(cloud, "DescribeStacks"))[:2], wanted)


@rows("WI-09")
def actions_that_are_not_there(cloud):
    wanted = (400, "InvalidAction", "Could not find operation Frobnicate for version 2010-05-15")
    same(refusal(*ask(cloud, "Frobnicate")), wanted)
    same(refusal(*post(cloud, Version="2010-05-15"))[:2], (400, "MissingAction"))
