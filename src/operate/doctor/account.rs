//! Credentials, region, clock, foundation.

use super::{Site, unanswered};
use crate::cloud::Identity;
use crate::diagnostic::Code;
use crate::environment::Target;
use crate::foundation::{VERSION, VERSION_TAG};
use crate::observed::FailureKind;
use crate::pipeline::names;
use crate::rollout::{Check, CheckArea};
use crate::units::Duration;
use crate::workspace::Clock;

/// Signatures hold for five minutes to either side (AWS General Reference, "Signature Version 4": requests must reach AWS
/// within five minutes of the time stamp).
const MOST_SKEW_MS: i64 = 5 * 60 * 1_000;
/// From here on somebody should set the clock.
const WARN_SKEW_MS: i64 = 60 * 1_000;
/// A deployment of an endpoint may take so long; shorter credentials need to be renewed in it.
const LONG_DEPLOYMENT: Duration = Duration::from_secs(60 * 60);

/// Who is calling, for how long, and by which clock. None where nobody can call.
pub(super) async fn caller(site: Site<'_>, clock: &dyn Clock, checks: &mut Vec<Check>) -> Option<Identity> {
    let Site { cloud, environment, region } = site;
    let identity = match cloud.identity().await {
        Ok(identity) => identity,
        Err(refusal) => {
            let (code, help) = match refusal.kind {
                FailureKind::Credentials => {
                    (Code::AwsCredentials, "log in, or set AWS_PROFILE to a profile that serves")
                }
                FailureKind::Unreachable => {
                    (Code::AwsUnreachable, "look at the network, the proxy, and AWS_ENDPOINT_URL")
                }
                _ => (Code::AwsRefused, "look at what the service says"),
            };
            let check = Check::failed(CheckArea::Credentials, code, "nobody can be told to be calling");
            checks.push(check.detail(refusal.to_string()).help(help));
            checks.push(Check::unknown(CheckArea::Region, format!("{region}: nobody answered from there")));
            checks.push(skew(site));
            return None;
        }
    };
    checks.push(skew(site));
    checks.push(Check::ok(CheckArea::Region, format!("{region} answers")));
    if identity.account != *environment.account() {
        let found = format!(
            "the credentials are of account {}, and {} deploys to {}",
            identity.account,
            environment.name(),
            environment.account()
        );
        let check = Check::failed(CheckArea::Credentials, Code::WrongAccount, found).detail(identity.arn);
        checks.push(check.help("change the profile, or the environment's `account` or `role`"));
        return None;
    }
    let found = format!("{} in account {}", identity.arn, identity.account);
    let until = cloud.credentials_until().await.ok().flatten();
    let now = clock.now();
    checks.push(match until {
        None => Check::ok(CheckArea::Credentials, format!("{found}; they tell no end")),
        Some(until) if until.since(now) < LONG_DEPLOYMENT => {
            Check::warning(CheckArea::Credentials, format!("{found}; until {until}, less than an hour"))
                .help("a login that cannot be renewed by itself may end before a deployment does: log in anew")
        }
        Some(until) => Check::ok(CheckArea::Credentials, format!("{found}; until {until}")),
    });
    Some(identity)
}

/// Our clock against that of whoever answered.
fn skew(site: Site<'_>) -> Check {
    if *site.environment.target() == Target::Embedded {
        return Check::ok(CheckArea::Clock, "the embedded cloud keeps its own time");
    }
    let Some(ahead) = site.cloud.clock_ahead() else {
        return Check::unknown(CheckArea::Clock, "no answer told the time");
    };
    // Answers tell whole seconds.
    let off = ahead.abs();
    let seconds = off / 1_000;
    let found = format!("this machine's clock is {seconds}s {} AWS's", if ahead > 0 { "behind" } else { "ahead of" });
    if off >= MOST_SKEW_MS {
        Check::failed(CheckArea::Clock, Code::ClockWrong, found).help("set the clock, for instance with NTP")
    } else if off >= WARN_SKEW_MS {
        Check::warning(CheckArea::Clock, found).help("set the clock: signatures hold for five minutes to either side")
    } else if off < 2_000 {
        Check::ok(CheckArea::Clock, "this machine's clock agrees with AWS's")
    } else {
        Check::ok(CheckArea::Clock, found)
    }
}

/// The artifact bucket, and its version.
pub(super) async fn foundation(site: Site<'_>) -> Check {
    let Site { cloud, environment, region } = site;
    let area = CheckArea::Foundation;
    let bucket = names::artifact_bucket(environment.account(), region);
    let several = environment.regions().len() > 1;
    let more = if several { format!(" --region {region}") } else { String::new() };
    let help = format!("sluice bootstrap --env {}{more}", environment.name());
    match cloud.bucket_tags(&bucket).await {
        Ok(None) => Check::failed(area, Code::NoFoundation, format!("there is no bucket {bucket}")).help(help),
        Ok(Some(tags)) => match tags.get(VERSION_TAG).and_then(|text| text.parse::<u32>().ok()) {
            Some(older) if older < VERSION => {
                let found = format!("{bucket} is of version {older}, and this Sluice needs {VERSION}");
                Check::failed(area, Code::FoundationOlder, found).help(help)
            }
            Some(newer) if newer > VERSION => Check::warning(
                area,
                format!("{bucket} is of version {newer}, which is newer than this Sluice's {VERSION}"),
            )
            .help("take the newer Sluice, so that everybody works with the same"),
            Some(version) => Check::ok(area, format!("{bucket}, version {version}")),
            None if *environment.target() == Target::Embedded => {
                Check::ok(area, format!("{bucket}, which the embedded cloud has from the start"))
            }
            None => Check::ok(area, format!("{bucket}, made by hand: it tells no version")),
        },
        Err(refusal) => unanswered(area, &format!("whether {bucket} is there"), &refusal),
    }
}
