//! A call that AWS denies: the action as permissions name it, and the statement that would allow it.

use serde_json::json;

use crate::cloud::CloudError;
use crate::diagnostic::{Code, Diagnostic};

/// Says which action is denied, and what would allow it.
pub(super) fn denied(error: &CloudError) -> Diagnostic {
    let action = word_after(&error.message, "not authorized to perform: ")
        .filter(|action| action.contains(':'))
        .map_or_else(|| action_of(&error.service, &error.action), str::to_owned);
    let told = Diagnostic::error(Code::AwsDenied, format!("AWS denies {action}")).note(error.to_string());
    if error.message.contains("with an explicit deny") {
        let why = "a policy denies it explicitly, and no other statement outweighs that";
        return told
            .note(why)
            .help("let somebody take the action out of that policy, or act as another role: `--role ARN`");
    }
    let resource = word_after(&error.message, "on resource: ").unwrap_or("*");
    let statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
    told.help(format!("allow it to the caller with this statement of a policy: {statement}"))
        .help("or act as a role that may: `--role ARN`, or `role` in the environment file")
}

/// The word that follows some words.
fn word_after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let rest = text.split_once(words)?.1;
    rest.split_whitespace().next().map(|word| word.trim_end_matches(['.', ','])).filter(|word| !word.is_empty())
}

/// The permission that an operation takes: its own name, but for S3, whose permissions are older than its operations
/// (Amazon S3 user guide, "Required permissions for Amazon S3 API operations").
fn action_of(service: &str, operation: &str) -> String {
    let service = match service {
        "CloudWatchLogs" => "logs".to_owned(),
        "ApplicationAutoScaling" => "application-autoscaling".to_owned(),
        other => other.to_lowercase().replace(' ', ""),
    };
    let action = match (service.as_str(), operation) {
        ("s3", "HeadBucket" | "ListObjectsV2") => "ListBucket",
        ("s3", "HeadObject") => "GetObject",
        ("s3", "ListObjectVersions") => "ListBucketVersions",
        ("s3", "DeleteObjects") => "DeleteObjectVersion",
        (_, other) => other,
    };
    format!("{service}:{action}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::FailureKind;

    fn told(service: &str, action: &str, message: &str) -> Diagnostic {
        denied(&CloudError {
            kind: FailureKind::AccessDenied,
            service: service.to_owned(),
            action: action.to_owned(),
            message: message.to_owned(),
            request_id: None,
        })
    }

    #[test]
    fn the_action_and_its_resource_are_taken_from_the_services_own_words() {
        let words = "User: arn:aws:sts::1:assumed-role/dev/me is not authorized to perform: cloudformation:CreateChangeSet on \
                     resource: arn:aws:cloudformation:eu-west-1:1:stack/orders-prod/* because no identity-based policy allows \
                     the cloudformation:CreateChangeSet action";
        let told = told("CloudFormation", "CreateChangeSet", words);
        assert_eq!(told.title, "AWS denies cloudformation:CreateChangeSet");
        let statement = r#"{"Effect":"Allow","Action":"cloudformation:CreateChangeSet","Resource":"arn:aws:cloudformation:eu-west-1:1:stack/orders-prod/*"}"#;
        assert!(told.help.iter().any(|help| help.contains(statement)), "{told:?}");
    }

    #[test]
    fn where_the_service_does_not_say_it_the_call_does() {
        for (service, call, action) in [
            ("S3", "HeadBucket", "s3:ListBucket"),
            ("S3", "HeadObject", "s3:GetObject"),
            ("S3", "PutObject", "s3:PutObject"),
            ("Kinesis", "DescribeStreamSummary", "kinesis:DescribeStreamSummary"),
            ("SageMaker", "DescribeEndpoint", "sagemaker:DescribeEndpoint"),
        ] {
            let told = told(service, call, "HTTP status 403");
            assert_eq!(told.title, format!("AWS denies {action}"));
            assert!(told.help.iter().any(|help| help.contains(r#""Resource":"*""#)), "{told:?}");
        }
    }

    #[test]
    fn an_explicit_deny_is_not_answered_with_a_statement_that_would_not_help() {
        let words = "User: u is not authorized to perform: kinesis:DescribeStreamSummary on resource: arn with an explicit deny in \
                     a service control policy";
        let told = told("Kinesis", "DescribeStreamSummary", words);
        assert!(!told.help.iter().any(|help| help.contains("Allow")), "{told:?}");
    }
}
