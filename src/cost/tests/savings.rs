//! What smaller sizes save, against sums made by hand.

use super::*;

const LOAD: &str = "traffic:\n  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 2 KiB, key: {field: id, distinct: 1M, hottest: 0.001%}}\n";

fn saved(rest: &str) -> Vec<(String, String, String)> {
    let text = format!("pipeline: orders\nowner: commerce-ml\n{LOAD}{rest}");
    let sized = capacity::size(written(&text, &environment("us-east-1"), &[]));
    let prices = Prices::built_in().expect("is sound");
    let now = estimate(&sized, &prices).expect("can be reckoned").0;
    let all = savings(&sized, &prices, &now).into_iter();
    all.map(|saving| (saving.advice.spec_path, saving.advice.to, saving.by.steady.to_cents())).collect()
}

fn one(path: &str, to: &str, by: &str) -> Vec<(String, String, String)> {
    vec![(path.to_owned(), to.to_owned(), by.to_owned())]
}

#[test]
fn shards_beyond_the_peak_and_its_headroom_save_their_hours() {
    // 4,000 x 2 KiB is 8.192 MB/s, 10.24 with a quarter more: 11 shards. 9 fewer x 730 h x 0.015 USD
    let twenty = "streams:\n  orders: {capacity: {provisioned: {shards: 20}}, retention: 24h}\n";
    assert_eq!(saved(twenty), one("streams.orders.capacity", "{provisioned: {shards: 11}}", "98.55"));
}

#[test]
fn what_is_as_large_as_its_load_saves_nothing() {
    assert_eq!(saved("streams:\n  orders: {capacity: {provisioned: {shards: 11}}, retention: 24h}\n"), []);
    assert_eq!(saved("streams:\n  orders: {capacity: on-demand, retention: 24h}\n"), []);
}

#[test]
fn warm_instances_and_units_that_nothing_asks_for_save_what_they_cost() {
    let stages = "streams:\n  orders: {capacity: {provisioned: {shards: 11}}, retention: 24h}\n\
                  tables: {state: {key: id, no_ttl: {reason: kept}, capacity: {provisioned: {read: 100, write: 20000}}}}\n\
                  consumers: {score: {from: orders, code: h, handler: a.h, runtime: python3.13, memory: 1 GiB, timeout: 9s, \
                  writes: [state], batch: {size: 100}, work: {fixed: 10ms, per_record: 1ms}, concurrency: {provisioned: 50}}}\n";
    let saved = saved(stages);
    let by =
        |path: &str| saved.iter().find(|saving| saving.0 == path).map(|saving| (saving.1.as_str(), saving.2.as_str()));
    // 4,000 records/s x 2 units of 1 KiB, a quarter more: 10,000. 10,000 fewer x 730 h x 0.00065 USD
    assert_eq!(
        by("tables.state.capacity"),
        Some(("{provisioned: {read: 100, write: 10000}}", "4,745.00")),
        "{saved:?}"
    );
    // Nobody gathers: 400 records/s of a shard are taken at once. 0.0000041667 USD for each GB-second of those that are not kept
    let (to, usd) = by("consumers.score.concurrency.provisioned").expect("fewer are busy");
    let kept: u32 = to.parse().expect("a number");
    let each = 0.000_004_166_7 * 2_628_000.0;
    assert!((usd.parse::<f64>().expect("an amount") - f64::from(50 - kept) * each).abs() < 0.01, "{to} {usd}");
}

#[test]
fn instances_that_the_steady_load_does_not_ask_for_are_named_down_to_two() {
    let stages = "streams:\n  orders: {capacity: {provisioned: {shards: 11}}, retention: 24h}\n\
                  endpoints: {scoring: {model: {single: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: m.tar.gz}}, \
                  serving: {real-time: {instance: ml.c5.xlarge, instances: {min: 9, max: 12}}}, latency: {p50: 1ms, p99: 2ms}}}\n\
                  consumers: {score: {from: orders, code: h, handler: a.h, runtime: python3.13, memory: 1 GiB, timeout: 9s, \
                  scores_with: scoring, batch: {size: 100}, work: {fixed: 10ms, per_record: 1ms}}}\n";
    let saved = saved(stages);
    let paths: Vec<&str> = saved.iter().map(|saving| saving.0.as_str()).collect();
    assert_eq!(paths, ["endpoints.scoring.serving.real-time.instances"], "{saved:?}");
    assert!(saved.iter().all(|saving| saving.1.starts_with("{min: ") && saving.1.ends_with(", max: 12}")), "{saved:?}");
}
