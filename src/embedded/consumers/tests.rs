use super::*;
use crate::embedded::mappings::Passing;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

fn mapping(position: &str, enabled: bool) -> BTreeMap<String, Mapping> {
    let settings = json!({"StartingPosition": position, "BatchSize": 100, "ParallelizationFactor": 1});
    let mapping = Mapping {
        uuid: "u".to_owned(),
        source: "arn:aws:kinesis:eu-west-1:1:stream/s".to_owned(),
        function: "arn:aws:lambda:eu-west-1:1:function:f:live".to_owned(),
        settings: settings.as_object().cloned().unwrap(),
        enabled,
        made: at(0),
        changed: at(0),
        passing: Passing::Creating,
        tags: BTreeMap::new(),
    };
    BTreeMap::from([("u".to_owned(), mapping)])
}

fn shapes(hours: u64) -> BTreeMap<String, Shape> {
    BTreeMap::from([("s".to_owned(), Shape { shards: 2, retention: Duration::from_secs(hours * 3_600) })])
}

fn loaded(rate: f64, until: i64) -> Flows {
    let load = Load {
        stream: "s".to_owned(),
        rate,
        size: ByteSize::from_bytes(500),
        from: at(0),
        until: at(until),
        keys: 1_000_000,
    };
    Flows { loads: vec![load], at: Some(at(0)), ..Flows::default() }
}

#[test]
fn a_consumer_that_keeps_up_has_no_lag() {
    let (mut flows, mappings) = (loaded(100.0, 100_000), mapping("TRIM_HORIZON", true));
    flows.step_to(&mappings, &shapes(24), at(3_600));
    let status = flows.status(mappings.get("u").unwrap(), shapes(24).get("s"), at(3_600));
    assert!(status.capacity > 1_000.0, "{status:?}");
    assert_eq!((status.lag_records, status.lost_records, status.lag_age), (0, 0, Duration::ZERO));
}

#[test]
fn latest_skips_what_arrived_before_polling_started_and_trim_horizon_does_not() {
    for (position, expected) in [("LATEST", false), ("TRIM_HORIZON", true)] {
        let (mut flows, mappings) = (loaded(10.0, 10), mapping(position, true));
        let points = flows.step_to(&mappings, &shapes(24), at(600));
        let invoked = points.iter().any(|(metric, _, _)| metric.name == "Invocations");
        assert_eq!(invoked, expected, "{position}");
    }
}

#[test]
fn a_paused_mapping_lags_by_the_time_it_is_paused_and_then_loses_what_retention_trims() {
    let (mut flows, mut mappings) = (loaded(100.0, 1_000_000), mapping("TRIM_HORIZON", true));
    flows.step_to(&mappings, &shapes(24), at(600));
    mappings.get_mut("u").unwrap().enabled = false;
    flows.step_to(&mappings, &shapes(24), at(600 + 7_200));
    let status = flows.status(mappings.get("u").unwrap(), shapes(24).get("s"), at(600 + 7_200));
    assert_eq!(status.lag_records, 720_000);
    assert!(status.lag_age >= Duration::from_secs(7_190) && status.lag_age <= Duration::from_secs(7_260), "{status:?}");
    flows.step_to(&mappings, &shapes(24), at(600 + 48 * 3_600));
    let status = flows.status(mappings.get("u").unwrap(), shapes(24).get("s"), at(600 + 48 * 3_600));
    assert!(status.lost_records > 8_000_000, "{status:?}");
}

#[test]
fn an_overloaded_consumer_ages_as_fast_as_the_arithmetic_says() {
    let (mut flows, mappings) = (loaded(2_000.0, 100_000), mapping("TRIM_HORIZON", true));
    flows.work.insert("f".to_owned(), Work { fixed: Duration::from_millis(70), per_record: Duration::from_millis(1) });
    flows.step_to(&mappings, &shapes(24), at(3_600));
    let status = flows.status(mappings.get("u").unwrap(), shapes(24).get("s"), at(3_600));
    // 2 lanes, 100 records in 200 ms each: 1,000/s against 2,000/s, so it ages by half a second a second.
    assert!((status.capacity - 1_000.0).abs() < 1.0, "{status:?}");
    let age = status.lag_age.as_secs_f64();
    assert!((1_700.0..1_950.0).contains(&age), "{age}");
}

#[test]
fn a_stream_takes_no_more_than_its_shards_can() {
    let (mut flows, mappings) = (loaded(10_000.0, 100_000), mapping("LATEST", false));
    let points = flows.step_to(&mappings, &shapes(24), at(60));
    let sum =
        |name: &str| points.iter().filter(|(metric, _, _)| metric.name == name).map(|(_, _, value)| value).sum::<f64>();
    assert_eq!(sum("IncomingRecords").round(), 120_000.0);
    assert_eq!(sum("WriteProvisionedThroughputExceeded").round(), 480_000.0);
}

fn worker(uuid: &str, most: u32) -> Mapping {
    let settings = json!({"BatchSize": 10, "ScalingConfig": {"MaximumConcurrency": most}});
    Mapping {
        uuid: uuid.to_owned(),
        source: "arn:aws:sqs:eu-west-1:1:q".to_owned(),
        function: format!("arn:aws:lambda:eu-west-1:1:function:{uuid}"),
        settings: settings.as_object().cloned().unwrap(),
        ..mapping("LATEST", true).remove("u").unwrap()
    }
}

#[test]
fn what_a_consumer_sends_waits_in_the_queue_for_its_workers() {
    let (mut flows, mut mappings) = (loaded(100.0, 100_000), mapping("TRIM_HORIZON", true));
    flows.sends = BTreeMap::from([("f".to_owned(), BTreeSet::from(["q".to_owned()]))]);
    // Two at once, ten messages in 1 s + 30 ms: 19 a second of the 100 that come.
    let slow = Work { fixed: Duration::from_secs(1), per_record: Duration::ZERO };
    flows.work = BTreeMap::from([("w".to_owned(), slow)]);
    mappings.insert("w".to_owned(), worker("w", 2));
    let mut shapes = shapes(24);
    shapes.insert("queue/q".to_owned(), Shape { shards: 1, retention: Duration::from_secs(86_400) });
    let points = flows.step_to(&mappings, &shapes, at(3_600));
    let status = flows.status(mappings.get("w").unwrap(), None, at(3_600));
    assert!((status.capacity - 20.0 / 1.03).abs() < 1e-9, "{status:?}");
    let expected = 100.0 * 3_500.0 - status.capacity * 3_500.0;
    assert!((status.lag_records as f64 - expected).abs() < 0.06 * expected, "{status:?} {expected}");
    assert!(status.lag_age > Duration::from_secs(2_400), "{status:?}");
    let named = |name: &str| -> Vec<f64> {
        points.iter().filter(|(metric, _, _)| metric.name == name).map(|(_, _, value)| *value).collect()
    };
    assert_eq!(named("ApproximateNumberOfMessagesVisible").last(), Some(&(status.lag_records as f64)));
    assert!(named("ApproximateAgeOfOldestMessage").last().is_some_and(|age| *age > 2_400.0));
    assert!(named("NumberOfMessagesSent").iter().sum::<f64>() > 340_000.0);
}

#[test]
fn workers_of_one_queue_share_its_messages_and_retention_takes_what_nobody_does() {
    let load = Load { stream: queue_key("q"), ..loaded(100.0, 3_600).loads.remove(0) };
    let mut flows = Flows { loads: vec![load], at: Some(at(0)), ..Flows::default() };
    let slow = Work { fixed: Duration::from_secs(1), per_record: Duration::ZERO };
    flows.work = ["a", "b"].map(|name| (name.to_owned(), slow)).into();
    let mappings: BTreeMap<String, Mapping> = ["a", "b"].map(|name| (name.to_owned(), worker(name, 2))).into();
    let shapes = BTreeMap::from([(queue_key("q"), Shape { shards: 1, retention: Duration::from_secs(600) })]);
    flows.step_to(&mappings, &shapes, at(3_600));
    let backlog = flows.backlogs.get("queue/q").copied().unwrap();
    assert!(backlog.lost > 100_000.0, "{backlog:?}");
    flows.step_to(&mappings, &shapes, at(7_200));
    let status = flows.status(mappings.get("a").unwrap(), None, at(7_200));
    assert_eq!(status.lag_records, 0, "{status:?}");
}
