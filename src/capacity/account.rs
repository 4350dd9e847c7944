//! Quotas: what all pipelines of an environment take of one account and region together.

use std::collections::BTreeMap;

use super::SizedStream;
use super::flow::Site;
use super::limit::{
    self, CONCURRENCY, ON_DEMAND_STREAMS, REQUESTS_PER_CONCURRENCY, TABLE_UNITS, UNRESERVED, UPDATED_SHARDS, page,
};
use super::load::{Load, bytes, counted, number};
use super::report::{Answer, Level, Quota, QuotaUse, Resource, StageCapacity, Unknown};
use crate::pipeline::Encryption;

/// A data key of an encrypted stage is asked for anew after so many seconds, by everybody who uses it.
const KEY_LIFE: f64 = 300.0;

/// The quotas that a pipeline and its neighbours draw on.
pub(super) fn quotas(site: Site<'_>, stages: &[StageCapacity], unknown: &mut Vec<Unknown>) -> Vec<QuotaUse> {
    let prints = || site.neighbours.iter().chain([site.sized]).map(|sized| &sized.footprint);
    let sum = |of: fn(&super::footprint::Footprint) -> f64| prints().map(of).sum::<f64>();
    let region = site.pipeline().region().as_str();
    let pipelines = site.neighbours.len() + 1;
    let (reserved, shared) = (sum(|print| print.reserved), sum(|print| print.shared));
    let all =
        format!("{} of {} in {region}", counted(pipelines as f64, "pipeline"), site.pipeline().environment().name());
    let mut uses = vec![
        QuotaUse::new(Quota::LambdaConcurrency, reserved + shared.max(UNRESERVED), CONCURRENCY, page::LAMBDA_QUOTAS)
            .how(format!(
                "{all}: {} reserved and {} at the peak of the others, of which at least 100 stay unreserved",
                number(reserved),
                number(shared)
            )),
        QuotaUse::new(
            Quota::LambdaRequests,
            sum(|print| print.invocations),
            CONCURRENCY * REQUESTS_PER_CONCURRENCY,
            page::LAMBDA_QUOTAS,
        )
        .how(format!("invocations/s of {all} at the peak; ten for each of the account's instances at once")),
        QuotaUse::new(Quota::Shards, sum(|print| print.shards), limit::shards(region), page::KINESIS)
            .how(format!("open shards of the provisioned streams of {all}")),
        QuotaUse::new(Quota::OnDemandStreams, sum(|print| print.on_demand), ON_DEMAND_STREAMS, page::KINESIS)
            .how(format!("on-demand streams of {all}")),
    ];
    uses.extend(widest_streams(site, region));
    uses.extend(tables(stages));
    uses.extend(kms(site, region));
    instances(site, unknown);
    uses.retain(|quota| quota.need > 0.0);
    uses
}

impl QuotaUse {
    fn new(quota: Quota, need: f64, default: f64, source: &'static str) -> Self {
        Self { quota, need, default, source, raise: need > default, how: String::new() }
    }

    fn how(self, how: String) -> Self {
        Self { how, ..self }
    }
}

fn largest<T>(all: impl Iterator<Item = (f64, T)>) -> Option<(f64, T)> {
    all.max_by(|(one, _), (other, _)| one.total_cmp(other))
}

/// What a single stream may be: its shards, or the bytes that it takes by itself.
fn widest_streams(site: Site<'_>, region: &str) -> Vec<QuotaUse> {
    let streams = || {
        let all = site.pipeline().streams().keys();
        all.filter_map(|name| Some((name, site.sized.stream_capacity(name)?)))
    };
    let shards = streams().filter_map(|(name, capacity)| match capacity {
        SizedStream::Provisioned { shards } => Some((f64::from(shards), name)),
        SizedStream::OnDemand => None,
    });
    let written = streams().filter(|(_, capacity)| *capacity == SizedStream::OnDemand).filter_map(|(name, _)| {
        let traffic = site.pipeline().traffic().get(name)?;
        Some((Load::at(traffic, Level::Peak).bytes, name))
    });
    let shards = largest(shards).map(|(need, name)| {
        QuotaUse::new(Quota::ShardsPerStream, need, UPDATED_SHARDS, page::UPDATE_SHARDS)
            .how(format!("shards of stream {name}; one call scales a stream to 10,000 at most"))
    });
    let written = largest(written).map(|(need, name)| {
        let most = limit::on_demand_write(region);
        QuotaUse::new(Quota::OnDemandWrite, need, most, page::KINESIS)
            .how(format!("written to stream {name} at the peak; {region} gives {}/s", bytes(most)))
    });
    shards.into_iter().chain(written).collect()
}

fn tables(stages: &[StageCapacity]) -> Vec<QuotaUse> {
    let quota = |resource, quota| {
        let needs = stages.iter().filter_map(|stage| Some((stage.need(resource)?.peak, &stage.stage)));
        largest(needs).map(|(need, stage)| {
            QuotaUse::new(quota, need, TABLE_UNITS, page::TABLE_QUOTAS)
                .how(format!("of {stage} at the peak, as far as that can be told"))
        })
    };
    let writes = quota(Resource::WriteUnits, Quota::TableWriteUnits);
    writes.into_iter().chain(quota(Resource::ReadUnits, Quota::TableReadUnits)).collect()
}

/// Requests to KMS: services keep a data key for five minutes, and ask anew for each principal.
fn kms(site: Site<'_>, region: &str) -> Option<QuotaUse> {
    let pipeline = site.pipeline();
    let encrypted = pipeline
        .stages()
        .filter(|stage| matches!(pipeline.encryption_of(stage), Some(Encryption::Key(_) | Encryption::Arn(_))));
    let (stages, principals) = (encrypted.count(), pipeline.functions().count() + 1);
    let need = stages as f64 * principals as f64 / KEY_LIFE;
    (stages > 0).then(|| {
        QuotaUse::new(Quota::KmsRequests, need, limit::kms_requests(region), page::KMS).how(format!(
            "{} × {}, each asking for a data key every five minutes",
            counted(stages as f64, "encrypted stage"),
            counted(principals as f64, "principal")
        ))
    })
}

/// AWS grants instances by type, and how many differs from account to account.
fn instances(site: Site<'_>, unknown: &mut Vec<Unknown>) {
    let mut by_type: BTreeMap<&str, f64> = BTreeMap::new();
    let own = &site.sized.footprint.instances;
    for (instance, most) in site.neighbours.iter().flat_map(|sized| &sized.footprint.instances).chain(own) {
        *by_type.entry(instance).or_default() += most;
    }
    unknown.extend(own.keys().filter_map(|instance| {
        Some(Unknown {
            question: format!(
                "whether the account may run the {} of {instance} that all endpoints may grow to",
                counted(*by_type.get(instance.as_str())?, "instance")
            ),
            answer: Answer::LookUp(format!("look up `{instance} for endpoint usage` in the account's Service Quotas")),
        })
    }));
}
