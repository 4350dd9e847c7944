//! Streams of other pipelines: their facts, their absence, and circles over several files.

use std::sync::Arc;

use super::{local, resolve_text};
use crate::diagnostic::{Code, Diagnostics, FilePath};
use crate::pipeline::{FolderFacts, Neighbour, OtherKey, Pipeline, StreamCapacity, StreamFrom};
use crate::spec;
use crate::units::PipelineName;

const READER: &str =
    "pipeline: fraud-detection\nowner: me\nconsumers: {c: {from: payments/paid, code: h, handler: a.b}}\n";
const PAYMENTS: &str = "pipeline: payments\nowner: me\nkeys: {data: {}}\ntraffic: {paid: {steady: 10/s}}\n\
                        streams: {paid: {capacity: on-demand, retention: 3d, encryption: {key: data}}}\n";

fn beside(name: &str, text: &str) -> FolderFacts {
    let spec =
        spec::read_partly(&FilePath::new(&format!("stacks/{name}/pipeline.yaml")), text.as_bytes()).expect("is YAML");
    let mut folder = FolderFacts::none();
    folder.insert_neighbour(PipelineName::new(name).expect("a name"), Neighbour::Read(Arc::new(spec)));
    folder
}

fn resolved(text: &str, folder: &FolderFacts) -> Result<Pipeline, Diagnostics> {
    resolve_text(text, &local(), folder).map(|(pipeline, _)| pipeline)
}

#[test]
fn a_stream_of_another_pipeline_comes_with_its_facts() {
    let pipeline = resolved(READER, &beside("payments", PAYMENTS)).expect("resolves");
    let from = pipeline.consumers()["c"].from.clone();
    assert_eq!(pipeline.stream_name(&from), "payments-local-paid");
    let StreamFrom::Other(other) = from else { panic!("is another pipeline's") };
    assert_eq!(pipeline.other_stream_arn(&other), "arn:aws:kinesis:eu-west-1:123456789012:stream/payments-local-paid");
    let facts = other.facts.expect("somebody looked");
    assert_eq!((facts.capacity, facts.retention.as_days()), (StreamCapacity::OnDemand, 3));
    assert_eq!(facts.key, Some(OtherKey::Alias("alias/payments-local-data".to_owned())));
    assert!(facts.traffic.is_some());
}

#[test]
fn where_nobody_looked_nothing_is_judged() {
    let pipeline = resolved(READER, &FolderFacts::none()).expect("resolves");
    assert!(matches!(&pipeline.consumers()["c"].from, StreamFrom::Other(other) if other.facts.is_none()));
}

#[test]
fn a_pipeline_or_stream_that_is_not_there_gets_the_name_that_was_meant() {
    let said = |folder: &FolderFacts| {
        let found = resolved(READER, folder).expect_err("is not there");
        let diagnostic = found.iter().next().expect("one").clone();
        assert_eq!((diagnostic.code, found.len()), (Code::OtherPipeline, 1));
        format!("{} | {}", diagnostic.title, diagnostic.help.join(" "))
    };
    let missing = beside("payments", &PAYMENTS.replace("paid", "paidd"));
    assert_eq!(said(&missing), "pipeline `payments` has no stream `paid` | did you mean `paidd`?");
    let mut folder = FolderFacts::none();
    let name = PipelineName::new("payments").expect("a name");
    folder.insert_neighbour(name, Neighbour::Missing(vec!["payment".to_owned()]));
    assert_eq!(said(&folder), "there is no pipeline `payments` | did you mean `payment`?");
}

#[test]
fn a_circle_over_two_files_is_found() {
    let reader = "pipeline: fraud-detection\nowner: me\nstreams: {suspicious: {}}\n\
                  consumers: {c: {from: payments/paid, code: h, handler: a.b, sends: {streams: [suspicious]}}}\n";
    let back = format!(
        "{PAYMENTS}consumers: {{again: {{from: fraud-detection/suspicious, code: h, handler: a.b, sends: {{streams: [paid]}}}}}}\n"
    );
    let found = resolved(reader, &beside("payments", &back)).expect_err("goes round");
    let diagnostic = found.iter().next().expect("one");
    assert_eq!((diagnostic.code, found.len()), (Code::Cycle, 1));
    assert!(diagnostic.title.contains("stream `paid` of `payments`"), "{}", diagnostic.title);
    assert!(resolved(reader, &beside("payments", PAYMENTS)).is_ok());
}

#[test]
fn a_neighbour_that_cannot_be_read_is_left_to_its_own_check() {
    let broken = PAYMENTS.replace("retention: 3d", "retention: 3");
    assert!(resolved(READER, &beside("payments", &broken)).is_ok());
    let mut folder = FolderFacts::none();
    folder.insert_neighbour(PipelineName::new("payments").expect("a name"), Neighbour::Unreadable);
    assert!(resolved(READER, &folder).is_ok());
}
