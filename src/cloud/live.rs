//! What running resources say of themselves, by physical name; `None` where there is none of that name.

use super::{Cloud, CloudError, failure, read};
use crate::observed::{FailureKind, LiveDelivery, LiveEndpoint, LiveFunction, LiveMapping, LiveStream};
use crate::units::Duration;

/// "Not found" is an answer, not an error.
fn found<T>(answer: Result<T, CloudError>) -> Result<Option<T>, CloudError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(refusal) if refusal.kind == FailureKind::NotFound => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

fn count(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or_default()
}

impl Cloud {
    /// A Kinesis stream.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn live_stream(&self, name: &str) -> Result<Option<LiveStream>, CloudError> {
        let answer = self.kinesis.describe_stream_summary().stream_name(name).send().await;
        let answer = found(answer.map_err(|error| failure::of("Kinesis", "DescribeStreamSummary", error)))?;
        let Some(summary) = answer.and_then(|answer| answer.stream_description_summary) else { return Ok(None) };
        let metrics = summary.enhanced_monitoring().iter().flat_map(|m| m.shard_level_metrics());
        let hours = u64::try_from(summary.retention_period_hours()).unwrap_or_default();
        Ok(Some(LiveStream {
            name: summary.stream_name().to_owned(),
            arn: summary.stream_arn().to_owned(),
            status: summary.stream_status().as_str().to_owned(),
            on_demand: summary.stream_mode_details().is_some_and(|m| m.stream_mode().as_str() == "ON_DEMAND"),
            open_shards: count(summary.open_shard_count()),
            retention: Duration::from_secs(hours.saturating_mul(3_600)),
            key: summary.key_id().map(str::to_owned),
            shard_metrics: metrics.map(|metric| metric.as_str().to_owned()).collect(),
            fan_out_consumers: summary.consumer_count().map(count).unwrap_or_default(),
        }))
    }

    /// A Lambda function, or what an alias of it stands for.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn live_function(&self, name: &str, alias: Option<&str>) -> Result<Option<LiveFunction>, CloudError> {
        let request = self.lambda.get_function_configuration().function_name(name);
        let answer = request.set_qualifier(alias.map(str::to_owned)).send().await;
        let answer = found(answer.map_err(|error| failure::of("Lambda", "GetFunctionConfiguration", error)))?;
        Ok(answer.map(|function| LiveFunction {
            name: function.function_name().unwrap_or(name).to_owned(),
            version: function.version().unwrap_or_default().to_owned(),
            state: function.state().map(|state| state.as_str().to_owned()),
            last_update: function.last_update_status().map(|status| status.as_str().to_owned()),
            reason: function.last_update_status_reason().or_else(|| function.state_reason()).map(str::to_owned),
            runtime: function.runtime().map(|runtime| runtime.as_str().to_owned()),
            memory_mib: function.memory_size().map(count).unwrap_or_default(),
            timeout: Duration::from_secs(function.timeout().map(count).unwrap_or_default().into()),
            code_sha256: function.code_sha256().map(str::to_owned),
        }))
    }

    /// An event source mapping by its id.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn live_mapping(&self, uuid: &str) -> Result<Option<LiveMapping>, CloudError> {
        let answer = self.lambda.get_event_source_mapping().uuid(uuid).send().await;
        let answer = found(answer.map_err(|error| failure::of("Lambda", "GetEventSourceMapping", error)))?;
        Ok(answer.map(|mapping| LiveMapping {
            uuid: mapping.uuid().unwrap_or(uuid).to_owned(),
            state: mapping.state().unwrap_or_default().to_owned(),
            reason: mapping.state_transition_reason().map(str::to_owned),
            function_arn: mapping.function_arn().map(str::to_owned),
            source_arn: mapping.event_source_arn().map(str::to_owned),
            batch_size: mapping.batch_size().map(count),
            parallel: mapping.parallelization_factor().map(count),
            last_result: mapping.last_processing_result().map(str::to_owned),
            modified: mapping.last_modified().map(|time| read::moment(Some(time))),
        }))
    }

    /// Switches an event source mapping on or off. It takes a moment to settle (STATE-2), and keeps its position (V-3).
    ///
    /// # Errors
    /// There is none of this id, it is being changed by somebody else, or the caller may not.
    pub async fn switch_mapping(&self, uuid: &str, enabled: bool) -> Result<(), CloudError> {
        let request = self.lambda.update_event_source_mapping().uuid(uuid).enabled(enabled);
        let answer = request.send().await.map_err(|error| failure::of("Lambda", "UpdateEventSourceMapping", error));
        answer.map(|_| ())
    }

    /// The event source mappings of a function or of one of its aliases.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn live_mappings(&self, function: &str) -> Result<Vec<LiveMapping>, CloudError> {
        let mut mappings = Vec::new();
        let mut marker = None;
        loop {
            let request = self.lambda.list_event_source_mappings().function_name(function).set_marker(marker);
            let answer = request.send().await;
            let answer = found(answer.map_err(|error| failure::of("Lambda", "ListEventSourceMappings", error)))?;
            let Some(answer) = answer else { return Ok(mappings) };
            mappings.extend(answer.event_source_mappings().iter().map(|mapping| LiveMapping {
                uuid: mapping.uuid().unwrap_or_default().to_owned(),
                state: mapping.state().unwrap_or_default().to_owned(),
                reason: mapping.state_transition_reason().map(str::to_owned),
                function_arn: mapping.function_arn().map(str::to_owned),
                source_arn: mapping.event_source_arn().map(str::to_owned),
                batch_size: mapping.batch_size().map(count),
                parallel: mapping.parallelization_factor().map(count),
                last_result: mapping.last_processing_result().map(str::to_owned),
                modified: mapping.last_modified().map(|time| read::moment(Some(time))),
            }));
            marker = answer.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                return Ok(mappings);
            }
        }
    }

    /// A SageMaker endpoint.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn live_endpoint(&self, name: &str) -> Result<Option<LiveEndpoint>, CloudError> {
        let answer = self.sagemaker.describe_endpoint().endpoint_name(name).send().await;
        let answer = found(answer.map_err(|error| failure::of("SageMaker", "DescribeEndpoint", error)))?;
        Ok(answer.map(|endpoint| {
            let variants = endpoint.production_variants();
            LiveEndpoint {
                name: endpoint.endpoint_name().unwrap_or(name).to_owned(),
                status: endpoint.endpoint_status().map_or("", |status| status.as_str()).to_owned(),
                config: endpoint.endpoint_config_name().unwrap_or_default().to_owned(),
                failure: endpoint.failure_reason().map(str::to_owned),
                instances: variants.iter().filter_map(|v| v.current_instance_count()).map(count).sum(),
                desired_instances: variants.iter().filter_map(|v| v.desired_instance_count()).map(count).sum(),
            }
        }))
    }

    /// A Firehose stream.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn live_delivery(&self, name: &str) -> Result<Option<LiveDelivery>, CloudError> {
        let answer = self.firehose.describe_delivery_stream().delivery_stream_name(name).send().await;
        let answer = found(answer.map_err(|error| failure::of("Firehose", "DescribeDeliveryStream", error)))?;
        Ok(answer.and_then(|answer| answer.delivery_stream_description).map(|delivery| LiveDelivery {
            name: delivery.delivery_stream_name().to_owned(),
            status: delivery.delivery_stream_status().as_str().to_owned(),
            failure: delivery.failure_description().map(|failure| failure.details().to_owned()),
        }))
    }
}
