//! Intrinsic functions, one by one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::embedded::cloudformation::document::Document;
use crate::embedded::cloudformation::evaluate::{Parameter, Pseudo, Scope, World};

struct Fixed;
impl World for Fixed {
    fn reference(&self, logical_id: &str) -> Result<Value, String> {
        Ok(Value::from(format!("ref:{logical_id}")))
    }
    fn attribute(&self, logical_id: &str, attribute: &str) -> Result<Value, String> {
        Ok(Value::from(format!("att:{logical_id}.{attribute}")))
    }
    fn import(&self, name: &str) -> Result<Value, String> {
        Err(format!("No export named {name} found."))
    }
}

fn eval(expression: Value) -> Result<Option<Value>, String> {
    let document = Document::parse(
        &json!({
            "Mappings": {"M": {"C": {"Leaf": ["x", "y"]}}},
            "Conditions": {
                "Is": {"Fn::Equals": [{"Ref": "P"}, "v"]},
                "Both": {"Fn::And": [{"Condition": "Is"}, {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}]},
                "None": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Not": [{"Condition": "Is"}]}]},
            },
            "Resources": {"A": {"Type": "AWS::SQS::Queue"}},
        })
        .to_string(),
    )
    .expect("document");
    let parameters = BTreeMap::from([
        ("P".to_owned(), Parameter { value: "v".to_owned(), ..Parameter::default() }),
        ("L".to_owned(), Parameter { value: "a, b".to_owned(), list: true, ..Parameter::default() }),
    ]);
    let pseudo = Pseudo { region: "eu-west-1".to_owned(), partition: "aws".to_owned(), ..Pseudo::default() };
    Scope::new(&document, &parameters, pseudo).expect("scope").value(&expression, &Fixed)
}

#[test]
fn every_intrinsic_function_gives_its_value() {
    for (expression, expected) in [
        (json!({"Ref": "P"}), json!("v")),
        (json!({"Ref": "L"}), json!(["a", "b"])),
        (json!({"Fn::GetAtt": ["A", "Arn"]}), json!("att:A.Arn")),
        (json!({"Fn::GetAtt": "A.Arn"}), json!("att:A.Arn")),
        (json!({"Fn::Sub": "${P}-${A}-${A.Arn}-${!Lit}-${AWS::Region}"}), json!("v-ref:A-att:A.Arn-${Lit}-eu-west-1")),
        (json!({"Fn::Sub": ["${X}", {"X": {"Ref": "P"}}]}), json!("v")),
        (json!({"Fn::Join": ["/", ["a", {"Ref": "AWS::URLSuffix"}, 3]]}), json!("a/amazonaws.com/3")),
        (json!({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}), json!("b")),
        (json!({"Fn::If": ["Both", "yes", "no"]}), json!("yes")),
        (json!({"Fn::If": ["None", "yes", "no"]}), json!("no")),
        (json!({"Fn::FindInMap": ["M", "C", "Leaf"]}), json!(["x", "y"])),
        (json!({"Fn::FindInMap": ["M", "C", "No", {"DefaultValue": "d"}]}), json!("d")),
        (json!({"Fn::Base64": "hello"}), json!("aGVsbG8=")),
        (json!({"a": {"Ref": "AWS::NoValue"}, "b": [1, {"Ref": "AWS::NoValue"}]}), json!({"b": [1]})),
    ] {
        assert_eq!(eval(expression.clone()), Ok(Some(expected)), "{expression}");
    }
}

#[test]
fn malformed_functions_are_refused_with_the_services_texts() {
    for (expression, text) in [
        (json!({"Fn::FindInMap": ["M", "C", "Suffix"]}), "Template error: Unable to get mapping for M::C::Suffix"),
        (
            json!({"Fn::GetAtt": ["A", ""]}),
            "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute",
        ),
        (
            json!({"Fn::Select": ["x", ["a"]]}),
            "Template error: Fn::Select requires a list argument with two elements: an integer index and a list",
        ),
        (
            json!({"Fn::Split": ["", "a"]}),
            "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.",
        ),
        (
            json!({"Fn::If": ["MissingCondition", 1, 2]}),
            "Template error: unresolved condition dependency MissingCondition in Fn::If",
        ),
        (json!({"Fn::ImportValue": "X"}), "No export named X found."),
    ] {
        assert_eq!(eval(expression), Err(text.to_owned()));
    }
}
