//! How many records an effect is about, reckoned from the declared ordinary load and the deployed retention.

use serde::{Deserialize, Serialize};

use super::bounds::whole;
use super::consumers::stream_of;
use super::desired::{Desired, Load};
use super::model::{ConsumerEffect, DataAtRisk, PositionReset, Records};
use crate::template::Template;
use crate::units::{Duration, LogicalId};

/// Records of a stream, at its declared ordinary load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Amount {
    /// How many.
    pub records: u64,
    /// How large they are together, in bytes.
    pub bytes: u64,
    /// The time in which so many arrive.
    #[serde(rename = "span_micros")]
    pub span: Duration,
    /// Which of them it is.
    pub of: AmountOf,
}

/// Which records an amount counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AmountOf {
    /// Everything that a full retention holds, which is the most that it can be.
    Retention,
    /// So many for every minute that the reader is behind.
    MinuteBehind,
    /// What lies unread and is lost, as far as the reader was measured to be behind.
    Unread,
}

/// Adds to readers and streams how many records each is about, where the load is declared.
pub(super) fn fill(consumers: &mut [ConsumerEffect], data: &mut [DataAtRisk], desired: &Desired, before: &Template) {
    for effect in consumers {
        let mapping = before.resources.get(&effect.logical_id);
        let stream = mapping.and_then(|mapping| stream_of(before, mapping));
        let load = desired.loads.get(&effect.logical_id).or_else(|| desired.loads.get(stream.as_ref()?));
        let Some(load) = load else { continue };
        let kept = || stream.as_ref().map(|stream| retention(before, stream));
        effect.amount = match &effect.records {
            Records::ReadAgain { from: PositionReset::TrimHorizon } => kept().map(|span| retained(load, span)),
            Records::ExpireSooner { before, after } => match (whole(Some(before)), whole(Some(after))) {
                (Some(before), Some(after)) => Some(retained(load, of_hours(before.saturating_sub(after)))),
                _ => None,
            },
            Records::Skipped | Records::LostWithStream { .. } => {
                Some(amount(load, Duration::from_secs(60), AmountOf::MinuteBehind))
            }
            Records::ReadAgain { .. }
            | Records::Untouched
            | Records::ReadFrom(_)
            | Records::Filtered
            | Records::NotRead => None,
        };
    }
    for risk in data.iter_mut().filter(|risk| risk.type_name == "AWS::Kinesis::Stream") {
        let load = desired.loads.get(&risk.logical_id);
        risk.amount = load.map(|load| retained(load, retention(before, &risk.logical_id)));
    }
}

/// What a reader that is so far behind loses unread.
pub(super) fn unread(desired: &Desired, effect: &ConsumerEffect, behind: Duration) -> Option<Amount> {
    let load = desired.loads.get(&effect.logical_id).or_else(|| {
        let mapping = desired.template.resources.get(&effect.logical_id)?;
        desired.loads.get(&stream_of(&desired.template, mapping)?)
    })?;
    let lost = match &effect.records {
        Records::ExpireSooner { after, .. } => {
            let kept = of_hours(whole(Some(after))?);
            Duration::from_micros(behind.as_micros().saturating_sub(kept.as_micros()))
        }
        _ => behind,
    };
    Some(amount(load, lost, AmountOf::Unread))
}

/// Records that arrive in a time.
pub(super) fn arriving(load: &Load, span: Duration) -> u64 {
    amount(load, span, AmountOf::MinuteBehind).records
}

fn retained(load: &Load, span: Duration) -> Amount {
    amount(load, span, AmountOf::Retention)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of records: not negative, and cut at the largest there is"
)]
fn amount(load: &Load, span: Duration, of: AmountOf) -> Amount {
    let records = (load.records.per_second() * span.as_secs_f64()).round() as u64;
    Amount { records, bytes: records.saturating_mul(load.record.as_bytes()), span, of }
}

/// How long a stream keeps records as deployed: a day where it does not say.
fn retention(template: &Template, stream: &LogicalId) -> Duration {
    let stream = template.resources.get(stream);
    let said = stream.and_then(|stream| whole(stream.properties.get("RetentionPeriodHours")));
    of_hours(said.unwrap_or(24))
}

pub(super) fn of_hours(hours: u64) -> Duration {
    Duration::from_secs(hours.saturating_mul(3_600))
}
