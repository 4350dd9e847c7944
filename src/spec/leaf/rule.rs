//! What suppressions name: rules and stages.

use serde_json::{Value as JsonValue, json};

use super::super::decode::{Decode, Reader};
use super::super::schema::Definitions;
use super::super::tree::{Node, excerpt};
use super::{refuse, text};
use crate::diagnostic::{Area, Code, closest};
use crate::units::StageName;

/// A readiness rule, by its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleCode(pub Code);

impl Decode for RuleCode {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "the code of a readiness rule")?;
        let rules = || Code::ALL.iter().copied().filter(|code| code.area() == Area::Readiness);
        let found = rules().find(|code| code.as_str() == written);
        if found.is_some() {
            return found.map(Self);
        }
        let title = format!("`{}` is not the code of a readiness rule", excerpt(written));
        let help = match closest(written, rules().map(Code::as_str)) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "`sluice explain` lists them: those that begin with R".to_owned(),
        };
        refuse(reader, node, Code::UnknownChoice, title, Some(help))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "the code of a readiness rule", "type": "string", "pattern": "^R6[0-9]{3}$"})
    }
}

/// A stage by its dotted path: `consumers.score`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePath {
    /// The section of the file.
    pub section: String,
    /// The stage's name there.
    pub stage: StageName,
}

impl Decode for StagePath {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let written = text(node, reader, "the path of a stage")?;
        let parts = written.split_once('.').and_then(|(section, stage)| Some((section, StageName::new(stage).ok()?)));
        if let Some((section, stage)) = parts.filter(|(section, _)| !section.is_empty()) {
            return Some(Self { section: section.to_owned(), stage });
        }
        let title = format!("`{}` is not the path of a stage", excerpt(written));
        let help = "write section and name, for instance `consumers.score`".to_owned();
        refuse(reader, node, Code::BadName, title, Some(help))
    }
    fn schema(_: &mut Definitions) -> JsonValue {
        json!({"title": "`section.stage`", "type": "string", "pattern": "^[a-z]+\\.[a-z][a-z0-9-]*$"})
    }
}
