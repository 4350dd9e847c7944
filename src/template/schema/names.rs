//! What the schemas leave out: names, uniqueness, and edits that a service refuses.

/// Properties that together may exist only once, the physical name first; `/` leads into one.
///
/// CloudFormation creates the new resource before it deletes the old one, so a replacement that leaves all of
/// them as they are is refused: by CloudFormation for a custom name (`cloudformation-behaviour.md` ER-33), by the
/// service otherwise (`stream-behaviour.md` V-5 for event source mappings; ResourceInUseException of
/// RegisterStreamConsumer).
const UNIQUE: &[(&str, &[&str])] = &[
    ("AWS::Budgets::Budget", &["Budget/BudgetName"]),
    ("AWS::CloudWatch::Alarm", &["AlarmName"]),
    ("AWS::CloudWatch::CompositeAlarm", &["AlarmName"]),
    ("AWS::CloudWatch::Dashboard", &["DashboardName"]),
    ("AWS::DynamoDB::Table", &["TableName"]),
    ("AWS::Glue::Database", &["DatabaseInput/Name"]),
    ("AWS::Glue::Table", &["TableInput/Name", "DatabaseName"]),
    ("AWS::IAM::ManagedPolicy", &["ManagedPolicyName", "Path"]),
    ("AWS::IAM::Role", &["RoleName"]),
    ("AWS::KMS::Alias", &["AliasName"]),
    ("AWS::Kinesis::Stream", &["Name"]),
    ("AWS::Kinesis::StreamConsumer", &["ConsumerName", "StreamARN"]),
    ("AWS::KinesisFirehose::DeliveryStream", &["DeliveryStreamName"]),
    ("AWS::Lambda::Alias", &["Name", "FunctionName"]),
    ("AWS::Lambda::EventSourceMapping", &["EventSourceArn", "FunctionName"]),
    ("AWS::Lambda::Function", &["FunctionName"]),
    ("AWS::Logs::LogGroup", &["LogGroupName"]),
    ("AWS::Logs::LogStream", &["LogStreamName", "LogGroupName"]),
    ("AWS::S3::Bucket", &["BucketName"]),
    ("AWS::SNS::Topic", &["TopicName"]),
    ("AWS::SQS::Queue", &["QueueName"]),
    ("AWS::SSM::Parameter", &["Name"]),
    ("AWS::SageMaker::Endpoint", &["EndpointName"]),
    ("AWS::SageMaker::EndpointConfig", &["EndpointConfigName"]),
    ("AWS::SageMaker::Model", &["ModelName"]),
];

/// The properties that together may exist only once; empty where nothing is known to be unique.
pub(super) fn unique_by(type_name: &str) -> &'static [&'static str] {
    UNIQUE.iter().find(|(name, _)| *name == type_name).map_or(&[], |(_, properties)| properties)
}

/// The property that sets the physical name.
pub(super) fn name_property(type_name: &str) -> Option<&'static str> {
    match type_name {
        // A mapping has no name: its UUID is the service's.
        "AWS::Lambda::EventSourceMapping" => None,
        // One that is written within a property is no custom name to CloudFormation: the service refuses the second.
        _ => unique_by(type_name).first().copied().filter(|name| !name.contains('/')),
    }
}

/// Properties whose change the service refuses whatever the policies say (CloudFormation user guide,
/// `AWS::KMS::Key`: "If you change the value of the KeySpec, KeyUsage, Origin, or MultiRegion properties of an
/// existing KMS key, the update request fails").
pub(super) fn not_updatable(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "AWS::KMS::Key" => &["KeySpec", "KeyUsage", "Origin", "MultiRegion"],
        _ => &[],
    }
}

/// Properties that only a new resource can have, though the schema does not say so (CloudFormation template reference,
/// `AWS::DynamoDB::Table`: "Update requires: Replacement"; `UpdateTable` does not take them).
pub(super) fn documented_create_only(type_name: &str) -> &'static [&'static str] {
    match type_name {
        "AWS::DynamoDB::Table" => &["LocalSecondaryIndexes"],
        _ => &[],
    }
}

/// Members of the items of a list that only a new resource can have otherwise, while items may come and go (CloudFormation
/// template reference, `AWS::DynamoDB::Table`, `AttributeDefinitions`: "Replacement if you edit an existing
/// AttributeDefinition").
pub(super) fn fixed_members(type_name: &str) -> Option<(&'static str, &'static str)> {
    (type_name == "AWS::DynamoDB::Table").then_some(("AttributeDefinitions", "AttributeType"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unnamed_mappings_are_still_unique_by_source_and_function() {
        assert_eq!(name_property("AWS::Lambda::EventSourceMapping"), None);
        assert_eq!(unique_by("AWS::Lambda::EventSourceMapping"), ["EventSourceArn", "FunctionName"]);
        assert_eq!(name_property("AWS::KMS::Key"), None);
    }
}
