//! CloudFormation's own limits on a template as a whole, and what a template may not leave open.

use serde_json::Value;

use super::{Findings, Rule};
use crate::template::limits;
use crate::template::model::Template;
use crate::template::path::PropertyPath;

/// Checks everything that is counted or measured. The body is measured as it is sent: canonical JSON.
pub(super) fn check(template: &Template, findings: &mut Findings<'_>) {
    let counted = [
        (template.resources.len(), limits::RESOURCES, "resources"),
        (template.outputs.len(), limits::OUTPUTS, "outputs"),
        (template.parameters.len(), limits::PARAMETERS, "parameters"),
        (dynamic_references(template), limits::DYNAMIC_REFERENCES, "dynamic references"),
        (template.description.as_deref().map_or(0, str::len), limits::DESCRIPTION_BYTES, "bytes of description"),
        (template.canonical_json_bytes(), limits::S3_BODY_BYTES, "bytes of template"),
    ];
    for (count, most, what) in counted {
        at_most(&PropertyPath::root(), count, most, what, findings);
    }
    for (name, output) in &template.outputs {
        let length = output.description.as_deref().map_or(0, str::len);
        at_most(&PropertyPath::of(name.as_str()), length, limits::DESCRIPTION_BYTES, "bytes of description", findings);
    }
    for (name, declaration) in &template.parameters {
        parameter(name, declaration, findings);
    }
}

fn at_most(path: &PropertyPath, count: usize, most: usize, what: &str, findings: &mut Findings<'_>) {
    if count > most {
        findings.add(path, Rule::Limit, format!("{count} {what}; CloudFormation allows {most}"));
    }
}

/// A deployment gives no parameter a value, so each needs a default, and a default is a value.
fn parameter(name: &str, declaration: &Value, findings: &mut Findings<'_>) {
    let path = PropertyPath::of(name);
    at_most(&path, name.len(), limits::LOGICAL_ID_CHARS, "characters in a parameter's name", findings);
    match declaration.get("Default") {
        None => findings.add(&path, Rule::Required, "a parameter without `Default`: a deployment gives it no value"),
        Some(Value::String(text)) => {
            at_most(&path, text.len(), limits::PARAMETER_VALUE_BYTES, "bytes in a parameter's value", findings);
        }
        Some(_) => {}
    }
}

fn dynamic_references(template: &Template) -> usize {
    let properties = template.resources.values().flat_map(|resource| resource.properties.values());
    properties.chain(template.outputs.values().map(|output| &output.value)).map(dynamic_in).sum()
}

fn dynamic_in(value: &Value) -> usize {
    match value {
        // Most texts have no brace at all, and looking for one byte is quick.
        Value::String(text) if text.contains('{') => text.matches("{{resolve:").count(),
        Value::String(_) => 0,
        Value::Array(items) => items.iter().map(dynamic_in).sum(),
        Value::Object(members) => members.values().map(dynamic_in).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::template::check;

    fn many(count: usize, prefix: &str, value: &Value) -> Value {
        Value::Object(Map::from_iter((0..count).map(|at| (format!("{prefix}{at}"), value.clone()))))
    }

    /// A template of one queue with these sections besides.
    fn template(sections: Value) -> Template {
        let mut all = json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}});
        let Value::Object(sections) = sections else { panic!("sections are a mapping") };
        all.as_object_mut().expect("an object").extend(sections);
        Template::from_value(all).expect("a template")
    }

    fn told(template: &Template) -> Vec<String> {
        check(template).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_last_one_that_fits_passes_and_the_next_one_is_told_with_both_numbers() {
        let queue = json!({"Type": "AWS::SQS::Queue"});
        let output = json!({"Value": "x"});
        let parameter = json!({"Type": "String", "Default": ""});
        let value = |length: usize| json!({"P": {"Type": "String", "Default": "x".repeat(length)}});
        let text = |length: usize| json!({"O": {"Value": "x", "Description": "d".repeat(length)}});
        let secrets = |count: usize| {
            let secret = json!({"Type": "AWS::SQS::Queue", "Properties": {"Tags": [{"Key": "k", "Value": "{{resolve:ssm:/a:1}}"}]}});
            many(count, "Q", &secret)
        };
        type Made<'a> = Box<dyn Fn(usize) -> Value + 'a>;
        let cases: [(usize, Made<'_>, &str); 8] = [
            (500, Box::new(|n| json!({"Resources": many(n, "Q", &queue)})), "501 resources; CloudFormation allows 500"),
            (200, Box::new(|n| json!({"Outputs": many(n, "O", &output)})), "201 outputs; CloudFormation allows 200"),
            (
                200,
                Box::new(|n| json!({"Parameters": many(n, "P", &parameter)})),
                "201 parameters; CloudFormation allows 200",
            ),
            (60, Box::new(|n| json!({"Resources": secrets(n)})), "61 dynamic references; CloudFormation allows 60"),
            (
                1_024,
                Box::new(|n| json!({"Description": "d".repeat(n)})),
                "1025 bytes of description; CloudFormation allows 1024",
            ),
            (1_024, Box::new(|n| json!({"Outputs": text(n)})), "1025 bytes of description; CloudFormation allows 1024"),
            (
                4_096,
                Box::new(|n| json!({"Parameters": value(n)})),
                "4097 bytes in a parameter's value; CloudFormation allows 4096",
            ),
            (
                255,
                Box::new(|n| json!({"Parameters": {"P".repeat(n): parameter.clone()}})),
                "256 characters in a parameter's name; CloudFormation allows 255",
            ),
        ];
        for (most, made, message) in cases {
            assert_eq!(told(&template(made(most))), Vec::<String>::new(), "{message}");
            let over = told(&template(made(most + 1)));
            assert!(over.len() == 1 && over[0].contains(message), "{message}: {over:?}");
        }
    }

    #[test]
    fn a_body_of_a_million_bytes_passes_and_one_byte_more_does_not() {
        let sized = |filling: usize| template(json!({"Metadata": {"Filling": "x".repeat(filling)}}));
        let frame = sized(0).to_canonical_json().len();
        assert_eq!(sized(1_000_000 - frame).to_canonical_json().len(), 1_000_000);
        assert_eq!(told(&sized(1_000_000 - frame)), Vec::<String>::new());
        assert_eq!(
            told(&sized(1_000_001 - frame)),
            ["1000001 bytes of template; CloudFormation allows 1000000 (limit)"]
        );
    }

    #[test]
    fn a_parameter_that_nobody_gives_a_value_is_told() {
        let found = told(&template(json!({"Parameters": {"Stage": {"Type": "String"}}})));
        assert_eq!(found, ["Stage: a parameter without `Default`: a deployment gives it no value (required)"]);
    }
}
