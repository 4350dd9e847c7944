//! Which service a request is for.

use super::ServiceName;
use crate::embedded::kept::KeptService;
use crate::embedded::wire::Request;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// CloudFormation, which is ours.
    CloudFormation,
    /// A resource service.
    Service(ServiceName),
    /// A service that is ours whole.
    Kept(KeptService),
}

/// Finds out whom a request is for: by the scope it is signed for, else by its target header, its host, its form, and at last
/// by its path, which then is S3's.
#[must_use]
pub(crate) fn service_of(request: &Request) -> Option<Destination> {
    scope(request)
        .and_then(|(_, service)| by_signing_name(&service))
        .or_else(|| request.header("x-amz-target").and_then(by_target))
        .or_else(|| request.host.split('.').find_map(by_signing_name))
        .or_else(|| by_path(request))
}

/// Region and service of the credential scope, from the header or from a presigned query.
fn scope(request: &Request) -> Option<(String, String)> {
    let in_header =
        request.header("authorization").and_then(|text| text.split("Credential=").nth(1)).map(str::to_owned);
    let credential = in_header.or_else(|| super::super::wire::parse_form(&request.query).remove("X-Amz-Credential"))?;
    let mut parts = credential.split([',', ' ']).next()?.split('/').skip(2);
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

fn by_signing_name(name: &str) -> Option<Destination> {
    let service = match name {
        "cloudformation" => return Some(Destination::CloudFormation),
        "budgets" => return Some(Destination::Kept(KeptService::Budgets)),
        "glue" => return Some(Destination::Kept(KeptService::Glue)),
        "servicequotas" => return Some(Destination::Kept(KeptService::Quotas)),
        "ssm" => return Some(Destination::Kept(KeptService::Ssm)),
        "application-autoscaling" => ServiceName::Autoscaling,
        "monitoring" => ServiceName::Cloudwatch,
        "dynamodb" => ServiceName::Dynamodb,
        "firehose" => ServiceName::Firehose,
        "iam" => ServiceName::Iam,
        "kinesis" => ServiceName::Kinesis,
        "kms" => ServiceName::Kms,
        "lambda" => ServiceName::Lambda,
        "logs" => ServiceName::Logs,
        "s3" => ServiceName::S3,
        "sagemaker" | "api.sagemaker" => ServiceName::Sagemaker,
        "sns" => ServiceName::Sns,
        "sqs" => ServiceName::Sqs,
        "sts" => ServiceName::Sts,
        _ => return None,
    };
    Some(Destination::Service(service))
}

fn by_target(target: &str) -> Option<Destination> {
    let prefix = target.split('.').next()?;
    let service = match prefix.split('_').next()? {
        "AWSBudgetServiceGateway" => return Some(Destination::Kept(KeptService::Budgets)),
        "AWSGlue" => return Some(Destination::Kept(KeptService::Glue)),
        "ServiceQuotasV20190624" => return Some(Destination::Kept(KeptService::Quotas)),
        "AmazonSSM" => return Some(Destination::Kept(KeptService::Ssm)),
        "Kinesis" => ServiceName::Kinesis,
        "Firehose" => ServiceName::Firehose,
        "DynamoDB" => ServiceName::Dynamodb,
        "SageMaker" => ServiceName::Sagemaker,
        "AmazonSQS" => ServiceName::Sqs,
        "Logs" => ServiceName::Logs,
        "TrentService" => ServiceName::Kms,
        "AnyScaleFrontendService" => ServiceName::Autoscaling,
        "GraniteServiceVersion20100801" => ServiceName::Cloudwatch,
        _ => return None,
    };
    Some(Destination::Service(service))
}

fn by_path(request: &Request) -> Option<Destination> {
    if request.path.starts_with("/service/GraniteServiceVersion") {
        return Some(Destination::Service(ServiceName::Cloudwatch));
    }
    let first = request.segments().into_iter().next().unwrap_or_default();
    let dated = first.len() == 10 && first.chars().all(|c| c.is_ascii_digit() || c == '-');
    if dated {
        return Some(Destination::Service(ServiceName::Lambda));
    }
    match request.form().get("Version").map(String::as_str) {
        Some("2010-05-15") => Some(Destination::CloudFormation),
        Some("2010-05-08") => Some(Destination::Service(ServiceName::Iam)),
        Some("2010-03-31") => Some(Destination::Service(ServiceName::Sns)),
        Some("2010-08-01") => Some(Destination::Service(ServiceName::Cloudwatch)),
        Some("2011-06-15") => Some(Destination::Service(ServiceName::Sts)),
        Some(_) | None => Some(Destination::Service(ServiceName::S3)),
    }
}

/// Turns a virtual-hosted S3 request into a path-style one.
#[must_use]
pub(crate) fn path_style(request: &Request) -> Request {
    let mut out = request.clone();
    let bucket = request
        .host
        .find(".s3")
        .and_then(|at| request.host.get(..at))
        .or_else(|| request.host.strip_suffix(".localhost").filter(|bucket| !bucket.is_empty()));
    if let Some(bucket) = bucket.filter(|bucket| !bucket.is_empty()) {
        out.path = format!("/{bucket}{}", if request.path == "/" { "" } else { &request.path });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(host: &str, path: &str, headers: &[(&'static str, &'static str)], body: &'static str) -> Request {
        Request {
            method: "POST".to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: String::new(),
            headers: headers
                .iter()
                .map(|(name, value)| (http::HeaderName::from_static(name), http::HeaderValue::from_static(value)))
                .collect(),
            body: bytes::Bytes::from_static(body.as_bytes()),
        }
    }

    #[test]
    fn the_signed_scope_decides_first() {
        let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/sagemaker/aws4_request, SignedHeaders=host, Signature=0";
        let asked = request("127.0.0.1", "/", &[("authorization", scope)], "");
        assert_eq!(service_of(&asked), Some(Destination::Service(ServiceName::Sagemaker)));
    }

    #[test]
    fn without_a_signature_target_host_form_and_path_decide() {
        let target = request("127.0.0.1", "/", &[("x-amz-target", "DynamoDB_20120810.ListTables")], "{}");
        assert_eq!(service_of(&target), Some(Destination::Service(ServiceName::Dynamodb)));
        let host = request("sqs.eu-west-1.amazonaws.com", "/", &[], "");
        assert_eq!(service_of(&host), Some(Destination::Service(ServiceName::Sqs)));
        let form = request("127.0.0.1", "/", &[], "Action=DescribeStacks&Version=2010-05-15");
        assert_eq!(service_of(&form), Some(Destination::CloudFormation));
        let path = request("127.0.0.1", "/2015-03-31/functions/", &[], "");
        assert_eq!(service_of(&path), Some(Destination::Service(ServiceName::Lambda)));
        let bucket = request("127.0.0.1", "/bucket/key", &[], "");
        assert_eq!(service_of(&bucket), Some(Destination::Service(ServiceName::S3)));
    }

    #[test]
    fn a_virtual_hosted_bucket_becomes_a_path() {
        let asked = request("my.bucket.s3.eu-west-1.amazonaws.com", "/a/b", &[], "");
        assert_eq!(path_style(&asked).path, "/my.bucket/a/b");
    }
}
