//! What the services say of their resources, beyond what CloudFormation compares.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::Sighting;
use super::model::{Drifted, SeenBy, Verdict};
use super::scaled::Bands;
use crate::observed::{
    LiveAlarm, LiveDelivery, LiveEndpoint, LiveFunction, LiveMapping, LiveStream, SeenDifference, StackDescription,
};
use crate::template::{Template, references_in};
use crate::units::{LogicalId, Timestamp};

/// How many shards a stream on demand begins with (aws-facts.md 1.1).
const FIRST_SHARDS: u32 = 4;

/// A resource as its service tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Live {
    /// A Kinesis stream.
    Stream(LiveStream),
    /// An event source mapping.
    Mapping(LiveMapping),
    /// A function as it is, and what its alias serves; none where it has no alias.
    Function {
        /// The unpublished version.
        latest: LiveFunction,
        /// What the alias stands for.
        serving: Option<LiveFunction>,
    },
    /// A SageMaker endpoint.
    Endpoint(LiveEndpoint),
    /// A delivery stream.
    Delivery(LiveDelivery),
    /// An alarm of either kind.
    Alarm(LiveAlarm),
    /// Nothing of that name.
    Gone,
}

/// A reader that is noted as paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// Who paused it, by ARN.
    pub by: String,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl fmt::Display for Paused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} paused it", self.by)?;
        self.since.map_or(Ok(()), |since| write!(f, ", {since}"))
    }
}

/// What differs of one resource. `known` are the properties that CloudFormation told already.
pub(super) fn differences(
    id: &LogicalId,
    live: &Live,
    template: &Template,
    sighting: Sighting<'_>,
    scaled: &Bands,
    known: &BTreeSet<String>,
) -> Vec<Drifted> {
    let Some(resource) = template.resources.get(id) else { return Vec::new() };
    let told = |path: &str, expected: &str, actual: &str, verdict: Verdict| {
        let difference = SeenDifference {
            path: path.to_owned(),
            expected: Some(expected.to_owned()),
            actual: Some(actual.to_owned()),
        };
        sighting.told(id, &resource.type_name, Some(&difference), verdict, SeenBy::Service)
    };
    let found = match live {
        Live::Gone if known.contains("") => None,
        Live::Gone => {
            let verdict = super::meaning::gone(&resource.type_name);
            Some(sighting.told(id, &resource.type_name, None, verdict, SeenBy::Service))
        }
        Live::Stream(stream) => stream_shards(stream)
            .map(|verdict| told("/ShardCount", &FIRST_SHARDS.to_string(), &stream.open_shards.to_string(), verdict)),
        Live::Mapping(mapping) => {
            // A template that leaves `Enabled` out leaves it out of CloudFormation's comparison too.
            let off = resource.properties.get("Enabled") != Some(&Value::Bool(false)) && !known.contains("/Enabled");
            let off = (off && mapping.is_off()).then(|| {
                let verdict = match sighting.paused.get(id) {
                    Some(paused) => Verdict::intended(paused.to_string()),
                    None => super::meaning::nothing_is_read(),
                };
                told("/Enabled", "true", "false", verdict)
            });
            // "PROBLEM: …" is what Lambda says where it cannot read, or cannot call.
            let result = mapping.last_result.as_deref().filter(|result| result.starts_with("PROBLEM"));
            let trouble = result.map(|result| {
                let verdict = Verdict::dangerous("Lambda cannot read the source, or cannot call the function");
                told("/LastProcessingResult", "OK", result, verdict)
            });
            return off.into_iter().chain(trouble).collect();
        }
        Live::Function { latest, serving } => {
            code(latest, serving.as_ref()).map(|(expected, actual, verdict)| told("/Code", &expected, &actual, verdict))
        }
        Live::Endpoint(endpoint) => {
            return endpoint_differences(endpoint, &resource.properties, template, sighting.stack, scaled)
                .into_iter()
                .map(|(path, expected, actual, verdict)| told(path, &expected, &actual, verdict))
                .collect();
        }
        Live::Delivery(delivery) => (delivery.status != "ACTIVE").then(|| {
            let why = delivery.failure.as_ref().map(|why| format!("{} ({why})", delivery.status));
            told(
                "/Status",
                "ACTIVE",
                &why.unwrap_or_else(|| delivery.status.clone()),
                Verdict::dangerous("nothing is delivered"),
            )
        }),
        Live::Alarm(alarm) => {
            let meant = resource.properties.get("ActionsEnabled") != Some(&Value::Bool(false));
            (meant && !alarm.actions_enabled && !known.contains("/ActionsEnabled")).then(|| {
                let difference = SeenDifference {
                    path: "/ActionsEnabled".to_owned(),
                    expected: Some("true".to_owned()),
                    actual: Some("false".to_owned()),
                };
                let verdict = super::meaning::changed(&resource.type_name, &difference);
                told("/ActionsEnabled", "true", "false", verdict)
            })
        }
    };
    found.into_iter().collect()
}

/// A stream on demand has as many shards as Kinesis thinks fit.
fn stream_shards(stream: &LiveStream) -> Option<Verdict> {
    let scaled = stream.on_demand && stream.open_shards != FIRST_SHARDS;
    scaled.then(|| Verdict::intended("Kinesis scales a stream on demand by itself"))
}

/// Code that nobody published is code that somebody put there by hand.
fn code(latest: &LiveFunction, serving: Option<&LiveFunction>) -> Option<(String, String, Verdict)> {
    let (now, published) = (latest.code_sha256.as_ref()?, serving?.code_sha256.as_ref()?);
    (now != published).then(|| {
        let meaning = "somebody changed the code by hand; what was deployed is still what is called, and the next deployment \
                       of this code does not put it back";
        (published.clone(), now.clone(), Verdict::unexpected(meaning))
    })
}

type Found = (&'static str, String, String, Verdict);

fn endpoint_differences(
    live: &LiveEndpoint,
    properties: &serde_json::Map<String, Value>,
    template: &Template,
    stack: &StackDescription,
    scaled: &Bands,
) -> Vec<Found> {
    let mut found = Vec::new();
    let config = references_in(properties.get("EndpointConfigName").unwrap_or(&Value::Null)).into_iter().next();
    let config_id = config.map(|reference| reference.target);
    let deployed = config_id.as_ref().and_then(|id| stack.resources.get(id.as_str()));
    let deployed = deployed.and_then(|config| config.physical_id.as_deref()).map(tail);
    if let Some(deployed) = deployed.filter(|deployed| !deployed.eq_ignore_ascii_case(&live.config)) {
        let meaning = "other models, or other instances, answer than those that were deployed";
        found.push(("/EndpointConfigName", deployed.to_owned(), live.config.clone(), Verdict::dangerous(meaning)));
    }
    if live.status != "InService" {
        let why = live.failure.as_ref().map(|why| format!("{} ({why})", live.status));
        let verdict = Verdict::dangerous("it may not answer");
        found.push(("/EndpointStatus", "InService".to_owned(), why.unwrap_or_else(|| live.status.clone()), verdict));
    }
    let first =
        config_id.as_ref().and_then(|id| template.resources.iter().find(|(one, _)| one.as_str() == id.as_str()));
    let first: Option<u64> = first.and_then(|(_, config)| {
        let variants = config.properties.get("ProductionVariants")?.as_array()?.iter();
        variants.map(|variant| variant.get("InitialInstanceCount").and_then(Value::as_u64)).sum()
    });
    let now = u64::from(live.desired_instances);
    if let Some(first) = first.filter(|first| *first != now) {
        let resource = format!("endpoint/{}", live.name);
        let bands: Vec<_> = scaled.all(&resource).collect();
        let (min, max) = bands.iter().fold((0, 0), |(min, max), band| (min + band.min, max + band.max));
        let verdict = if bands.is_empty() {
            Verdict::unexpected("somebody gave it another number of instances by hand")
        } else if (min..=max).contains(&now) {
            Verdict::intended(format!("auto scaling keeps it between {min} and {max}"))
        } else {
            Verdict::unexpected(format!("it is outside of {min} to {max}, between which auto scaling moves it"))
        };
        found.push(("/DesiredInstanceCount", first.to_string(), now.to_string(), verdict));
    }
    found
}

/// The last part of an ARN, or a name as it is.
fn tail(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
