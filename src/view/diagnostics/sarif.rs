//! Diagnostics as SARIF 2.1.0, which code hosts and editors show beside the lines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, Severity};
use crate::view::TOOL_VERSION;

/// Returns one run with one rule per code that occurs and one result per diagnostic.
#[must_use]
pub fn to_sarif(diagnostics: &Diagnostics) -> Value {
    let codes: Vec<Code> = diagnostics.iter().map(|d| d.code).collect::<BTreeSet<_>>().into_iter().collect();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({"id": code, "shortDescription": {"text": code.title()}, "help": {"text": code.page(), "markdown": code.page()}}))
        .collect();
    let results: Vec<Value> = diagnostics.iter().map(|diagnostic| result(diagnostic, &codes)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "sluice", "version": TOOL_VERSION, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code]) -> Value {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let sentences = std::iter::once(&diagnostic.title).chain(&diagnostic.notes).chain(&diagnostic.help);
    let message = sentences.map(String::as_str).collect::<Vec<_>>().join("\n");
    let mut locations = diagnostic.labels.iter().map(location);
    json!({
        "ruleId": diagnostic.code,
        "ruleIndex": codes.binary_search(&diagnostic.code).unwrap_or_default(),
        "level": level,
        "message": {"text": message},
        "locations": locations.by_ref().take(1).collect::<Vec<_>>(),
        "relatedLocations": locations.collect::<Vec<_>>(),
    })
}

fn location(label: &Label) -> Value {
    let place = &label.place;
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri(place.file.as_str())},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "byteOffset": place.span.start,
                "byteLength": place.span.end.saturating_sub(place.span.start),
            },
        },
    });
    if let (Some(fields), false) = (location.as_object_mut(), label.text.is_empty()) {
        fields.insert("message".to_owned(), json!({"text": label.text}));
    }
    location
}

/// A relative URI reference: every byte that is not plainly part of a path is escaped.
fn uri(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::two;
    use super::*;

    #[test]
    fn results_point_at_their_rules_and_lines() {
        let sarif = to_sarif(&two());
        let text = |pointer: &str| sarif.pointer(pointer).cloned().unwrap_or_default();
        for result in [0, 1] {
            let index = text(&format!("/runs/0/results/{result}/ruleIndex"));
            assert_eq!(
                text(&format!("/runs/0/tool/driver/rules/{index}/id")),
                text(&format!("/runs/0/results/{result}/ruleId"))
            );
        }
        assert_eq!(text("/runs/0/results/0/locations/0/physicalLocation/region/startLine"), 5);
        assert_eq!(text("/runs/0/results/1/relatedLocations/0/message/text"), "16 shards asked for here");
    }

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(uri("stacks/a b/é.yaml"), "stacks/a%20b/%C3%A9.yaml");
    }
}
