use proptest::prelude::*;

use super::*;
use crate::diagnostic::FilePath;

fn code(text: &str) -> HandlerCode {
    HandlerCode(vec![HandlerFile { file: FilePath::new("stacks/a/handlers/b/app.py"), text: text.to_owned() }])
}

fn record_calls(text: &str) -> Vec<(u32, &'static str)> {
    let code = code(text);
    Scan::of(&code).record_calls().into_iter().map(|seen| (seen.place.line, seen.what.name)).collect()
}

#[test]
fn a_word_in_a_comment_or_a_docstring_is_not_code() {
    let text = "\"\"\"Answers with batchItemFailures.\"\"\"\n# batchItemFailures\nx = 1  # batchItemFailures\n";
    assert!(!Scan::of(&code(text)).mentions("batchItemFailures"));
    assert!(Scan::of(&code("return {'batchItemFailures': []}\n")).mentions("batchItemFailures"));
    assert!(Scan::of(&code("x = {\n  'batchItemFailures': [],\n}\n")).mentions("batchItemFailures"));
}

#[test]
fn a_call_in_the_loop_over_records_is_seen_and_one_beside_it_is_not() {
    let text = "def handler(event, context):\n    for record in event[\"Records\"]:\n        sm.invoke_endpoint(Body=record)\n    sm.invoke_endpoint(Body='all')\n";
    assert_eq!(record_calls(text), [(3, "invoke_endpoint")]);
}

#[test]
fn calls_are_followed_through_functions_of_the_file_and_recursion_ends() {
    let text = "def handler(event, context):\n    for record in event['Records']:\n        work(record)\n\ndef work(record):\n    look(record)\n    work(record)\n\ndef look(record):\n    return table.get_item(Key=record)\n";
    assert_eq!(record_calls(text), [(10, "get_item")]);
}

#[test]
fn a_comprehension_is_a_loop_and_a_loop_over_something_else_is_not() {
    assert_eq!(
        record_calls("x = [put(r) for r in event['Records']]\ndef put(r):\n    s3.put_record(r)\n"),
        [(3, "put_record")]
    );
    assert!(record_calls("for chunk in chunks:\n    kinesis.put_record(chunk)\n").is_empty());
    assert!(
        record_calls("for record in event['Records']:\n    batch_get_item(record)\n    x.put_records(y)\n").is_empty()
    );
}

#[test]
fn only_writes_whose_repetition_changes_something_are_told() {
    let writes = |text: &str| -> Vec<WriteKind> {
        let code = code(text);
        Scan::of(&code).writes().into_iter().map(|seen| seen.what.kind).collect()
    };
    assert_eq!(writes("t.update_item(UpdateExpression='ADD seen :one')\n"), [WriteKind::Counts]);
    assert_eq!(writes("t.update_item(UpdateExpression='SET a = a + :one')\n"), [WriteKind::Counts]);
    assert!(writes("t.update_item(UpdateExpression='SET a = :one')\n").is_empty());
    assert!(writes("t.update_item(UpdateExpression='ADD a :b', ConditionExpression='x')\n").is_empty());
    assert_eq!(writes("t.put_item(Item=item)\n"), [WriteKind::Overwrites]);
    assert!(writes("t.put_item(\n    Item=item,\n    **condition,\n)\n").is_empty());
}

#[test]
fn a_client_is_as_patient_as_its_configuration_says_or_as_botocore_is() {
    let longest = |text: &str| -> Vec<u64> {
        let code = code(text);
        Scan::of(&code).clients().into_iter().map(|seen| seen.what.longest().as_millis()).collect()
    };
    assert_eq!(longest("c = Config(connect_timeout=0.5, read_timeout=2, retries={'max_attempts': 2})\n"), [7_500]);
    assert_eq!(longest("c = Config(read_timeout=10, retries={\"total_max_attempts\": 1})\n"), [70_000]);
    assert_eq!(longest("sm = boto3.client('sagemaker-runtime')\n"), [600_000]);
    assert!(longest("sm = boto3.client('sagemaker-runtime', config=CONFIG)\n").is_empty());
}

proptest! {
    #[test]
    fn no_text_makes_it_stumble(text in "([a-z\"'#(){}\\[\\]:,.= \n\\\\é]|for x in event\\['Records'\\]:|def f\\(|\"\"\"|put_item\\(|Config\\(){0,60}") {
        let code = code(&text);
        let scan = Scan::of(&code);
        for (_, source) in &scan.files {
            prop_assert_eq!(source.bare.len(), text.len());
            prop_assert_eq!(source.uncommented.len(), text.len());
        }
        let _ = (scan.record_calls(), scan.writes(), scan.clients(), scan.mentions("x"));
    }
}
