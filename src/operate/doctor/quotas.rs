//! What the account may have against what the pipelines of the environment need.

use std::collections::BTreeMap;

use super::{DoctorOrder, Site, holds, unanswered};
use crate::capacity::Quota;
use crate::diagnostic::Code;
use crate::observed::{Observed, ServiceQuota};
use crate::operate::capacity::{CapacityOrder, place};
use crate::operate::load::Shelf;
use crate::operate::prepare::Prepared;
use crate::pipeline::Serving;
use crate::rollout::{Check, CheckArea};
use crate::units::Duration;

/// Compares quotas.
pub(super) async fn check(
    shelf: &mut Shelf<'_>,
    order: &DoctorOrder,
    site: Site<'_>,
    prepared: &Prepared,
    observed: Option<&Observed>,
) -> Vec<Check> {
    let mut checks = streams(site, prepared, observed).await.into_iter().collect::<Vec<_>>();
    checks.extend(concurrency(shelf, order, site).await);
    checks.extend(instances(site, prepared).await);
    checks.extend(counted(site, prepared, observed).await);
    if checks.is_empty() {
        checks.push(Check::ok(CheckArea::Quotas, "the pipeline needs nothing that is rationed"));
    }
    checks
}

/// One quota against one need.
fn compared(what: &str, need: f64, value: f64, how: &str) -> Check {
    let area = CheckArea::Quotas;
    if need > value {
        Check::failed(area, Code::QuotaTooSmall, format!("{what}: {need} needed, and the account has {value}"))
            .detail(how.to_owned())
            .help("ask for more in Service Quotas; that takes from minutes to days")
    } else if need > value * 0.8 {
        Check::warning(area, format!("{what}: {need} of {value} needed, more than four fifths")).detail(how.to_owned())
    } else {
        Check::ok(area, format!("{what}: {need} of {value} needed"))
    }
}

/// Shards and streams on demand: what is there now, and what comes in addition.
async fn streams(site: Site<'_>, prepared: &Prepared, observed: Option<&Observed>) -> Vec<Check> {
    let (mut shards, mut on_demand) = (0_u64, 0_u64);
    for (id, resource) in &prepared.rendered.template.resources {
        if resource.type_name != "AWS::Kinesis::Stream" || holds(observed, id) {
            continue;
        }
        match resource.properties.get("ShardCount").and_then(serde_json::Value::as_u64) {
            Some(count) => shards += count,
            None => on_demand += 1,
        }
    }
    if shards + on_demand == 0 {
        return Vec::new();
    }
    let limits = match site.cloud.stream_limits().await {
        Ok(limits) => limits,
        Err(refusal) => return vec![unanswered(CheckArea::Quotas, "how many shards the account may have", &refusal)],
    };
    let mut checks = Vec::new();
    for (what, add, now, most) in [
        ("Kinesis shards", shards, limits.open_shards, limits.shards),
        ("Kinesis streams on demand", on_demand, limits.on_demand_now, limits.on_demand),
    ] {
        if add > 0 {
            let how = format!("{now} in the account now, and {add} to come");
            checks.push(compared(what, (u64::from(now) + add) as f64, f64::from(most), &how));
        }
    }
    checks
}

/// Instances of functions at once, of every pipeline of the environment.
async fn concurrency(shelf: &mut Shelf<'_>, order: &DoctorOrder, site: Site<'_>) -> Option<Check> {
    let placing = CapacityOrder {
        pipeline: order.pipeline.clone()?,
        environment: order.environment.clone(),
        region: order.region.clone(),
        traffic: None,
    };
    let placed = place(shelf, &placing).ok()?;
    let assessment = placed.assess(Duration::from_secs(30 * 60));
    let need = assessment.quotas.iter().find(|quota| quota.quota == Quota::LambdaConcurrency)?;
    let what = "Lambda concurrent executions";
    Some(match site.cloud.quotas("lambda").await {
        Ok(quotas) => match named(&quotas, "Concurrent executions") {
            Some(quota) => compared(what, need.need.ceil(), quota.value, &need.how),
            None => untold(what),
        },
        Err(refusal) => unanswered(CheckArea::Quotas, what, &refusal),
    })
}

fn named<'a>(quotas: &'a [ServiceQuota], name: &str) -> Option<&'a ServiceQuota> {
    quotas.iter().find(|quota| quota.name.eq_ignore_ascii_case(name))
}

fn untold(what: &str) -> Check {
    Check::unknown(CheckArea::Quotas, format!("{what}: Service Quotas does not list it here"))
}

/// Instances that endpoints may grow to, by type.
async fn instances(site: Site<'_>, prepared: &Prepared) -> Vec<Check> {
    let mut needs: BTreeMap<&str, u32> = BTreeMap::new();
    for endpoint in prepared.sized.pipeline().endpoints().values() {
        if let Serving::RealTime { instance, max, .. } | Serving::Async { instance, max, .. } = &endpoint.serving {
            *needs.entry(instance.as_str()).or_default() += max;
        }
    }
    if needs.is_empty() {
        return Vec::new();
    }
    let quotas = match site.cloud.quotas("sagemaker").await {
        Ok(quotas) => quotas,
        Err(refusal) => {
            return vec![unanswered(CheckArea::Quotas, "how many instances endpoints may have", &refusal)];
        }
    };
    let of = |(instance, need): (&str, u32)| {
        let what = format!("{instance} for endpoint usage");
        match named(&quotas, &what) {
            Some(quota) => {
                compared(&what, f64::from(need), quota.value, "what the endpoints of this pipeline may grow to")
            }
            None => untold(&what),
        }
    };
    needs.into_iter().map(of).collect()
}

/// Firehose streams: Service Quotas tells how many there may be, and nobody how many there are without listing them.
async fn counted(site: Site<'_>, prepared: &Prepared, observed: Option<&Observed>) -> Option<Check> {
    let resources = &prepared.rendered.template.resources;
    let new = resources
        .iter()
        .filter(|(id, resource)| resource.type_name == "AWS::KinesisFirehose::DeliveryStream" && !holds(observed, id));
    let new = new.count();
    if new == 0 {
        return None;
    }
    let what = "Firehose streams";
    Some(match site.cloud.quotas("firehose").await {
        Ok(quotas) => match named(&quotas, "Delivery streams").or_else(|| named(&quotas, "Firehose streams")) {
            Some(quota) => compared(what, new as f64, quota.value, "those of this pipeline alone"),
            None => untold(what),
        },
        Err(refusal) => unanswered(CheckArea::Quotas, what, &refusal),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::Health;

    #[test]
    fn a_quota_is_too_small_nearly_used_up_or_large_enough() {
        let health = |need: f64| compared("shards", need, 10.0, "").health;
        assert_eq!([health(11.0), health(9.0), health(8.0)], [Health::Failed, Health::Warning, Health::Ok]);
    }

    #[test]
    fn a_quota_is_found_by_its_name_in_any_case() {
        let quota =
            |name: &str| ServiceQuota { code: "L".to_owned(), name: name.to_owned(), value: 1.0, adjustable: true };
        let quotas = [quota("Other"), quota("concurrent Executions")];
        assert!(named(&quotas, "Concurrent executions").is_some());
        assert!(named(&quotas, "Delivery streams").is_none());
    }
}
