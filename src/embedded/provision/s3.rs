//! `AWS::S3::Bucket` and `AWS::S3::BucketPolicy`.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::props::{as_text, document, object, required, text};
use super::{Made, already_exists, gone, invented_name, made, not_found, tags};
use crate::embedded::back::Back;
use crate::embedded::calls::Refusal;
use crate::embedded::cloudformation::{Effect, EffectAction, HandlerError, Properties};
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
            configure(back, effect, &name, properties)
                .await
                .map_err(|refusal| HandlerError::from(refusal).after_making(&name))?;
            bucket_made(back, &name)
        }
        EffectAction::Update { physical_id, after, .. } => {
            configure(back, effect, physical_id, after).await?;
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

async fn configure(back: &mut Back, effect: &Effect, name: &str, properties: &Properties) -> Result<(), Refusal> {
    let tag_set: String = tags(effect, properties)
        .iter()
        .map(|(key, value)| format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape(key), escape(value)))
        .collect();
    call(back, "PUT", &format!("/{name}?tagging"), format!("<Tagging><TagSet>{tag_set}</TagSet></Tagging>")).await?;
    if let Some(status) = text(&object(properties, "VersioningConfiguration"), "Status") {
        let body = format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
        call(back, "PUT", &format!("/{name}?versioning"), body).await?;
    }
    let block = object(properties, "PublicAccessBlockConfiguration");
    if !block.is_empty() {
        let fields = elements(&block);
        let body = format!("<PublicAccessBlockConfiguration>{fields}</PublicAccessBlockConfiguration>");
        call(back, "PUT", &format!("/{name}?publicAccessBlock"), body).await?;
    }
    if let Some(body) = encryption(&object(properties, "BucketEncryption")) {
        call(back, "PUT", &format!("/{name}?encryption"), body).await?;
    }
    if let Some(Value::Array(rules)) = object(properties, "OwnershipControls").get("Rules") {
        let rules: String =
            rules.iter().filter_map(Value::as_object).map(|rule| format!("<Rule>{}</Rule>", elements(rule))).collect();
        call(
            back,
            "PUT",
            &format!("/{name}?ownershipControls"),
            format!("<OwnershipControls>{rules}</OwnershipControls>"),
        )
        .await?;
    }
    match object(properties, "LifecycleConfiguration").get("Rules") {
        Some(Value::Array(rules)) => {
            let rules: String = rules.iter().filter_map(Value::as_object).map(lifecycle_rule).collect();
            let body = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
            call(back, "PUT", &format!("/{name}?lifecycle"), body).await
        }
        Some(_) | None => call(back, "DELETE", &format!("/{name}?lifecycle"), String::new()).await,
    }
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

fn encryption(properties: &Properties) -> Option<String> {
    let rules = properties.get("ServerSideEncryptionConfiguration")?.as_array()?;
    let rules: String = rules
        .iter()
        .map(|rule| {
            let mut inner = String::new();
            if let Some(default) = rule.get("ServerSideEncryptionByDefault").and_then(Value::as_object) {
                inner.push_str(&format!(
                    "<ApplyServerSideEncryptionByDefault>{}</ApplyServerSideEncryptionByDefault>",
                    elements(default)
                ));
            }
            if let Some(enabled) = rule.get("BucketKeyEnabled") {
                inner.push_str(&format!("<BucketKeyEnabled>{}</BucketKeyEnabled>", as_text(enabled)));
            }
            format!("<Rule>{inner}</Rule>")
        })
        .collect();
    Some(format!("<ServerSideEncryptionConfiguration>{rules}</ServerSideEncryptionConfiguration>"))
}

/// One lifecycle rule; the template's names differ from the API's in places.
fn lifecycle_rule(rule: &Map<String, Value>) -> String {
    let mut xml = String::new();
    if let Some(id) = text(rule, "Id") {
        xml.push_str(&format!("<ID>{}</ID>", escape(&id)));
    }
    xml.push_str(&format!("<Filter><Prefix>{}</Prefix></Filter>", escape(&text(rule, "Prefix").unwrap_or_default())));
    xml.push_str(&format!("<Status>{}</Status>", text(rule, "Status").unwrap_or_else(|| "Enabled".to_owned())));
    if let Some(days) = text(rule, "ExpirationInDays") {
        xml.push_str(&format!("<Expiration><Days>{days}</Days></Expiration>"));
    }
    for transition in
        rule.get("Transitions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    {
        let days = text(transition, "TransitionInDays").unwrap_or_default();
        let class = text(transition, "StorageClass").unwrap_or_default();
        xml.push_str(&format!("<Transition><Days>{days}</Days><StorageClass>{class}</StorageClass></Transition>"));
    }
    if let Some(days) = text(&object(rule, "NoncurrentVersionExpiration"), "NoncurrentDays") {
        xml.push_str(&format!(
            "<NoncurrentVersionExpiration><NoncurrentDays>{days}</NoncurrentDays></NoncurrentVersionExpiration>"
        ));
    }
    if let Some(days) = text(&object(rule, "AbortIncompleteMultipartUpload"), "DaysAfterInitiation") {
        xml.push_str(&format!("<AbortIncompleteMultipartUpload><DaysAfterInitiation>{days}</DaysAfterInitiation></AbortIncompleteMultipartUpload>"));
    }
    format!("<Rule>{xml}</Rule>")
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
