//! What the sections mean, and what they mean where nothing is written.

use super::{file, local, meaning, resolve_text};
use crate::pipeline::*;
use crate::units::{Duration, Percent, StageName, Statistic};

const ENDPOINT: &str = "endpoints: {e: {model: {single: {image: {uri: x}, artifact: m.tar.gz}}, serving: {real-time: {instance: ml.m5.large}}}}\n";

#[test]
fn a_queue_hides_messages_six_times_as_long_as_its_slowest_worker_takes() {
    let sections = "queues: {q: {}, alone: {read_by: people}}\ntopics: {t: {deliver_to: {queues: [q, alone]}}}\n\
                    workers: {a: {from: {queue: q}, H, timeout: 20s}, b: {from: {queue: q}, H, timeout: 30s}}\n";
    let pipeline = meaning(sections);
    let queue = |name: &str| pipeline.queues()[name].clone();
    assert_eq!(queue("q").visibility, Duration::from_secs(180));
    let alone = queue("alone");
    assert_eq!((alone.visibility, alone.attempts, alone.delay), (Duration::from_secs(30), 5, Duration::ZERO));
    assert_eq!((alone.retention, alone.read_by), (Duration::from_secs(4 * 86_400), Some("people".to_owned())));
}

#[test]
fn workers_of_queues_and_topics_have_their_own_defaults() {
    let sections = "queues: {q: {}}\ntopics: {t: {deliver_to: {queues: [q]}}}\n\
                    workers: {a: {from: {queue: q}, H}, b: {from: {topic: t}, H, concurrency: {reserved: 5, provisioned: 2}}}\n";
    let pipeline = meaning(sections);
    let WorkSource::Queue { batch, window, report_items, most_at_once, .. } = pipeline.workers()["a"].from.clone()
    else {
        panic!("works on a queue")
    };
    assert_eq!((batch, window, report_items, most_at_once), (10, Duration::ZERO, true, None));
    let b = &pipeline.workers()["b"];
    assert!(matches!(b.from, WorkSource::Topic { retries: 2, max_age, .. } if max_age == Duration::from_secs(3_600)));
    assert_eq!(b.function.concurrency, Concurrency { reserved: Some(5), provisioned: Some(2) });
    assert!(!b.function.tracing && b.function.layers.is_empty() && b.function.network.is_none());
}

#[test]
fn encryption_is_the_files_unless_a_stage_says_otherwise() {
    let sections = "encryption: {key: data}\nkeys: {data: {}, other: {rotation: 90d, description: more}}\n\
                    streams: {s: {}, plain: {encryption: managed}}\nbuckets: {b: {encryption: {key: other}}}\n\
                    archive: {s: {encryption: {arn: 'arn:aws:kms:eu-west-1:123456789012:key/1'}}}\n";
    let pipeline = meaning(sections);
    let of = |kind, name: &str| {
        pipeline.encryption_of(&StageRef::new(kind, &StageName::new(name).expect("a name"))).expect("keeps").clone()
    };
    let key = |name: &str| Encryption::Key(StageName::new(name).expect("a name"));
    assert_eq!(of(StageKind::Stream, "s"), key("data"));
    assert_eq!(of(StageKind::Stream, "plain"), Encryption::Managed);
    assert_eq!(of(StageKind::Bucket, "b"), key("other"));
    assert_eq!(of(StageKind::Archive, "s"), Encryption::Arn("arn:aws:kms:eu-west-1:123456789012:key/1".to_owned()));
    assert_eq!(pipeline.keys()["data"].rotation.as_days(), 365);
    assert_eq!(pipeline.key_alias(&StageName::new("data").expect("a name")), "alias/fraud-detection-local-data");
}

#[test]
fn a_budget_alerts_at_eighty_and_a_hundred_percent() {
    let budget = meaning("budget: {monthly: 500 USD}\n").budget().cloned().expect("is there");
    assert_eq!(budget.alert_at, [Percent::new(80.0), Percent::new(100.0)]);
    let asked = meaning("budget: {monthly: 500 USD, alert_at: [120%, 50%]}\n").budget().cloned().expect("is there");
    assert_eq!(asked.alert_at, [Percent::new(50.0), Percent::new(120.0)]);
}

#[test]
fn partitions_and_columns_keep_the_order_of_the_file() {
    let sections = "streams: {s: {}}\narchive:\n  s:\n    format: {parquet: {columns: {card_id: string, amount: 'decimal(10,2)', at: timestamp}}}\n\
                    \n    partition_by: {tenant: tenant_id, day: at.day}\n";
    let archive = meaning(sections).archives()["s"].clone();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(archive.partition_by, [pair("tenant", "tenant_id"), pair("day", "at.day")]);
    let ArchiveFormat::Parquet { columns } = archive.format else { panic!("is Parquet") };
    assert_eq!(columns, [pair("card_id", "string"), pair("amount", "decimal(10,2)"), pair("at", "timestamp")]);
}

#[test]
fn a_metric_is_named_after_its_entry_and_its_alarms_speak_its_unit() {
    let sections = "streams: {s: {}}\nconsumers: {score: {from: s, H}}\nmetrics:\n  fraud-score: {by: score}\n  lag:\n    by: score\n\
                    \n    unit: milliseconds\n    statistic: p99\n    alarms:\n      high: {when: {above: 1.5s}, of: 2}\n      odd: {when: {outside: {band: 2.5}}, statistic: sample-count, period: 5m}\n";
    let pipeline = meaning(sections);
    let score = &pipeline.metrics()["fraud-score"];
    assert_eq!((score.namespace.as_str(), score.metric.as_str()), ("Sluice/fraud-detection", "FraudScore"));
    assert_eq!(score.by.kind, StageKind::Consumer);
    let lag = &pipeline.metrics()["lag"];
    let high = &lag.alarms["high"];
    assert_eq!(high.when, Condition::Above(1_500.0));
    assert_eq!((high.datapoints, high.of, high.statistic), (2, 2, Statistic::Percentile(9_900)));
    let odd = &lag.alarms["odd"];
    assert_eq!((odd.when, odd.statistic), (Condition::Outside { band: 2.5 }, Statistic::SampleCount));
    assert_eq!((odd.datapoints, odd.of, odd.period), (3, 5, Duration::from_secs(300)));
}

#[test]
fn composites_name_recommended_alarms_and_those_of_metrics() {
    let sections = "streams: {s: {}}\nconsumers: {score: {from: s, H}}\n\
                    metrics: {quality: {by: score, alarms: {low: {when: {below: 0.5}}}}}\n\
                    alarms: {score: {errors: {anomaly: {band: 2}}}}\n\
                    composites: {unhealthy: {any: [score.iterator_age, quality.low]}, both: {all: [score.errors]}}\n";
    let pipeline = meaning(sections);
    let name = |text: &str| StageName::new(text).expect("a name");
    let unhealthy = &pipeline.composites()["unhealthy"];
    assert_eq!(unhealthy.rule, CompositeRule::Any);
    let low = pipeline.metrics()["quality"].alarms.keys().next().expect("one").clone();
    assert_eq!(
        unhealthy.alarms,
        [AlarmRef::Recommended(name("score"), AlarmId::ConsumerIteratorAge), AlarmRef::Metric(name("quality"), low)]
    );
    assert_eq!(pipeline.composites()["both"].rule, CompositeRule::All);
    let tuned = pipeline.alarm_tuning(&StageRef::new(StageKind::Consumer, &name("score")), AlarmId::ConsumerErrors);
    assert_eq!(tuned, Some(&AlarmTuning::Anomaly { band: 2.0 }));
}

#[test]
fn a_shadow_has_the_image_of_the_model_it_stands_beside() {
    let sections = ENDPOINT.replace("artifact: m.tar.gz", "artifact: m.tar.gz, shadow: {artifact: n.tar.gz}");
    let model = meaning(&sections).endpoints()["e"].model.clone();
    let files: Vec<&str> = model.artifacts().into_iter().map(|artifact| artifact.file).collect();
    assert_eq!(files, ["m.tar.gz", "n.tar.gz"]);
    let Model::Single { image, shadow: Some(shadow), .. } = &model else { panic!("has a shadow") };
    assert_eq!((&shadow.image, shadow.share), (image, Percent::new(50.0)));
}

#[test]
fn asynchronous_and_serverless_endpoints_have_their_own_fields() {
    let sections = "buckets: {c: {}}\ntopics: {done: {deliver_to: {emails: [me@example.com]}}}\nendpoints:\n  a: {model: {single: {image: {uri: x}, artifact: m.tar.gz}},\n      serving: {async: {instance: ml.g5.xlarge, instances: {min: 0}, input: c, output: c, success: done}}}\n  \
                    s: {model: {single: {image: {uri: x}, artifact: m.tar.gz}}, serving: {serverless: {memory: 2 GiB, concurrency: {max: 20, provisioned: 2}}}}\n";
    let pipeline = meaning(sections);
    let Serving::Async { min, max, parallel, expires, .. } = pipeline.endpoints()["a"].serving.clone() else {
        panic!("is asynchronous")
    };
    assert_eq!((min, max, parallel, expires), (0, 1, None, Duration::from_secs(21_600)));
    let Serving::Serverless { memory, max, provisioned } = pipeline.endpoints()["s"].serving.clone() else {
        panic!("is serverless")
    };
    assert_eq!((memory.as_mib(), max, provisioned), (2_048, 20, Some(2)));
    let stage = |name: &str| StageRef::new(StageKind::Endpoint, &StageName::new(name).expect("a name"));
    assert!(pipeline.has_alarm(&stage("a"), AlarmId::EndpointBacklog));
    assert!(!pipeline.has_alarm(&stage("s"), AlarmId::EndpointBacklog));
}

#[test]
fn a_silence_that_is_over_is_told_and_one_that_is_not_is_not() {
    let sections = "streams: {s: {}}\nalarms: {s: {put_success: {silence: {reason: test, until: 2026-06-01}}}}\n";
    let pipeline = meaning(sections);
    let at = |text: &str| pipeline.lapsed_silences(crate::units::Timestamp::parse(text).expect("a moment"));
    assert!(at("2026-05-31T23:59:59Z").is_empty());
    let found = at("2026-06-01");
    assert_eq!(found.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(), ["W2012"]);
    assert_eq!(found.iter().next().and_then(|d| d.place()).map(|place| place.line), Some(4));
}

#[test]
fn names_that_two_stages_want_are_refused_within_a_pipeline() {
    let clash = |sections: &str| {
        let found = resolve_text(&file(sections), &local(), &crate::pipeline::FolderFacts::none()).expect_err(sections);
        found.iter().map(|d| d.title.clone()).collect::<Vec<_>>()
    };
    let worker = "streams: {s: {}}\nqueues: {q: {}}\nconsumers: {x: {from: s, H, sends: {queues: [q]}}}\nworkers: {x: {from: {queue: q}, H}}\n";
    assert_eq!(clash(worker)[0], "function `fraud-detection-local-x` would belong to worker x and to consumer x");
    let failed = "streams: {s: {}}\nqueues: {x-failed: {read_by: me}}\nconsumers: {x: {from: s, H, sends: {queues: [x-failed]}}}\n";
    assert!(clash(failed)[0].contains("queue `fraud-detection-local-x-failed`"));
    let dead = "streams: {s: {}}\nqueues: {q: {read_by: me}, q-dead: {read_by: me}}\nconsumers: {x: {from: s, H, sends: {queues: [q, q-dead]}}}\n";
    assert!(clash(dead)[0].contains("queue `fraud-detection-local-q-dead`"), "{:?}", clash(dead));
    let bucket = "streams: {s: {}}\nbuckets: {s: {}}\narchive: {s: {}}\n";
    assert!(clash(bucket)[0].starts_with("bucket "));
    assert!(clash("topics: {alarms: {}}\n")[0].contains("the pipeline's alarms"));
}

#[test]
fn networks_are_the_environments_and_a_missing_one_names_its_file() {
    let sections = "streams: {s: {}}\nconsumers: {c: {from: s, H, network: private}}\n";
    let text = "environment: local\ntier: development\ntarget: embedded\npermissions_boundary: arn:aws:iam::123456789012:policy/edge\n\
                networks: {private: {subnets: [subnet-0123456789abcdef0], security_groups: [sg-0123456789abcdef0]}}\n";
    let environment = super::environment_file("local", text);
    let (pipeline, _) = resolve_text(&file(sections), &environment, &FolderFacts::none()).expect("resolves");
    let network = pipeline.consumers()["c"].function.network.clone().expect("stands in it");
    assert_eq!((network.subnets.len(), network.security_groups.len()), (1, 1));
    assert_eq!(pipeline.environment().permissions_boundary(), Some("arn:aws:iam::123456789012:policy/edge"));
    let bare = super::environment_file("local", "environment: local\ntier: development\ntarget: embedded\n");
    let found = resolve_text(&file(sections), &bare, &FolderFacts::none()).expect_err("there is none");
    let diagnostic = found.iter().next().expect("one");
    assert_eq!(diagnostic.title, "environment `local` has no network `private`");
    assert!(diagnostic.help[0].ends_with("to `environments/local.yaml`"), "{:?}", diagnostic.help);
}
