//! The table of prices, and files that are not one.

use super::*;
use crate::capacity::{Sized, SizedStream};
use crate::diagnostic::{Code, FilePath};
use crate::units::Region;

fn read(text: &str) -> Result<Prices, crate::diagnostic::Diagnostic> {
    Prices::read(&FilePath::new("prices.json"), text)
}

fn region(text: &str) -> Region {
    Region::new(text).expect("a region")
}

#[test]
fn the_built_in_table_has_every_region_and_names_day_and_page_of_each_rate() {
    let prices = Prices::built_in().expect("is sound");
    assert_eq!(prices.regions().len(), 36);
    for region in prices.regions() {
        let rates = prices.of(region);
        assert!(rates.len() >= 30, "{region}: {}", rates.len());
        for (meter, listed) in rates {
            assert_eq!(listed.source, meter.service().page(), "{region} {meter:?}");
            assert!(listed.published.starts_with("202"), "{region} {meter:?}");
        }
    }
}

#[test]
fn a_rate_that_a_region_has_not_is_not_taken_from_another() {
    let prices = Prices::built_in().expect("is sound");
    let hosting = Meter::Hosting("ml.c5.xlarge".to_owned());
    assert!(prices.rate(&region("us-east-1"), &hosting).is_some());
    assert!(prices.rate(&region("eu-west-1"), &hosting).is_none());
    assert!(prices.rate(&region("eu-west-1"), &Meter::QueueRequest).is_none());
}

#[test]
fn a_table_is_written_as_it_is_read() {
    let prices = Prices::built_in().expect("is sound");
    let text = serde_json::to_string(&prices).expect("is written");
    assert_eq!(read(&text), Ok(prices));
}

#[test]
fn a_file_of_the_wrong_shape_is_refused_with_its_place() {
    const HEAD: &str = "{\"format_version\": \"1.0\", \"currency\": \"USD\", \"publications\": [\n{\"published\": \"2026-08-13\", \"source\": \"https://aws.amazon.com/x\", \"regions\": {";
    let rates = |rates: &str| format!("{HEAD}\n{rates}}}}}]}}");
    let cases: &[(String, Code, &str)] = &[
        (String::new(), Code::BadPrices, "EOF"),
        ("[]".to_owned(), Code::BadPrices, "invalid"),
        ("{\"format_version\": \"1.0\"}".to_owned(), Code::BadPrices, "missing field `currency`"),
        ("{\"format_version\": \"2.0\", \"rates\": []}".to_owned(), Code::NewerFormat, "format version 2.0"),
        (
            "{\"format_version\": \"1.0\", \"currency\": \"CNY\", \"publications\": []}".to_owned(),
            Code::BadPrices,
            "CNY",
        ),
        (rates("\"eu-west-1\": {\"kinesis.shard_hour\": \"-0.015\"}"), Code::BadPrices, "negative"),
        (rates("\"eu-west-1\": {\"kinesis.shard_hour\": 0.015}"), Code::BadPrices, "a rate in quotes"),
        (rates("\"eu-west-1\": {\"kinesis.shard_hours\": \"0.015\"}"), Code::BadPrices, "did you mean"),
        (
            rates("\"eu-west-1\": {\"kinesis.shard_hour\": \"1\", \"kinesis.shard_hour\": \"1\"}"),
            Code::BadPrices,
            "given twice",
        ),
        (rates("\"Ireland\": {\"kinesis.shard_hour\": \"0.015\"}"), Code::BadPrices, "a region such as"),
        (rates("\"eu-west-1\": {\"lambda.gb_second\": []}"), Code::BadPrices, "first tier"),
        (
            rates("\"eu-west-1\": {\"lambda.gb_second\": [{\"from\": \"5\", \"rate\": \"1\"}]}"),
            Code::BadPrices,
            "first tier",
        ),
        (
            rates(
                "\"eu-west-1\": {\"lambda.gb_second\": [{\"from\": \"0\", \"rate\": \"1\"}, {\"from\": \"0\", \"rate\": \"2\"}]}",
            ),
            Code::BadPrices,
            "do not rise",
        ),
        (HEAD.replace("2026-08-13", "yesterday") + "}}]}", Code::BadPrices, "yesterday"),
        (HEAD.replace("https", "ftp") + "}}]}", Code::BadPrices, "address of a page"),
        (HEAD.replace("\"regions\"", "\"rates\"") + "}}]}", Code::BadPrices, "unknown field"),
    ];
    for (text, code, words) in cases {
        let wrong = read(text).expect_err(text);
        assert_eq!(wrong.code, *code, "{text}: {wrong:?}");
        assert!(wrong.title.contains(words), "{text}: {wrong:?}");
        assert!(wrong.place().is_some() && !wrong.help.is_empty(), "{text}: {wrong:?}");
    }
    let wrong = read(&rates("\"eu-west-1\": {\"kinesis.shard_hour\": \"-0.015\"}")).expect_err("negative");
    assert_eq!(wrong.place().map(|place| place.line), Some(3), "{wrong:?}");
}

#[test]
fn a_rate_that_two_publications_list_is_refused() {
    let publication = "{\"published\": \"2026\", \"source\": \"https://aws.amazon.com/x\", \"regions\": {\"eu-west-1\": {\"kms.request\": \"1\"}}}";
    let text = format!(
        "{{\"format_version\": \"1.0\", \"currency\": \"USD\", \"publications\": [{publication}, {publication}]}}"
    );
    let wrong = read(&text).expect_err("twice");
    assert!(wrong.title.contains("`kms.request` of eu-west-1 is listed twice"), "{wrong:?}");
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in ".{0,200}") {
        let _ = read(&text);
    }
}

/// `capacity` decides between the modes by rates of its own, since it knows no prices.
#[test]
fn what_capacity_takes_for_the_price_of_a_mode_is_the_price_of_the_table() {
    let reason = |file: &str| {
        let sized = sized(file);
        (sized.decisions()[0].reason.clone(), sized)
    };
    let file = "traffic:\n  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 2 KiB}\nstreams:\n  orders: {capacity: auto, retention: 48h}\nconsumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, read: fan-out}\n";
    let (said, sized) = reason(file);
    let Some(SizedStream::Provisioned { shards }) = sized.stream_capacity(&crate::pipeline::fixture::name("orders"))
    else {
        panic!("{said}");
    };
    let per_hour = |capacity: &str| {
        let estimate = estimated("us-east-1", &file.replace("capacity: auto", &format!("capacity: {capacity}")));
        let kinesis = estimate.items.iter().filter(|item| item.meter.service() == Service::Kinesis);
        let month: Total = kinesis.collect();
        assert_eq!(month.unknown, 0);
        month.known.steady.0 as f64 / 1e6 / HOURS as f64
    };
    for capacity in [format!("{{provisioned: {{shards: {shards}}}}}"), "on-demand".to_owned()] {
        let told = format!("${:.2}", per_hour(&capacity));
        assert!(said.contains(&told), "{capacity} costs {told} an hour, and capacity says: {said}");
    }
}

fn sized(file: &str) -> Sized {
    let pipeline = written(&format!("pipeline: orders\nowner: commerce-ml\n{file}"), &environment("us-east-1"), &[]);
    capacity::size(pipeline)
}
