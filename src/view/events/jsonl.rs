//! Events as JSON lines. The first line says who writes which format; every line has a number.

use serde_json::{Map, Value, json};

use super::Scene;
use crate::event::{Event, EventKind};
use crate::units::Timestamp;
use crate::view::words::json as to_json;
use crate::view::{FORMAT_VERSION, TOOL_VERSION};

/// Renders events as JSON lines: `seq`, `at`, `elapsed_ms` since the operation's start, `stack`, `type`, and the
/// event's own fields; resource events also have their `stage`.
#[derive(Debug)]
pub struct JsonLines {
    scene: Scene,
    seq: u64,
    started: Option<Timestamp>,
}

impl JsonLines {
    /// Returns a renderer that has written nothing yet.
    #[must_use]
    pub fn new(scene: Scene) -> Self {
        Self { scene, seq: 0, started: None }
    }

    /// Returns the line that comes before all events.
    #[must_use]
    pub fn opening(&self) -> String {
        let embedded = self.scene.embedded;
        json!({"type": "version", "seq": 0, "tool": "sluice", "tool_version": TOOL_VERSION,
               "format_version": FORMAT_VERSION, "embedded": embedded})
        .to_string()
    }

    /// Returns the event's line.
    pub fn line(&mut self, event: &Event) -> String {
        Value::Object(self.fields(event)).to_string()
    }

    /// The fields of the event's line.
    pub(crate) fn fields(&mut self, event: &Event) -> Map<String, Value> {
        if self.started.is_none() || matches!(event.kind, EventKind::OperationStarted { .. }) {
            self.started = Some(event.at);
        }
        self.seq += 1;
        let mut line = Map::new();
        line.insert("seq".to_owned(), json!(self.seq));
        line.insert("at".to_owned(), json!(event.at));
        line.insert("elapsed_ms".to_owned(), json!(event.at.since(self.started.unwrap_or(event.at)).as_millis()));
        line.insert("stack".to_owned(), json!(self.scene.stack));
        if let EventKind::Resource { event, .. } = &event.kind {
            line.insert("stage".to_owned(), json!(self.scene.stage_of(&event.logical_id)));
        }
        match to_json(event) {
            Value::Object(fields) => line.extend(fields),
            other => {
                line.insert("event".to_owned(), other);
            }
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{failing_create, scene};
    use super::*;

    #[test]
    fn lines_are_numbered_and_typed_and_open_with_the_version() {
        let mut lines = JsonLines::new(scene());
        let mut text = vec![lines.opening()];
        text.extend(failing_create().iter().map(|event| lines.line(event)));
        insta::assert_snapshot!(text.join("\n").replace(TOOL_VERSION, "[VERSION]"));
        for (at, line) in text.iter().enumerate() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_eq!(line.get("seq"), Some(&json!(at)));
            assert!(line.get("type").is_some_and(Value::is_string));
        }
    }
}
