//! What the reader accepts and, above all, what it says about what it does not accept.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Code, Diagnostics, FilePath};

const FRAUD: &str = include_str!("../../stacks/fraud-detection/pipeline.yaml");

fn file() -> FilePath {
    FilePath::new("stacks/x/pipeline.yaml")
}

fn read_text(text: &str) -> Result<SpecFile, Diagnostics> {
    read(&file(), text.as_bytes())
}

/// The errors of a text, as `line:column CODE title`, help after a `|`.
fn errors(text: &str) -> Vec<String> {
    let found = read_text(text).expect_err("must be refused");
    found
        .iter()
        .map(|d| {
            let at = d.place().map_or("-".to_owned(), |place| format!("{}:{}", place.line, place.column));
            let help = d.help.first().map_or(String::new(), |help| format!(" | {help}"));
            format!("{at} {} {}{help}", d.code, d.title)
        })
        .collect()
}

/// A small file with one more line in its stream.
fn with_stream(line: &str) -> String {
    format!("pipeline: x\nowner: me\nstreams:\n  a:\n    {line}\n")
}

#[test]
fn the_example_is_read_and_knows_its_places() {
    let spec = read(&FilePath::new("stacks/fraud-detection/pipeline.yaml"), FRAUD.as_bytes()).expect("is well formed");
    assert_eq!(spec.name().as_str(), "fraud-detection");
    let place = spec.place("consumers.score.batch.parallel").expect("was written");
    let line = FRAUD.lines().nth(place.line as usize - 1).expect("is a line");
    assert_eq!(&FRAUD[place.span.start..place.span.end], "4");
    assert!(line.contains("parallel: 4") && line[place.column as usize - 1..].starts_with('4'));
    let kinds: Vec<ReferenceKind> = spec.referenced_paths().into_iter().map(|reference| reference.kind).collect();
    assert!(kinds.contains(&ReferenceKind::HandlerFolder) && kinds.contains(&ReferenceKind::ModelFile));
}

#[test]
fn all_errors_come_in_one_run_each_with_its_place() {
    let text = "pipeline: Fraud_X\nstreams:\n  a: {capasity: auto, retention: 7}\n  b: {capacity: manual}\nextra: 1\n";
    assert_eq!(
        errors(text),
        [
            "5:1 E1004 a pipeline file has no field `extra`",
            "1:11 E1011 `Fraud_X` is not the name of a pipeline: it must be 1 to 40 lower-case letters, digits and \
             single hyphens, beginning with a letter | did you mean `fraud-x`?",
            "1:1 E1006 a pipeline file needs the field `owner` | add `owner:`",
            "3:7 E1004 a stream has no field `capasity` | did you mean `capacity`?",
            "3:34 E1009 `7` has no unit; durations are in `us`, `ms`, `s`, `m`, `h` or `d` | did you mean `7s`?",
            "4:17 E1008 `manual` is not a capacity",
        ]
    );
}

#[test]
fn a_wrong_unit_gets_the_right_one() {
    let text = "pipeline: x\nowner: me\ntraffic: {a: {steady: 500B/day, record: 1.2 kb}}\n";
    let found = errors(text);
    assert!(found[0].starts_with("3:23 E1009 `B` is ambiguous"), "{found:?}");
    assert!(found[1].ends_with("| did you mean `1.2 KiB`?"), "{found:?}");
}

#[test]
fn two_stages_with_one_name_show_both_places() {
    let found = read_text("pipeline: x\nowner: me\nstreams:\n  a: {}\n  a: {}\n").expect_err("twice");
    let diagnostic = found.iter().next().expect("one");
    assert_eq!(diagnostic.code, Code::DuplicateField);
    let lines: Vec<u32> = diagnostic.labels.iter().map(|label| label.place.line).collect();
    assert_eq!(lines, [5, 4]);
}

#[test]
fn bounds_are_named() {
    assert_eq!(errors(&with_stream("retention: 23h")), ["5:16 E1010 `23h` is out of range: must be 1d to 365d"]);
    assert_eq!(
        errors(&with_stream("retention: 36h30m")),
        ["5:16 E1010 `1d12h30m` is out of range: must be whole hours"]
    );
    let shards = with_stream("capacity: {provisioned: {shards: 0}}");
    assert_eq!(errors(&shards), ["5:38 E1010 0 is out of range: must be 1 to 100000"]);
    let shards = with_stream("capacity: {provisioned: {shards: 99999999999999999999}}");
    assert!(errors(&shards)[0].contains("E1010"));
}

#[test]
fn a_choice_is_a_word_or_one_word_with_details() {
    let bare = errors(&with_stream("capacity: provisioned"));
    assert!(bare[0].contains("E1007 `provisioned` needs details"), "{bare:?}");
    let two = errors(&with_stream("capacity: {provisioned: {shards: 1}, auto: {}}"));
    assert!(two[0].contains("choose exactly one of `on-demand`, `provisioned: …`, `auto`"), "{two:?}");
    let detailed = errors(&with_stream("capacity: {auto: {shards: 2}}"));
    assert!(detailed[0].contains("`auto` stands alone"), "{detailed:?}");
}

#[test]
fn what_is_not_plain_yaml_is_refused_with_a_place() {
    let cases: &[(&str, &str)] = &[
        ("a: b: c\n", "E1003"),
        ("a: [1, 2\n", "E1003"),
        ("a:\n\t- b\n", "E1003"),
        ("a: 1\n---\nb: 2\n", "E1003"),
        ("a: *nowhere\n", "E1003"),
        ("owner: !Ref Team\n", "E1013"),
        ("owner: !!str me\n", "E1013"),
        ("owner: {{ team }}\n", "E1007"),
        ("[a]: 1\n", "E1007"),
        ("a: &x [*x]\n", "E10"),
        ("<<: {pipeline: x}\n", "E1004"),
        ("- a\n", "E1007"),
        ("", "E1006"),
        ("sluice: 2\n", "E1014"),
    ];
    for (text, code) in cases {
        let found = read_text(text).expect_err(text);
        assert!(found.iter().any(|d| d.code.as_str().starts_with(code)), "{text:?}: {found:?}");
        assert!(found.iter().all(|d| d.place().is_some()), "{text:?}: {found:?}");
    }
}

#[test]
fn short_intrinsics_are_shown_in_their_long_form() {
    let help = |text: &str| errors(text).into_iter().find(|line| line.contains("E1013")).expect("a tag");
    for (short, long) in [
        ("!Ref Team", "{Ref: Team}"),
        ("!Ref AWS::Region", "{Ref: AWS::Region}"),
        ("!Condition IsProd", "{Condition: IsProd}"),
        ("!GetAtt A.Arn", r#"{"Fn::GetAtt": [A, Arn]}"#),
        ("!GetAtt A.Endpoint.Address", r#"{"Fn::GetAtt": [A, Endpoint.Address]}"#),
        ("!GetAtt [A, Arn]", r#"{"Fn::GetAtt": [A, Arn]}"#),
        ("!Sub a-${b}", r#"{"Fn::Sub": "a-${b}"}"#),
        (r#"!Sub ["${x}", {x: 1}]"#, r#"{"Fn::Sub": ["${x}", {x: 1}]}"#),
        (r#"!Join [",", [a, "]"]]"#, r#"{"Fn::Join": [",", [a, "]"]]}"#),
        ("!Select [0, [a]]", r#"{"Fn::Select": [0, [a]]}"#),
        (r#"!Split ["|", a]"#, r#"{"Fn::Split": ["|", a]}"#),
        ("!If [IsProd, a, b]", r#"{"Fn::If": [IsProd, a, b]}"#),
        ("!Equals [a, b]", r#"{"Fn::Equals": [a, b]}"#),
        ("!And [a, b]", r#"{"Fn::And": [a, b]}"#),
        ("!Or [a, b]", r#"{"Fn::Or": [a, b]}"#),
        ("!Not [a]", r#"{"Fn::Not": [a]}"#),
        ("!FindInMap [a, b, c]", r#"{"Fn::FindInMap": [a, b, c]}"#),
        ("!Base64 text", r#"{"Fn::Base64": text}"#),
        ("!Cidr [10.0.0.0/16, 2, 8]", r#"{"Fn::Cidr": [10.0.0.0/16, 2, 8]}"#),
        ("!GetAZs eu-west-1", r#"{"Fn::GetAZs": eu-west-1}"#),
        ("!ImportValue net-vpc", r#"{"Fn::ImportValue": net-vpc}"#),
        ("!Length [a]", r#"{"Fn::Length": [a]}"#),
        ("!ToJsonString {a: 1}", r#"{"Fn::ToJsonString": {a: 1}}"#),
        ("!Transform {Name: x}", r#"{"Fn::Transform": {Name: x}}"#),
        ("!Join\n    - a\n    - [b]", r#"{"Fn::Join": …}"#),
    ] {
        let told = help(&format!("cloudformation:\n  resources:\n    A: {short}\n"));
        assert!(told.ends_with(&format!("write the long form: `{long}`")), "{short}: {told}");
    }
}

#[test]
fn bombs_and_deep_nesting_stop_early() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let below = level - 1;
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 9].join(", ")));
    }
    let deep_flow = format!("a: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    let deep_block: String = (0..1_000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let mut deep_alias = String::from("a0: &a0 [[[[[[x]]]]]]\n");
    for level in 1..20 {
        deep_alias.push_str(&format!("a{level}: &a{level} [[[[[[*a{}]]]]]]\n", level - 1));
    }
    for text in [bomb, deep_flow, deep_block, deep_alias] {
        let found = read_text(&text).expect_err("a bomb");
        assert!(found.iter().any(|d| d.code == Code::YamlBudget), "{:?}", found.iter().next());
    }
}

#[test]
fn large_files_and_other_encodings_are_refused_before_they_are_parsed() {
    let found = read(&file(), &vec![b'a'; 50 << 20]).expect_err("50 MB");
    assert_eq!(found.iter().next().map(|d| (d.code, d.title.contains("50.0 MiB"))), Some((Code::FileTooLarge, true)));
    let found = read(&file(), b"pipeline: x\nowner: \xff\xfe\n").expect_err("not UTF-8");
    let place = found.iter().next().and_then(|d| d.place().cloned()).expect("has a place");
    assert_eq!((place.line, place.column), (2, 8));
    assert!(read(&file(), "a: 1".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>().as_slice()).is_err());
}

#[test]
fn hostile_values_are_just_texts() {
    let hostile = "say \\\"{{ ../x }}\\\" {{{y}}} !Ref Z\\n${AWS::Region} ' # not a comment";
    let text = format!("pipeline: x\nowner: me\ndescription: \"{hostile}\"\n");
    let spec = read_text(&text).expect("is only a description");
    let Some(Text(description)) = &spec.base().description else { panic!("was written") };
    assert!(description.contains("{{ ../x }}") && description.contains('\n') && description.contains("!Ref Z"));
}

#[test]
fn spellings_of_scalars_survive() {
    let text = "pipeline: x\nowner: me\nconsumers:\n  c:\n    from: s\n    code: h\n    handler: a.b\n    environment: {AA: 1.0, BB: 0123, CC: yes, DD: 1e3}\n";
    let spec = read_text(text).expect("is well formed");
    let consumer = spec.base().consumers.values().next().expect("one");
    let values: Vec<&str> = consumer.function.environment.values().map(|value| value.0.as_str()).collect();
    assert_eq!(values, ["1.0", "0123", "yes", "1e3"]);
}

#[test]
fn names_of_variables_and_owners_keep_what_aws_refuses_out() {
    let variable =
        "pipeline: x\nowner: me\nconsumers: {c: {from: s, code: h, handler: a.b, environment: {AWS_REGION: x}}}\n";
    assert!(errors(variable)[0].contains("E1011 `AWS_REGION` cannot be the name"));
    assert!(errors("pipeline: x\nowner: \"<me>\"\n")[0].contains("E1015 the character '<' is not allowed"));
    assert!(errors(&format!("pipeline: x\nowner: me\ndescription: {}\n", "x".repeat(801)))[0].contains("E1015"));
}

#[test]
fn overlays_merge_by_key_and_replace_choices_whole() {
    let base = read_text(
        "pipeline: x\nowner: me\nstreams:\n  a: {capacity: {provisioned: {shards: 2}}, retention: 3d}\n  b: {retention: 2d}\n",
    )
    .expect("base");
    let over = "streams:\n  a: {capacity: on-demand, retention: null}\n  b: null\n  c: {}\n";
    let overlay = parse(&FilePath::new("environments/e.yaml"), over.as_bytes()).expect("overlay");
    let merged = base.merged(Some(&overlay)).expect("fits");
    let names: Vec<&str> = merged.file.streams.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["a", "c"]);
    let a = merged.file.streams.values().next().expect("a");
    assert_eq!((&a.capacity, &a.retention), (&Some(CapacityChoice::OnDemand), &None));
    let places = merged.places();
    let place = |path: &str| places.iter().find(|(p, _)| p == path).map(|(_, place)| place.to_string());
    assert_eq!(place("streams.a.capacity").as_deref(), Some("environments/e.yaml:2:17"));
    assert_eq!(place("owner").as_deref(), Some("stacks/x/pipeline.yaml:2:8"));
}

#[test]
fn a_choice_in_an_overlay_is_complete_or_an_error_there() {
    let base = read(&file(), FRAUD.as_bytes()).expect("base");
    let over = "endpoints: {scoring: {serving: {real-time: {instances: {min: 4}}}}}\n";
    let overlay = parse(&FilePath::new("environments/e.yaml"), over.as_bytes()).expect("overlay");
    let found = base.merged(Some(&overlay)).expect("the rest is read").found;
    let diagnostic = found.iter().next().expect("one");
    assert_eq!(diagnostic.code, Code::MissingField);
    assert_eq!(diagnostic.place().map(|place| place.file.as_str()), Some("environments/e.yaml"));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&file(), &bytes);
    }

    #[test]
    fn no_change_to_a_real_file_panics(at in 0_usize..2_000, cut in 0_usize..40, put in "[ -~\n\t{}&*!|>é]{0,8}") {
        let start = at.min(FRAUD.len());
        let end = (start + cut).min(FRAUD.len());
        if let (Some(head), Some(tail)) = (FRAUD.get(..start), FRAUD.get(end..))
            && let Err(found) = read_text(&format!("{head}{put}{tail}"))
        {
            prop_assert!(found.has_errors());
            prop_assert!(found.iter().all(|d| d.place().is_some()));
        }
    }

    #[test]
    fn merging_nothing_changes_nothing(shards in 1_u32..100) {
        let text = with_stream(&format!("capacity: {{provisioned: {{shards: {shards}}}}}"));
        let tree = parse(&file(), text.as_bytes()).expect("parses");
        prop_assert_eq!(&merge(&tree, &tree, PipelineFile::shape()), &tree);
    }
}
