//! Several deployments for programs: JSON lines while they go on, one document at the end.

use serde_json::{Map, Value, json};

use super::{Ended, Member};
use crate::event::Event;
use crate::plan::Plan;
use crate::units::{Duration, Timestamp};
use crate::view::events::{JsonLines, Scene};
use crate::view::words::json as to_value;
use crate::view::{FORMAT_VERSION, TOOL_VERSION};

/// Renders what happens as JSON lines, numbered over all deployments. Every line after the first names its `pipeline`,
/// `environment` and `region`; events are as those of one deployment.
#[derive(Debug)]
pub struct ManyJsonLines {
    members: Vec<Member>,
    each: Vec<JsonLines>,
    seq: u64,
}

impl ManyJsonLines {
    /// Returns a renderer for these deployments.
    #[must_use]
    pub fn new(members: &[Member]) -> Self {
        let each = members.iter().map(|_| JsonLines::new(Scene::default())).collect();
        Self { members: members.to_vec(), each, seq: 0 }
    }

    /// Returns the line that comes before all others.
    #[must_use]
    pub fn opening(&self, embedded: bool) -> String {
        json!({"type": "version", "seq": 0, "tool": "sluice", "tool_version": TOOL_VERSION,
               "format_version": FORMAT_VERSION, "embedded": embedded, "deployments": self.members})
        .to_string()
    }

    /// The plan of one is made.
    pub fn planned(&mut self, member: usize, at: Timestamp, plan: &Plan) -> String {
        let fields = json!({"at": at, "stack": plan.stack, "type": "planned", "changes": !plan.is_empty(),
                            "summary": to_value(&plan.summary)});
        self.line(member, fields)
    }

    /// Something happened in one.
    pub fn event(&mut self, member: usize, stack: &str, event: &Event) -> String {
        let mut fields = self.each.get_mut(member).map(|each| each.fields(event)).unwrap_or_default();
        fields.insert("stack".to_owned(), json!(stack));
        fields.remove("stage");
        self.line(member, Value::Object(fields))
    }

    /// One ended, or will never begin.
    pub fn ended(&mut self, member: usize, at: Timestamp, ended: &Ended) -> String {
        let mut fields = Map::from_iter([("at".to_owned(), json!(at)), ("type".to_owned(), json!("deployment_ended"))]);
        fields.extend(end(ended));
        self.line(member, Value::Object(fields))
    }

    fn line(&mut self, member: usize, fields: Value) -> String {
        self.seq += 1;
        let mut line = Map::from_iter([("seq".to_owned(), json!(self.seq))]);
        if let Some(Value::Object(member)) = self.members.get(member).map(|member| json!(member)) {
            line.extend(member);
        }
        if let Value::Object(mut fields) = fields {
            fields.remove("seq");
            line.extend(fields);
        }
        Value::Object(line).to_string()
    }
}

fn end(ended: &Ended) -> Map<String, Value> {
    Map::from_iter([
        ("result".to_owned(), json!(ended.ending)),
        ("took_micros".to_owned(), json!(ended.took.map(Duration::as_micros))),
        ("code".to_owned(), json!(ended.code.map(|code| code.to_string()))),
        ("why".to_owned(), json!(ended.why)),
    ])
}

/// Returns how each ended, for a program.
#[must_use]
pub fn to_json(members: &[Member], ends: &[Ended], took: Duration) -> Value {
    let deployments: Vec<Value> = members
        .iter()
        .zip(ends)
        .map(|(member, ended)| {
            let mut fields = match json!(member) {
                Value::Object(fields) => fields,
                _ => Map::new(),
            };
            fields.extend(end(ended));
            Value::Object(fields)
        })
        .collect();
    json!({"format_version": FORMAT_VERSION, "tool_version": TOOL_VERSION, "kind": "deployments",
           "took_micros": took.as_micros(), "deployments": deployments})
}

#[cfg(test)]
mod tests {
    use super::super::Ending;
    use super::super::fixtures::{at, ended, members, started};
    use super::*;

    #[test]
    fn lines_are_numbered_over_all_and_name_their_deployment() {
        let mut lines = ManyJsonLines::new(&members());
        let text = [
            lines.opening(true),
            lines.event(2, "orders-prod", &started(3)),
            lines.ended(0, at(61), &ended(Ending::RolledBack, Some("the deployment failed"))),
        ];
        insta::assert_snapshot!(text.join("\n").replace(TOOL_VERSION, "[VERSION]"));
    }
}
