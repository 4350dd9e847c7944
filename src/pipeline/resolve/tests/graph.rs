//! The stage graph: every reference of a file is an edge, and circles are found through every kind of stage.

use super::{meaning, said};
use crate::pipeline::{EdgeKind, End, edges};

const MODERATION: &str = "streams: {posts: {}}\ntables: {verdicts: {key: id, no_ttl: {reason: law}}}\nbuckets: {content: {}}\nkeys: {data: {}}\n\
    queues: {requests: {encryption: {key: data}}, human-review: {read_by: moderators}}\n\
    topics: {done: {deliver_to: {queues: [human-review], emails: [me@example.com]}}, broken: {}}\n\
    endpoints: {vision: {model: {single: {image: {uri: x}, artifact: m.tar.gz}}, serving: {async: {instance: ml.g5.xlarge, input: content, output: content, success: done, error: broken}}}}\n\
    consumers: {ingest: {from: posts, H, sends: {queues: [requests], buckets: [content]}}}\n\
    workers: {infer: {from: {queue: requests}, H, scores_with: vision}, store: {from: {topic: done}, H, reads: [content], writes: [verdicts]}}\n\
    archive: {posts: {}}\nmetrics: {seen: {by: store}}\n";

#[test]
fn every_reference_is_an_edge_with_the_path_of_the_field_that_makes_it() {
    let pipeline = meaning(MODERATION);
    let edges = edges(&pipeline);
    let shown = |end: &End| match end {
        End::Stage(stage) => stage.to_string(),
        End::FailureQueue(stage) => format!("failures of {stage}"),
        End::OtherStream(pipeline, stream) => format!("{pipeline}/{stream}"),
        End::Outside { what, name } => format!("{what} {name}"),
    };
    let lines: Vec<String> =
        edges.iter().map(|e| format!("{} -> {} {:?} {}", shown(&e.from), shown(&e.to), e.kind, e.path)).collect();
    let expected = [
        "queue human-review -> failures of queue human-review GivesUp queues.human-review",
        "queue human-review -> reader moderators Messages queues.human-review.read_by",
        "queue requests -> failures of queue requests GivesUp queues.requests",
        "topic done -> queue human-review Delivers topics.done.deliver_to.queues.0",
        "topic done -> email me@example.com Delivers topics.done.deliver_to.emails.0",
        "bucket content -> endpoint vision Input endpoints.vision.serving.async.input",
        "endpoint vision -> bucket content Output endpoints.vision.serving.async.output",
        "endpoint vision -> topic done Success endpoints.vision.serving.async.success",
        "endpoint vision -> topic broken Error endpoints.vision.serving.async.error",
        "stream posts -> consumer ingest Records consumers.ingest.from",
        "consumer ingest -> queue requests Sends consumers.ingest.sends.queues.0",
        "consumer ingest -> bucket content Sends consumers.ingest.sends.buckets.0",
        "consumer ingest -> failures of consumer ingest GivesUp consumers.ingest.failure.to",
        "queue requests -> worker infer Messages workers.infer.from.queue",
        "worker infer -> endpoint vision Scores workers.infer.scores_with",
        "topic done -> worker store Messages workers.store.from.topic",
        "bucket content -> worker store Objects workers.store.reads.0",
        "worker store -> table verdicts Writes workers.store.writes.0",
        "worker store -> failures of worker store GivesUp workers.store",
        "stream posts -> archive posts Archives archive.posts",
        "worker store -> metric seen Emits metrics.seen.by",
        "key data -> queue requests Encrypts queues.requests.encryption",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_circle_through_an_asynchronous_endpoint_is_found() {
    let text = MODERATION.replace("reads: [content], writes: [verdicts]", "scores_with: vision");
    let said = said(&text);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains("E2003"), "{said:?}");
    assert!(said[0].contains("endpoint `vision` → topic `done` → worker `store` → endpoint `vision`"), "{said:?}");
}

#[test]
fn a_circle_through_a_queue_is_found_once() {
    let text = "queues: {a: {}, b: {}}\nworkers: {x: {from: {queue: a}, H, sends: {queues: [b]}}, y: {from: {queue: b}, H, sends: {queues: [a]}}}\n";
    let said = said(text);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].contains(
        "what worker `x` sends comes back to it: worker `x` → queue `b` → worker `y` → queue `a` → worker `x`"
    ));
}

#[test]
fn writing_a_table_that_is_read_is_no_circle() {
    let text = "streams: {s: {}}\ntables: {t: {key: id, no_ttl: {reason: x}}}\nconsumers: {c: {from: s, H, features: [t], writes: [t]}}\n";
    assert!(edges(&meaning(text)).iter().any(|edge| edge.kind == EdgeKind::Features));
}
