//! `AWS::S3::Bucket` and `AWS::S3::BucketPolicy`.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::props::{as_text, document, object, required, text};
use super::{Made, already_exists, gone, invented_name, made, not_found, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, HandlerErrorCode, Properties};
use crate::embedded::wire::escape;

async fn call(back: &mut Back, method: &str, path: &str, body: String) -> Result<(), Refusal> {
    back.s3(method, path, &[], Bytes::from(body)).await.map(|_| ())
}

pub(crate) async fn bucket(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } => {
            let name = text(properties, "BucketName").unwrap_or_else(|| invented_name(effect, 63).to_lowercase());
            if call(back, "HEAD", &format!("/{name}"), String::new()).await.is_ok() {
                return Err(already_exists(effect, &name));
            }
            let body = format!(
                "<CreateBucketConfiguration><LocationConstraint>{}</LocationConstraint></CreateBucketConfiguration>",
                back.region()
            );
            call(back, "PUT", &format!("/{name}"), body).await?;
            let before = Properties::new();
            let configured = configure(back, effect, &name, &before, properties).await;
            configured.map_err(|error| error.after_making(&name))?;
            bucket_made(back, &name)
        }
        EffectAction::Update { physical_id, before, after, .. } => {
            configure(back, effect, physical_id, before, after).await?;
            bucket_made(back, physical_id)
        }
        EffectAction::Delete { physical_id, .. } => {
            // One with objects in it is refused: "The bucket you tried to delete is not empty" (SQ-21).
            call(back, "DELETE", &format!("/{physical_id}"), String::new()).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            call(back, "HEAD", &format!("/{physical_id}"), String::new())
                .await
                .map_err(|_| not_found(effect, physical_id))?;
            bucket_made(back, physical_id)
        }
    }
}

fn bucket_made(back: &Back, name: &str) -> Made {
    let region = back.region();
    made(
        name,
        [
            ("Arn", format!("arn:aws:s3:::{name}")),
            ("DomainName", format!("{name}.s3.amazonaws.com")),
            ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com")),
            ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com")),
            ("WebsiteURL", format!("http://{name}.s3-website-{region}.amazonaws.com")),
        ],
    )
}

/// What a bucket has beside its name: one call each, and one that takes it away again.
async fn configure(
    back: &mut Back,
    effect: &Effect,
    name: &str,
    before: &Properties,
    after: &Properties,
) -> Result<(), HandlerError> {
    let tag_set: String = tags(effect, after)
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape(key), escape(value)))
        .collect();
    call(back, "PUT", &format!("/{name}?tagging"), format!("<Tagging><TagSet>{tag_set}</TagSet></Tagging>")).await?;
    // A bucket that once kept versions can only stop making new ones.
    let versioned = text(&object(after, "VersioningConfiguration"), "Status");
    let stopped = before.contains_key("VersioningConfiguration").then(|| "Suspended".to_owned());
    if let Some(status) = versioned.or(stopped) {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        call(back, "PUT", &format!("/{name}?versioning"), body).await?;
    }
    let rules = |property: &str, of: fn(&Map<String, Value>) -> Result<String, HandlerError>| {
        let property = object(after, property);
        let rules = property.get("Rules").or_else(|| property.get("ServerSideEncryptionConfiguration"));
        rules
            .and_then(Value::as_array)
            .map(|rules| rules.iter().filter_map(Value::as_object).map(of).collect::<Result<String, _>>())
            .transpose()
    };
    let block = object(after, "PublicAccessBlockConfiguration");
    let parts = [
        ("publicAccessBlock", "PublicAccessBlockConfiguration", (!block.is_empty()).then(|| elements(&block))),
        (
            "encryption",
            "ServerSideEncryptionConfiguration",
            rules("BucketEncryption", |rule| Ok(encryption_rule(rule)))?,
        ),
        (
            "ownershipControls",
            "OwnershipControls",
            rules("OwnershipControls", |rule| Ok(format!("<Rule>{}</Rule>", elements(rule))))?,
        ),
        ("lifecycle", "LifecycleConfiguration", rules("LifecycleConfiguration", lifecycle_rule)?),
    ];
    for (query, element, inner) in parts {
        let path = format!("/{name}?{query}");
        match inner {
            Some(inner) => call(back, "PUT", &path, format!("<{element}>{inner}</{element}>")).await?,
            None => call(back, "DELETE", &path, String::new()).await?,
        }
    }
    Ok(())
}

/// Properties as XML elements of the same names.
fn elements(map: &Map<String, Value>) -> String {
    map.iter()
        .map(|(name, value)| match value {
            Value::Object(inner) => format!("<{name}>{}</{name}>", elements(inner)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                format!("<{name}>{}</{name}>", escape(&as_text(value)))
            }
        })
        .collect()
}

fn encryption_rule(rule: &Map<String, Value>) -> String {
    let mut inner = String::new();
    if let Some(default) = rule.get("ServerSideEncryptionByDefault").and_then(Value::as_object) {
        let default = elements(default);
        inner.push_str(&format!("<ApplyServerSideEncryptionByDefault>{default}</ApplyServerSideEncryptionByDefault>"));
    }
    if let Some(enabled) = rule.get("BucketKeyEnabled") {
        inner.push_str(&format!("<BucketKeyEnabled>{}</BucketKeyEnabled>", as_text(enabled)));
    }
    format!("<Rule>{inner}</Rule>")
}

/// Parts of a lifecycle rule that reach the service.
const LIFECYCLE: &[&str] = &[
    "AbortIncompleteMultipartUpload",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "Id",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Prefix",
    "Status",
    "Transitions",
];

/// One lifecycle rule; the template's names differ from the API's in places.
fn lifecycle_rule(rule: &Map<String, Value>) -> Result<String, HandlerError> {
    if let Some(part) = rule.keys().find(|part| !LIFECYCLE.contains(&part.as_str())) {
        let message = format!("The embedded cloud does not model {part} of a lifecycle rule.");
        return Err(HandlerError::new(HandlerErrorCode::InvalidRequest, message));
    }
    let mut xml = String::new();
    if let Some(id) = text(rule, "Id") {
        xml.push_str(&format!("<ID>{}</ID>", escape(&id)));
    }
    xml.push_str(&format!("<Filter><Prefix>{}</Prefix></Filter>", escape(&text(rule, "Prefix").unwrap_or_default())));
    xml.push_str(&format!("<Status>{}</Status>", text(rule, "Status").unwrap_or_else(|| "Enabled".to_owned())));
    for (given, told) in [("ExpirationInDays", "Days"), ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker")] {
        if let Some(value) = text(rule, given) {
            xml.push_str(&format!("<Expiration><{told}>{value}</{told}></Expiration>"));
        }
    }
    for (list, element, given, told) in [
        ("Transitions", "Transition", "TransitionInDays", "Days"),
        ("NoncurrentVersionTransitions", "NoncurrentVersionTransition", "TransitionInDays", "NoncurrentDays"),
    ] {
        for transition in rule.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object) {
            let days = text(transition, given).unwrap_or_default();
            let class = text(transition, "StorageClass").unwrap_or_default();
            xml.push_str(&format!(
                "<{element}><{told}>{days}</{told}><StorageClass>{class}</StorageClass></{element}>"
            ));
        }
    }
    for part in ["NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"] {
        let inner = object(rule, part);
        if !inner.is_empty() {
            xml.push_str(&format!("<{part}>{}</{part}>", elements(&inner)));
        }
    }
    Ok(format!("<Rule>{xml}</Rule>"))
}

pub(crate) async fn bucket_policy(back: &mut Back, effect: &Effect) -> Made {
    match &effect.action {
        EffectAction::Create { properties } | EffectAction::Update { after: properties, .. } => {
            let bucket = required(properties, "Bucket")?;
            call(back, "PUT", &format!("/{bucket}?policy"), document(properties.get("PolicyDocument"))).await?;
            made(bucket, [])
        }
        EffectAction::Delete { physical_id, .. } => {
            call(back, "DELETE", &format!("/{physical_id}?policy"), String::new()).await?;
            gone()
        }
        EffectAction::Read { physical_id } => {
            call(back, "GET", &format!("/{physical_id}?policy"), String::new())
                .await
                .map_err(|_| not_found(effect, physical_id))?;
            made(physical_id, [])
        }
    }
}
