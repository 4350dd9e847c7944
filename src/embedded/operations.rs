//! The operations that the embedded cloud answers, by the names that faults are asked for.

use super::cloudformation::ACTIONS;
use super::services::{Destination, ServiceName, path_style};
use super::wire::{Request, parse_form};

/// Operations of the services whose protocols name them, a service a line. Those of a `winterbaume` service are the arms of its
/// dispatch; a test asks each service for each of them.
const NAMED: &str = include_str!("operations.txt");

/// Operations of the services that are asked by method and path, as far as [`called`] tells them apart.
const CALLED: [&str; 23] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CreateBucket",
    "CreateFunction",
    "CreateMultipartUpload",
    "DeleteBucket",
    "DeleteObject",
    "DeleteObjects",
    "GetBucketTagging",
    "GetEventSourceMapping",
    "GetFunction",
    "GetFunctionConfiguration",
    "GetObject",
    "HeadBucket",
    "HeadObject",
    "Invoke",
    "ListBuckets",
    "ListEventSourceMappings",
    "ListFunctions",
    "ListObjectVersions",
    "ListObjectsV2",
    "PutObject",
    "UploadPart",
];

/// Every operation by its name, service by service.
pub fn operations() -> impl Iterator<Item = &'static str> {
    let named = NAMED.lines().filter_map(|line| line.split_once(": ")).flat_map(|(_, names)| names.split(' '));
    ACTIONS.into_iter().chain(CALLED).chain(named)
}

/// Whether an operation is one of CloudFormation's that only read: the ones whose answers can be from before the last change.
#[must_use]
pub fn may_be_stale(operation: &str) -> bool {
    ACTIONS.contains(&operation) && ["Describe", "List", "Get"].iter().any(|verb| operation.starts_with(verb))
}

/// The name that the reference gives a request whose protocol has only a method and a path.
pub(super) fn called(destination: Destination, request: &Request) -> Option<&'static str> {
    let Destination::Service(service) = destination else { return None };
    match service {
        ServiceName::S3 => object_call(&path_style(request)),
        ServiceName::Lambda => function_call(request),
        _ => None,
    }
}

fn object_call(request: &Request) -> Option<&'static str> {
    let query = parse_form(&request.query);
    // The SDKs say which operation it is where the path alone does not.
    if let Some(name) = query.get("x-id").and_then(|id| CALLED.into_iter().find(|name| name == id)) {
        return Some(name);
    }
    let asks = |name: &str| query.contains_key(name);
    Some(match (request.segments().len(), request.method.as_str()) {
        (0, "GET") => "ListBuckets",
        (1, "HEAD") => "HeadBucket",
        (1, "PUT") if query.is_empty() => "CreateBucket",
        (1, "DELETE") if query.is_empty() => "DeleteBucket",
        (1, "POST") if asks("delete") => "DeleteObjects",
        (1, "GET") if asks("tagging") => "GetBucketTagging",
        (1, "GET") if asks("versions") => "ListObjectVersions",
        (1, "GET") if asks("list-type") => "ListObjectsV2",
        (2.., "POST") if asks("uploads") => "CreateMultipartUpload",
        (2.., "POST") if asks("uploadId") => "CompleteMultipartUpload",
        (2.., "PUT") if asks("uploadId") => "UploadPart",
        (2.., "DELETE") if asks("uploadId") => "AbortMultipartUpload",
        (2.., "HEAD") => "HeadObject",
        (2.., "GET") if query.is_empty() => "GetObject",
        (2.., "PUT") if query.is_empty() => "PutObject",
        (2.., "DELETE") if query.is_empty() => "DeleteObject",
        _ => return None,
    })
}

fn function_call(request: &Request) -> Option<&'static str> {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).skip(1).collect();
    Some(match (request.method.as_str(), segments.as_slice()) {
        ("GET", ["functions"]) => "ListFunctions",
        ("POST", ["functions"]) => "CreateFunction",
        ("GET", ["functions", _]) => "GetFunction",
        ("GET", ["functions", _, "configuration"]) => "GetFunctionConfiguration",
        ("POST", ["functions", _, "invocations"]) => "Invoke",
        ("GET", ["event-source-mappings"]) => "ListEventSourceMappings",
        ("GET", ["event-source-mappings", _]) => "GetEventSourceMapping",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::kept::KeptService;
    use super::super::tests::{cloud, request};
    use super::*;

    /// The name of each service as requests are signed for it.
    const SIGNED: [(&str, &str); 15] = [
        ("autoscaling", "application-autoscaling"),
        ("budgets", "budgets"),
        ("cloudwatch", "monitoring"),
        ("dynamodb", "dynamodb"),
        ("firehose", "firehose"),
        ("glue", "glue"),
        ("iam", "iam"),
        ("kinesis", "kinesis"),
        ("kms", "kms"),
        ("logs", "logs"),
        ("sagemaker", "sagemaker"),
        ("sns", "sns"),
        ("sqs", "sqs"),
        ("ssm", "ssm"),
        ("sts", "sts"),
    ];

    #[tokio::test]
    async fn every_operation_that_is_listed_is_one_that_its_service_knows() {
        let cloud = cloud();
        let (mut asked, mut strange) = (0, Vec::new());
        for line in NAMED.lines() {
            let (service, names) = line.split_once(": ").unwrap();
            let signed = SIGNED.iter().find(|(name, _)| *name == service).unwrap().1;
            for name in names.split(' ') {
                let form = ["cloudwatch", "iam", "sns", "sts"].contains(&service);
                let target = format!("X.{name}");
                let asks = match form {
                    true => request(signed, "POST", "/", None, format!("Action={name}&Version=2010-05-08")),
                    false => request(signed, "POST", "/", Some(&target), "{}"),
                };
                let answer = cloud.handle(asks).await.unwrap();
                let text = String::from_utf8_lossy(&answer.body);
                let unknown = ["InvalidAction", "UnknownOperation", "NotImplementedException"];
                if unknown.iter().any(|code| text.contains(code)) {
                    strange.push(format!("{service} {name}"));
                }
                asked += 1;
            }
        }
        assert!(strange.is_empty() && asked > 600, "{asked} asked, not known: {strange:?}");
    }

    #[tokio::test]
    async fn every_action_of_cloudformation_is_known_to_it() {
        let cloud = cloud();
        for action in ACTIONS {
            let body = format!("Action={action}&Version=2010-05-15");
            let answer = cloud.handle(request("cloudformation", "POST", "/", None, body)).await.unwrap();
            assert!(!String::from_utf8_lossy(&answer.body).contains("InvalidAction"), "{action}");
        }
        assert!(may_be_stale("DescribeStacks") && !may_be_stale("CreateChangeSet") && !may_be_stale("ListStreams"));
    }

    #[test]
    fn requests_without_a_name_are_called_as_the_reference_calls_them() {
        let call = |service: ServiceName, method: &str, path: &str| {
            called(Destination::Service(service), &request(service.host(), method, path, None, ""))
        };
        for (method, path, name) in [
            ("HEAD", "/bucket", Some("HeadBucket")),
            ("GET", "/bucket?list-type=2&prefix=a", Some("ListObjectsV2")),
            ("POST", "/bucket?delete", Some("DeleteObjects")),
            ("PUT", "/bucket/a/b?x-id=PutObject", Some("PutObject")),
            ("POST", "/bucket/a?uploads=", Some("CreateMultipartUpload")),
            ("PUT", "/bucket/a?partNumber=1&uploadId=u&x-id=UploadPart", Some("UploadPart")),
            ("POST", "/bucket/a?uploadId=u", Some("CompleteMultipartUpload")),
            ("DELETE", "/bucket/a?uploadId=u", Some("AbortMultipartUpload")),
            ("PUT", "/bucket?policy", None),
        ] {
            assert_eq!(call(ServiceName::S3, method, path), name, "{method} {path}");
        }
        for (method, path, name) in [
            ("GET", "/2015-03-31/functions/f/configuration", Some("GetFunctionConfiguration")),
            ("GET", "/2015-03-31/event-source-mappings?FunctionName=f", Some("ListEventSourceMappings")),
            ("DELETE", "/2015-03-31/functions/f", None),
        ] {
            assert_eq!(call(ServiceName::Lambda, method, path), name, "{method} {path}");
        }
        assert_eq!(called(Destination::Kept(KeptService::Glue), &request("glue", "POST", "/", None, "")), None);
        let names: Vec<&str> = operations().collect();
        assert!(CALLED.is_sorted() && CALLED.iter().all(|name| names.contains(name)));
    }
}
