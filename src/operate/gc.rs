//! `sluice gc`: what is in the artifact bucket that no deployed stack needs, and taking it out of sight.
//!
//! Nothing is removed while anybody deploys: whoever has a lease may have found an artifact in the bucket that no stack
//! names yet. The bucket is listed before leases and stacks are looked at, and both are looked at again after the removal;
//! if anything was begun or needs something by then, everything is put back. Whoever looks for an artifact after it was
//! removed does not find it and uploads it again.

use std::collections::{BTreeMap, BTreeSet};

use super::connect::same_account;
use super::deploy::{Company, Tools, ask};
use super::failure::Failure;
use super::foundation;
use super::load::{Shelf, region_of};
use crate::artifact::{ArtifactKind, Pile, Stored, Sweep};
use crate::cloud::{Cloud, Hidden};
use crate::cost::{Meter, Prices, Quantity};
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Environment;
use crate::observed::FailureKind;
use crate::pipeline::names;
use crate::release::{Ended, Entry, Fact};
use crate::render::PIPELINE_TAG;
use crate::rollout::{Lease, Way};
use crate::units::{ByteSize, Duration, Money, Region, Timestamp};

/// Where every lease of the bucket lies.
const LEASES: &str = "locks/";

/// A gigabyte as S3 charges it, in bytes.
const GIGABYTE: u128 = 1 << 30;

/// Whose bucket is to be looked at.
#[derive(Clone, Debug)]
pub struct GcOrder {
    /// Environment; its account and region have one bucket.
    pub environment: String,
    /// Region, where the environment has several.
    pub region: Option<Region>,
    /// What was uploaded more recently stays.
    pub keep: Duration,
}

/// A bucket, looked at.
#[derive(Clone, Debug)]
pub struct Surveyed {
    /// The environment.
    pub environment: Environment,
    /// The region.
    pub region: Region,
    /// The bucket.
    pub bucket: String,
    /// What was uploaded more recently stays.
    pub keep: Duration,
    /// How many stacks were asked what they need.
    pub stacks: usize,
    /// Its artifacts, told apart.
    pub sweep: Sweep,
    /// Older versions and removed objects that S3 still keeps.
    pub waiting: Pile,
    /// What a month of storing what can go costs; none where no price of the region is known.
    pub monthly: Option<Money>,
    /// Who is at work, so that nothing is removed now.
    pub busy: Vec<String>,
    stored: Vec<Stored>,
    cloud: Cloud,
}

/// What deployed stacks and releases to go back to need, and who is at work.
struct Needs {
    /// Texts that name what is needed.
    templates: Vec<String>,
    /// How many of them are stacks'.
    stacks: usize,
    busy: Vec<String>,
}

/// Looks at a bucket and at every stack of its account and region.
///
/// # Errors
/// There is no such bucket, or AWS refuses.
pub async fn survey(shelf: &mut Shelf<'_>, order: &GcOrder, tools: Tools<'_>) -> Result<Surveyed, Failure> {
    let environment = shelf.environment(&order.environment)?.environment().clone();
    let region = region_of(&environment, order.region.as_ref())?;
    let cloud = tools.connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let bucket = names::artifact_bucket(environment.account(), &region);
    let (mut stored, mut waiting) = (Vec::new(), Pile::default());
    for kind in ArtifactKind::ALL {
        let versions = match cloud.kept_versions(&bucket, kind.prefix()).await {
            Err(refusal) if refusal.kind == FailureKind::NotFound => {
                return Err(foundation::missing(&environment, &region, &bucket));
            }
            versions => versions?,
        };
        for version in versions {
            match version.current {
                true => stored.push(Stored { key: version.key, bytes: version.bytes, written: version.written }),
                false => waiting.add(version.bytes),
            }
        }
    }
    let Needs { templates, stacks, busy } = needs(&cloud, &bucket, order.keep).await?;
    let sweep = Sweep::of(&stored, &templates, order.keep, cloud.time());
    let monthly = monthly(&region, sweep.pile());
    let keep = order.keep;
    Ok(Surveyed { environment, region, bucket, keep, stacks, sweep, waiting, monthly, busy, stored, cloud })
}

/// Takes what nobody needs out of sight, after having asked. S3 keeps it as long as the bucket's lifecycle says.
///
/// # Errors
/// Nobody agreed, somebody is at work, or the bucket keeps no versions, so that nothing could be put back.
pub async fn collect(surveyed: &Surveyed, yes: bool, company: &mut dyn Company) -> Result<Sweep, Failure> {
    let Surveyed { cloud, bucket, .. } = surveyed;
    at_rest(&surveyed.busy)?;
    if !cloud.keeps_versions(bucket).await? {
        let told = Diagnostic::error(Code::NoVersions, format!("{bucket} keeps no versions of what is removed"));
        let name = surveyed.environment.name();
        return Err(Failure::refused(told.help(format!("give it its settings: sluice bootstrap --env {name}"))));
    }
    let Pile { objects, bytes } = surveyed.sweep.pile();
    let (noun, size) = (if objects == 1 { "object" } else { "objects" }, ByteSize::from_bytes(bytes));
    ask(yes, company, &format!("Remove {objects} {noun}, {size:.1}, from {bucket}?"))?;
    // Time has passed since: what is needed by now stays.
    let Needs { templates, busy, .. } = needs(cloud, bucket, surveyed.keep).await?;
    at_rest(&busy)?;
    let sweep = Sweep::of(&surveyed.stored, &templates, surveyed.keep, cloud.time());
    let keys: Vec<String> = sweep.unneeded.iter().map(|one| one.key.clone()).collect();
    let (hidden, refused) = cloud.hide_objects(bucket, &keys).await;
    let after = needs(cloud, bucket, surveyed.keep).await;
    let wanted = match &after {
        Ok(after) if after.busy.is_empty() => {
            Sweep::of(&surveyed.stored, &after.templates, surveyed.keep, cloud.time()).needed != sweep.needed
        }
        // Whoever began may have found what is gone now; and what cannot be looked at may be so.
        Ok(_) | Err(_) => true,
    };
    if wanted {
        return Err(put_back(cloud, bucket, &hidden, after.map(|after| after.busy)).await);
    }
    match refused {
        None => Ok(sweep),
        Some(refusal) => {
            let mut failure = Failure::from(refusal);
            let note = format!("{} of {objects} were removed before that", hidden.len());
            failure.diagnostics = failure.diagnostics.into_iter().map(|told| told.note(note.clone())).collect();
            Err(failure)
        }
    }
}

/// Everything as it was, and why.
async fn put_back(cloud: &Cloud, bucket: &str, hidden: &[Hidden], busy: Result<Vec<String>, Failure>) -> Failure {
    if let Err(refusal) = cloud.show_again(bucket, hidden).await {
        return refusal.into();
    }
    match busy {
        Err(failure) => failure,
        Ok(busy) => {
            let told =
                Diagnostic::error(Code::SweepUnsafe, "something was deployed meanwhile; everything was put back");
            Failure::refused(named(told, &busy).help("run the command again"))
        }
    }
}

/// Nobody is at work.
fn at_rest(busy: &[String]) -> Result<(), Failure> {
    if busy.is_empty() {
        return Ok(());
    }
    let told = Diagnostic::error(Code::SweepUnsafe, "nothing is removed while something is being deployed");
    Err(Failure::refused(named(told, busy).help("wait for it, then run the command again")))
}

fn named(told: Diagnostic, busy: &[String]) -> Diagnostic {
    busy.iter().fold(told, |told, one| told.note(one.clone()))
}

/// The records of releases that somebody may go back to: those that run, and those that ran within the time that is kept.
async fn returnable(cloud: &Cloud, bucket: &str, keep: Duration) -> Result<Vec<String>, Failure> {
    let mut wanted = BTreeSet::new();
    // When the deployment began to run that came after the one that is looked at, of each ledger.
    let mut after: BTreeMap<String, Timestamp> = BTreeMap::new();
    for (key, _) in cloud.list_artifacts(bucket, names::LEDGERS).await? {
        let Some(found) = cloud.read_guarded(bucket, &key).await? else { continue };
        // What this Sluice cannot read may be what is gone back to.
        let entry = Entry::read(&found.bytes).map_err(|why| {
            let title = format!("the ledger entry s3://{bucket}/{key} cannot be read: {why}");
            Failure::error(Diagnostic::error(Code::LedgerUnusable, title))
        })?;
        let Fact::Deployment { release, outcome: Ended::Succeeded, ended, .. } = &entry.fact else { continue };
        // Keys count downwards: the newest comes first.
        let until = after.insert(names::ledger_prefix(&entry.environment, &entry.pipeline), *ended);
        if until.is_none_or(|until| cloud.time().since(until) < keep) {
            wanted.insert(names::release_key(&entry.pipeline, release.as_str()));
        }
    }
    let mut texts = Vec::new();
    for record in wanted {
        let found = cloud.read_guarded(bucket, &record).await?;
        texts.extend(found.map(|found| String::from_utf8_lossy(&found.bytes).into_owned()));
    }
    Ok(texts)
}

/// Asks every stack that Sluice deployed what it needs, and looks who is at work. Leases come first: who gives one back
/// while the stacks are read has a stack that tells.
async fn needs(cloud: &Cloud, bucket: &str, keep: Duration) -> Result<Needs, Failure> {
    let mut busy = Vec::new();
    let all = cloud.list_artifacts(bucket, LEASES).await?.into_iter();
    for (key, _) in all.filter(|(key, _)| !key.ends_with(names::PAUSED)) {
        let Some(found) = cloud.read_guarded(bucket, &key).await? else { continue };
        match Lease::read(&found.bytes) {
            Ok(lease) if lease.is_expired(cloud.time()) => {}
            Ok(lease) => busy.push(format!(
                "{} in {}: `{}` of {} since {}",
                lease.pipeline, lease.environment, lease.command, lease.owner, lease.since
            )),
            Err(why) => busy.push(format!("the lease {key} cannot be read: {why}")),
        }
    }
    let mut templates = Vec::new();
    for stack in cloud.all_stacks().await?.into_iter().filter(|stack| stack.tags.contains_key(PIPELINE_TAG)) {
        let status = &stack.head.status;
        // A rollback that stopped may go back to a template that is not the one that is shown.
        let between = matches!(Way::out_of(status), Some(Way::ContinueRollback { .. } | Way::RollBack));
        if !status.is_settled() || between {
            busy.push(format!("the stack {} is in {status}", stack.head.name));
        }
        templates.push(cloud.template_text(&stack.head.id).await?);
    }
    let stacks = templates.len();
    templates.extend(returnable(cloud, bucket, keep).await?);
    Ok(Needs { templates, stacks, busy })
}

/// What a month of storage costs, at the rate of the first tier.
fn monthly(region: &Region, pile: Pile) -> Option<Money> {
    let prices = Prices::built_in().ok()?;
    let rate = prices.rate(region, &Meter::StandardStorage)?.tiers.first()?.rate;
    Quantity::ratio(u128::from(pile.bytes), GIGABYTE).at(rate)
}
