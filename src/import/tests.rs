//! What comes across, what is told, and what no source may do.

use proptest::prelude::*;

use super::*;

mod settings;

const INFERENCE: &str = include_str!("../../tests/import/ml-inference.tf");
const ORDERS_TF: &str = include_str!("../../tests/import/orders.tf");
const ORDERS_YAML: &str = include_str!("../../tests/import/orders.yaml");

fn source(file: &str, text: impl AsRef<[u8]>) -> Source {
    Source { file: FilePath::new(file), bytes: text.as_ref().to_vec() }
}

fn wish() -> Wish {
    Wish { name: None, otherwise: "orders".to_owned(), owner: None }
}

fn from_hcl(text: impl AsRef<[u8]>) -> Result<Imported, Diagnostics> {
    terraform(&[source("main.tf", text)], &wish())
}

fn from_template(text: impl AsRef<[u8]>) -> Result<Imported, Diagnostics> {
    template(&source("template.yaml", text), &wish())
}

/// Diagnostics as `line:column CODE title`.
fn told(found: &Diagnostics) -> Vec<String> {
    let line = |d: &Diagnostic| {
        let at = d.place().map_or("-".to_owned(), |place| format!("{}:{}", place.line, place.column));
        format!("{at} {} {}", d.code, d.title)
    };
    found.iter().map(line).collect()
}

fn errors(outcome: Result<Imported, Diagnostics>) -> Vec<String> {
    told(&outcome.expect_err("must be refused"))
}

/// The one line of a pipeline file that begins with a key.
fn line<'t>(text: &'t str, key: &str) -> &'t str {
    let begins = format!("{key}:");
    let mut lines = text.lines().map(str::trim_start).filter(|line| line.starts_with(&begins));
    lines.next().unwrap_or_else(|| panic!("no `{key}` in\n{text}"))
}

fn stream(extra: &str) -> String {
    format!("resource \"aws_kinesis_stream\" \"a\" {{\n  shard_count = 1\n{extra}\n}}\n")
}

mod what_comes_across {
    use super::*;

    #[test]
    fn the_stream_of_the_text() {
        insta::assert_snapshot!(from_hcl(INFERENCE).unwrap().text);
    }

    #[test]
    fn everything_that_a_pipeline_has_a_word_for() {
        let imported = from_hcl(ORDERS_TF).unwrap();
        insta::assert_snapshot!(imported.text);
        insta::assert_snapshot!(told(&imported.told).join("\n"));
    }

    #[test]
    fn a_template_of_the_same_meaning_gives_the_same_pipeline() {
        let from_hcl = from_hcl(ORDERS_TF).unwrap();
        let from_template = from_template(ORDERS_YAML).unwrap();
        let meaning = |imported: &Imported| {
            let text = imported.text.replace("description: Scores orders.\n", "");
            read_back(&text).unwrap().base().clone()
        };
        assert_eq!(meaning(&from_hcl), meaning(&from_template));
        insta::assert_snapshot!(told(&from_template.told).join("\n"));
    }

    #[test]
    fn json_is_read_like_yaml_tabs_included() {
        let json = "{\n\t\"Resources\": {\n\t\t\"A\": {\n\t\t\t\"Type\": \"AWS::Kinesis::Stream\",\n\t\t\t\"Properties\": {\"ShardCount\": 3, \"X\": 1}\n\t\t}\n\t}\n}\n";
        let imported = from_template(json).unwrap();
        assert_eq!(line(&imported.text, "a"), "a: {capacity: {provisioned: {shards: 3}}, retention: 1d}");
        assert!(
            told(&imported.told).iter().any(|one| one.starts_with("5:") && one.contains("`X`")),
            "{:?}",
            told(&imported.told)
        );
    }

    #[test]
    fn functions_conditions_loops_and_heredocs_are_evaluated() {
        let text = r#"
locals {
  sizes = { small = 2, large = 8 }
  names = [for name in ["in", "out"] : upper("${name}put") if name != "out"]
  count = var.big ? local.sizes["large"] : local.sizes.small
}
variable "big" { default = true }
resource "aws_kinesis_stream" "a" {
  name        = trimspace(<<-EOT
    %%{ignored}
  EOT
  )
  shard_count = max(local.count, length(local.names)) + (1 - 1) * 5
}
"#;
        let text = text.replace("%%{ignored}", "ev${lower(\"ENTS\")}");
        let imported = from_hcl(&text).unwrap();
        assert_eq!(line(&imported.text, "events"), "events: {capacity: {provisioned: {shards: 8}}, retention: 1d}");
    }

    #[test]
    fn a_part_of_the_shard_metrics_stays_that_part() {
        let imported = from_hcl(stream("  shard_level_metrics = [\"OutgoingBytes\", \"IncomingBytes\"]")).unwrap();
        assert!(imported.text.contains("shard_metrics: {only: [IncomingBytes, OutgoingBytes]}"), "{}", imported.text);
    }

    #[test]
    fn the_owner_is_whom_all_tags_name() {
        assert_eq!(line(&from_hcl(INFERENCE).unwrap().text, "owner"), "owner: ml-platform");
        let two = format!(
            "{}{}",
            stream("  tags = { Owner = \"a\" }"),
            stream("  tags = { Owner = \"b\" }").replace("\"a\" {", "\"b\" {")
        );
        assert_eq!(line(&from_hcl(two).unwrap().text, "owner"), "owner: to-be-decided");
        let wish = Wish { owner: Some("yes".to_owned()), ..wish() };
        let imported = terraform(&[source("main.tf", stream(""))], &wish).unwrap();
        assert_eq!(line(&imported.text, "owner"), "owner: \"yes\"");
    }

    #[test]
    fn names_become_names_of_stages_and_that_is_told() {
        let two = format!(
            "{}{}",
            stream("  name = \"Orders_In\""),
            stream("  name = \"orders-in\"").replace("\"a\" {", "\"b\" {")
        );
        let imported = from_hcl(two).unwrap();
        assert!(
            imported.text.contains("\n  orders-in:") && imported.text.contains("\n  orders-in-2:"),
            "{}",
            imported.text
        );
        let renamed: Vec<String> = told(&imported.told).into_iter().filter(|one| one.contains("I8114")).collect();
        assert_eq!(renamed.len(), 2, "{renamed:?}");
    }
}

mod what_is_told {
    use super::*;

    fn lost(text: impl AsRef<[u8]>) -> Vec<String> {
        let imported = from_hcl(text).unwrap();
        let lost = imported.told.iter().filter(|d| d.severity == Severity::Warning && d.code != Code::ToBeDecided);
        told(&lost.cloned().collect())
    }

    #[test]
    fn a_setting_without_a_word_for_it() {
        assert_eq!(
            lost(stream("  warm_throughput = 3\n  timeouts {\n    create = \"5m\"\n  }")),
            [
                "3:3 W8110 `aws_kinesis_stream.a`: `warm_throughput` is not carried over: a pipeline file has no word for it",
                "4:3 W8110 `aws_kinesis_stream.a`: `timeouts` is not carried over: a pipeline file has no word for it",
            ]
        );
    }

    #[test]
    fn a_value_that_is_known_only_later() {
        let text = format!("variable \"hours\" {{}}\n{}", stream("  retention_period = var.hours"));
        assert_eq!(
            lost(text),
            [
                "4:22 W8111 `aws_kinesis_stream.a`: `retention_period` cannot be told: `var.hours` has no default; its value is not in these files"
            ]
        );
    }

    #[test]
    fn copies_modules_dynamic_blocks_and_unknown_types() {
        let text = format!(
            "{}resource \"aws_kinesis_stream\" \"many\" {{\n  count = 3\n}}\nmodule \"m\" {{}}\nresource \"aws_vpc\" \"v\" {{}}\n",
            stream("  dynamic \"x\" {\n    for_each = []\n    content {}\n  }")
        );
        let lost = lost(text);
        for (place, what) in
            [("3:3", "dynamic x"), ("8:1", "aws_kinesis_stream.many"), ("11:1", "module.m"), ("12:1", "aws_vpc.v")]
        {
            assert!(lost.iter().any(|one| one.starts_with(place) && one.contains(what)), "{what} at {place}: {lost:?}");
        }
    }

    #[test]
    fn a_value_that_the_language_refuses() {
        let lost = lost(stream("  retention_period = 9000"));
        assert!(lost[0].contains("9000 is outside of 24 to 8760"), "{lost:?}");
    }

    #[test]
    fn retries_without_end_do_not_come_across() {
        let imported =
            from_hcl(ORDERS_TF.replace("maximum_retry_attempts             = 5", "maximum_retry_attempts = -1"))
                .unwrap();
        assert!(!imported.text.contains("retries:"), "{}", imported.text);
        assert!(
            told(&imported.told)
                .iter()
                .any(|one| one.contains("`maximum_retry_attempts` is not carried over: it is without end"))
        );
    }

    /// Whatever is added to any resource is carried over or told: nothing is dropped in silence.
    #[test]
    fn nothing_is_dropped_in_silence() {
        for (at, _) in ORDERS_TF.match_indices("\nresource \"") {
            let opened = at + 1 + ORDERS_TF[at + 1..].find("{\n").unwrap() + 2;
            let text = format!("{}  something_new = 1\n{}", &ORDERS_TF[..opened], &ORDERS_TF[opened..]);
            let head = ORDERS_TF[at + 1..opened].trim_end().to_owned();
            let imported = from_hcl(&text).unwrap();
            let address = head.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(".");
            let told = told(&imported.told);
            assert!(told.iter().any(|one| one.contains(&address)), "{address} is not mentioned: {told:#?}");
        }
    }
}

mod what_is_refused {
    use super::*;

    #[test]
    fn text_that_is_no_hcl_with_the_place() {
        let found = errors(from_hcl("resource \"a\" \"b\" {\n  x = = 1\n}\n"));
        assert!(found[0].starts_with("2:7 E8101 not well-formed HCL"), "{found:?}");
    }

    #[test]
    fn text_that_is_no_template_with_the_place() {
        let found = errors(from_template("Resources:\n  A:\n    Type: [1\n"));
        assert!(found[0].starts_with("3:11"), "{found:?}");
        let found = errors(from_template("Resources:\n  A:\n    Properties: {}\n"));
        assert_eq!(found, ["2:3 E8101 not a template at /Resources/A: every resource needs a Type"]);
        let found = errors(from_template("Resources:\n  A: {Type: X, Properties: {B: !Nope x}}\n"));
        assert!(found[0].contains("`!Nope` is not a CloudFormation function"), "{found:?}");
    }

    #[test]
    fn a_name_that_is_given_twice() {
        let found = errors(from_hcl(stream("").repeat(2)));
        assert_eq!(found, ["5:1 E8102 `aws_kinesis_stream.a` is declared twice"]);
        let found = errors(from_template("Resources:\n  A: {Type: X}\n  A: {Type: Y}\n"));
        assert!(found[0].starts_with("3:3 E1005"), "{found:?}");
        let found = errors(from_hcl("locals {\n a = 1\n}\nlocals {\n a = 2\n}\n"));
        assert_eq!(found, ["5:2 E8102 `local.a` is declared twice"]);
    }

    #[test]
    fn locals_in_a_circle() {
        let found = errors(from_hcl("locals {\n  a = local.b\n  b = \"x${local.a}\"\n}\n"));
        assert_eq!(found, ["2:3 E8102 `local.a` leads back to itself"]);
    }

    #[test]
    fn files_with_nothing_in_them() {
        for text in ["", "# only a comment\n", "resource \"aws_vpc\" \"v\" {}\n"] {
            assert!(errors(from_hcl(text)).iter().any(|one| one.contains("E8103")), "{text}");
        }
        assert!(errors(from_template("Resources: {V: {Type: AWS::EC2::VPC}}")).iter().any(|one| one.contains("E8103")));
        assert!(errors(from_template(""))[0].contains("E8101"));
    }

    #[test]
    fn bytes_that_are_no_text_and_files_that_are_too_large() {
        assert!(errors(from_hcl(b"a = \"\xff\""))[0].starts_with("1:6 E1001"));
        assert!(errors(from_template(vec![b' '; 2 << 20]))[0].contains("E1002"));
    }

    #[test]
    fn nesting_without_end() {
        let hcl = format!("locals {{\n  a = {}{}\n}}\n", "[".repeat(100_000), "]".repeat(100_000));
        assert!(errors(from_hcl(hcl))[0].contains("E8101"));
        let json = format!("{{\"Resources\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(errors(from_template(json))[0].contains("E1012"));
        let chain: String = (0..5_000).map(|n| format!("  a{n} = local.a{}\n", n + 1)).collect();
        assert!(from_hcl(format!("locals {{\n{chain}  a5000 = 1\n}}\n{}", stream(""))).is_ok());
    }

    #[test]
    fn locals_that_nest_deeper_and_deeper_come_to_an_end() {
        let nested = |inner: String| format!("{}{inner}{}", "[".repeat(60), "]".repeat(60));
        for (first, step) in [("a9999", -1_i64), ("a1000", 1)] {
            let start: i64 = first[1..].parse().unwrap();
            let chain: String = (1..500)
                .map(|n| start + n * step)
                .map(|n| format!("  a{n} = {}\n", nested(format!("local.a{}", n - step))))
                .collect();
            let text = format!("locals {{\n  {first} = 1\n{chain}}}\n{}", stream(""));
            assert!(from_hcl(text).is_ok());
        }
    }

    #[test]
    fn locals_that_double_and_double_again_come_to_an_end() {
        let doubling: String = (0..60).map(|n| format!("  a{} = [local.a{n}, local.a{n}]\n", n + 1)).collect();
        let text = format!("locals {{\n  a0 = \"x\"\n{doubling}}}\n{}", stream("  retention_period = local.a60"));
        let imported = from_hcl(text).unwrap();
        assert!(told(&imported.told).iter().any(|one| one.contains("W8111")), "{:?}", told(&imported.told));
    }
}

/// Texts that are nearly HCL or nearly templates.
fn pieces(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(words), 0..60).prop_map(|words| words.concat())
}

const HCL_WORDS: &[&str] = &[
    "resource ",
    "\"aws_kinesis_stream\" ",
    "\"aws_lambda_function\" ",
    "\"aws_sqs_queue\" ",
    "\"a\" ",
    "\"b\" ",
    "{\n",
    "}\n",
    "\n",
    "name = ",
    "shard_count = ",
    "\"x\"",
    "1",
    "-",
    "[",
    "]",
    ",",
    "(",
    ")",
    "var.a",
    "local.a",
    "locals {\n",
    "a = ",
    "${",
    "}",
    "aws_sqs_queue.a.arn",
    "jsonencode(",
    "for x in ",
    ": x",
    "? 1 : 2",
    "<<EOT\n",
    "EOT\n",
    "redrive_policy = ",
    "null",
    "é",
    "*",
];
const TEMPLATE_WORDS: &[&str] = &[
    "Resources:\n",
    "  A:\n",
    "  B:\n",
    "    Type: AWS::Kinesis::Stream\n",
    "    Type: AWS::SQS::Queue\n",
    "    Properties:\n",
    "      Name: ",
    "      ShardCount: ",
    "!Ref A\n",
    "!Sub \"${A}x${\"\n",
    "!GetAtt A.Arn\n",
    "!If [C, 1, 2]\n",
    "1\n",
    "{}\n",
    "[",
    "Conditions:\n",
    "  C: !Not [!Condition C]\n",
    "Parameters:\n",
    "  P: {Type: String, Default: x}\n",
    "&a ",
    "*a\n",
    "é",
    "\t",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes_are_imported_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = from_hcl(&bytes);
        let _ = from_template(&bytes);
    }

    #[test]
    fn nearly_hcl_is_imported_or_refused_but_never_misread(text in pieces(HCL_WORDS)) {
        if let Err(found) = from_hcl(&text) {
            prop_assert!(found.iter().all(|d| d.code != Code::ImportUnreadable), "{found:?}");
        }
    }

    #[test]
    fn nearly_a_template_is_imported_or_refused_but_never_misread(text in pieces(TEMPLATE_WORDS)) {
        if let Err(found) = from_template(&text) {
            prop_assert!(found.iter().all(|d| d.code != Code::ImportUnreadable), "{found:?}");
        }
    }

    /// Any text anywhere in a source ends in a pipeline file that reads.
    #[test]
    fn any_text_in_any_place_reads_back(text in "\\PC{0,40}|[ -~\\n\\t\"'#:{}\\[\\]]{0,40}", number in any::<i64>()) {
        let quoted = serde_json::Value::String(text);
        let template = serde_json::json!({"Resources": {
            "S": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": quoted, "ShardCount": number, "RetentionPeriodHours": number}},
            "F": {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": quoted, "Handler": quoted, "Runtime": quoted, "Timeout": number, "Code": {"S3Key": quoted},
                "Environment": {"Variables": {"NAME": quoted, quoted.as_str().unwrap(): "x"}}, "Layers": [quoted],
            }},
            "M": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "FunctionName": {"Ref": "F"}, "EventSourceArn": {"Fn::GetAtt": ["S", "Arn"]}, "BatchSize": number,
                "StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": number,
                "DestinationConfig": {"OnFailure": {"Destination": quoted}}, "FilterCriteria": {"Filters": [{"Pattern": quoted}]},
            }},
            "T": {"Type": "AWS::DynamoDB::Table", "Properties": {
                "TableName": quoted, "KeySchema": [{"AttributeName": quoted, "KeyType": "HASH"}],
                "TimeToLiveSpecification": {"AttributeName": quoted, "Enabled": true},
                "GlobalSecondaryIndexes": [{"IndexName": quoted, "KeySchema": [{"AttributeName": quoted, "KeyType": "HASH"}]}],
            }},
            "Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": quoted, "DelaySeconds": number, "KmsMasterKeyId": quoted}},
            "P": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": quoted}},
            "E": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": {"Ref": "P"}, "Protocol": "email", "Endpoint": quoted}},
        }, "Description": quoted});
        match from_template(template.to_string()) {
            Ok(imported) => prop_assert!(read_back(&imported.text).is_ok()),
            Err(found) => prop_assert!(found.iter().all(|d| d.code != Code::ImportUnreadable), "{:?}", told(&found)),
        }
    }
}
