//! Settings that do not go together, each refused at the line that says so, with the reason.

use super::{file, found, said};

/// The one thing that is said about a file.
fn only(sections: &str) -> String {
    let mut said = said(sections);
    assert_eq!(said.len(), 1, "{sections}\n{said:#?}");
    said.remove(0)
}

fn consumer(fields: &str) -> String {
    format!("streams: {{s: {{}}}}\nconsumers:\n  c: {{from: s, H, {fields}}}\n")
}

fn worker(from: &str, fields: &str) -> String {
    format!(
        "queues: {{q: {{}}}}\ntopics: {{t: {{deliver_to: {{queues: [q]}}}}}}\nworkers:\n  w: {{from: {{{from}}}, H, {fields}}}\n\
         {}",
        if from.starts_with("topic") { "  other: {from: {queue: q}, H}\n" } else { "" }
    )
}

fn endpoint(model: &str, serving: &str) -> String {
    format!("buckets: {{b: {{}}}}\nendpoints:\n  e:\n    model: {{{model}}}\n    serving: {{{serving}}}\n")
}

fn archive(fields: &str) -> String {
    format!("streams: {{s: {{}}}}\narchive:\n  s: {{{fields}}}\n")
}

const SINGLE: &str = "single: {image: {uri: x}, artifact: m.tar.gz}";
const SHADOW: &str = "single: {image: {uri: x}, artifact: m.tar.gz, shadow: {artifact: n.tar.gz}}";
const MULTI: &str = "multi-model: {image: {uri: x}, models: {a: a.tar.gz}, default: a}";
const VARIANTS: &str = "variants: {a: {image: {uri: x}, artifact: a.tar.gz, weight: 1}, b: {image: {uri: x}, artifact: b.tar.gz, weight: 0}}";
const REAL_TIME: &str = "real-time: {instance: ml.m5.large}";
const ASYNC: &str = "async: {instance: ml.m5.large, input: b, output: b}";
const SERVERLESS: &str = "serverless: {memory: 1 GiB, concurrency: {max: 5}}";

/// What is refused at the line that says `at`: it gives the limit and the page of AWS's documentation with it.
fn refused(sections: &str, at: &str, limit: &str, page: &str) {
    let found = found(sections);
    let [told] = found.iter().collect::<Vec<_>>()[..] else { panic!("{sections}\n{found:#?}") };
    let text = file(sections);
    let line_of = |line: u32| text.lines().nth(line as usize - 1).unwrap_or_default();
    assert!(told.labels.iter().any(|label| line_of(label.place.line).contains(at)), "{sections}\n{told:#?}");
    let all = format!("{}\n{}", told.title, told.notes.join("\n"));
    assert!(all.contains(limit), "{limit}\n{told:#?}");
    let address = format!("https://docs.aws.amazon.com/{page}");
    assert!(told.notes.iter().any(|note| note.ends_with(&address)), "{address}\n{told:#?}");
    assert!(told.help.iter().all(|help| !help.starts_with("did you mean")), "{told:#?}");
}

/// Sections with every field on a line of its own.
fn tall_consumer(fields: &str) -> String {
    format!("streams: {{s: {{}}}}\nconsumers:\n  c:\n    from: s\n    code: h\n    handler: a.b\n{fields}")
}

#[test]
fn each_names_its_line_its_limit_and_where_aws_says_so() {
    let (kinesis, mapping) =
        ("lambda/latest/dg/with-kinesis.html", "lambda/latest/api/API_CreateEventSourceMapping.html");
    let batch = |fields: &str| tall_consumer(&format!("    batch:\n{fields}"));
    refused(&batch("      parallel: 11\n"), "parallel: 11", "must be 1 to 10", kinesis);
    let both = batch("      tumbling: 60s\n      parallel: 2\n");
    refused(&both, "parallel: 2", "`ParallelizationFactor` above 1", kinesis);
    let filtered = tall_consumer("    batch: {tumbling: 60s}\n    filters: [{data: {a: [1]}}]\n");
    refused(&filtered, "filters:", "`FilterCriteria` beside `TumblingWindowInSeconds`", mapping);
    for field in ["pollers", "provisioned_poller_config", "ProvisionedPollerConfig"] {
        let limit = "`ProvisionedPollerConfig` is for SQS, Amazon MSK";
        refused(&batch(&format!("      {field}: {{min: 1}}\n")), field, limit, mapping);
        refused(&tall_consumer(&format!("    {field}: {{min: 1}}\n")), field, limit, mapping);
    }
    refused(&tall_consumer("    scaling_config: {max: 2}\n"), "scaling_config", "is for SQS only", mapping);
    refused(&tall_consumer("    concurrency: {max: 5}\n"), "concurrency", "SQS only", mapping);
    refused(&tall_consumer("    logging_config: x\n"), "logging_config", "Amazon MSK", mapping);
}

#[test]
fn each_of_a_stream_and_what_keeps_its_records_does_too() {
    let create = "kinesis/latest/APIReference/API_CreateStream.html";
    for capacity in [
        "    capacity: on-demand\n    shards: 4\n",
        "    capacity: {on-demand: {\n      shards: 4}}\n",
        "    capacity: {on-demand: null,\n      shards: 4}\n",
        "    capacity: on-demand\n    ShardCount: 4 # shards: 4\n",
    ] {
        refused(
            &format!("streams:\n  s:\n{capacity}"),
            "shards: 4",
            "only a provisioned one has a `ShardCount`",
            create,
        );
    }
    let large = "streams: {s: {}}\ntraffic:\n  s:\n    steady: 5/s\n    record: 2 MiB\n";
    let quotas = "streams/latest/dev/service-sizes-and-limits.html";
    refused(large, "record: 2 MiB", "at most 1 MiB", quotas);
    assert!(said(&large.replace("2 MiB", "1 MiB")).is_empty());
    let expiry = "amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html";
    refused("tables:\n  t:\n    key: id\n    ttl: {after: 1d}\n", "ttl:", "1 to 255 characters", expiry);
    refused("tables:\n  t: {key: id}\n", "t: {key: id}", "told by which attribute", expiry);
    let unbuffered = "streams: {s: {}}\narchive:\n  s:\n    partition_by: {a: b}\n    buffer: {every: 0s}\n";
    refused(unbuffered, "every: 0s", "`IntervalInSeconds: 0`", "firehose/latest/dev/buffering.html");
}

#[test]
fn each_of_an_endpoint_does_too() {
    let guide = |page: &str| format!("sagemaker/latest/dg/{page}.html");
    let (queued, serverless) = (guide("async-inference-invoke-endpoint"), guide("serverless-endpoints"));
    let shadow = guide("shadow-tests-exclusions");
    refused(&endpoint(MULTI, ASYNC), "multi-model", "only a real-time request can name the model", &queued);
    refused(&endpoint(MULTI, SERVERLESS), "multi-model", "only a real-time request can name the model", &serverless);
    refused(&endpoint(VARIANTS, SERVERLESS), "variants", "in real time only", &serverless);
    for serving in [ASYNC, SERVERLESS] {
        refused(&endpoint(SHADOW, serving), "shadow", "real-time endpoints only", &shadow);
    }
    let shadowed = MULTI.replace("default: a", "default: a, shadow: {artifact: n.tar.gz}");
    refused(&endpoint(&shadowed, REAL_TIME), "shadow", "excludes multi-model endpoints", &shadow);
    for field in ["rollout", "guardrails"] {
        let guarded = SERVERLESS.replace("memory", &format!("{field}: {{canary: {{instances: 1}}}}, memory"));
        let limit = "real-time and asynchronous endpoints only";
        refused(&endpoint(SINGLE, &guarded), field, limit, &guide("deployment-guardrails"));
    }
}

#[test]
fn streams_and_their_readers() {
    assert!(only("streams:\n  s: {capacity: {on-demand: {shards: 4}}}\n").contains("E1007 `on-demand` stands alone"));
    assert!(only(&consumer("batch: {parallel: 11}")).contains("E1010 11 is out of range: must be 1 to 10"));
    assert!(only(&consumer("batch: {parallel: 2, tumbling: 60s}")).contains("E2005 `tumbling` and `parallel`"));
    assert!(
        only(&consumer("batch: {tumbling: 60s}, filters: [{data: {a: [1]}}]"))
            .contains("E2005 `tumbling` and `filters`")
    );
    assert!(only(&consumer("batch: {pollers: {min: 1}}")).contains("E1004 a batch has no field `pollers`"));
    assert!(only(&consumer("concurrency: {max: 5}")).contains("E2005 `concurrency.max` is of workers of queues"));
}

#[test]
fn tables() {
    let table = |fields: &str| format!("tables:\n  t: {{key: id, ttl: {{attribute: at, after: 1d}}, {fields}}}\n");
    assert!(
        only("tables: {t: {key: id, ttl: {after: 1d}}}\n").contains("E1006 a time to live needs the field `attribute`")
    );
    assert!(only("tables: {t: {key: id}}\n").contains("E2006 table `t` does not say"));
    assert!(
        only(&table("capacity: {autoscaled: {read: {min: 5, max: 4}, write: {min: 1, max: 2}}}")).contains("E2005")
    );
    let hot = "capacity: {autoscaled: {read: {min: 1, max: 2}, write: {min: 1, max: 2}, target: 95%}}";
    assert!(only(&table(hot)).contains("E1010 `95%` is out of range: must be 20% to 90%"));
    assert!(only(&table("indexes: {ab: {key: x}}")).contains("E1011 `ab` is too short"));
    assert!(only(&table("indexes: {by-id: {key: id}}")).contains("E2005 the index has the keys of the table"));
    assert!(only(&table("indexes: {by-at: {key: at}}")).contains("E2005 the time to live is a number"));
    let many: Vec<String> = (0..21).map(|n| format!("index-{n}: {{key: k{n}}}")).collect();
    assert!(only(&table(&format!("indexes: {{{}}}", many.join(", ")))).contains("E1010 21 indexes; at most 20"));
}

#[test]
fn endpoints() {
    for (model, name) in [(MULTI, "multi-model"), (VARIANTS, "variants"), (SHADOW, "single.shadow")] {
        for (serving, way) in [(ASYNC, "async"), (SERVERLESS, "serverless")] {
            assert!(
                only(&endpoint(model, serving)).contains(&format!("E2005 `{name}` and `{way}` exclude each other"))
            );
        }
        assert!(said(&endpoint(model, REAL_TIME)).is_empty(), "{model}");
    }
    let shadow_of_many = MULTI.replace("default: a", "default: a, shadow: {artifact: n.tar.gz}");
    assert!(only(&endpoint(&shadow_of_many, REAL_TIME)).contains("E1004 a multi-model has no field `shadow`"));
    let guarded = SERVERLESS.replace("memory", "rollout: {canary: {instances: 1}}, memory");
    assert!(only(&endpoint(SINGLE, &guarded)).contains("E1004 serverless serving has no field `rollout`"));
    let warm = SERVERLESS.replace("max: 5", "max: 5, provisioned: 6");
    assert!(only(&endpoint(SINGLE, &warm)).contains("E2005 6 warm containers are more than the 5"));
    assert!(only(&endpoint(SINGLE, &SERVERLESS.replace("1 GiB", "1536 MiB"))).contains("whole gibibytes"));
    assert!(only(&endpoint(&VARIANTS.replace("weight: 1", "weight: 0"), REAL_TIME)).contains("all weights are zero"));
    let one = "variants: {a: {image: {uri: x}, artifact: a.tar.gz, weight: 1}}";
    assert!(only(&endpoint(one, REAL_TIME)).contains("E1010 1 variants; an endpoint is split between 2 to 10"));
    assert!(only(&endpoint(SINGLE, &ASYNC.replace("input: b", "input: bb"))).contains("E2002 there is no bucket `bb`"));
}

#[test]
fn archives() {
    assert!(
        only(&archive("partition_by: {a: b}, buffer: {every: 0s}"))
            .contains("E2005 dynamic partitioning needs a buffer")
    );
    assert!(
        only(&archive("partition_by: {a: b}, buffer: {size: 32 MiB}"))
            .contains("E2005 dynamic partitioning needs a buffer of at least 64 MiB")
    );
    let parquet = "format: {parquet: {columns: {a: string}}}";
    assert!(only(&archive(&format!("{parquet}, buffer: {{size: 1 MiB}}"))).contains("E2005 Parquet needs a buffer"));
    assert!(only(&archive(&format!("{parquet}, compress: gzip"))).contains("E2005 Parquet compresses itself"));
    assert!(only(&archive(&format!("{parquet}, partition_by: {{a: b}}"))).contains("a column and a partition at once"));
    assert!(
        only(&archive("format: {parquet: {columns: {a: text}}}"))
            .contains("E1011 `text` is not a type of a Glue column")
    );
    assert!(said(&archive("buffer: {every: 0s, size: 1 MiB}")).is_empty());
    let many: Vec<String> = (0..51).map(|n| format!("k{n}: f{n}")).collect();
    assert!(only(&archive(&format!("partition_by: {{{}}}", many.join(", ")))).contains("51 prefix keys; at most 50"));
}

#[test]
fn workers_and_queues() {
    assert!(only(&worker("queue: q", "batch: {size: 11}")).contains("E2005 a batch of 11 messages needs a window"));
    assert!(said(&worker("queue: q", "batch: {size: 11, window: 1s}")).is_empty());
    assert!(only(&worker("queue: q", "retries: 1")).contains("E2005 `retries` is of workers of topics"));
    assert!(only(&worker("topic: t", "batch: {size: 1}")).contains("E2005 `batch` is of workers of queues"));
    assert!(
        only(&worker("topic: t", "concurrency: {max: 5}")).contains("E2005 `concurrency.max` is of workers of queues")
    );
    assert!(only(&worker("queue: q", "concurrency: {max: 9, reserved: 5}")).contains("E2005 9 batches at once"));
    assert!(
        only(&worker("queue: qq", "memory: 1 GiB").replace("queues: {q: {}}", "queues: {q: {read_by: me}}"))
            .contains("E2002 there is no queue `qq`")
    );
    let short = worker("queue: q", "timeout: 2m").replace("q: {}", "q: {visibility: 1m}");
    assert!(only(&short).contains("E2005 messages are hidden for 1m, worker `w` may take 2m"));
    assert!(only("queues: {q: {read_by: me}}\n").contains("W2011 nothing in this file sends to queue `q`"));
    let unread = "queues: {q: {}}\ntopics: {t: {deliver_to: {queues: [q]}}}\n";
    assert!(only(unread).contains("W2011 nothing in this file works on queue `q`"));
}

#[test]
fn functions() {
    assert!(
        only(&consumer("concurrency: {reserved: 2, provisioned: 3}"))
            .contains("E2005 3 provisioned instances are more")
    );
    let alone = said(&consumer("falls_back_to: e"));
    assert!(alone[0].contains("E2002 there is no endpoint `e`"), "{alone:?}");
    assert!(alone[1].contains("E2006 there is nothing to fall back from"), "{alone:?}");
    let layer = |region: &str, n: u32| format!("'arn:aws:lambda:{region}:123456789012:layer:l{n}:1'");
    assert!(
        only(&consumer(&format!("layers: [{}]", layer("us-east-1", 1)))).contains("E2005 the layer is in `us-east-1`")
    );
    let six: Vec<String> = (0..6).map(|n| layer("eu-west-1", n)).collect();
    assert!(only(&consumer(&format!("layers: [{}]", six.join(", ")))).contains("E1010 6 layers; at most 5"));
    assert!(only(&consumer("layers: [numpy]")).contains("E1011 `numpy` is not the ARN of a layer's version"));
    assert!(only(&consumer("sends: {topics: [nobody]}")).contains("E2002 there is no topic `nobody`"));
    let twice = said(&consumer("reads: [a, a]"));
    assert!(twice[2].contains("E1005 `a` is given twice"), "{twice:?}");
}

#[test]
fn keys_and_metrics() {
    assert!(only("streams: {s: {encryption: {key: data}}}\n").contains("E2002 there is no key `data`"));
    let elsewhere = "encryption: {arn: 'arn:aws:kms:us-east-1:123456789012:key/1'}\n";
    assert!(only(elsewhere).contains("E2005 the key is in `us-east-1`"));
    let metric =
        |fields: &str| format!("streams: {{s: {{}}}}\nconsumers: {{c: {{from: s, H}}}}\nmetrics:\n  m: {{{fields}}}\n");
    assert!(only(&metric("by: nobody")).contains("E2002 there is no consumer or worker `nobody`"));
    assert!(only(&metric("by: c, namespace: AWS/Lambda")).contains("E1011"));
    assert!(only(&metric("by: c, unit: seconds, alarms: {a: {when: {above: 5}}}")).contains("E1009 `5` has no unit"));
    assert!(only(&metric("by: c, alarms: {a: {when: {above: many}}}")).contains("E1009 `many` is not a number"));
    assert!(
        only(&metric("by: c, alarms: {a: {when: {above: 1}, datapoints: 4, of: 3}}"))
            .contains("E2005 4 bad data points of 3")
    );
    assert!(
        only(&metric("by: c, alarms: {a: {when: {above: 1}, period: 30m, of: 50}}"))
            .contains("E1010 50 data points of 30m")
    );
    assert!(
        only("streams: {s: {}}\ncomposites: {x: {any: [s.nothing]}}\n").contains("E2002 `s` has no alarm `nothing`")
    );
    assert!(only("composites: {x: {any: []}}\n").contains("E2006 a composite needs at least one alarm"));
    assert!(only("streams: {s: {}}\ncomposites: {x: {any: [s]}}\n").contains("E1011 `s` is not an alarm"));
}
