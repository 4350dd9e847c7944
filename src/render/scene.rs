//! What every view is made from, and the small parts that views share.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::Assets;
use crate::capacity::Sized;
use crate::environment::Tier;
use crate::pipeline::{Origin, Pipeline, StageKind, StageRef, names};
use crate::units::{LogicalId, StageName};

/// The pipeline together with what it is rendered against.
pub(super) struct Scene<'a> {
    pub(super) sized: &'a Sized,
    pub(super) pipeline: &'a Pipeline,
    pub(super) assets: &'a Assets,
}

impl<'a> Scene<'a> {
    pub(super) fn new(sized: &'a Sized, assets: &'a Assets) -> Self {
        Self { sized, pipeline: sized.pipeline(), assets }
    }

    /// What happens to stateful resources (DESIGN section 8).
    pub(super) fn protection(&self) -> Protection {
        match self.pipeline.environment().tier() {
            Tier::Production | Tier::Staging => Protection {
                deletion_policy: "RetainExceptOnCreate",
                update_replace_policy: "Retain",
                deletion_protection: true,
            },
            Tier::Development => {
                Protection { deletion_policy: "Delete", update_replace_policy: "Delete", deletion_protection: false }
            }
        }
    }

    /// The ARN of something of this account and region that this template does not make or must not refer to.
    pub(super) fn arn(&self, service: &str, resource: &str) -> String {
        let (account, region) = (self.pipeline.account(), self.pipeline.region());
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.partition())
    }

    /// The partition of the region.
    pub(super) fn partition(&self) -> &'static str {
        names::partition(self.pipeline.region().as_str())
    }

    /// The host of a service in this region, as IAM's `kms:ViaService` names it.
    pub(super) fn service_host(&self, service: &str) -> String {
        let suffix = if self.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("{service}.{}.{suffix}", self.pipeline.region())
    }

    /// The id of the topic that alarms speak to.
    pub(super) fn topic_id(&self) -> LogicalId {
        names::shared_id(&["alarm", "topic"])
    }
}

/// What happens to a stateful resource that leaves the stack.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Protection {
    deletion_policy: &'static str,
    update_replace_policy: &'static str,
    deletion_protection: bool,
}

/// One thing a role may do.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Statement {
    pub(super) sid: Cow<'static, str>,
    pub(super) actions: Vec<&'static str>,
    pub(super) resources: Vec<Value>,
    pub(super) condition: Option<Value>,
}

impl Statement {
    pub(super) fn new(sid: impl Into<Cow<'static, str>>, actions: &[&'static str], resources: Vec<Value>) -> Self {
        Self { sid: sid.into(), actions: actions.to_vec(), resources, condition: None }
    }

    pub(super) fn when(mut self, condition: Value) -> Self {
        self.condition = Some(condition);
        self
    }
}

/// A view and what it belongs to.
pub(super) struct Fragment {
    /// The values for the template.
    pub(super) view: Value,
    /// Where its resources come from, unless listed in `narrower`.
    pub(super) origin: Origin,
    /// Resources that come from a narrower place.
    pub(super) narrower: Vec<(LogicalId, Origin)>,
}

impl Fragment {
    /// The fragment of a stage; `fields` names, for some of its resources, the field that caused them.
    pub(super) fn of(
        pipeline: &Pipeline,
        stage: &StageRef,
        view: &impl Serialize,
        fields: &[(&LogicalId, &str)],
    ) -> Self {
        Self {
            // A view is plain data; what cannot be serialised would be a map with keys that are no text.
            view: serde_json::to_value(view).unwrap_or(Value::Null),
            origin: pipeline.stage_origin(stage, ""),
            narrower: fields.iter().map(|(id, field)| ((*id).clone(), pipeline.stage_origin(stage, field))).collect(),
        }
    }

    /// The fragment of what belongs to the pipeline as a whole.
    pub(super) fn shared(pipeline: &Pipeline, view: &impl Serialize) -> Self {
        Self {
            view: serde_json::to_value(view).unwrap_or(Value::Null),
            origin: pipeline.origin("pipeline"),
            narrower: Vec::new(),
        }
    }
}

/// The id of a stage's main resource.
pub(super) fn main_id(kind: StageKind, name: &StageName) -> LogicalId {
    names::logical_id(&StageRef::new(kind, name), "")
}

/// `Ref`.
pub(super) fn reference(id: &LogicalId) -> Value {
    json!({ "Ref": id })
}

/// `Fn::GetAtt`.
pub(super) fn attribute(id: &LogicalId, name: &str) -> Value {
    json!({ "Fn::GetAtt": [id, name] })
}

/// A whole number without its `.0`.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { json!(value as i64) } else { json!(value) }
}

/// A reference and a text as one text: a path below an ARN.
pub(super) fn below(reference: &Value, path: &str) -> Value {
    json!({ "Fn::Join": ["", [reference, path]] })
}

/// The beginning of a text, at most `longest` bytes of it.
pub(super) fn shortened(text: &str, longest: usize) -> &str {
    let end = (0..=longest.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!((shortened("añb", 2), shortened("añb", 3), shortened("añb", 9)), ("a", "añ", "añb"));
    }
}
