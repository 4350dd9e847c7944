//! Keys, encryption, budgets.

use std::collections::BTreeMap;

use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{CostBudget, Encryption, Key};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::EncryptionChoice;
use crate::units::{Percent, StageName};

/// Most notifications of a budget (Budgets API, `Notification`).
const MOST_NOTIFICATIONS: usize = 10;

impl Resolver<'_> {
    pub(super) fn keys(&mut self) -> BTreeMap<StageName, Key> {
        let key = |(name, spec): (&StageName, &crate::spec::KmsKeySpec)| {
            let description = spec.description.as_ref().map(|text| text.0.clone()).unwrap_or_default();
            let rotation = spec.rotation.map_or(defaults::KEY_ROTATION, |rotation| rotation.0);
            (name.clone(), Key { name: name.clone(), description, rotation })
        };
        self.check_encryption("encryption", self.file.encryption.as_ref());
        self.file.keys.iter().map(key).collect()
    }

    pub(super) fn budget(&mut self) -> Option<CostBudget> {
        let spec = self.file.budget.as_ref()?;
        self.check_most(
            "budget.alert_at",
            spec.alert_at.len(),
            MOST_NOTIFICATIONS,
            "shares",
            "a budget of AWS Budgets takes ten notifications (Budgets API)",
        );
        self.check_distinct("budget.alert_at", &spec.alert_at.iter().map(|share| share.0).collect::<Vec<_>>());
        let mut alert_at: Vec<Percent> = spec.alert_at.iter().map(|share| share.0).collect();
        if alert_at.is_empty() {
            alert_at = defaults::BUDGET_ALERTS.map(Percent::new).to_vec();
        }
        alert_at.sort_by(|a, b| a.as_percent().total_cmp(&b.as_percent()));
        Some(CostBudget { monthly: spec.monthly.0, alert_at })
    }

    /// The encryption of a stage: its own, or else the file's.
    pub(super) fn encryption(&mut self, stage: &StageRef, own: Option<&EncryptionChoice>) -> Encryption {
        self.check_encryption(&format!("{}.encryption", stage.path()), own);
        match own.or(self.file.encryption.as_ref()) {
            None | Some(EncryptionChoice::Managed) => Encryption::Managed,
            Some(EncryptionChoice::Key(key)) => Encryption::Key(key.clone()),
            Some(EncryptionChoice::Arn(arn)) => Encryption::Arn(arn.0.clone()),
        }
    }

    /// A key must be declared, or stand where the pipeline stands.
    fn check_encryption(&mut self, path: &str, choice: Option<&EncryptionChoice>) {
        match choice {
            None | Some(EncryptionChoice::Managed) => {}
            Some(EncryptionChoice::Key(key)) => {
                self.check_known(StageKind::Key, key, &format!("{path}.key"));
            }
            Some(EncryptionChoice::Arn(arn)) => {
                let region = arn.0.split(':').nth(3).unwrap_or_default();
                if region != self.region.as_str() {
                    let title = format!("the key is in `{region}`, the pipeline is resolved for `{}`", self.region);
                    let note = "a service uses keys of its own region only (KMS developer guide)";
                    let finding = self.error(Code::Conflict, &format!("{path}.arn"), title).note(note);
                    self.push(finding.help("set it in each environment's overlay, or declare a key under `keys:`"));
                }
            }
        }
    }
}
