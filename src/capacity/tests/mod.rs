//! Sums done by hand, laws, and what a whole assessment says.

mod laws;

use super::*;
use crate::pipeline::fixture::written;
use crate::pipeline::{StageKind, StageRef};
use crate::units::{Duration, Rate};

const CASES: &str = include_str!("cases.txt");

fn environment(region: &str) -> String {
    format!("environment: local\ntier: development\ntarget: embedded\naccount: \"000000000000\"\nregions: [{region}]\n")
}

/// The text of a pipeline `p` with the stream `s` and its consumer `c`.
fn text(traffic: &str, stream: &str, consumer: &str, more: &str) -> String {
    let traffic = if traffic.is_empty() { String::new() } else { format!("traffic: {{s: {traffic}}}\n") };
    let consumer = if consumer.is_empty() { String::new() } else { format!(", {consumer}") };
    format!(
        "pipeline: p\nowner: o\n{traffic}streams: {{s: {stream}}}\n\
         consumers: {{c: {{from: s, code: h, handler: a.b{consumer}}}}}\n{}\n",
        more.replace(" ;; ", "\n")
    )
}

fn pipeline(region: &str, traffic: &str, stream: &str, consumer: &str, more: &str) -> crate::pipeline::Pipeline {
    written(&text(traffic, stream, consumer, more), &environment(region), &[])
}

fn assessed_text(region: &str, text: &str) -> Assessment {
    assess(&size(written(text, &environment(region), &[])), &Surroundings::default(), Duration::from_secs(1_800))
}

fn assessed(region: &str, traffic: &str, stream: &str, consumer: &str, more: &str) -> Assessment {
    let sized = size(pipeline(region, traffic, stream, consumer, more));
    assess(&sized, &Surroundings::default(), Duration::from_secs(1_800))
}

fn stage(text: &str) -> StageRef {
    let (kind, name) = text.split_once(' ').expect("a kind and a name");
    let kind = StageKind::ALL.into_iter().find(|known| known.as_str() == kind).expect("a kind");
    StageRef::new(kind, &crate::pipeline::fixture::name(name))
}

fn level(text: &str) -> Level {
    match text {
        "steady" => Level::Steady,
        "peak" => Level::Peak,
        "tenfold" => Level::Tenfold,
        other => panic!("no level {other}"),
    }
}

#[test]
fn needs_are_what_was_reckoned_by_hand() {
    let mut checked = 0;
    for line in CASES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [what, traffic, stream, consumer, more, of, resource, at, need, most, source] = cells.as_slice() else {
            panic!("{line}");
        };
        assert!(!source.is_empty(), "{what}: who says so?");
        let found = assessed("eu-west-1", traffic, stream, consumer, more);
        let stage = found.stage(&stage(of)).unwrap_or_else(|| panic!("{what}: nothing of {of}: {:?}", found.unknown));
        let known = stage.needs.iter().find(|need| need.resource.as_str() == *resource);
        let known = known.unwrap_or_else(|| panic!("{what}: no {resource} of {of}"));
        for (name, found, expected) in [
            ("need", known.at(level(at)), need.parse::<f64>().expect("a number")),
            ("most", known.have.most().expect("bounded"), most.parse().expect("a number")),
        ] {
            let close = (found - expected).abs() <= expected.abs() * 1e-4;
            assert!(close, "{what}: {name} is {found}, not {expected}: {}", known.how);
        }
        checked += 1;
    }
    assert!(checked >= 60, "{checked}");
}

const PLAIN: &str = "{steady: 1000/s, peak: 1000/s, record: 1000 bytes}";

/// Shards that `auto` chooses: traffic, consumer, more, shards, why so many. An hour's list prices make all of these
/// provisioned.
#[test]
fn auto_chooses_the_shards_that_were_reckoned_by_hand() {
    let cases = [
        ("{steady: 4000/s, peak: 8000/s, record: 100 bytes}", "", 10, "8,000 records/s x 1.25"),
        ("{steady: 4000/s, peak: 8000/s, record: 1 KiB}", "", 11, "8.192 MB/s x 1.25 = 10.24"),
        ("{steady: 4000/s, peak: 4001/s, record: 100 bytes}", "", 6, "4,001 records/s x 1.25 = 5.001"),
        (
            "{steady: 4000/s, peak: 4000/s, record: 100 bytes}",
            "work: {fixed: 0ms, per_record: 4ms}, batch: {size: 10, parallel: 2}",
            10,
            "4,000 x 4 ms / 2 x 1.25",
        ),
        (
            "{steady: 4000/s, peak: 8000/s, record: 100 bytes, key: {field: k, distinct: 100, hottest: 2%}}",
            "",
            13,
            "(10 - 0.2)/(1 - 0.2) = 12.25",
        ),
    ];
    for (traffic, consumer, shards, why) in cases {
        let sized = size(pipeline("eu-west-1", traffic, "{capacity: auto, retention: 24h}", consumer, ""));
        let chosen = sized.stream_capacity(&crate::pipeline::fixture::name("s"));
        assert_eq!(chosen, Some(SizedStream::Provisioned { shards }), "{why}: {:?}", sized.decisions());
    }
}

#[test]
fn an_on_demand_stream_has_what_its_region_gives_and_twice_its_load_at_once() {
    let written = |region: &str, steady: &str| {
        let traffic = format!("{{steady: {steady}, record: 1000 bytes}}");
        let found = assessed(region, &traffic, "{capacity: on-demand}", "", "");
        found.stage(&stage("stream s")).and_then(|s| s.need(Resource::WriteBytes)).expect("known").have
    };
    assert_eq!(written("eu-west-1", "1000/s"), Supply::Elastic { now: 4e6, most: 10e9 });
    assert_eq!(written("us-east-1", "10k/s"), Supply::Elastic { now: 20e6, most: 10e9 });
    assert_eq!(written("eu-central-1", "10k/s"), Supply::Elastic { now: 20e6, most: 200e6 });
}

#[test]
fn quotas_are_the_regions_and_all_pipelines_together() {
    let quota = |found: &Assessment, quota| {
        let used = found.quotas.iter().find(|used| used.quota == quota).expect("used");
        (used.need, used.default, used.raise)
    };
    let shards = "{capacity: {provisioned: {shards: 2000}}}";
    let large = assessed("eu-west-1", PLAIN, shards, "", "");
    assert_eq!(quota(&large, Quota::Shards), (2_000.0, 20_000.0, false));
    let small = assessed("eu-north-1", PLAIN, shards, "", "");
    assert_eq!(quota(&small, Quota::Shards), (2_000.0, 1_000.0, true));
    assert_eq!(quota(&large, Quota::ShardsPerStream), (2_000.0, 10_000.0, false));

    let one = |more: &str| size(pipeline("eu-west-1", PLAIN, "{capacity: on-demand}", more, ""));
    let neighbours = [one("concurrency: {reserved: 600}"), one("concurrency: {reserved: 250}")];
    let around = Surroundings { neighbours: &neighbours };
    let found = assess(&one("work: {fixed: 10ms, per_record: 0ms}, batch: {size: 1}"), &around, Duration::ZERO);
    assert_eq!(quota(&found, Quota::OnDemandStreams), (3.0, 50.0, false));
    // 1,000/s x 10 ms = 10 of its own, but 100 stay unreserved: 600 + 250 + 100
    assert_eq!(quota(&found, Quota::LambdaConcurrency), (950.0, 1_000.0, false));
    let pool = found.stage(&stage("consumer c")).and_then(|c| c.need(Resource::Concurrency)).expect("known").have;
    assert_eq!(pool.most(), Some(150.0));
}

#[test]
fn an_outage_is_worked_off_with_what_is_left_over() {
    let work = "work: {fixed: 100ms, per_record: 1ms}, batch: {size: 100}, read: fan-out";
    let recovery = |shards: u32| {
        let stream = format!("{{capacity: {{provisioned: {{shards: {shards}}}}}}}");
        let found = assessed("eu-west-1", "{steady: 1000/s, peak: 1000/s, record: 100 bytes}", &stream, work, "");
        found.recovery.into_iter().next().expect("a consumer")
    };
    // A lane works off 100 records in 200 ms; ten of them 5,000/s, of which 1,000 arrive: 1.8 million / 4,000
    let ten = recovery(10);
    assert_eq!((ten.backlog_records, ten.catch_up), (1.8e6, Some(Duration::from_secs(450))), "{}", ten.how);
    assert_eq!(recovery(2).catch_up, None, "1,000/s are worked off, and as many arrive");
    // 2 MB/s for each shard bind where records are large: 2,000 records/s of 1,000 bytes, of which 1,000 arrive
    let fast = "work: {fixed: 1ms, per_record: 0ms}, batch: {size: 1000}, read: fan-out";
    let large = assessed("eu-west-1", PLAIN, "{capacity: {provisioned: {shards: 1}}}", fast, "");
    assert_eq!(large.recovery[0].catch_up, Some(Duration::from_secs(1_800)), "{}", large.recovery[0].how);
}

#[test]
fn the_way_of_a_record_is_the_sum_of_its_parts_and_its_lever_is_named() {
    let traffic = "{steady: 100/s, peak: 100/s, record: 100 bytes}";
    let work = "work: {fixed: 20ms, per_record: 1ms}, batch: {size: 1000, window: 5s}";
    let found = assessed(
        "eu-west-1",
        traffic,
        "{capacity: {provisioned: {shards: 4}}}",
        work,
        "latency: {target: 2s, class: medium}",
    );
    let budget = found.latency.expect("known");
    let part = |name| {
        let part = budget.parts.iter().find(|part| part.name == name).expect("a part");
        (part.p50.as_millis(), part.p99.as_millis())
    };
    assert_eq!(part(LatencyStep::Ingest), (500, 1_000), "a poll a second");
    assert_eq!(
        part(LatencyStep::BatchWait),
        (2_500, 5_000),
        "1,000 records of a lane come in 40 s: the window ends first"
    );
    // 25/s of a lane for 5.02 s: 125.5 records
    assert_eq!(part(LatencyStep::Compute), (145, 145));
    assert_eq!(budget.total_p99.as_micros(), budget.parts.iter().map(|part| part.p99.as_micros()).sum::<u64>());
    let lever = budget.lever.expect("a lever");
    assert_eq!((lever.what.as_str(), lever.gain), ("consumers.c.batch.window: 0s", Duration::from_secs(5)));
    let advice: Vec<&str> = found.advice.iter().map(|advice| advice.spec_path.as_str()).collect();
    assert_eq!(advice, ["consumers.c.batch.window"], "the target is missed");
}

#[test]
fn what_is_not_declared_is_asked_for_and_never_invented() {
    let found = assessed(
        "eu-west-1",
        "",
        "{capacity: on-demand}",
        "writes: [t]",
        "tables: {t: {key: k, no_ttl: {reason: kept}}}",
    );
    assert_eq!((found.stages.as_slice(), found.bottleneck, found.latency), (&[][..], None, None));
    let declare = found.unknown.iter().filter_map(|unknown| match &unknown.answer {
        Answer::Declare(path) => Some(path.as_str()),
        Answer::LookUp(_) => None,
    });
    let declare: Vec<&str> = declare.collect();
    for path in ["traffic.s", "consumers.c.work", "latency.target"] {
        assert!(declare.contains(&path), "{path}: {declare:?}");
    }
}

#[test]
fn what_a_filter_lets_through_is_a_guess_and_no_bottleneck() {
    let consumer = "work: {fixed: 1s, per_record: 0ms}, batch: {size: 1}, filters: [{data: {kind: [a]}}]";
    let found = assessed("eu-west-1", PLAIN, "{capacity: {provisioned: {shards: 2}}}", consumer, "");
    let need = found.stage(&stage("consumer c")).and_then(|c| c.need(Resource::Parallelism)).expect("known");
    assert!(need.assumes.is_some() && !need.fits(Level::Peak));
    assert_eq!(found.bottleneck.expect("known").stage, stage("stream s"));
}

#[test]
fn the_text_s_largest_load_asks_for_quotas_to_be_raised() {
    let consumer = "work: {fixed: 5ms, per_record: 100us}, batch: {size: 10, parallel: 4}";
    let small =
        pipeline("eu-west-1", "{steady: 1200/s, peak: 9000/s, record: 1.2 KiB}", "{capacity: auto}", consumer, "");
    let large = at_load(small, Rate::parse("500G/day").expect("a rate")).expect("traffic is declared");
    let found = assess(&size(large), &Surroundings::default(), Duration::from_secs(60));
    let raised: Vec<Quota> = found.quotas.iter().filter(|quota| quota.raise).map(|quota| quota.quota).collect();
    for quota in [Quota::LambdaConcurrency, Quota::Shards, Quota::ShardsPerStream, Quota::LambdaRequests] {
        assert!(raised.contains(&quota), "{quota:?}: {raised:?}");
    }
}

#[test]
fn another_load_is_divided_as_the_declared_one_is() {
    let more =
        "traffic: {s: {steady: 300/s, peak: 600/s, record: 1 KiB}, r: {steady: 100/s, peak: 400/s, record: 1 KiB}}";
    let text = format!(
        "pipeline: p\nowner: o\n{more}\nstreams: {{s: {{}}, r: {{}}, out: {{}}}}\n\
         consumers: {{c: {{from: s, code: h, handler: a.b, sends: {{streams: [out]}}}}}}\n"
    );
    let scaled = at_load(written(&text, &environment("eu-west-1"), &[]), Rate::Records(4_000.0)).expect("declared");
    let traffic = |name: &str| (&scaled.traffic()[name].steady, &scaled.traffic()[name].peak);
    assert_eq!(traffic("s"), (&Rate::Records(3_000.0), &Rate::Records(6_000.0)));
    assert_eq!(traffic("r"), (&Rate::Records(1_000.0), &Rate::Records(4_000.0)));
}

#[test]
fn what_is_chosen_instead_makes_the_bottleneck_fit() {
    let traffic = "{steady: 1000/s, peak: 9000/s, record: 100 bytes}";
    let work = "work: {fixed: 100ms, per_record: 1ms}, batch: {size: 100}, concurrency: {reserved: 4}, timeout: 1s";
    let found = assessed("eu-west-1", traffic, "{capacity: {provisioned: {shards: 4}}}", work, "");
    assert_eq!(found.bottleneck.as_ref().and_then(|bottleneck| bottleneck.at), Some(Level::Peak));
    let to = |path: &str| &found.advice.iter().find(|advice| advice.spec_path == path).expect(path).to;
    // 9,000 x 2 ms = 18 batches at once, 22.5 with a quarter more: 6 of each of 4 shards
    assert_eq!(to("consumers.c.batch.parallel"), "6");
    assert_eq!(to("streams.s.capacity"), "{provisioned: {shards: 12}}");
    let consumer = format!(
        "work: {{fixed: 100ms, per_record: 1ms}}, batch: {{size: 100, parallel: {}}}, concurrency: {{reserved: {}}}, \
         timeout: 1s",
        to("consumers.c.batch.parallel"),
        to("consumers.c.concurrency.reserved")
    );
    let after = assessed("eu-west-1", traffic, &format!("{{capacity: {}}}", to("streams.s.capacity")), &consumer, "");
    assert!(
        after.bottleneck.as_ref().is_some_and(|bottleneck| bottleneck.at != Some(Level::Peak)),
        "{:?}",
        after.bottleneck
    );
}
