//! What a caller sees: the services' answers, completed where the services know less than AWS.
//!
//! Provisioning remembers, per subject, what a description lacks; here it is merged over the answer. The
//! moments at which things were made are the cloud's own, not the machine's.

use serde_json::{Map, Value, json};

use super::back::{Back, merge};
use super::kept::{ON_DEMAND_STREAMS, shards as shard_quota};
use super::provision::{Kind, expiry_is_changing};
use super::services::ServiceName;
use super::wire::{Request, Response};
use crate::units::Timestamp;

/// One version of a function, as a request names it.
#[derive(Clone, Debug)]
pub(crate) struct Qualified {
    name: String,
    version: String,
    qualifier: String,
}

impl Qualified {
    /// The request for the function itself, which is all that the service knows.
    pub(crate) fn unqualified(&self, request: &Request) -> Request {
        let mut query = super::wire::parse_form(&request.query);
        query.remove("Qualifier");
        Request { query: super::wire::write_form(&query), ..request.clone() }
    }
}

impl Back {
    /// Completes an answer.
    pub(crate) fn complete(&self, service: ServiceName, request: &Request, response: &mut Response) {
        if !response.is_success() {
            if service == ServiceName::Sagemaker {
                self.say_what_is_missing(request, response);
            }
            return;
        }
        if service == ServiceName::Iam {
            match request.action().as_str() {
                "ListAttachedRolePolicies" => self.complete_attached(request, response),
                "GetRole" => self.complete_role(request, response),
                _ => {}
            }
            return;
        }
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let Ok(mut answer) = serde_json::from_slice::<Value>(&response.body) else { return };
        let before = answer.clone();
        let action = request.action();
        match service {
            ServiceName::Dynamodb if action == "DescribeContinuousBackups" => {
                let place = "/ContinuousBackupsDescription/PointInTimeRecoveryDescription";
                self.over(&mut answer, place, &format!("dynamodb-backups/{}", text(&asked, "TableName")));
            }
            ServiceName::Dynamodb if action == "DescribeTimeToLive" => {
                let place = "/TimeToLiveDescription/TimeToLiveStatus";
                let changing = expiry_is_changing(self, &text(&asked, "TableName"));
                let done = answer.pointer(place).and_then(Value::as_str).filter(|_| changing);
                let under_way = done.map(|done| if done == "ENABLED" { "ENABLING" } else { "DISABLING" });
                put(&mut answer, place, under_way.map(Value::from));
            }
            ServiceName::Dynamodb => self.complete_table(&mut answer),
            ServiceName::Firehose if action == "DescribeDeliveryStream" => {
                let name = text(&asked, "DeliveryStreamName");
                let made = self.made_at(Kind::DeliveryStream, &name);
                self.over(&mut answer, "/DeliveryStreamDescription", &format!("firehose/{name}"));
                put(&mut answer, "/DeliveryStreamDescription/CreateTimestamp", made.map(seconds));
            }
            ServiceName::Kinesis => {
                let name = answer
                    .pointer("/StreamDescriptionSummary/StreamName")
                    .or_else(|| answer.pointer("/StreamDescription/StreamName"))
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                if let Some(made) = name.and_then(|name| self.made_at(Kind::Stream, &name)) {
                    put(&mut answer, "/StreamDescriptionSummary/StreamCreationTimestamp", Some(seconds(made)));
                    put(&mut answer, "/StreamDescription/StreamCreationTimestamp", Some(seconds(made)));
                }
            }
            ServiceName::Kms if action == "GetKeyRotationStatus" => {
                let asked = text(&asked, "KeyId");
                let id = asked.rsplit('/').next().unwrap_or_default();
                self.over(&mut answer, "", &format!("kms/{id}"));
            }
            ServiceName::Lambda => self.complete_function(request, &mut answer),
            ServiceName::Logs if action == "DescribeLogGroups" => {
                let groups = answer.get("logGroups").and_then(Value::as_array).map_or(0, Vec::len);
                for at in 0..groups {
                    let place = format!("/logGroups/{at}");
                    let name = answer.pointer(&place).map(|group| text(group, "logGroupName")).unwrap_or_default();
                    self.over(&mut answer, &place, &format!("logs/{name}"));
                }
            }
            ServiceName::Sagemaker => self.complete_sagemaker(&action, &asked, &mut answer),
            ServiceName::Sqs if action == "GetQueueAttributes" => {
                let url = text(&asked, "QueueUrl");
                let name = url.rsplit('/').next().unwrap_or_default();
                let wanted = asked.get("AttributeNames").and_then(Value::as_array).cloned().unwrap_or_default();
                if let Some(Value::Object(known)) = self.world.details.get(&format!("sqs/{name}")) {
                    for (attribute, value) in known {
                        if wanted.contains(&json!("All")) || wanted.contains(&json!(attribute)) {
                            put_new(&mut answer, "/Attributes", attribute, value.clone());
                        }
                    }
                }
            }
            ServiceName::Autoscaling
            | ServiceName::Cloudwatch
            | ServiceName::Firehose
            | ServiceName::Iam
            | ServiceName::Kms
            | ServiceName::Logs
            | ServiceName::S3
            | ServiceName::Sns
            | ServiceName::Sqs
            | ServiceName::Sts => {}
        }
        if answer != before {
            response.body = answer.to_string().into();
            response.headers.remove(http::header::CONTENT_LENGTH);
        }
    }

    /// Amazon's own policies that hang on a role.
    fn complete_attached(&self, request: &Request, response: &mut Response) {
        let role = request.form().remove("RoleName").unwrap_or_default();
        let Some(Value::Array(arns)) = self.world.details.get(&format!("iam-attached/{role}")) else { return };
        let members: String = arns
            .iter()
            .filter_map(Value::as_str)
            .map(|arn| {
                let name = super::wire::escape(arn.rsplit('/').next().unwrap_or(arn));
                let arn = super::wire::escape(arn);
                format!("<member><PolicyName>{name}</PolicyName><PolicyArn>{arn}</PolicyArn></member>")
            })
            .collect();
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let text = text.replace("<AttachedPolicies/>", "<AttachedPolicies></AttachedPolicies>");
        response.body = text.replace("<AttachedPolicies>", &format!("<AttachedPolicies>{members}")).into();
        response.headers.remove(http::header::CONTENT_LENGTH);
    }

    /// A role's description and boundary.
    fn complete_role(&self, request: &Request, response: &mut Response) {
        let name = request.form().remove("RoleName").unwrap_or_default();
        let Some(record) = self.record(Kind::Role.name(), &name) else { return };
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let given = |property: &str| record.properties.get(property).and_then(Value::as_str).map(super::wire::escape);
        let mut more = String::new();
        if let Some(description) = given("Description").filter(|_| !text.contains("<Description>")) {
            more.push_str(&format!("<Description>{description}</Description>"));
        }
        if let Some(arn) = given("PermissionsBoundary").filter(|_| !text.contains("<PermissionsBoundary>")) {
            more.push_str(&format!(
                "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>{arn}</PermissionsBoundaryArn></PermissionsBoundary>"
            ));
        }
        response.body = text.replace("</Role>", &format!("{more}</Role>")).into();
        response.headers.remove(http::header::CONTENT_LENGTH);
    }

    /// What is answered without the service, which knows nothing of it.
    pub(crate) fn answered_aside(&self, service: ServiceName, request: &Request) -> Option<Response> {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        match service {
            ServiceName::Kinesis if request.action() == "DescribeLimits" => {
                Some(Response::json(200, &self.stream_limits()))
            }
            ServiceName::Kinesis if request.action() == "ListTagsForResource" => {
                let tags = self.world.details.get(&format!("kinesis-tags/{}", text(&asked, "ResourceARN")))?;
                Some(Response::json(200, tags))
            }
            ServiceName::Lambda => self.function_policy(request),
            _ => None,
        }
    }

    /// What an account has of streams where nobody raised its quotas, and what CloudFormation made here.
    fn stream_limits(&self) -> Value {
        let prefix = format!("{}|", Kind::Stream.name());
        let streams = self.world.records.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        let (mut shards, mut on_demand) = (0, 0);
        for (_, stream) in streams {
            match stream.properties.get("ShardCount").and_then(Value::as_i64) {
                Some(count) => shards += count,
                None => on_demand += 1,
            }
        }
        json!({
            "ShardLimit": shard_quota(self.region().as_str()),
            "OpenShardCount": shards,
            "OnDemandStreamCountLimit": ON_DEMAND_STREAMS,
            "OnDemandStreamCount": on_demand,
        })
    }

    /// Who may call a function, version or alias: one policy for each of them.
    fn function_policy(&self, request: &Request) -> Option<Response> {
        let segments = request.segments();
        let [_, functions, name, policy] = segments.as_slice() else { return None };
        if request.method != "GET" || functions != "functions" || policy != "policy" {
            return None;
        }
        let name = name.split(":function:").nth(1).unwrap_or(name);
        let qualifier = super::wire::parse_form(&request.query).remove("Qualifier");
        let target = match qualifier.filter(|qualifier| qualifier != "$LATEST") {
            Some(qualifier) => format!("{name}:{qualifier}"),
            None => name.to_owned(),
        };
        let arn = self.arn("lambda", &format!("function:{target}"));
        let prefix = format!("{}|", Kind::Permission.name());
        let statements: Vec<Value> = self
            .world
            .records
            .range(prefix.clone()..)
            .take_while(|(key, _)| key.starts_with(&prefix))
            .filter(|(_, record)| {
                let given = record.properties.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
                given.split(":function:").nth(1).unwrap_or(given) == target
            })
            .map(|(key, record)| statement(key.strip_prefix(&prefix).unwrap_or(key), &record.properties, &arn))
            .collect();
        if statements.is_empty() {
            // Somebody may have given a permission past CloudFormation.
            return None;
        }
        let policy = json!({"Version": "2012-10-17", "Id": "default", "Statement": statements});
        let revision = super::mappings::made_up_uuid(0, &arn, &policy.to_string());
        Some(Response::json(200, &json!({"Policy": policy.to_string(), "RevisionId": revision})))
    }

    /// SageMaker names what it does not find by its ARN.
    fn say_what_is_missing(&self, request: &Request, response: &mut Response) {
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let missing = String::from_utf8_lossy(&response.body).contains("Could not find");
        for (name, noun, prefix) in [
            ("EndpointName", "endpoint", "endpoint"),
            ("EndpointConfigName", "endpoint configuration", "endpoint-config"),
            ("ModelName", "model", "model"),
        ] {
            let Some(given) = asked.get(name).and_then(Value::as_str).filter(|_| missing) else { continue };
            let arn = self.arn("sagemaker", &format!("{prefix}/{}", given.to_lowercase()));
            *response = Response::json_error(400, "ValidationException", &format!("Could not find {noun} \"{arn}\"."));
            return;
        }
    }

    fn over(&self, answer: &mut Value, at: &str, subject: &str) {
        if let (Some(known), Some(place)) = (self.world.details.get(subject), answer.pointer_mut(at)) {
            merge(place, known);
        }
    }

    fn made_at(&self, kind: Kind, physical_id: &str) -> Option<Timestamp> {
        self.record(kind.name(), physical_id).and_then(|record| record.made)
    }

    fn complete_table(&self, answer: &mut Value) {
        for at in ["/Table", "/TableDescription"] {
            let Some(name) = answer.pointer(at).map(|table| text(table, "TableName")) else { continue };
            self.over(answer, at, &format!("dynamodb/{name}"));
            put(answer, &format!("{at}/CreationDateTime"), self.made_at(Kind::Table, &name).map(seconds));
        }
    }

    fn complete_function(&self, request: &Request, answer: &mut Value) {
        let at = if answer.get("Configuration").is_some() { "/Configuration" } else { "" };
        let listed =
            answer.get("Functions").or_else(|| answer.get("Versions")).and_then(Value::as_array).map_or(0, Vec::len);
        let list = if answer.get("Functions").is_some() { "Functions" } else { "Versions" };
        let places = (0..listed).map(|index| format!("/{list}/{index}")).chain([at.to_owned()]);
        for place in places {
            let Some(configuration) = answer.pointer(&place) else { continue };
            if configuration.get("CodeSha256").is_none() {
                continue;
            }
            let name = text(configuration, "FunctionName");
            let version = text(configuration, "Version");
            let qualified = format!("lambda/{name}:{version}");
            let subject =
                if self.world.details.contains_key(&qualified) { qualified } else { format!("lambda/{name}") };
            self.over(answer, &place, &subject);
        }
        let _ = request;
    }

    /// The version that a request to Lambda names by its qualifier: a number, or what an alias stands for. `None`
    /// where none is named, or the one that is not published.
    pub(crate) async fn named_version(&mut self, request: &Request) -> Option<Result<Qualified, Response>> {
        let segments = request.segments();
        let [_, functions, name, rest @ ..] = segments.as_slice() else { return None };
        let about =
            functions == "functions" && matches!(rest.first().map(String::as_str), None | Some("configuration"));
        let qualifier = super::wire::parse_form(&request.query).remove("Qualifier")?;
        if request.method != "GET" || !about || qualifier == "$LATEST" {
            return None;
        }
        let name = name.split(":function:").nth(1).unwrap_or(name).to_owned();
        let path = format!("/2015-03-31/functions/{name}/aliases/{qualifier}");
        let version = match qualifier.parse::<u64>() {
            Ok(_) => qualifier.clone(),
            Err(_) => match self.rest(ServiceName::Lambda, "GET", &path, None).await {
                Ok(alias) => text(&alias, "FunctionVersion"),
                Err(_) => String::new(),
            },
        };
        if self.world.details.contains_key(&format!("lambda/{name}:{version}")) {
            return Some(Ok(Qualified { name, version, qualifier }));
        }
        let arn = self.arn("lambda", &format!("function:{name}:{qualifier}"));
        let message = format!("Function not found: {arn}");
        Some(Err(Response::json_error(404, "ResourceNotFoundException", &message)))
    }

    /// Deletes the version that a request to Lambda names by its number. The service below would delete the whole function.
    pub(crate) fn version_deleted(&mut self, request: &Request) -> Option<Response> {
        let segments = request.segments();
        let [_, functions, name] = segments.as_slice() else { return None };
        let number = super::wire::parse_form(&request.query).remove("Qualifier")?;
        if request.method != "DELETE" || functions != "functions" || number.parse::<u64>().is_err() {
            return None;
        }
        self.version_is_gone(name.split(":function:").nth(1).unwrap_or(name), &number);
        Some(Response::new(204, "application/json", String::new()))
    }

    /// A version is no more; its number is not given again, and what it was made of can be published anew.
    pub(crate) fn version_is_gone(&mut self, name: &str, number: &str) {
        self.forget(&format!("lambda/{name}:{number}"));
        let published = format!("published/{name}");
        let newest = self.world.details.get(&published).map(|known| text(known, "version"));
        if newest.as_deref() == Some(number) {
            self.forget(&published);
        }
    }

    /// Makes the description of a function that of one of its versions.
    pub(crate) fn complete_version(&self, wanted: &Qualified, response: &mut Response) {
        let Ok(mut answer) = serde_json::from_slice::<Value>(&response.body) else { return };
        let at = if answer.get("Configuration").is_some() { "/Configuration" } else { "" };
        self.over(&mut answer, at, &format!("lambda/{}:{}", wanted.name, wanted.version));
        put(&mut answer, &format!("{at}/Version"), Some(json!(wanted.version)));
        let arn = self.arn("lambda", &format!("function:{}:{}", wanted.name, wanted.qualifier));
        put(&mut answer, &format!("{at}/FunctionArn"), Some(json!(arn)));
        response.body = answer.to_string().into();
        response.headers.remove(http::header::CONTENT_LENGTH);
    }

    fn complete_sagemaker(&self, action: &str, asked: &Value, answer: &mut Value) {
        let (name, prefix, kind) = match action {
            "DescribeModel" => ("ModelName", "model", Kind::Model),
            "DescribeEndpointConfig" => ("EndpointConfigName", "endpoint-config", Kind::EndpointConfig),
            "DescribeEndpoint" => ("EndpointName", "endpoint", Kind::Endpoint),
            _ => return,
        };
        let name = text(asked, name);
        self.over(answer, "", &format!("sagemaker/{prefix}/{name}"));
        let arn = self.arn("sagemaker", &format!("{prefix}/{}", name.to_lowercase()));
        put(answer, "/CreationTime", self.made_at(kind, &arn).map(seconds));
    }
}

/// A permission as a statement of a policy.
fn statement(id: &str, permission: &Map<String, Value>, resource: &str) -> Value {
    let field = |name: &str| permission.get(name).and_then(Value::as_str).unwrap_or_default();
    let principal = field("Principal");
    let principal = if principal.contains('.') { json!({"Service": principal}) } else { json!({"AWS": principal}) };
    let mut condition = Map::new();
    for (test, key, name) in
        [("StringEquals", "AWS:SourceAccount", "SourceAccount"), ("ArnLike", "AWS:SourceArn", "SourceArn")]
    {
        if let Some(value) = permission.get(name) {
            condition.insert(test.to_owned(), json!({key: value}));
        }
    }
    let mut statement = json!({
        "Sid": id,
        "Effect": "Allow",
        "Principal": principal,
        "Action": field("Action"),
        "Resource": resource,
    });
    if let (false, Some(map)) = (condition.is_empty(), statement.as_object_mut()) {
        map.insert("Condition".to_owned(), Value::Object(condition));
    }
    statement
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn seconds(at: Timestamp) -> Value {
    json!(at.as_millis() as f64 / 1_000.0)
}

/// Replaces a value that is there.
fn put(answer: &mut Value, at: &str, value: Option<Value>) {
    if let (Some(place), Some(value)) = (answer.pointer_mut(at), value) {
        *place = value;
    }
}

fn put_new(answer: &mut Value, at: &str, name: &str, value: Value) {
    if let Some(Value::Object(map)) = answer.pointer_mut(at) {
        map.insert(name.to_owned(), value);
    }
}
