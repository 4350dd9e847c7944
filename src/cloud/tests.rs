//! The facade against answers as AWS words them, served by a scripted HTTP client.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

use super::*;
use crate::observed::{FailureKind, StackStatus};
use crate::units::Timestamp;

type Script = Arc<dyn Fn(&str, &str) -> (u16, String) + Send + Sync>;

/// Answers by method, address and body; keeps what was asked.
#[derive(Clone)]
struct Scripted {
    script: Script,
    asked: Arc<Mutex<Vec<String>>>,
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl HttpClient for Scripted {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Scripted {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let line = format!("{} {}", request.method(), request.uri());
        let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
        self.asked.lock().unwrap().push(format!("{line} {body}"));
        let (status, text) = (self.script)(&line, &body);
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(text));
        response.headers_mut().insert("x-amzn-requestid", "request-1");
        HttpConnectorFuture::ready(Ok(response))
    }
}

async fn scripted(script: impl Fn(&str, &str) -> (u16, String) + Send + Sync + 'static) -> (Cloud, Asked, Traced) {
    let (asked, traced) = (Asked::default(), Traced::default());
    let client = Scripted { script: Arc::new(script), asked: asked.clone() };
    let heard = traced.clone();
    let cloud = Cloud::connect(CloudSettings {
        region: Region::new("eu-west-1").unwrap(),
        endpoint_url: None,
        credentials: Credentials::Static { access_key: "AKIDTEST".to_owned(), secret: "top-secret".to_owned() },
        http_client: Some(SharedHttpClient::new(client)),
        now: Arc::new(|| Timestamp::from_millis(0)),
        sleep: Some(Arc::new(|_| Box::pin(async {}))),
        trace: Some(Arc::new(move |call: &Call| heard.lock().unwrap().push(call.clone()))),
    })
    .await;
    (cloud, asked, traced)
}

type Asked = Arc<Mutex<Vec<String>>>;
type Traced = Arc<Mutex<Vec<Call>>>;

fn refusal(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

fn answer(action: &str, inside: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{action}Result>{inside}\
         </{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )
}

/// Events `from` down to `to`, newest first.
fn events(from: u32, to: u32, next: Option<&str>) -> String {
    let member = |n: u32| {
        let (logical, physical, type_name, status, reason) = match n {
            1 | 4 => ("fraud", "arn:s", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS", "User Initiated"),
            _ => ("Queue", "q", "AWS::SQS::Queue", "UPDATE_COMPLETE", ""),
        };
        format!(
            "<member><StackId>arn:s</StackId><EventId>e{n}</EventId><StackName>fraud</StackName>\
             <LogicalResourceId>{logical}</LogicalResourceId><PhysicalResourceId>{physical}</PhysicalResourceId>\
             <ResourceType>{type_name}</ResourceType><Timestamp>2026-09-26T22:21:49.05{n}Z</Timestamp>\
             <ResourceStatus>{status}</ResourceStatus><ResourceStatusReason>{reason}</ResourceStatusReason></member>"
        )
    };
    let members: String = (to..=from).rev().map(member).collect();
    let token = next.map(|token| format!("<NextToken>{token}</NextToken>")).unwrap_or_default();
    answer("DescribeStackEvents", &format!("<StackEvents>{members}</StackEvents>{token}"))
}

fn paged_events(_: &str, body: &str) -> (u16, String) {
    // Between the pages an event arrives, so that the second page begins with one that was on the first.
    let page = if body.contains("NextToken=p2") {
        events(5, 3, Some("p3"))
    } else if body.contains("NextToken=p3") {
        events(2, 1, None)
    } else {
        events(7, 5, Some("p2"))
    };
    (200, page)
}

async fn event_ids(until: EventsUntil) -> (Vec<String>, usize) {
    let (cloud, asked, _) = scripted(paged_events).await;
    let events = cloud.stack_events("arn:s", &until).await.unwrap();
    let pages = asked.lock().unwrap().len();
    (events.into_iter().map(|event| event.event_id).collect(), pages)
}

#[tokio::test]
async fn events_come_oldest_first_each_once_and_no_further_back_than_asked() {
    assert_eq!(event_ids(EventsUntil::NewestPage).await, (ids(5..=7), 1));
    assert_eq!(event_ids(EventsUntil::Event("e6".to_owned())).await, (ids(5..=7), 1));
    assert_eq!(event_ids(EventsUntil::OperationStart).await, (ids(3..=7), 2));
    assert_eq!(event_ids(EventsUntil::Event("e1".to_owned())).await, (ids(1..=7), 3));
}

fn ids(range: std::ops::RangeInclusive<u32>) -> Vec<String> {
    range.map(|n| format!("e{n}")).collect()
}

#[tokio::test]
async fn a_stack_that_does_not_exist_is_an_answer() {
    let text = refusal("ValidationError", "Stack with id fraud does not exist");
    let (cloud, ..) = scripted(move |_, _| (400, text.clone())).await;
    assert_eq!(cloud.stack_head("fraud").await.unwrap(), None);
    assert_eq!(cloud.describe_stack("fraud").await.unwrap(), crate::observed::Observed::Absent);
}

#[tokio::test]
async fn a_refusal_carries_kind_words_and_request() {
    let text = refusal("AccessDenied", "User: arn is not authorized to perform: cloudformation:DescribeStacks");
    let (cloud, ..) = scripted(move |_, _| (403, text.clone())).await;
    let refused = cloud.stack_head("fraud").await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::AccessDenied);
    assert_eq!(
        refused.to_string(),
        "CloudFormation DescribeStacks: User: arn is not authorized to perform: cloudformation:DescribeStacks \
         (request request-1)"
    );
}

#[tokio::test]
async fn throttling_is_retried_and_every_attempt_is_traced_without_secrets() {
    let count = Arc::new(Mutex::new(0));
    let (cloud, _, traced) = scripted(move |_, _| {
        let mut count = count.lock().unwrap();
        *count += 1;
        if *count < 3 {
            return (400, refusal("Throttling", "Rate exceeded"));
        }
        let stack = "<Stacks><member><StackId>arn:s</StackId><StackName>fraud</StackName>\
                     <CreationTime>2026-09-26T22:21:49.052Z</CreationTime>\
                     <StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>";
        (200, answer("DescribeStacks", stack))
    })
    .await;
    let head = cloud.stack_head("fraud").await.unwrap().unwrap();
    assert_eq!(
        (head.status, head.created.to_string().as_str()),
        (StackStatus::UpdateComplete, "2026-09-26T22:21:49.052Z")
    );
    let traced = traced.lock().unwrap();
    let lines: Vec<_> = traced.iter().map(|call| (call.action.as_str(), call.attempt, call.status)).collect();
    assert_eq!(
        lines,
        [("DescribeStacks", 1, Some(400)), ("DescribeStacks", 2, Some(400)), ("DescribeStacks", 3, Some(200))]
    );
    assert_eq!(traced[2].request_id.as_deref(), Some("request-1"));
    assert!(!format!("{traced:?}").contains("secret"));
}

fn order(template: String) -> ChangeSetRequest {
    ChangeSetRequest {
        stack: "fraud".to_owned(),
        name: "sluice-1".to_owned(),
        kind: ChangeSetKind::Update,
        template,
        artifact_bucket: "artifacts".to_owned(),
        tags: BTreeMap::from([("sluice:owner".to_owned(), "ml".to_owned())]),
        role: None,
        import_existing: true,
        rollback_alarms: vec!["arn:aws:cloudwatch:r:a:alarm:x".to_owned()],
        watch: None,
        description: "d".to_owned(),
    }
}

#[tokio::test]
async fn a_template_too_large_for_a_request_goes_through_the_bucket() {
    let (cloud, asked, _) = scripted(|line, _| match line {
        line if line.starts_with("HEAD") => (404, String::new()),
        line if line.starts_with("PUT") => (200, String::new()),
        _ => (200, answer("CreateChangeSet", "<Id>c</Id>")),
    })
    .await;
    cloud.create_change_set(&order("x".repeat(51_200))).await.unwrap();
    assert!(asked.lock().unwrap()[0].contains("TemplateBody="), "51,200 bytes still fit");
    asked.lock().unwrap().clear();
    cloud.create_change_set(&order("x".repeat(51_201))).await.unwrap();
    let asked = asked.lock().unwrap();
    assert!(asked[1].starts_with("PUT https://s3.eu-west-1.amazonaws.com/artifacts/templates/"), "{}", &asked[1][..99]);
    assert!(asked[2].contains("TemplateURL=https%3A%2F%2Fartifacts.s3.eu-west-1.amazonaws.com%2Ftemplates%2F"));
    for wanted in ["Capabilities.member.1=CAPABILITY_IAM", "ImportExistingResources=true", "Tags.member.1.Value=ml"] {
        assert!(asked[2].contains(wanted), "{wanted}");
    }
    assert!(asked[2].contains("RollbackTriggers.member.1.Type=AWS%3A%3ACloudWatch%3A%3ACompositeAlarm"));
}

#[tokio::test]
async fn making_a_change_set_twice_is_making_it_once_but_an_existing_stack_is_told() {
    let text = refusal("AlreadyExistsException", "ChangeSet sluice-1 already exists");
    let (cloud, ..) = scripted(move |_, _| (400, text.clone())).await;
    cloud.create_change_set(&order("{}".to_owned())).await.unwrap();
    let text = "Stack [fraud] already exists and cannot be created again with the changeSet [sluice-1].";
    let (cloud, ..) = scripted(move |_, _| (400, refusal("ValidationError", text))).await;
    assert_eq!(cloud.create_change_set(&order("{}".to_owned())).await.unwrap_err().kind, FailureKind::AlreadyExists);
}

#[tokio::test]
async fn all_pages_of_a_change_set_are_read() {
    let (cloud, ..) = scripted(|_, body| {
        let change = |id: &str| {
            format!(
                "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action>\
                 <LogicalResourceId>{id}</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType>\
                 <Replacement>True</Replacement><Scope><member>Properties</member></Scope><Details><member><Target>\
                 <Attribute>Properties</Attribute><Name>QueueName</Name><Path>/Properties/QueueName</Path>\
                 <RequiresRecreation>Always</RequiresRecreation><BeforeValue>a</BeforeValue><AfterValue>b</AfterValue>\
                 </Target><Evaluation>Static</Evaluation><ChangeSource>DirectModification</ChangeSource></member>\
                 </Details></ResourceChange></member>"
            )
        };
        let second = body.contains("NextToken=p2");
        let (id, token) = if second { ("B", "") } else { ("A", "<NextToken>p2</NextToken>") };
        let inside = format!(
            "<ChangeSetName>c</ChangeSetName><ChangeSetId>cs</ChangeSetId><StackId>arn:s</StackId>\
             <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>\
             <Changes>{}</Changes>{token}",
            change(id)
        );
        (200, answer("DescribeChangeSet", &inside))
    })
    .await;
    let set = cloud.describe_change_set("fraud", "c").await.unwrap().unwrap();
    let ids: Vec<&str> = set.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(ids, ["A", "B"]);
    let detail = &set.changes[0].details[0];
    assert_eq!(detail.target, crate::observed::DetailTarget::Property("/Properties/QueueName".to_owned()));
    assert_eq!((detail.before.as_deref(), detail.after.as_deref(), detail.is_static), (Some("a"), Some("b"), true));
}

#[tokio::test]
async fn an_artifact_that_is_there_is_not_sent_again() {
    let (cloud, asked, _) = scripted(|_, _| (200, String::new())).await;
    // HEAD answers without a length here, so that only the empty object counts as there.
    assert_eq!(cloud.put_artifact("b", "k", Vec::new()).await.unwrap(), Uploaded::AlreadyThere);
    assert_eq!(cloud.put_artifact("b", "k", b"abc".to_vec()).await.unwrap(), Uploaded::Sent);
    let methods: Vec<String> = asked.lock().unwrap().iter().map(|line| line[..4].to_owned()).collect();
    assert_eq!(methods, ["HEAD", "HEAD", "PUT "]);
}
