"""Section 4.2: what is refused at once."""

import json
import re

from cloud import att, invalid, ref, refused, rows, same, template, text, topic

TOPIC = template({"Topic": topic()})


def wrong(cloud, asked, said, **more):
    """Refused by everything that takes a template."""
    invalid(cloud.cfn.create_stack, said, StackName="wrong", TemplateBody=text(asked), **more)
    given = {"StackName": "wrong", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": text(asked), **more}
    invalid(cloud.cfn.create_change_set, said, **given)


def malformed(cloud, asked, said, **more):
    """Refused without looking at parameters as well."""
    wrong(cloud, asked, said, **more)
    invalid(cloud.cfn.validate_template, said, TemplateBody=text(asked))


@rows("TV-01", "TV-02")
def references_resolve(cloud):
    in_resources = "Template format error: Unresolved resource dependencies [X] in the Resources block of the template"
    for made in (topic(DisplayName=ref("X")), topic(DisplayName=att("X", "Arn")), {**topic(), "DependsOn": "X"}):
        malformed(cloud, template({"A": made}), in_resources)
    never = {"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}
    removed = {"X": {**topic(), "Condition": "Never"}}
    wrong(cloud, template({"A": topic(DisplayName=ref("X")), **removed}, **never), in_resources)
    said = "Unresolved resource dependencies [X] in the Outputs block of the template"
    wrong(cloud, template({"A": topic(), **removed}, Outputs={"O": {"Value": ref("X")}}, **never), said)


@rows("TV-03")
def cycles_are_refused(cloud):
    said = "Circular dependency between resources: [A, B]"
    malformed(cloud, template({"A": {**topic(), "DependsOn": "B"}, "B": {**topic(), "DependsOn": "A"}}), said)


@rows("TV-04", "TV-05", "TV-06", "TV-07", "TV-08", "TV-09", "TV-10", "TV-11", "TV-12")
def shapes_are_checked(cloud):
    for asked, said in [
        (template({"A": {"Type": "AWS::X::Y"}}), "Template format error: Unrecognized resource types: [AWS::X::Y]"),
        (template({}), "Template format error: At least one Resources member must be defined."),
        (
            template({"A": {"Properties": {}}}),
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        (template({"A": "text"}), "Template format error: Any Resources member must be an object."),
        (template({"A": {**topic(), "Invalid": 1}}), "Invalid template resource property 'Invalid'"),
        (
            template({"A": topic()}, Outputs={"MyOutput": {"Value": None}}),
            "[/Outputs/MyOutput/Value] 'null' values are not allowed in templates",
        ),
        (
            template({"A": topic()}, Outputs={"O": {"Description": "d"}}),
            "Template format error: Every Outputs member must contain a Value object",
        ),
        (
            template({"my-bad-resource-id": topic()}),
            "Template format error: Resource name my-bad-resource-id is non alphanumeric.",
        ),
        (
            template({"A": topic()}, Parameters={"AWS::NoValue": {"Type": "String"}}),
            "Template format error: Parameter name AWS::NoValue is non alphanumeric.",
        ),
        ("only a text", "Template format error: unsupported structure."),
        ("- a\n- list\n", "Template format error: unsupported structure."),
    ]:
        malformed(cloud, asked, said)


@rows("TV-13")
def json_and_yaml_are_well_formed(cloud):
    malformed(
        cloud, '{"Resources": {"A": {"Ty}', re.compile(r"Template format error: JSON not well-formed\. \(line 1, column \d+\)")
    )
    malformed(
        cloud, "Resources:\n  A: [", re.compile(r"Template format error: YAML not well-formed\.( \(line \d+, column \d+\))?")
    )


@rows("TV-14", "TV-15", "TV-16", "TV-17", "TV-18", "TV-19", "TV-20")
def functions_are_checked(cloud):
    def uses(value, **sections):
        return template({"A": topic(), "User": topic(DisplayName=value)}, **sections)

    found = {"Fn::FindInMap": ["M", "C", "Suffix"]}
    split = (
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a "
        "function that returns a string to be split."
    )
    get = (
        "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"
    )
    select = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
    equals = "Template error: every Fn::Equals object requires a list of 2 string parameters."
    for asked, said in [
        (uses(found, Mappings={"M": {"C": {"Other": "v"}}}), "Template error: Unable to get mapping for M::C::Suffix"),
        (
            uses("d", Mappings={"M": {"C": {"k": {"deep": 1}}}}),
            "Template format error: Every Mappings attribute must be a String or a List.",
        ),
        (uses("d", Mappings={"M": {"A": "text"}}), "Template format error: Every Mappings member A must be a map"),
        (uses("d", Conditions={"C": {"Fn::Equals": ["one"]}}), equals),
        (uses({"Fn::GetAtt": ["A", ""]}), get),
        (uses({"Fn::Select": ["a", ["x"]]}), select),
        (uses({"Fn::Split": ["", "text"]}), split),
        (
            uses({"Fn::If": ["MissingCondition", "a", "b"]}),
            "Template error: unresolved condition dependency MissingCondition in Fn::If",
        ),
        ({**uses("d"), "Transform": {"Name": {"no": "text"}}}, "Key Name of transform definition must be a string."),
    ]:
        malformed(cloud, asked, said, Capabilities=["CAPABILITY_AUTO_EXPAND"])


@rows("TV-22", "TV-23", "TV-30")
def limits_hold(cloud):
    long = text({**TOPIC, "Metadata": "m" * 51_200})
    said = f"1 validation error detected: Value '{long}' at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200"
    malformed(cloud, long, said)
    many = "Resources:\n" + "".join(f"  A{n}: {{Type: AWS::SNS::Topic}}\n" for n in range(501))
    malformed(cloud, many, "Template format error: Number of resources, 501, is greater than maximum allowed, 500")
    refusal, one = re.compile(".*"), topic()
    for section in (
        {"Parameters": {f"P{n}": {"Type": "String", "Default": "d"} for n in range(201)}},
        {"Outputs": {f"O{n}": {"Value": "v"} for n in range(201)}},
        {"Mappings": {f"M{n}": {"k": {"v": "1"}} for n in range(201)}},
        {"Description": "d" * 1025},
    ):
        malformed(cloud, template({"A": one}, **section), refusal)
    tagged = [{"Key": f"k{n}", "Value": "v"} for n in range(51)]
    declared = template({"A": one}, Parameters={"P": {"Type": "String"}})
    for asked, given in [
        (template({"A": one}), {"Tags": tagged}),
        (template({"A": one}), {"NotificationARNs": [f"arn:aws:sns:eu-west-1:{cloud.account}:t{n}" for n in range(6)]}),
        (declared, {"Parameters": [{"ParameterKey": "P", "ParameterValue": "v" * 4097}]}),
    ]:
        wrong(cloud, asked, refusal, **given)
    allowed = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    policy = json.dumps({"Statement": [allowed], "Id": "i" * 16_384})
    invalid(cloud.cfn.create_stack, refusal, StackName="wrong", TemplateBody=text(TOPIC), StackPolicyBody=policy)
    invalid(cloud.cfn.create_stack, refusal, StackName="w" * 129, TemplateBody=text(TOPIC))
    # At the bounds all is well.
    most = template({"A": one}, Description="d" * 1024, Outputs={f"O{n}": {"Value": "v"} for n in range(200)})
    cloud.cfn.validate_template(TemplateBody=text(most))


@rows("TV-24", "TV-25")
def a_template_by_url_is_an_object(cloud):
    name = cloud.name("templates")
    cloud.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    cloud.client("s3").put_object(Bucket=name, Key="t.json", Body=text(TOPIC))
    make, url = cloud.cfn.create_stack, f"https://{name}.s3.eu-west-1.amazonaws.com"
    invalid(make, "TemplateURL must be a supported URL.", StackName=name, TemplateURL="file:///t.json")
    elsewhere = re.compile(r"S3 error: Domain name specified in \S+ is not a valid S3 domain")
    invalid(make, elsewhere, StackName=name, TemplateURL="https://example.com/t.json")
    invalid(
        make, re.compile(r"S3 error: The specified key does not exist\..*"), StackName=name, TemplateURL=f"{url}/missing.json"
    )
    long = {**TOPIC, "Metadata": "m" * 60_000}
    cloud.client("s3").put_object(Bucket=name, Key="long.json", Body=text(long))
    make(StackName=name, TemplateURL=f"{url}/long.json")
    cloud.advance()
    same(cloud.status(name), "CREATE_COMPLETE")
    same(cloud.cfn.get_template(StackName=name)["TemplateBody"], long)


@rows("TV-26")
def get_template_of_a_change_set(cloud):
    name = cloud.name("template")
    made = cloud.propose(name, TOPIC, "CREATE", name="mine")
    for asked in ({"ChangeSetName": made}, {"ChangeSetName": "mine", "StackName": name}):
        same(cloud.cfn.get_template(**asked)["TemplateBody"], TOPIC)
    other = made.rsplit("/", 1)[0] + "/00000000-0000-4000-8000-000000000000"
    refused(cloud.cfn.get_template, "ChangeSetNotFound", f"ChangeSet [{other}] does not exist", status=404, ChangeSetName=other)
