//! AWS's price list, in the shape in which the API gives it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::units::Region;

/// A product as `GetProducts` gives it: attributes, and rates from quantities on.
fn product(attributes: &[(&str, &str)], rates: &[(&str, &str)]) -> String {
    let attributes: BTreeMap<_, _> = attributes.iter().copied().chain([("locationType", "AWS Region")]).collect();
    let dimensions: serde_json::Map<String, Value> = rates
        .iter()
        .enumerate()
        .map(|(at, (from, rate))| {
            let end = rates.get(at + 1).map_or("Inf", |(next, _)| *next);
            let dimension = json!({
                "unit": "x", "endRange": end, "description": "as AWS words it", "appliesTo": [], "beginRange": from,
                "rateCode": format!("SKU.JRTCKXETXF.{at}"), "pricePerUnit": {"USD": rate},
            });
            (format!("SKU.JRTCKXETXF.{at}"), dimension)
        })
        .collect();
    json!({
        "product": {"productFamily": "a family", "attributes": attributes, "sku": "SKU"},
        "serviceCode": "AmazonKinesis",
        "terms": {"OnDemand": {"SKU.JRTCKXETXF": {
            "priceDimensions": dimensions, "sku": "SKU", "effectiveDate": "2026-08-01T00:00:00Z",
            "offerTermCode": "JRTCKXETXF", "termAttributes": {},
        }}},
        "version": "20260813164512",
        "publicationDate": "2026-08-13T16:45:12Z",
    })
    .to_string()
}

fn read(listed: &[(&'static str, String)]) -> Result<FromPriceList, String> {
    let mut by_code: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (code, document) in listed {
        by_code.entry(code).or_default().push(document.clone());
    }
    from_price_list(&ireland(), &by_code)
}

fn ireland() -> Region {
    Region::new("eu-west-1").expect("a region")
}

fn rates(found: &FromPriceList, key: &str) -> Option<Vec<(u64, String)>> {
    let meter = Meter::parse(key).expect("a meter");
    let listed = found.prices.rate(&ireland(), &meter)?;
    assert_eq!((listed.published, listed.source), ("2026-08-13", meter.service().page()));
    Some(listed.tiers.iter().map(|tier| (tier.from, tier.rate.to_string())).collect())
}

fn one(from: u64, rate: &str) -> Vec<(u64, String)> {
    vec![(from, rate.to_owned())]
}

#[test]
fn products_are_told_by_usage_type_without_the_region_and_by_group_or_operation() {
    let found = read(&[
        ("AmazonKinesis", product(&[("usagetype", "EU-Storage-ShardHour")], &[("0", "0.0170000000")])),
        (
            "AmazonKinesis",
            product(
                &[("usagetype", "EU-Something"), ("group", "Enhanced fan-out GB of data retrieved")],
                &[("0", "0.0147")],
            ),
        ),
        ("awskms", product(&[("usagetype", "eu-west-1-KMS-Keys")], &[("0", "1.0000000000")])),
        ("AmazonSageMaker", product(&[("usagetype", "EU-Host:ml.c5.xlarge")], &[("0", "0.2300000000")])),
        ("AmazonDynamoDB", product(&[("usagetype", "EU-WriteRequestUnits")], &[("0", "0.0000007050")])),
        ("AmazonDynamoDB", product(&[("usagetype", "EU-IA-WriteRequestUnits")], &[("0", "0.0000008800")])),
        (
            "AmazonS3",
            product(&[("usagetype", "EU-Requests-Tier3"), ("operation", "S3-GDATransition")], &[("0", "0.0000550000")]),
        ),
        (
            "AmazonS3",
            product(&[("usagetype", "EU-Requests-Tier3"), ("operation", "RestoreObject")], &[("0", "0.0000600000")]),
        ),
        (
            "AmazonS3GlacierDeepArchive",
            product(&[("usagetype", "EU-TimedStorage-GDA-ByteHrs")], &[("0", "0.0009900000")]),
        ),
    ])
    .expect("is read");
    for (key, rate) in [
        ("kinesis.shard_hour", "0.017"),
        ("kinesis.fan_out_gb", "0.0147"),
        ("kms.key_month", "1"),
        ("sagemaker.hosting.ml.c5.xlarge", "0.23"),
        ("dynamodb.write_request_unit", "0.000000705"),
        ("s3.deep_archive_transition", "0.000055"),
        ("s3.deep_archive_gb_month", "0.00099"),
    ] {
        assert_eq!(rates(&found, key), Some(one(0, rate)), "{key}");
    }
    assert_eq!(found.rates, 7);
    assert!(found.missing.contains(&"s3.glacier_transition".to_owned()), "{:?}", found.missing);
}

#[test]
fn tiers_rise_in_order_and_a_free_one_at_the_beginning_is_not_counted_on() {
    let tiered = &[("512000", "0.025"), ("0", "0.029"), ("2048000", "0.020")];
    let found = read(&[
        ("AmazonKinesisFirehose", product(&[("usagetype", "EU-StreamsSourceBilledBytes")], tiered)),
        (
            "AmazonSNS",
            product(&[("usagetype", "EU-Requests-Tier1")], &[("0", "0.0000000000"), ("1000000", "0.0000005000")]),
        ),
    ])
    .expect("is read");
    let meant = [(0, "0.029"), (512_000, "0.025"), (2_048_000, "0.02")].map(|(from, rate)| (from, rate.to_owned()));
    assert_eq!(rates(&found, "firehose.gb").as_deref(), Some(&meant[..]));
    assert_eq!(rates(&found, "sns.request"), Some(one(0, "0.0000005")));
}

#[test]
fn the_same_rate_twice_is_one_and_two_rates_are_none() {
    let shard = |rate| ("AmazonKinesis", product(&[("usagetype", "EU-Storage-ShardHour")], &[("0", rate)]));
    let same = read(&[shard("0.017"), shard("0.0170")]).expect("is read");
    assert_eq!(rates(&same, "kinesis.shard_hour"), Some(one(0, "0.017")));
    let two = read(&[shard("0.017"), shard("0.018")]).expect("is read");
    assert_eq!(rates(&two, "kinesis.shard_hour"), None);
    assert!(two.missing.contains(&"kinesis.shard_hour".to_owned()));
}

#[test]
fn what_cannot_be_read_is_refused_and_names_the_rate() {
    let shard = |rate| product(&[("usagetype", "EU-Storage-ShardHour")], &[("0", rate)]);
    let other = shard("0.1").replace("USD", "CNY");
    for (document, words) in
        [(other, "in CNY"), (shard("free"), "`kinesis.shard_hour`"), ("{}".to_owned(), "not a product")]
    {
        let wrong = read(&[("AmazonKinesis", document)]).expect_err(words);
        assert!(wrong.contains(words), "{wrong}");
    }
}

#[test]
fn what_is_made_of_the_list_is_a_price_file() {
    let shard = product(&[("usagetype", "EU-Storage-ShardHour")], &[("0", "0.017")]);
    let found = read(&[("AmazonKinesis", shard)]).expect("is read");
    let text = serde_json::to_string(&found.prices).expect("is written");
    assert_eq!(Prices::read(&crate::diagnostic::FilePath::new("p.json"), &text), Ok(found.prices));
}
