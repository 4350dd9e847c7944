//! What was counted in AWS for a plan: how much is at risk, and how far behind the readers are whose records are.
//!
//! A plan tells the same without it, only less exactly. Nothing here changes what is done; it changes what has to be agreed
//! to, for records that nobody has read are lost with a shorter retention.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::amounts;
use super::desired::Desired;
use super::model::{ConsumerEffect, Plan, Records};
use crate::observed::Held;
use crate::units::{Duration, LogicalId};

/// What was counted for a plan, by the resources of its stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// How much resources hold.
    pub held: BTreeMap<LogicalId, Held>,
    /// How far readers were behind lately, at most.
    pub behind: BTreeMap<LogicalId, Duration>,
    /// What was asked in vain.
    pub unknown: Vec<Unmeasured>,
}

/// Something that would be worth knowing and could not be counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unmeasured {
    /// The resource.
    pub logical_id: LogicalId,
    /// What of it.
    pub what: Measure,
    /// Why it is not known, in the service's own words where it refused.
    pub why: String,
}

/// What is measured of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How much it holds.
    Holding,
    /// How far it is behind the tip of its stream.
    Lag,
}

impl ConsumerEffect {
    /// Whether it matters how far the reader is behind: records that it has not read may be lost to it.
    #[must_use]
    pub fn minds_lag(&self) -> bool {
        match &self.records {
            Records::Skipped | Records::ExpireSooner { .. } | Records::LostWithStream { .. } => true,
            Records::Untouched
            | Records::ReadFrom(_)
            | Records::ReadAgain { .. }
            | Records::Filtered
            | Records::NotRead => false,
        }
    }

    /// Whether the reader was measured to be further behind than its stream will keep records: what lies between is lost
    /// unread.
    #[must_use]
    pub fn loses_unread(&self) -> bool {
        match (&self.records, self.behind) {
            (Records::ExpireSooner { after, .. }, Some(behind)) => {
                super::bounds::whole(Some(after)).is_some_and(|hours| behind > amounts::of_hours(hours))
            }
            _ => false,
        }
    }
}

impl Plan {
    /// Adds what was counted for it.
    #[must_use]
    pub fn measured(mut self, desired: &Desired, measured: Measured) -> Self {
        for risk in &mut self.data {
            risk.held = measured.held.get(&risk.logical_id).copied();
        }
        for effect in self.consumers.iter_mut().filter(|effect| effect.minds_lag()) {
            effect.behind = measured.behind.get(&effect.logical_id).copied();
            if let Some(exact) = effect.behind.and_then(|behind| amounts::unread(desired, effect, behind)) {
                effect.amount = Some(exact);
            }
        }
        self.unmeasured = measured.unknown;
        self.unmeasured.sort();
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::desired::Known;
    use super::super::{AmountOf, Load, compare_files};
    use super::*;
    use crate::environment::Tier;
    use crate::observed::HeldUnit;
    use crate::pipeline::Origins;
    use crate::plan::{Earlier, EarlierStack, Permission, Policy, Source};
    use crate::template::Template;
    use crate::units::{ByteSize, Rate};

    fn id(text: &str) -> LogicalId {
        LogicalId::new(text).expect("a logical id")
    }

    fn template(hours: u64, table: bool) -> Template {
        let mut resources = json!({
            "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "p-dev-s", "RetentionPeriodHours": hours, "ShardCount": 2}},
            "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]}, "FunctionName": "f", "StartingPosition": "LATEST"}},
        });
        if table {
            resources["Table"] = json!({"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "p-dev-t"}});
        }
        Template::from_value(json!({"Resources": resources})).expect("a template")
    }

    fn planned(before: Template, after: Template) -> (Desired, Plan) {
        let load =
            Load { records: Rate::parse("100/s").expect("a rate"), record: ByteSize::parse("1 KiB").expect("a size") };
        let desired = Desired {
            stack: "p-dev".to_owned(),
            template: after,
            tags: BTreeMap::new(),
            origins: Origins::new(),
            loads: BTreeMap::from([(id("Stream"), load)]),
        };
        let earlier = Earlier {
            source: Source::Template { path: "before.yaml".to_owned() },
            stack: Ok(EarlierStack { template: before, tags: None }),
        };
        let plan = compare_files(&desired, &earlier);
        assert_eq!(Known::default().expiry_changing, std::collections::BTreeSet::new());
        (desired, plan)
    }

    fn behind(hours: u64) -> Measured {
        let lag = Duration::from_secs(hours * 3_600);
        Measured { behind: BTreeMap::from([(id("Mapping"), lag)]), ..Measured::default() }
    }

    fn demands(plan: &Plan) -> Vec<Permission> {
        Policy { tier: Tier::Development, budget: None }.demands(plan)
    }

    #[test]
    fn records_that_expire_before_they_are_read_are_a_loss_to_be_named() {
        let (desired, plan) = planned(template(48, false), template(24, false));
        assert_eq!(demands(&plan), []);
        let near = plan.clone().measured(&desired, behind(2));
        assert_eq!(demands(&near), []);
        let far = plan.measured(&desired, behind(30));
        assert_eq!(demands(&far), [Permission::DataLoss { logical_id: id("Mapping") }]);
        // Six hours of a hundred records in a second.
        let amount = far.consumers.iter().find_map(|effect| effect.amount).expect("an amount");
        assert_eq!((amount.records, amount.of), (100 * 6 * 3_600, AmountOf::Unread));
    }

    #[test]
    fn what_a_table_holds_stands_beside_its_loss() {
        let (desired, plan) = planned(template(24, true), template(24, false));
        let held = Held { count: 42, unit: HeldUnit::Items, bytes: Some(4_200), more: false };
        let measured = Measured { held: BTreeMap::from([(id("Table"), held)]), ..Measured::default() };
        let plan = plan.measured(&desired, measured);
        assert_eq!(plan.data.iter().filter_map(|risk| risk.held).collect::<Vec<_>>(), [held]);
    }
}
