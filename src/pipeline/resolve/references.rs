//! Names that lead to stages of the file.

use super::Resolver;
use crate::diagnostic::Code;
use crate::pipeline::stage::StageKind;
use crate::spec::{AlarmPath, Node};
use crate::units::StageName;

impl<'a> Resolver<'a> {
    /// The names of a kind that the file declares, those of stages that cannot be read included.
    pub(super) fn names(&self, kind: StageKind) -> Vec<&'a str> {
        let section = self.merged.tree.get(kind.section()).map(Node::entries).unwrap_or_default();
        section.iter().map(|entry| entry.key.as_str()).collect()
    }

    /// Whether a stage of any kind has the name.
    pub(super) fn is_stage(&self, name: &StageName) -> bool {
        StageKind::ALL.into_iter().any(|kind| self.names(kind).contains(&name.as_str()))
    }

    /// Checks that a name at `path` is that of a stage of a kind.
    pub(super) fn check_known(&mut self, kind: StageKind, name: &StageName, path: &str) -> bool {
        let names = self.names(kind);
        if names.contains(&name.as_str()) {
            return true;
        }
        let finding = self.error(Code::UnknownReference, path, format!("there is no {kind} `{name}`"));
        let finding = match crate::diagnostic::closest(name.as_str(), names.iter().copied()) {
            Some(meant) => finding.help(format!("did you mean `{meant}`?")),
            None => finding.help(format!("declare it under `{}:`", kind.section())),
        };
        let finding = if names.is_empty() {
            finding.note(format!("the file declares no {kind} at all"))
        } else {
            let all: Vec<String> = names.iter().map(|known| format!("`{known}`")).collect();
            finding.note(format!("declared under `{}`: {}", kind.section(), all.join(", ")))
        };
        self.push(finding);
        false
    }

    /// Checks a list of names of one kind: each known, none twice.
    pub(super) fn check_list(&mut self, kind: StageKind, names: &[StageName], path: &str) {
        for (index, name) in names.iter().enumerate() {
            self.check_known(kind, name, &format!("{path}.{index}"));
        }
        self.check_distinct(path, names);
    }

    /// Says that there is no stage of any kind with the name.
    pub(super) fn unknown_stage(&mut self, name: &StageName, path: &str, wanted: &str) {
        let all = StageKind::ALL.into_iter().flat_map(|kind| self.names(kind));
        let title = format!("there is no stage `{name}` {wanted}");
        self.push(self.error(Code::UnknownReference, path, title).meant(name.as_str(), all));
    }

    /// Says that a stage has no alarm of a name.
    pub(super) fn unknown_alarm(&mut self, alarm: &AlarmPath, path: &str, known: &[String]) {
        let title = format!("`{}` has no alarm `{}`", alarm.stage, alarm.alarm);
        let finding = self.error(Code::UnknownReference, path, title);
        let finding = if known.is_empty() {
            finding.note("stages of its kind have no alarms")
        } else {
            finding.note(format!("its alarms are `{}`", known.join("`, `")))
        };
        self.push(finding.meant(&alarm.alarm, known.iter().map(String::as_str)));
    }
}
