//! What somebody changes past CloudFormation: where a part of an answer is kept beside its service, it follows.

use serde_json::{Map, Value, json};

use super::back::{Back, merge};
use super::services::ServiceName;
use super::wire::{Request, Response};

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

impl Back {
    /// Takes over what a request changed that its service took.
    pub(crate) fn changed_past_formation(&mut self, service: ServiceName, request: &Request) {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        match (service, request.action().as_str()) {
            (ServiceName::Dynamodb, "UpdateTable") => self.table_changed(&asked),
            (ServiceName::Dynamodb, "UpdateContinuousBackups") => {
                let on = asked.pointer("/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled");
                if on != Some(&json!(true)) {
                    self.forget(&format!("dynamodb-backups/{}", text(&asked, "TableName")));
                }
            }
            (ServiceName::Kms, "DisableKeyRotation") => self.forget(&format!("kms/{}", text(&asked, "KeyId"))),
            (ServiceName::Sagemaker, "UpdateEndpoint") => {
                let given = asked.as_object().cloned().unwrap_or_default();
                self.endpoint_moved(text(&asked, "EndpointName"), text(&asked, "EndpointConfigName"), &given);
            }
            (ServiceName::Sagemaker, "UpdateEndpointWeightsAndCapacities") => {
                let wanted = asked.get("DesiredWeightsAndCapacities").and_then(Value::as_array);
                self.endpoint_resized(text(&asked, "EndpointName"), &wanted.cloned().unwrap_or_default());
            }
            (ServiceName::Sqs, "SetQueueAttributes") => {
                let name = text(&asked, "QueueUrl").rsplit('/').next().unwrap_or_default();
                let attributes = asked.get("Attributes").cloned().unwrap_or_default();
                self.over_known(&format!("sqs/{name}"), &attributes);
            }
            (ServiceName::Lambda, _) if request.method == "PUT" => {
                let segments = request.segments();
                if let [_, functions, name, what] = segments.as_slice()
                    && functions == "functions"
                    && what == "configuration"
                {
                    let kept = [
                        "DeadLetterConfig",
                        "EphemeralStorage",
                        "KMSKeyArn",
                        "LoggingConfig",
                        "TracingConfig",
                        "VpcConfig",
                    ];
                    let given = kept.iter().filter_map(|part| Some(((*part).to_owned(), asked.get(*part)?.clone())));
                    let given: Map<String, Value> = given.collect();
                    self.over_known(&format!("lambda/{name}"), &Value::Object(given));
                }
            }
            _ => {}
        }
    }

    /// Merges what was given over what is known of a subject, if anything is.
    fn over_known(&mut self, subject: &str, given: &Value) {
        if self.world.details.contains_key(subject) {
            self.remember(subject, given.clone());
        }
    }

    fn table_changed(&mut self, asked: &Value) {
        let mut given = Map::new();
        if let Some(protected) = asked.get("DeletionProtectionEnabled") {
            given.insert("DeletionProtectionEnabled".to_owned(), protected.clone());
        }
        if let Some(class) = asked.get("TableClass") {
            given.insert("TableClassSummary".to_owned(), json!({"TableClass": class}));
        }
        if let Some(encryption) = asked.get("SSESpecification") {
            let on = encryption.get("Enabled") == Some(&json!(true));
            let key = encryption.get("KMSMasterKeyId").cloned().unwrap_or(json!("alias/aws/dynamodb"));
            let status = if on { "ENABLED" } else { "DISABLED" };
            let described = json!({"Status": status, "SSEType": "KMS", "KMSMasterKeyArn": key});
            given.insert("SSEDescription".to_owned(), described);
        }
        self.over_known(&format!("dynamodb/{}", text(asked, "TableName")), &Value::Object(given));
    }

    /// Answers what changes a delivery stream past CloudFormation: the in-process service keeps no destinations. `None` for any
    /// other request, and for a stream that CloudFormation did not make.
    pub(crate) fn delivery_changed(&mut self, request: &Request) -> Option<Response> {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let subject = format!("firehose/{}", text(&asked, "DeliveryStreamName"));
        let action = request.action();
        let off = "StopDeliveryStreamEncryption";
        if !matches!(action.as_str(), "UpdateDestination" | "StartDeliveryStreamEncryption") && action != off {
            return None;
        }
        let known = self.world.details.get_mut(&subject)?;
        if action != "UpdateDestination" {
            let input = asked.get("DeliveryStreamEncryptionConfigurationInput");
            let status = if action == off { "DISABLED" } else { "ENABLED" };
            let mut described = json!({"Status": status});
            for field in ["KeyType", "KeyARN"] {
                if let (Some(value), Some(map)) = (input.and_then(|input| input.get(field)), described.as_object_mut())
                {
                    map.insert(field.to_owned(), value.clone());
                }
            }
            if let Some(map) = known.as_object_mut() {
                map.insert("DeliveryStreamEncryptionConfiguration".to_owned(), described);
            }
            return Some(Response::json(200, &json!({})));
        }
        let version = known.get("VersionId").and_then(Value::as_str).unwrap_or("1").to_owned();
        if text(&asked, "CurrentDeliveryStreamVersionId") != version {
            let message = format!(
                "Cannot update the delivery stream. The current version is {version}; {} was given.",
                text(&asked, "CurrentDeliveryStreamVersionId")
            );
            return Some(Response::json_error(400, "ConcurrentModificationException", &message));
        }
        let given = asked.get("ExtendedS3DestinationUpdate").cloned().unwrap_or_default();
        for described in ["ExtendedS3DestinationDescription", "S3DestinationDescription"] {
            if let Some(place) = known.pointer_mut(&format!("/Destinations/0/{described}")) {
                merge(place, &given);
            }
        }
        let next = version.parse::<u64>().unwrap_or(1) + 1;
        merge(known, &json!({"VersionId": next.to_string()}));
        Some(Response::json(200, &json!({})))
    }
}
