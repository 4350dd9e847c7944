//! What holds for every estimate.

use proptest::prelude::*;

use super::*;
use crate::units::Money;

/// A pipeline with a bit of everything whose cost depends on its load.
fn file(steady: u32, peak: u32, record: u32, shards: u32, batch: u32, fan_out: bool, on_demand: bool) -> String {
    let capacity = if on_demand { "on-demand".to_owned() } else { format!("{{provisioned: {{shards: {shards}}}}}") };
    let read = if fan_out { "fan-out" } else { "shared" };
    format!(
        "traffic:\n  orders: {{steady: {steady}/s, peak: {peak}/s, burst: 10m, record: {record} bytes}}\n\
         streams:\n  orders: {{capacity: {capacity}, retention: 30d}}\n\
         tables:\n  results: {{key: id, ttl: {{attribute: e, after: 30d}}}}\n\
         archive:\n  orders: {{format: json, keep: {{standard: 90d, then: glacier}}}}\n\
         consumers:\n  score: {{from: orders, code: h, handler: a.h, runtime: python3.13, read: {read}, writes: [results], \
         features: [results], batch: {{size: {batch}, window: 1s, parallel: 2}}, work: {{fixed: 20ms, per_record: 300us}}, \
         concurrency: {{provisioned: 3}}}}\n"
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn more_load_never_costs_less(
        steady in 1_u32..50_000, more in 0_u32..50_000, peak in 0_u32..50_000, record in 1_u32..100_000,
        shards in 1_u32..300, batch in 1_u32..10_000, fan_out: bool, on_demand: bool,
    ) {
        let of = |steady: u32| file(steady, 100_000 + peak, record, shards, batch, fan_out, on_demand);
        let (few, many) = (estimated("us-east-1", &of(steady)), estimated("us-east-1", &of(steady + more)));
        prop_assert!(few.total().known.steady <= many.total().known.steady);
        prop_assert_eq!(few.total().unknown, many.total().unknown);
        let total = many.total().known;
        prop_assert!(total.steady <= total.peak, "{:?}", total);
    }

    #[test]
    fn an_estimate_against_itself_changes_nothing(steady in 1_u32..50_000, shards in 1_u32..300, on_demand: bool) {
        for region in ["us-east-1", "eu-west-1", "eu-west-9"] {
            let one = estimated(region, &file(steady, steady, 1_000, shards, 100, true, on_demand));
            let delta = compare(&one, &one);
            prop_assert!(delta.is_none() && delta.known == Range::flat(Money::ZERO) && delta.unknown == 0, "{:?}", delta);
        }
    }

    #[test]
    fn a_change_there_and_back_comes_to_nothing(a in 1_u32..50_000, b in 1_u32..50_000, shards in 1_u32..300) {
        let one = estimated("us-east-1", &file(a, 60_000, 1_000, shards, 100, true, false));
        let two = estimated("us-east-1", &file(b, 60_000, 1_000, shards, 100, true, false));
        let (there, back) = (compare(&one, &two), compare(&two, &one));
        prop_assert_eq!(there.known.with(back.known, Money::plus), Range::flat(Money::ZERO));
        let moved = two.total().known.with(one.total().known, Money::minus);
        prop_assert_eq!(there.known, moved, "the changes add up to the difference of the totals");
    }
}

#[test]
fn what_is_unknown_is_never_zero_and_never_anothers() {
    let known = estimated("us-east-1", &file(10, 10, 100, 1, 10, true, false));
    let nowhere = estimated("eu-west-9", &file(10, 10, 100, 1, 10, true, false));
    assert_eq!(nowhere.total().known, Range::flat(Money::ZERO));
    assert_eq!(nowhere.total().unknown, nowhere.items.len(), "every line is unknown: {nowhere:?}");
    assert!(nowhere.items.len() <= known.items.len());
    for item in &nowhere.items {
        assert!(matches!(&item.amount, Amount::Unknown(why) if !why.is_empty()) && item.rate.is_none(), "{item:?}");
    }
}

#[test]
fn a_region_without_prices_is_told_once_with_what_to_type() {
    let (_, warnings) = try_estimate("eu-west-9", "streams:\n  orders: {capacity: on-demand}\n").expect("goes on");
    let found: Vec<_> = warnings.iter().collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].code, crate::diagnostic::Code::NoPrices);
    assert!(found[0].help[0].contains("sluice prices refresh --region eu-west-9"), "{found:?}");
}

#[test]
fn without_traffic_what_depends_on_it_is_unknown_and_says_what_to_declare() {
    let estimate = estimated(
        "us-east-1",
        "streams:\n  orders: {capacity: {provisioned: {shards: 2}}}\nconsumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13}\n",
    );
    assert_eq!(total_of(&estimate, "stream orders kinesis.shard_hour").map(|total| total.unknown), Some(0));
    for line in
        ["stream orders kinesis.put_payload_unit", "consumer score lambda.request", "consumer score lambda.gb_second"]
    {
        assert_eq!(
            total_of(&estimate, line).map(|total| (total.known.steady, total.unknown)),
            Some((Money::ZERO, 1)),
            "{line}"
        );
    }
    let said = |item: &Item| matches!(&item.amount, Amount::Unknown(why) if why.contains("`traffic.orders`"));
    assert_eq!(estimate.items.iter().filter(|item| said(item)).count(), 3, "{estimate:?}");
}

#[test]
fn a_load_that_nobody_can_mean_is_refused_at_its_line() {
    for traffic in ["steady: 1000000T/s, peak: 1000000T/s", "steady: 1/s, peak: 99999999999999999999T/s"] {
        let file = format!(
            "traffic:\n  orders: {{{traffic}, burst: 1m, record: 1 KiB}}\nstreams:\n  orders: {{capacity: {{provisioned: {{shards: 2}}}}}}\n"
        );
        let found = try_estimate("us-east-1", &file).expect_err("is refused");
        let codes: Vec<_> = found.iter().map(|one| (one.code, one.place().is_some())).collect();
        assert_eq!(codes, [(crate::diagnostic::Code::LoadTooLarge, true)], "{traffic}");
    }
}

#[test]
fn an_instance_type_that_nobody_knows_gets_the_one_that_was_meant() {
    let endpoint = |instance: &str| {
        format!(
            "streams:\n  orders: {{capacity: on-demand}}\nendpoints:\n  scoring:\n    model: {{single: {{image: {{builtin: {{name: xgboost, version: \"1.7-1\"}}}}, artifact: m/a.tar.gz}}}}\n    serving: {{real-time: {{instance: {instance}, instances: {{min: 1, max: 1}}}}}}\nconsumers:\n  score: {{from: orders, code: h, handler: a.h, runtime: python3.13, scores_with: scoring}}\n"
        )
    };
    let why = |region: &str, instance: &str| {
        let estimate = estimated(region, &endpoint(instance));
        let item = estimate.items.into_iter().find(|item| matches!(item.meter, Meter::Hosting(_))).expect("a line");
        match item.amount {
            Amount::Unknown(why) => why,
            Amount::Known(amount) => panic!("{amount:?}"),
        }
    };
    assert_eq!(
        why("us-east-1", "ml.c5.2xlarg"),
        "no rate of ml.c5.2xlarg is known in any region; is `ml.c5.2xlarge` meant?"
    );
    assert_eq!(why("eu-west-1", "ml.c5.2xlarge"), "the rate of ml.c5.2xlarge in eu-west-1 is not known");
}

#[test]
fn a_budget_is_compared_with_what_is_known() {
    let known = |steady, peak| Range { steady: Money(steady), peak: Money(peak) };
    assert_eq!(within(known(10, 20), 0, Money(20)), Verdict::Within);
    assert_eq!(within(known(10, 20), 1, Money(20)), Verdict::WithinAsFarAsKnown);
    assert_eq!(within(known(10, 20), 1, Money(19)), Verdict::AboveAtPeak);
    assert_eq!(within(known(10, 20), 0, Money(9)), Verdict::Above);
}
