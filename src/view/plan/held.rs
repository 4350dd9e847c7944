//! A plan's document held against itself: what stands in it for readers is what the plan in it says.

use serde_json::Value;

use super::{About, to_json};
use crate::pipeline::names;
use crate::plan::Plan;
use crate::units::{EnvironmentName, PipelineName};

/// Members that say what wrote the document, not what the plan is.
const OF_THE_WRITER: [&str; 2] = ["format_version", "tool_version"];

/// Everything in which a document says something else than the plan in it, which it was read into: nothing, unless
/// somebody edited it.
#[must_use]
pub fn contradictions(document: &Value, plan: &Plan, about: &About) -> Vec<String> {
    let mut found = Vec::new();
    if let (Ok(pipeline), Ok(environment)) =
        (PipelineName::new(&about.pipeline), EnvironmentName::new(&about.environment))
    {
        let stack = names::stack(&pipeline, &environment);
        if stack != plan.stack {
            found.push(format!("it is about the stack {}, and {pipeline} in {environment} is {stack}", plan.stack));
        }
    }
    for name in ["pipeline", "environment", "account", "region"] {
        let (head, saved) = (&document[name], &document["saved"][name]);
        if !saved.is_null() && saved != head {
            found.push(format!("`{name}` is {head}, and `saved.{name}` is {saved}"));
        }
    }
    let counted = Plan { summary: plan.counted(), ..plan.clone() };
    if let Value::Object(meant) = to_json(&counted, about) {
        for (name, meant) in meant.iter().filter(|(name, _)| !OF_THE_WRITER.contains(&name.as_str())) {
            if let Some(said) = document.get(name) {
                otherwise(said, meant, name, &mut found);
            }
        }
    }
    found
}

/// Gathers where a document says something else than it means; what it says beside that may be of a later version.
fn otherwise(said: &Value, meant: &Value, at: &str, found: &mut Vec<String>) {
    match (said, meant) {
        (Value::Object(said), Value::Object(meant)) => {
            for (name, meant) in meant {
                if let Some(said) = said.get(name) {
                    otherwise(said, meant, &format!("{at}.{name}"), found);
                }
            }
        }
        (Value::Array(said), Value::Array(meant)) if said.len() == meant.len() => {
            for (index, (said, meant)) in said.iter().zip(meant).enumerate() {
                otherwise(said, meant, &format!("{at}.{index}"), found);
            }
        }
        (said, meant) if said == meant => {}
        (Value::Object(_) | Value::Array(_), _) | (_, Value::Object(_) | Value::Array(_)) => {
            found.push(format!("`{at}` is not what the rest of it says"));
        }
        (said, meant) => found.push(format!("`{at}` is {said}, and the rest of it says {meant}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixtures::{about, risky};
    use super::*;

    #[test]
    fn what_was_written_says_one_thing_and_what_was_edited_two() {
        let (mut plan, about) = (risky(), about());
        plan.summary = plan.counted();
        let document = to_json(&plan, &about);
        let held = |document: &Value| contradictions(document, &plan, &about);
        assert_eq!(held(&document), Vec::<String>::new());
        for (place, edited) in [
            ("/counts/replace", json!(999)),
            ("/applyable", json!(true)),
            ("/changes", json!(false)),
            ("/resources/0/actions", json!([])),
            ("/summary/data_loss", json!(77)),
        ] {
            let mut other = document.clone();
            *other.pointer_mut(place).expect("is there") = edited;
            let found = held(&other);
            assert_eq!(found.len(), 1, "{place}: {found:?}");
        }
    }
}
