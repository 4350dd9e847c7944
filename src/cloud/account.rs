//! The account and its caller: how long the credentials last, what the caller may do, what the account may have.

use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
use aws_sdk_sts::config::ProvideCredentials;

use super::{Cloud, CloudError, failure};
use crate::diagnostic::chain;
use crate::observed::{Decision, FailureKind, ServiceQuota, Simulated, StreamLimits};
use crate::units::Timestamp;

/// What a simulation is told of a request: a condition's key and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// For instance `iam:PassedToService`.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
    /// Whether the key has several values.
    pub list: bool,
}

impl Cloud {
    /// When the credentials that calls are signed with run out; `None` where they do not, or do not say.
    ///
    /// # Errors
    /// There are none.
    pub async fn credentials_until(&self) -> Result<Option<Timestamp>, CloudError> {
        let Some(provider) = &self.credentials else { return Ok(None) };
        let found = provider.provide_credentials().await.map_err(|error| CloudError {
            kind: FailureKind::Credentials,
            service: "AWS".to_owned(),
            action: "credentials".to_owned(),
            message: chain(&error),
            request_id: None,
        })?;
        let since = found.expiry().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        Ok(since.map(|since| Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))))
    }

    /// By how many milliseconds the newest answer's clock was ahead of ours; `None` where no answer told its time. Answers
    /// tell whole seconds.
    #[must_use]
    pub fn clock_ahead(&self) -> Option<i64> {
        self.tracer.ahead()
    }

    /// The ARN of a role, with its path.
    ///
    /// # Errors
    /// There is none of that name, or the caller may not ask.
    pub async fn role_arn(&self, name: &str) -> Result<String, CloudError> {
        let answer = self.iam.get_role().role_name(name).send().await;
        let answer = answer.map_err(|error| failure::of("IAM", "GetRole", error))?;
        let arn = answer.role().map(|role| role.arn().to_owned());
        arn.ok_or_else(|| failure::answer("IAM", "GetRole", "no role in the answer"))
    }

    /// Whether a principal may do each of the actions on each of the resources, as far as its own policies and its boundary
    /// say. It does nothing.
    ///
    /// # Errors
    /// The caller may not ask, or there is no such principal.
    pub async fn simulate(
        &self,
        principal: &str,
        actions: &[String],
        resources: &[String],
        context: &[Context],
    ) -> Result<Vec<Simulated>, CloudError> {
        let mut told = Vec::new();
        let mut marker = None;
        loop {
            let mut request = self
                .iam
                .simulate_principal_policy()
                .policy_source_arn(principal)
                .set_action_names(Some(actions.to_vec()))
                .set_resource_arns(Some(resources.to_vec()));
            for entry in context {
                let kind = if entry.list { ContextKeyTypeEnum::StringList } else { ContextKeyTypeEnum::String };
                let entry = ContextEntry::builder()
                    .context_key_name(&entry.key)
                    .context_key_type(kind)
                    .set_context_key_values(Some(entry.values.clone()))
                    .build();
                request = request.context_entries(entry);
            }
            let answer = request.set_marker(marker).send().await;
            let answer = answer.map_err(|error| failure::of("IAM", "SimulatePrincipalPolicy", error))?;
            told.extend(answer.evaluation_results().iter().map(|result| Simulated {
                action: result.eval_action_name().to_owned(),
                resource: result.eval_resource_name().unwrap_or("*").to_owned(),
                decision: match result.eval_decision() {
                    PolicyEvaluationDecisionType::Allowed => Decision::Allowed,
                    PolicyEvaluationDecisionType::ExplicitDeny => Decision::Denied,
                    _ => Decision::NotAllowed,
                },
                missing: result.missing_context_values().to_vec(),
            }));
            marker = answer.marker.filter(|marker| !marker.is_empty() && answer.is_truncated);
            if marker.is_none() {
                return Ok(told);
            }
        }
    }

    /// The quotas of a service that Service Quotas knows, by the service's code (`lambda`, `sagemaker`).
    ///
    /// # Errors
    /// The caller may not ask, or Service Quotas does not know the service.
    pub async fn quotas(&self, service: &str) -> Result<Vec<ServiceQuota>, CloudError> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let request = self.quotas.list_service_quotas().service_code(service).max_results(100);
            let answer = request.set_next_token(token).send().await;
            let answer = answer.map_err(|error| failure::of("ServiceQuotas", "ListServiceQuotas", error))?;
            found.extend(answer.quotas().iter().filter_map(|quota| {
                Some(ServiceQuota {
                    code: quota.quota_code()?.to_owned(),
                    name: quota.quota_name()?.to_owned(),
                    value: quota.value()?,
                    adjustable: quota.adjustable(),
                })
            }));
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// What the account may have of streams in this region, and has.
    ///
    /// # Errors
    /// The caller may not ask.
    pub async fn stream_limits(&self) -> Result<StreamLimits, CloudError> {
        let answer = self.kinesis.describe_limits().send().await;
        let answer = answer.map_err(|error| failure::of("Kinesis", "DescribeLimits", error))?;
        let count = |number: i32| u32::try_from(number).unwrap_or_default();
        Ok(StreamLimits {
            shards: count(answer.shard_limit()),
            open_shards: count(answer.open_shard_count()),
            on_demand: count(answer.on_demand_stream_count_limit()),
            on_demand_now: count(answer.on_demand_stream_count()),
        })
    }

    /// Whether there is a queue of a name.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn queue_exists(&self, name: &str) -> Result<bool, CloudError> {
        let answer = self.sqs.get_queue_url().queue_name(name).send().await;
        match answer.map_err(|error| failure::of("SQS", "GetQueueUrl", error)) {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.kind == FailureKind::NotFound || refusal.message.contains("does not exist") => {
                Ok(false)
            }
            Err(refusal) => Err(refusal),
        }
    }
}
