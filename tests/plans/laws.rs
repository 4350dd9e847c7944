//! Laws of plans, for pipelines that nobody thought of.

use proptest::prelude::*;
use serde_json::{Value, json};
use sluicegate::diagnostic::Diagnostics;
use sluicegate::observed::Observed;
use sluicegate::plan::{Desired, Known, Plan, compare, destroy};
use sluicegate::template::Template;
use sluicegate::units::LogicalId;
use sluicegate::view::Look;
use sluicegate::view::plan::{self as view, About, Detail, Entry};

use super::made::{deployed, made, planned};
use super::schema::violations;

/// A plan in every form that there is.
fn forms(plan: &Plan, about: &About) -> Vec<String> {
    let entry = || Entry {
        pipeline: "orders".to_owned(),
        environment: "prod".to_owned(),
        outcome: Ok((plan.clone(), about.clone())),
    };
    let (entries, none) = ([entry(), entry()], Diagnostics::new());
    let mut all = vec![
        view::to_json(plan, about).to_string(),
        view::to_sarif(plan, about, &none).to_string(),
        view::many_to_json(&entries).to_string(),
        view::many_to_sarif(&entries, &none).to_string(),
        view::many_to_text(&Look::plain(), &entries),
    ];
    for detail in
        [Detail::default(), Detail { compact: true, unchanged: false }, Detail { compact: false, unchanged: true }]
    {
        all.push(view::to_text(&Look { width: 200, ..Look::plain() }, plan, about, detail));
        all.push(view::to_markdown(plan, about, detail));
        all.push(view::to_html(plan, about, detail));
        all.push(view::many_to_markdown(&entries, "orders", None, detail));
        all.push(view::many_to_html(&entries, detail));
    }
    all
}

/// What nobody may read.
const SECRET: &str = "hunter2-and-a-half";
const REFERENCE: &str = "{{resolve:secretsmanager:prod/db:SecretString:password}}";

/// Where a secret stands in a template.
#[derive(Clone, Copy, Debug)]
enum Spot {
    /// A variable of a function.
    Variable,
    /// Inside a text of a dashboard.
    Inside,
    /// A property of a resource of its own.
    Resource,
    /// An output.
    Output,
    /// An item of a list.
    Item,
}

fn spot() -> impl Strategy<Value = Spot> {
    prop::sample::select(vec![Spot::Variable, Spot::Inside, Spot::Resource, Spot::Output, Spot::Item])
}

/// How it is written.
fn secret() -> impl Strategy<Value = Value> {
    let written = [
        json!(SECRET),
        json!(REFERENCE),
        json!({"Ref": "Password"}),
        json!({"Fn::Sub": "user:${Password}"}),
        json!({"Fn::Join": ["", ["x", {"Ref": "Password"}]]}),
        Value::Null,
    ];
    prop::sample::select(written.to_vec())
}

fn id(text: &str) -> LogicalId {
    LogicalId::new(text).expect("an id")
}

/// The template with a parameter that must not be heard, and a secret in a spot; nothing where it is null.
fn with_secret(desired: &Desired, spot: Spot, secret: &Value) -> Desired {
    let mut desired = desired.clone();
    let template: &mut Template = &mut desired.template;
    template.parameters.insert("Password".to_owned(), json!({"Type": "String", "NoEcho": true, "Default": SECRET}));
    if secret.is_null() {
        return desired;
    }
    let connection = json!({
        "Resources": {"Any": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {"Connection": {"Value": secret}},
    });
    match spot {
        Spot::Variable | Spot::Item => {
            let function = template.resources.get_mut(&id("ConsumerScoreFunction")).expect("is there");
            match spot {
                Spot::Variable => {
                    let environment =
                        function.properties.entry("Environment").or_insert_with(|| json!({"Variables": {}}));
                    let variables = environment.get_mut("Variables").and_then(Value::as_object_mut);
                    variables.expect("variables").insert("DB".to_owned(), secret.clone());
                }
                _ => drop(function.properties.insert("Layers".to_owned(), json!(["a", secret, "b"]))),
            }
        }
        Spot::Inside => {
            let text = secret.as_str().unwrap_or(REFERENCE);
            let body = json!({"DashboardName": "d", "DashboardBody": json!({"widgets": [{"text": text}]}).to_string()});
            template.resources.extend(resource("Board", "AWS::CloudWatch::Dashboard", body));
        }
        Spot::Resource => {
            let properties = json!({"TopicName": "t", "KmsMasterKeyId": secret, "DisplayName": "shown"});
            template.resources.extend(resource("Extra", "AWS::SNS::Topic", properties));
        }
        Spot::Output => template.outputs.extend(Template::from_value(connection).expect("a template").outputs),
    }
    desired
}

fn resource(
    name: &str,
    type_name: &str,
    properties: Value,
) -> impl IntoIterator<Item = (LogicalId, sluicegate::template::Resource)> {
    let resources = json!({"Resources": {name: {"Type": type_name, "Properties": properties}}});
    Template::from_value(resources).expect("a template").resources
}

/// Whether a template itself shows what is secret: then it is not known to be one.
fn is_open(secret: &Value) -> bool {
    secret == &json!(SECRET)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_document_of_any_plan_is_as_its_schema_says_and_reads_back_the_same(before in made(), after in made()) {
        let schema = view::schema();
        let ((before, _), (after, about)) = (before.desired(), after.desired());
        for plan in [
            planned(&before, &after),
            compare(&after, &Observed::Absent, &Known::default()),
            destroy(&after.stack, &deployed(&after), &after.origins),
        ] {
            let document = view::to_json(&plan, &about);
            prop_assert_eq!(violations(&schema, &document, true), Vec::<String>::new());
            let again: Plan = serde_json::from_value(document.clone()).expect("reads back");
            let about = About::read(&document).expect("says what it is about");
            prop_assert_eq!(view::to_json(&again, &about), document);
            let entry = Entry { pipeline: "orders".to_owned(), environment: "prod".to_owned(), outcome: Ok((plan, about)) };
            prop_assert_eq!(violations(&schema, &view::many_to_json(&[entry]), true), Vec::<String>::new());
        }
    }

    #[test]
    fn nothing_is_planned_where_everything_is_as_it_should_be(made in made()) {
        let (desired, about) = made.desired();
        let plan = planned(&desired, &desired);
        prop_assert!(plan.is_empty(), "{:?}", plan.resources);
        prop_assert_eq!(plan.unchanged.len(), desired.template.resources.len());
        prop_assert!(view::to_text(&Look::plain(), &plan, &about, Detail::default()).contains("No changes."));
        prop_assert!(view::to_html(&plan, &about, Detail::default()).contains("No changes."));
        prop_assert!(view::to_markdown(&plan, &about, Detail::default()).contains("no changes"));
    }

    #[test]
    fn no_secret_is_in_any_form_of_any_plan(
        before in made(), after in made(), spot in spot(), was in secret(), will_be in secret(),
    ) {
        // What stands in the open on one side, and is no secret on the other, nobody can know.
        prop_assume!(!(is_open(&was) && (is_open(&will_be) || will_be.is_null())));
        prop_assume!(!(is_open(&will_be) && was.is_null()));
        let ((before, _), (after, about)) = (before.desired(), after.desired());
        let (before, after) = (with_secret(&before, spot, &was), with_secret(&after, spot, &will_be));
        for text in forms(&planned(&before, &after), &about) {
            prop_assert!(!text.contains(SECRET), "{text}");
            prop_assert!(!text.contains("{{resolve:"), "{text}");
        }
        if !is_open(&will_be) {
            for text in forms(&compare(&after, &Observed::Absent, &Known::default()), &about) {
                prop_assert!(!text.contains(SECRET) && !text.contains("{{resolve:"), "{text}");
            }
        }
    }
}
