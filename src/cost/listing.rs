//! From AWS's price list to the price table.
//!
//! `GetProducts` of the price list API answers with one JSON document for each product: its attributes, and its terms
//! with a rate for each range of quantities. Which product is which meter is told by its `usagetype` (without the prefix
//! that names the region) and, where that is not enough, by its `operation` or `group`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::exact::UnitPrice;
use super::meter::{Meter, Service};
use super::prices::{CURRENCY, Prices, Publication, Published, Source, Tier, Tiers, Unique};
use crate::units::Region;

/// How a product is told: what its usage type is, and what else must be so.
struct Told {
    meter: Meter,
    usage: &'static str,
    also: Option<(&'static str, &'static str)>,
}

const fn told(meter: Meter, usage: &'static str) -> Told {
    Told { meter, usage, also: None }
}

const fn told_by(meter: Meter, usage: &'static str, field: &'static str, value: &'static str) -> Told {
    Told { meter, usage, also: Some((field, value)) }
}

/// The codes under which a service's products are listed, and how each is told.
fn products(service: Service) -> (&'static [&'static str], &'static [Told]) {
    match service {
        Service::Kinesis => (&["AmazonKinesis"], KINESIS),
        Service::Firehose => (&["AmazonKinesisFirehose"], FIREHOSE),
        Service::Lambda => (&["AWSLambda"], LAMBDA),
        Service::DynamoDb => (&["AmazonDynamoDB"], DYNAMODB),
        Service::S3 => (&["AmazonS3", "AmazonS3GlacierDeepArchive"], S3),
        // Instance types are told apart by what follows the usage type.
        Service::SageMaker => (&["AmazonSageMaker"], &[]),
        Service::Sqs => (&["AWSQueueService"], SQS),
        Service::Sns => (&["AmazonSNS"], SNS),
        Service::Kms => (&["awskms"], KMS),
        Service::CloudWatch => (&["AmazonCloudWatch"], CLOUDWATCH),
        Service::XRay => (&["AWSXRay"], XRAY),
    }
}

const KINESIS: &[Told] = &[
    told(Meter::ShardHour, "Storage-ShardHour"),
    told(Meter::PutPayloadUnit, "PutRequestPayloadUnits"),
    told(Meter::ExtendedRetentionShardHour, "Extended-ShardHour"),
    told_by(Meter::LongTermRetention, "", "group", "Long-term Data Retention GB-month"),
    told_by(Meter::FanOutConsumerShardHour, "", "group", "Enhanced fan-out consumer-shard hour"),
    told_by(Meter::FanOutGb, "", "group", "Enhanced fan-out GB of data retrieved"),
    told(Meter::OnDemandStreamHour, "OnDemand-StreamHour"),
    told(Meter::OnDemandGbIn, "OnDemand-BilledIncomingBytes"),
    told(Meter::OnDemandGbOut, "OnDemand-BilledOutgoingBytes"),
    told(Meter::OnDemandFanOutGb, "OnDemand-BilledOutgoingEFOBytes"),
    told(Meter::OnDemandExtendedRetention, "OnDemand-ExtendedRetention-ByteHrs"),
    told(Meter::OnDemandLongTermRetention, "OnDemand-LongTermRetention-ByteHrs"),
];
const FIREHOSE: &[Told] = &[
    told(Meter::FirehoseGb, "StreamsSourceBilledBytes"),
    told(Meter::ConversionGb, "DFCBilledBytes"),
    told(Meter::PartitioningGb, "DPBytesDelivered"),
    told(Meter::PartitioningObject, "S3DeliveryObjectCount"),
    told(Meter::PartitioningJqHour, "MetadataProcessingDuration"),
];
const LAMBDA: &[Told] = &[
    told(Meter::LambdaRequest, "Request"),
    told(Meter::LambdaGbSecond, "Lambda-GB-Second"),
    told(Meter::ProvisionedGbSecond, "Lambda-Provisioned-Concurrency"),
    told(Meter::ProvisionedDuration, "Lambda-Provisioned-GB-Second"),
];
const DYNAMODB: &[Told] = &[
    told(Meter::WriteRequestUnit, "WriteRequestUnits"),
    told(Meter::ReadRequestUnit, "ReadRequestUnits"),
    told(Meter::WriteCapacityUnitHour, "WriteCapacityUnit-Hrs"),
    told(Meter::ReadCapacityUnitHour, "ReadCapacityUnit-Hrs"),
    told(Meter::TableStorage, "TimedStorage-ByteHrs"),
    told(Meter::Recovery, "TimedPITRStorage-ByteHrs"),
];
const S3: &[Told] = &[
    told_by(Meter::StandardStorage, "TimedStorage-ByteHrs", "volumeType", "Standard"),
    told(Meter::GlacierStorage, "TimedStorage-GlacierByteHrs"),
    told(Meter::DeepArchiveStorage, "TimedStorage-GDA-ByteHrs"),
    told(Meter::PutRequest, "Requests-Tier1"),
    told_by(Meter::GlacierTransition, "Requests-Tier3", "operation", "S3-GlacierTransition"),
    told_by(Meter::DeepArchiveTransition, "Requests-Tier3", "operation", "S3-GDATransition"),
];
const SQS: &[Told] = &[told(Meter::QueueRequest, "Requests-Tier1")];
const SNS: &[Told] = &[told(Meter::TopicRequest, "Requests-Tier1")];
const KMS: &[Told] = &[told(Meter::KeyMonth, "KMS-Keys"), told(Meter::KeyRequest, "KMS-Requests")];
const CLOUDWATCH: &[Told] = &[
    told(Meter::AlarmMetric, "CW:AlarmMonitorUsage"),
    told(Meter::CompositeAlarm, "CW:CompositeAlarmMonitorUsage"),
    told(Meter::CustomMetric, "CW:MetricMonitorUsage"),
    told(Meter::LogGb, "DataProcessing-Bytes"),
];
const XRAY: &[Told] = &[told(Meter::Trace, "XRay-TracesStored")];

/// How the usage types of instances that serve begin.
const HOST: &str = "Host:";

/// The codes that AWS's price list is asked for.
pub fn price_list_codes() -> impl Iterator<Item = &'static str> {
    Service::ALL.iter().flat_map(|service| products(*service).0.iter().copied())
}

/// A price table made of AWS's price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FromPriceList {
    /// The table.
    pub prices: Prices,
    /// How many rates it has.
    pub rates: usize,
    /// Keys of meters that are not in it, because AWS lists none or several that differ.
    pub missing: Vec<String>,
}

/// Makes a price table of the products that AWS lists for a region, by the code they were listed under.
///
/// # Errors
/// What is wrong with the list: a document that is not a product, a rate that cannot be read, another currency.
pub fn from_price_list(region: &Region, listed: &BTreeMap<&str, Vec<String>>) -> Result<FromPriceList, String> {
    let mut found: BTreeMap<Meter, BTreeSet<(Published, Vec<Tier>)>> = BTreeMap::new();
    for service in Service::ALL {
        let (codes, told) = products(*service);
        for document in codes.iter().filter_map(|code| listed.get(code)).flatten() {
            let product: Product =
                serde_json::from_str(document).map_err(|error| format!("AWS lists what is not a product: {error}"))?;
            let Some(meter) = meter_of(*service, told, &product.product.attributes, region) else { continue };
            if let Some(tiers) = product.tiers(&meter)? {
                let day = product.publication_date.get(..10).unwrap_or(&product.publication_date);
                found.entry(meter).or_default().insert((Published::new(day)?, tiers));
            }
        }
    }
    table(region, found)
}

/// The table of what was found. Several products with one rate are one; several rates are none, for nobody can say which.
fn table(region: &Region, found: BTreeMap<Meter, BTreeSet<(Published, Vec<Tier>)>>) -> Result<FromPriceList, String> {
    let mut days: BTreeMap<(Service, Published), BTreeMap<Meter, Tiers>> = BTreeMap::new();
    let mut rates = 0;
    for (meter, kinds) in found {
        let distinct: BTreeSet<&Vec<Tier>> = kinds.iter().map(|(_, tiers)| tiers).collect();
        if let (1, Some((published, tiers))) = (distinct.len(), kinds.iter().next_back()) {
            let of_day = days.entry((meter.service(), published.clone())).or_default();
            of_day.insert(meter, Tiers::new(tiers.clone())?);
            rates += 1;
        }
    }
    let publications = days.into_iter().map(|((service, published), rates)| {
        let regions = Unique(BTreeMap::from([(region.clone(), Unique(rates))]));
        Ok(Publication { published, source: Source::new(service.page())?, regions })
    });
    let prices = Prices::new(publications.collect::<Result<_, String>>()?)?;
    let missing = Meter::NAMED.iter().filter(|meter| prices.rate(region, meter).is_none());
    let missing = missing.map(|meter| meter.key().into_owned()).collect();
    Ok(FromPriceList { prices, rates, missing })
}

fn meter_of(service: Service, told: &[Told], attributes: &BTreeMap<String, String>, region: &Region) -> Option<Meter> {
    let usage = bare(attributes.get("usagetype")?, region);
    if service == Service::SageMaker {
        let instance = usage.strip_prefix(HOST)?;
        return Meter::parse(&Meter::Hosting(instance.to_owned()).key()).ok();
    }
    let fits = |told: &&Told| {
        (told.usage.is_empty() || told.usage == usage)
            && told.also.is_none_or(|(field, value)| attributes.get(field).is_some_and(|is| is == value))
    };
    told.iter().find(fits).map(|told| told.meter.clone())
}

/// A usage type without what names its region: `EU-`, `USE1-`, of KMS `eu-west-1-`.
fn bare<'a>(usage: &'a str, region: &Region) -> &'a str {
    if let Some(rest) = usage.strip_prefix(region.as_str()).and_then(|rest| rest.strip_prefix('-')) {
        return rest;
    }
    match usage.split_once('-') {
        // `IA` is a storage class of DynamoDB.
        Some((prefix, rest)) if prefix != "IA" && is_prefix(prefix) => rest,
        _ => usage,
    }
}

fn is_prefix(text: &str) -> bool {
    let letters = text.trim_end_matches(|c: char| c.is_ascii_digit());
    (2..=5).contains(&letters.len())
        && text.len() - letters.len() <= 1
        && letters.bytes().all(|b| b.is_ascii_uppercase())
}

/// A product of the price list, as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Product {
    product: About,
    #[serde(default)]
    terms: BTreeMap<String, BTreeMap<String, Term>>,
    publication_date: String,
}

#[derive(Deserialize)]
struct About {
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Term {
    price_dimensions: BTreeMap<String, Dimension>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dimension {
    begin_range: String,
    price_per_unit: BTreeMap<String, String>,
}

impl Product {
    /// Its rates for rising quantities, without the free ones at the beginning: free tiers are an account's, not a
    /// pipeline's. `None` where it is not sold by use.
    fn tiers(&self, meter: &Meter) -> Result<Option<Vec<Tier>>, String> {
        let Some(term) = self.terms.get("OnDemand").and_then(|terms| terms.values().next()) else { return Ok(None) };
        let mut tiers = Vec::new();
        for dimension in term.price_dimensions.values() {
            let text = dimension.price_per_unit.get(CURRENCY).ok_or_else(|| {
                let others: Vec<&str> = dimension.price_per_unit.keys().map(String::as_str).collect();
                format!("AWS lists `{}` in {}, not in {CURRENCY}", meter.key(), others.join(", "))
            })?;
            let rate = UnitPrice::parse(text).map_err(|wrong| format!("AWS lists `{}` so: {wrong}", meter.key()))?;
            let whole = dimension.begin_range.split('.').next().unwrap_or_default();
            let from =
                whole.parse().map_err(|_| format!("AWS lists `{}` from {}", meter.key(), dimension.begin_range))?;
            tiers.push(Tier { from, rate });
        }
        tiers.sort_by_key(|tier| tier.from);
        let free = tiers.iter().take_while(|tier| tier.rate == UnitPrice::FREE).count();
        if free < tiers.len() {
            tiers.drain(..free);
            if let Some(first) = tiers.first_mut() {
                first.from = 0;
            }
        }
        Ok(if tiers.is_empty() { None } else { Some(tiers) })
    }
}
