//! Every type of which Sluice knows the schema: deployed with every property that the embedded cloud keeps, read back
//! through the API of its service, changed in place and by replacement, and removed.
//!
//! The list of types is that of `schemas/cloudformation`: a type without a case fails, and so does a property that
//! is neither read back nor refused.

mod compute;
mod data;
mod machine_learning;
mod messaging;
mod watching;
mod xml;

use std::collections::{BTreeMap, BTreeSet};

use super::stacks::formation;
use super::*;
use crate::embedded::wire::xml_text;
use crate::template::schema;
use crate::template::{PropertyPath, Recreation};

/// One call of a service's API.
#[derive(Clone, Debug)]
enum Ask {
    /// JSON protocol: service, target, body.
    Json(&'static str, &'static str, Value),
    /// REST: service and path.
    Get(&'static str, String),
    /// Query protocol: service, version, parameters.
    Query(&'static str, &'static str, Vec<(&'static str, String)>),
}

/// Writes tags in the form of a type: a list of pairs, or a map.
type WriteTags = fn(&[(&str, &str)]) -> Value;

/// A type, how it is written and how it is read.
struct Case {
    kind: Kind,
    /// What has to be there first, each after the one before.
    needs: Vec<(&'static str, &'static str, Value)>,
    properties: Value,
    reads: Vec<(Ask, Vec<(&'static str, &'static str)>)>,
    tags: Option<(Ask, &'static str)>,
    changes: Vec<(&'static str, Value)>,
    refs: String,
    gives: Vec<(&'static str, String)>,
    /// Properties that no service tells, and why.
    untold: Vec<&'static str>,
}

impl Case {
    fn of(kind: Kind, properties: Value) -> Self {
        Self {
            kind,
            needs: Vec::new(),
            properties,
            reads: Vec::new(),
            tags: None,
            changes: Vec::new(),
            refs: String::new(),
            gives: Vec::new(),
            untold: Vec::new(),
        }
    }

    fn needs(mut self, needs: impl IntoIterator<Item = (&'static str, &'static str, Value)>) -> Self {
        self.needs.extend(needs);
        self
    }

    /// Where the answer to a call shows which property.
    fn reads(mut self, ask: Ask, shows: &[(&'static str, &'static str)]) -> Self {
        self.reads.push((ask, shows.to_vec()));
        self
    }

    fn tags(mut self, ask: Ask, at: &'static str) -> Self {
        self.tags = Some((ask, at));
        self
    }

    /// A property that is then changed alone.
    fn change(mut self, at: &'static str, to: Value) -> Self {
        self.changes.push((at, to));
        self
    }

    /// What `Ref` and `Fn::GetAtt` give; `*` stands for a made-up part.
    fn gives(mut self, refs: impl Into<String>, attributes: &[(&'static str, String)]) -> Self {
        self.refs = refs.into();
        self.gives = attributes.to_vec();
        self
    }

    fn untold(mut self, properties: &[&'static str]) -> Self {
        self.untold.extend(properties);
        self
    }

    /// The property that carries tags, and two tags in its form.
    fn tagged(&self) -> Option<(&'static str, WriteTags)> {
        self.tags.as_ref()?;
        let facts = schema::facts(self.kind.name()).unwrap();
        let name = facts.tag_property()?;
        let listed = facts.property(&PropertyPath::of(name)).unwrap().node().items.is_some();
        Some((name, if listed { list_of_tags } else { map_of_tags }))
    }

    fn template(&self, properties: &Value) -> String {
        let mut resources = serde_json::Map::new();
        let mut before: Option<&str> = None;
        for (id, type_name, given) in &self.needs {
            let mut resource = json!({"Type": type_name, "Properties": given});
            if let Some(before) = before {
                resource["DependsOn"] = json!(before);
            }
            resources.insert((*id).to_owned(), resource);
            before = Some(id);
        }
        let mut it = json!({"Type": self.kind.name(), "Properties": properties});
        if let Some(before) = before {
            it["DependsOn"] = json!(before);
        }
        resources.insert("It".to_owned(), it);
        let attributes = attributes_of(self.kind, properties);
        let mut outputs: serde_json::Map<String, Value> = attributes
            .iter()
            .enumerate()
            .map(|(at, name)| (format!("A{at}"), json!({"Value": {"Fn::GetAtt": ["It", name]}})))
            .collect();
        outputs.insert("Ref".to_owned(), json!({"Value": {"Ref": "It"}}));
        json!({"Resources": resources, "Outputs": outputs}).to_string()
    }
}

/// What `Fn::GetAtt` can be asked of a type, but for parts of properties that are refused or not said.
fn attributes_of(kind: Kind, said: &Value) -> Vec<&'static str> {
    let facts = schema::facts(kind.name()).unwrap();
    let own: BTreeSet<&str> =
        facts.property_names().filter(|name| !facts.is_read_only(&PropertyPath::of(name))).collect();
    facts
        .attributes()
        .iter()
        .map(String::as_str)
        .filter(|name| !own.contains(name.split('.').next().unwrap()))
        .filter(|name| *name != "WarmThroughputObject")
        .filter(|name| *name != "StreamArn" || kind != Kind::Table || said.get("StreamSpecification").is_some())
        .collect()
}

fn list_of_tags(tags: &[(&str, &str)]) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

fn map_of_tags(tags: &[(&str, &str)]) -> Value {
    tags.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect::<serde_json::Map<_, _>>().into()
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{resource}")
}

fn role_arn() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/r")
}

/// A role that every service may assume and that may do everything.
fn role() -> (&'static str, &'static str, Value) {
    let services = ["lambda", "firehose", "sagemaker"].map(|service| format!("{service}.amazonaws.com"));
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": services}}]});
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let policies = json!([{"PolicyName": "all", "PolicyDocument": all}]);
    ("Role", "AWS::IAM::Role", json!({"RoleName": "r", "AssumeRolePolicyDocument": trust, "Policies": policies}))
}

fn policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]})
}

fn other_policy() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "*"}]})
}

fn function(code: &str) -> (&'static str, &'static str, Value) {
    let given = json!({
        "FunctionName": "f", "Runtime": "python3.13", "Handler": "app.handler", "Role": role_arn(), "Timeout": 60,
        "Code": {"S3Bucket": format!("sluice-artifacts-{ACCOUNT}-eu-west-1"), "S3Key": code},
    });
    ("Function", "AWS::Lambda::Function", given)
}

fn all() -> Vec<Case> {
    [compute::cases(), data::cases(), machine_learning::cases(), messaging::cases(), watching::cases()]
        .into_iter()
        .flatten()
        .collect()
}

async fn answer(cloud: &EmbeddedCloud, ask: &Ask, physical_id: &str) -> Value {
    let fill = |text: &str| text.replace("$REF", physical_id);
    let asked = match ask {
        Ask::Json(service, target, body) => request(service, "POST", "/", Some(target), fill(&body.to_string())),
        Ask::Get(service, path) => request(service, "GET", &fill(path), None, ""),
        Ask::Query(service, version, parameters) => {
            let mut form: BTreeMap<String, String> =
                parameters.iter().map(|(name, value)| ((*name).to_owned(), fill(value))).collect();
            form.insert("Version".to_owned(), (*version).to_owned());
            request(service, "POST", "/", None, crate::embedded::wire::write_form(&form))
        }
    };
    let response = cloud.handle(asked).await.unwrap();
    let text = String::from_utf8_lossy(&response.body).into_owned();
    if !response.is_success() {
        return json!({"refused": text});
    }
    serde_json::from_str(&text).unwrap_or_else(|_| xml::read(&text))
}

/// Whether an answer shows what a template says: numbers as text or not, documents as text or not, lists of texts in
/// any order, and whatever the service adds to an object.
fn shows(said: &Value, told: &Value) -> bool {
    match (said, told) {
        (Value::Object(said), Value::Object(told)) => {
            said.iter().all(|(name, value)| told.get(name).is_some_and(|told| shows(value, told)))
        }
        (Value::Array(said), Value::Array(told)) if said.iter().all(|one| !one.is_object()) => {
            let texts = |list: &[Value]| list.iter().map(text).collect::<BTreeSet<_>>();
            texts(said) == texts(told)
        }
        (Value::Array(said), Value::Array(told)) => {
            said.len() == told.len() && said.iter().all(|one| told.iter().any(|other| shows(one, other)))
        }
        (Value::Array(said), told) if said.len() == 1 => shows(&said[0], told),
        (Value::Object(_), Value::String(document)) => {
            let document = crate::embedded::wire::decode(document);
            serde_json::from_str(&document).is_ok_and(|told: Value| shows(said, &told))
        }
        (said, told) => match (number(said), number(told)) {
            (Some(said), Some(told)) => said == told,
            (_, _) => text(said) == text(told),
        },
    }
}

/// What is at a place, looking into documents that are given as text.
fn find(told: &Value, at: &str) -> Option<Value> {
    let mut found = told.clone();
    for part in at.split('/').skip(1) {
        if let Some(document) = found.as_str() {
            found = serde_json::from_str(document).ok()?;
        }
        found = found.pointer(&format!("/{part}"))?.clone();
    }
    Some(found)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// Replaces `{"Ref": …}` by what it gives.
fn resolved(value: &Value, ids: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Object(map) if map.len() == 1 && map.contains_key("Ref") => json!(ids[map["Ref"].as_str().unwrap()]),
        Value::Object(map) => map
            .iter()
            .map(|(name, inner)| (name.clone(), resolved(inner, ids)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(|item| resolved(item, ids)).collect(),
        scalar => scalar.clone(),
    }
}

async fn physical_ids(cloud: &EmbeddedCloud) -> BTreeMap<String, String> {
    let (_, xml) = formation(cloud, "DescribeStackResources", &[("StackName", "p")]).await;
    xml.split("<member>")
        .filter_map(|member| Some((xml_text(member, "LogicalResourceId")?, xml_text(member, "PhysicalResourceId")?)))
        .collect()
}

/// Deploys a template and says what went wrong, if anything did.
async fn deploy(cloud: &EmbeddedCloud, action: &str, template: &str) -> Result<(), String> {
    let asked = [
        ("StackName", "p"),
        ("TemplateBody", template),
        ("Capabilities.member.1", "CAPABILITY_NAMED_IAM"),
        ("Tags.member.1.Key", "team"),
        ("Tags.member.1.Value", "ml"),
    ];
    let (status, xml) = formation(cloud, action, &asked).await;
    if status != 200 {
        return Err(xml);
    }
    cloud.advance(Duration::from_secs(7_200)).await.unwrap();
    let (_, xml) = formation(cloud, "DescribeStacks", &[("StackName", "p")]).await;
    match xml_text(&xml, "StackStatus").unwrap_or_default().as_str() {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" => Ok(()),
        other => Err(format!("{other}: {:?}", super::stacks::reasons(cloud).await)),
    }
}

/// Every property that is said is told by the service.
async fn read_back(cloud: &EmbeddedCloud, case: &Case, properties: &Value) {
    let ids = physical_ids(cloud).await;
    let said = resolved(properties, &ids);
    for (ask, shown) in &case.reads {
        let told = answer(cloud, ask, &ids["It"]).await;
        for (property, at) in shown {
            let Some(said) = said.pointer(property) else { continue };
            let there = find(&told, at).is_some_and(|told| shows(said, &told));
            assert!(there, "{}: {property} is {said}, but {at} of {told:#}", case.kind.name());
        }
    }
}

/// Own tags and the stack's are told, and none that was taken away.
async fn tags_are(cloud: &EmbeddedCloud, case: &Case, wanted: &[(&str, &str)]) {
    let Some((ask, at)) = &case.tags else { return };
    let ids = physical_ids(cloud).await;
    let told = answer(cloud, ask, &ids["It"]).await;
    let found = told.pointer(at).unwrap_or_else(|| panic!("{}: no tags at {at} of {told:#}", case.kind.name()));
    let field = |one: &Value, names: [&str; 2]| names.iter().find_map(|name| one.get(*name)).map(text);
    let found: BTreeMap<String, String> = match found {
        Value::Array(list) => list
            .iter()
            .filter_map(|one| Some((field(one, ["Key", "TagKey"])?, field(one, ["Value", "TagValue"])?)))
            .collect(),
        Value::Object(map) => map.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        other => panic!("{}: {other}", case.kind.name()),
    };
    let own: BTreeMap<String, String> = found.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect();
    let wanted: BTreeMap<String, String> =
        wanted.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(own, wanted, "{}", case.kind.name());
}

fn matches(pattern: &str, text: &str) -> bool {
    crate::embedded::cloudformation::like(pattern, text)
}

async fn gives(cloud: &EmbeddedCloud, case: &Case) {
    let (_, xml) = formation(cloud, "DescribeStacks", &[("StackName", "p")]).await;
    let outputs: BTreeMap<String, String> = xml
        .split("<member>")
        .filter_map(|member| {
            Some((xml_text(member, "OutputKey")?, xml_text(member, "OutputValue").unwrap_or_default()))
        })
        .collect();
    assert!(matches(&case.refs, &outputs["Ref"]), "{}: Ref is {}", case.kind.name(), outputs["Ref"]);
    for (at, name) in attributes_of(case.kind, &case.properties).iter().enumerate() {
        if let Some((_, wanted)) = case.gives.iter().find(|(given, _)| given == name) {
            let told = &outputs[&format!("A{at}")];
            assert!(matches(wanted, told), "{}: {name} is {told}, not {wanted}", case.kind.name());
        }
    }
}

/// What nobody touched past CloudFormation has not drifted.
async fn in_sync(cloud: &EmbeddedCloud, name: &str, after: &str) {
    let drifted = super::drift::drifted(cloud).await;
    assert!(drifted.is_empty(), "{name}, after {after}: {drifted:#?}");
}

async fn lives(case: &Case) {
    let cloud = cloud();
    for key in ["code/one.zip", "code/two.zip"] {
        upload(&cloud, key, if key == "code/one.zip" { b"one" } else { b"second" }).await;
    }
    let mut properties = case.properties.clone();
    let tagged = case.tagged();
    if let Some((name, form)) = tagged {
        properties[name] = form(&[("own", "1"), ("old", "x")]);
    }
    let name = case.kind.name();
    deploy(&cloud, "CreateStack", &case.template(&properties)).await.unwrap_or_else(|why| panic!("{name}: {why}"));
    read_back(&cloud, case, &properties).await;
    in_sync(&cloud, name, "deployed").await;
    tags_are(&cloud, case, &[("own", "1"), ("old", "x"), ("team", "ml")]).await;
    gives(&cloud, case).await;
    let facts = schema::facts(name).unwrap();
    for (at, to) in &case.changes {
        let before = physical_ids(&cloud).await["It"].clone();
        *properties.pointer_mut(at).unwrap_or_else(|| panic!("{name}: no {at}")) = to.clone();
        deploy(&cloud, "UpdateStack", &case.template(&properties))
            .await
            .unwrap_or_else(|why| panic!("{name}, {at} becomes {to}: {why}"));
        read_back(&cloud, case, &properties).await;
        in_sync(&cloud, name, at).await;
        let path: PropertyPath = at.trim_start_matches('/').split('/').fold(PropertyPath::root(), |path, part| {
            if part.parse::<usize>().is_ok() { path.index(part.parse().unwrap()) } else { path.key(part) }
        });
        let after = physical_ids(&cloud).await["It"].clone();
        match facts.recreation(&path) {
            Recreation::Never => assert_eq!(after, before, "{name}: {at} is changed in place"),
            Recreation::Always => assert_ne!(after, before, "{name}: {at} makes a new one"),
            Recreation::Conditionally => {}
        }
    }
    if let Some((tag_property, form)) = tagged
        && facts.recreation(&PropertyPath::of(tag_property)) == Recreation::Never
    {
        properties[tag_property] = form(&[("own", "2")]);
        deploy(&cloud, "UpdateStack", &case.template(&properties)).await.unwrap_or_else(|why| panic!("{name}: {why}"));
        tags_are(&cloud, case, &[("own", "2"), ("team", "ml")]).await;
        read_back(&cloud, case, &properties).await;
    }
    let ids = physical_ids(&cloud).await;
    formation(&cloud, "DeleteStack", &[("StackName", "p")]).await;
    cloud.advance(Duration::from_secs(7_200)).await.unwrap();
    let read = effect(&cloud, "It", case.kind, EffectAction::Read { physical_id: ids["It"].clone() }).await;
    assert_eq!(read.map_err(|error| error.code), Err(HandlerErrorCode::NotFound), "{name} is left behind");
}

#[tokio::test]
async fn every_type_is_deployed_read_back_changed_and_removed() {
    let running: Vec<_> = all().into_iter().map(|case| tokio::spawn(async move { lives(&case).await })).collect();
    let mut wrong = Vec::new();
    for one in running {
        if let Err(failed) = one.await {
            let panic = failed.into_panic();
            wrong.push(panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "it panicked".to_owned()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_known_type_has_a_case_and_is_provisioned() {
    let known: BTreeSet<&str> = schema::known_types().collect();
    let provisioned: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let tried: BTreeSet<&str> = all().iter().map(|case| case.kind.name()).collect();
    assert_eq!(known, provisioned);
    assert_eq!(known, tried);
}

#[test]
fn every_property_is_read_back_or_refused() {
    for kind in Kind::ALL {
        let facts = schema::facts(kind.name()).unwrap();
        let known: BTreeSet<&str> =
            facts.property_names().filter(|name| !facts.is_read_only(&PropertyPath::of(name))).collect();
        let cases: Vec<Case> = all().into_iter().filter(|case| case.kind == *kind).collect();
        let mut settled: BTreeSet<&str> = kind.refuses().iter().copied().collect();
        assert!(settled.is_subset(&known), "{}: {:?}", kind.name(), settled.difference(&known));
        settled.extend(facts.tag_property().filter(|_| cases.iter().any(|case| case.tags.is_some())));
        for case in &cases {
            settled.extend(case.untold.iter().copied());
            for (property, _) in case.reads.iter().flat_map(|(_, shown)| shown) {
                assert!(
                    cases.iter().any(|case| case.properties.pointer(property).is_some()),
                    "{} {property}",
                    kind.name()
                );
                settled.extend(property.trim_start_matches('/').split('/').next());
            }
        }
        let forgotten: Vec<&&str> = known.difference(&settled).collect();
        assert!(forgotten.is_empty(), "{}: {forgotten:?} are neither read back nor refused", kind.name());
    }
}

#[test]
fn every_leaf_of_a_case_is_read_back() {
    fn leaves(value: &Value, at: String, out: &mut Vec<String>) {
        match value {
            Value::Object(map) if !map.contains_key("Ref") => {
                map.iter().for_each(|(name, inner)| leaves(inner, format!("{at}/{name}"), out));
            }
            _ => out.push(at),
        }
    }
    let under = |inner: &str, outer: &str| inner.starts_with(&format!("{outer}/"));
    for case in all() {
        let mut said = Vec::new();
        leaves(&case.properties, String::new(), &mut said);
        let shown: Vec<&str> = case.reads.iter().flat_map(|(_, shown)| shown).map(|(property, _)| *property).collect();
        for leaf in said {
            let told =
                shown.iter().any(|property| leaf == **property || under(&leaf, property) || under(property, &leaf));
            let untold = case.untold.iter().any(|name| leaf[1..].starts_with(name));
            assert!(told || untold, "{}: nothing reads {leaf} back", case.kind.name());
        }
    }
}
