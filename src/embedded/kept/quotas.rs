//! Service Quotas: what an account has where nobody raised it, as far as AWS documents it (aws-facts.md 1.1, 1.4). Quotas that
//! differ from account to account (instances of endpoints) are not listed.

use serde_json::{Value, json};

use super::{Answer, refuse, text};
use crate::embedded::back::Back;

/// Regions with more shards and larger streams than others.
const LARGE: [&str; 3] = ["us-east-1", "us-west-2", "eu-west-1"];

/// Shards of an account in a region; elsewhere 1,000 or 6,000, of which the smaller one is told.
pub(crate) fn shards(region: &str) -> u32 {
    if LARGE.contains(&region) { 20_000 } else { 1_000 }
}

/// Streams on demand of an account in a region.
pub(crate) const ON_DEMAND_STREAMS: u32 = 50;

pub(super) fn answer(back: &mut Back, action: &str, body: &Value) -> Answer {
    let service = text(body, "ServiceCode");
    let listed = || listed(back, &service);
    Some(match action {
        "ListServiceQuotas" | "ListAWSDefaultServiceQuotas" => Ok(json!({"Quotas": listed()})),
        "GetServiceQuota" | "GetAWSDefaultServiceQuota" => {
            let code = text(body, "QuotaCode");
            let found = listed().into_iter().find(|quota| text(quota, "QuotaCode") == code);
            let missing = || refuse("ServiceQuotas", "NoSuchResourceException", "The quota is not in the list.");
            found.map(|quota| json!({"Quota": quota})).ok_or_else(missing)
        }
        _ => return None,
    })
}

fn listed(back: &Back, service: &str) -> Vec<Value> {
    // Lambda developer guide, "Lambda quotas".
    let known: &[(&str, &str, f64)] = match service {
        "lambda" => &[("L-B99A9384", "Concurrent executions", 1_000.0)],
        _ => &[],
    };
    let of = |(code, name, value): &(&str, &str, f64)| {
        json!({
            "ServiceCode": service,
            "QuotaCode": code,
            "QuotaName": name,
            "QuotaArn": back.arn("servicequotas", &format!("{service}/{code}")),
            "Value": value,
            "Unit": "None",
            "Adjustable": true,
            "GlobalQuota": false,
        })
    };
    known.iter().map(of).collect()
}
