//! A page at two widths.

use super::*;
use crate::capacity::{self, Advice};
use crate::cost::{Prices, Range, compare, estimate, within};
use crate::pipeline::fixture::written;
use crate::view::{Look, Symbols};

const FILE: &str = "pipeline: orders
owner: commerce-ml
traffic:
  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 2 KiB}
streams:
  orders: {capacity: {provisioned: {shards: 10}}, retention: 30d}
endpoints:
  scoring:
    model: {single: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: m/a.tar.gz}}
    serving: {real-time: {instance: ml.c5.xlarge, instances: {min: 2, max: 8}}}
consumers:
  score: {from: orders, code: h, handler: a.h, runtime: python3.13, read: fan-out, scores_with: scoring}
";

fn priced(file: &str) -> Estimate {
    let environment =
        "environment: prod\ntier: production\ntarget: aws\naccount: \"123456789012\"\nregions: [us-east-1]\n";
    let sized = capacity::size(written(file, environment, &[]));
    estimate(&sized, &Prices::built_in().expect("is sound")).expect("can be reckoned").0
}

/// The page against the same with more shards and a larger instance.
fn with_page<T>(show: impl Fn(&Page<'_>) -> T) -> T {
    let before = priced(&FILE.replace("shards: 10", "shards: 16").replace("c5.xlarge", "c5.9xlarge"));
    let after = priced(FILE);
    let delta = compare(&before, &after);
    let (budget, most) = (Money(500_000_000), Money(100_000_000));
    let total = after.total();
    let advice = Advice {
        spec_path: "streams.orders.capacity".to_owned(),
        from: "{provisioned: {shards: 10}}".to_owned(),
        to: "{provisioned: {shards: 6}}".to_owned(),
        why: "the peak with a quarter of headroom takes 6".to_owned(),
    };
    let savings = [Saving { advice, by: Range::flat(Money(43_800_000)) }];
    show(&Page {
        estimate: &after,
        savings: &savings,
        budget: Some((budget, within(total.known, total.unknown, budget))),
        compared: Some(Comparison {
            before: &before,
            called: "in a folder",
            delta: &delta,
            increase: Some((most, within(delta.known, delta.unknown, most))),
        }),
    })
}

#[test]
fn at_eighty_columns_what_a_line_rests_on_stands_under_it() {
    let look = Look { width: 80, ..Look::plain() };
    let text = with_page(|page| to_text(&look, page));
    assert!(text.lines().filter(|line| !line.contains("http")).all(|line| line.len() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn at_two_hundred_columns_quantities_and_reasons_have_columns() {
    let look = Look { width: 200, symbols: Symbols::Unicode, ..Look::plain() };
    insta::assert_snapshot!(with_page(|page| to_text(&look, page)));
}

#[test]
fn json_says_all_that_text_says() {
    let mut json = with_page(to_json);
    json["tool_version"] = "[VERSION]".into();
    insta::assert_json_snapshot!(json);
}
