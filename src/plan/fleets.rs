//! What SageMaker refuses to change of what serves an endpoint.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::model::{BlockedBy, Remedy};
use crate::template::{PropertyPath, Resource, Template, references_in};
use crate::units::LogicalId;

const SCALING: &str = "AWS::ApplicationAutoScaling::ScalableTarget";

/// Refuses instances that become serverless ("Update a serverless endpoint": not supported), and another instance type of
/// a variant that scales by itself, or its removal: the update of the endpoint fails while the variant is a scalable
/// target, and within one update of a stack it stays one until the endpoint is done ("Update endpoints that use auto
/// scaling"; both in the Amazon SageMaker developer guide).
pub(super) fn refuse(
    before: &Template,
    desired: &Template,
    old: &Resource,
    new: &Resource,
) -> Option<(BlockedBy, Vec<Remedy>)> {
    const CONFIG: &str = "EndpointConfigName";
    let (was, becomes) =
        (variants(before, old.properties.get(CONFIG)?), variants(desired, new.properties.get(CONFIG)?));
    let instances = |variants: &BTreeMap<String, Option<String>>| variants.values().flatten().next().is_some();
    if instances(&was) && !instances(&becomes) {
        let by = BlockedBy::ToServerless { path: PropertyPath::of(CONFIG) };
        return Some((by, vec![Remedy::NewStage, Remedy::RemoveThenAdd]));
    }
    let scaled = targets(before, old.properties.get("EndpointName")?.as_str()?);
    let refused = scaled.iter().filter(|(name, _)| was.get(*name) != becomes.get(*name));
    let (variants, targets): (BTreeSet<String>, BTreeSet<LogicalId>) =
        refused.map(|(name, target)| (name.clone(), (*target).clone())).unzip();
    if variants.is_empty() {
        return None;
    }
    let by = BlockedBy::Scaled { path: PropertyPath::of(CONFIG), variants };
    Some((by, vec![Remedy::UnscaleFirst { targets }, Remedy::NewStage]))
}

/// What each production variant of a configuration runs on; none where it is serverless.
fn variants(template: &Template, config: &Value) -> BTreeMap<String, Option<String>> {
    let config = references_in(config).into_iter().next().and_then(|one| template.resources.get(one.target.as_str()));
    let list = config.and_then(|config| config.properties.get("ProductionVariants")?.as_array());
    let text = |variant: &Value, member: &str| Some(variant.get(member)?.as_str()?.to_owned());
    let named = list.into_iter().flatten();
    named.filter_map(|variant| Some((text(variant, "VariantName")?, text(variant, "InstanceType")))).collect()
}

/// The variants of an endpoint that scale by themselves, each with what makes it.
fn targets<'a>(template: &'a Template, endpoint: &str) -> BTreeMap<String, &'a LogicalId> {
    let targets = template.resources.iter().filter(|(_, resource)| resource.type_name == SCALING);
    let variant = |resource: &Resource| {
        let subject = resource.properties.get("ResourceId")?.as_str()?;
        let variant = subject.strip_prefix("endpoint/")?.strip_prefix(endpoint)?.strip_prefix("/variant/")?;
        Some(variant.to_owned())
    };
    targets.filter_map(|(id, resource)| Some((variant(resource)?, id))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(variants: &[(&str, &str)], scaled: &[&str]) -> Template {
        let variant = |(name, instance): &(&str, &str)| json!({"VariantName": name, "InstanceType": instance});
        let mut resources = json!({
            "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {
                "ProductionVariants": variants.iter().map(variant).collect::<Vec<_>>()}},
            "Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": {
                "EndpointName": "p-dev-e", "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}}},
        });
        for name in scaled {
            resources[format!("Target{name}")] = json!({"Type": SCALING, "Properties": {
                "ResourceId": format!("endpoint/p-dev-e/variant/{name}")}});
        }
        Template::from_value(json!({ "Resources": resources })).expect("a template")
    }

    fn refused(before: &Template, after: &Template) -> Vec<String> {
        let (old, new) = (&before.resources["Endpoint"], &after.resources["Endpoint"]);
        match refuse(before, after, old, new) {
            Some((BlockedBy::Scaled { variants, .. }, _)) => variants.into_iter().collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_variant_that_scales_keeps_its_instance_type_and_stays() {
        let before = template(&[("a", "ml.c5.large"), ("b", "ml.c5.large")], &["a", "b"]);
        assert_eq!(refused(&before, &before), Vec::<String>::new());
        let larger = template(&[("a", "ml.c5.xlarge"), ("b", "ml.c5.large")], &["a", "b"]);
        assert_eq!(refused(&before, &larger), ["a"]);
        let fewer = template(&[("a", "ml.c5.large")], &["a"]);
        assert_eq!(refused(&before, &fewer), ["b"]);
        let more = template(&[("a", "ml.c5.large"), ("b", "ml.c5.large"), ("c", "ml.c5.large")], &["a", "b", "c"]);
        assert_eq!(refused(&before, &more), Vec::<String>::new());
    }

    #[test]
    fn instances_do_not_become_serverless_and_the_other_way_round_they_do() {
        let instances = template(&[("a", "ml.c5.large")], &[]);
        let mut serverless = instances.clone();
        let config = serverless.resources.get_mut("Config").expect("a configuration");
        config.properties["ProductionVariants"] = json!([{"VariantName": "a", "ServerlessConfig": {}}]);
        let between = |before: &Template, after: &Template| {
            refuse(before, after, &before.resources["Endpoint"], &after.resources["Endpoint"])
        };
        assert!(matches!(between(&instances, &serverless), Some((BlockedBy::ToServerless { .. }, _))));
        assert_eq!(between(&serverless, &instances), None);
    }

    #[test]
    fn a_variant_of_a_fixed_number_of_instances_changes_as_it_likes() {
        let before = template(&[("a", "ml.c5.large")], &[]);
        assert_eq!(refused(&before, &template(&[("a", "ml.c5.xlarge")], &["a"])), Vec::<String>::new());
    }
}
