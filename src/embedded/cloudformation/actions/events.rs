//! `DescribeStackEvents` and `DescribeEvents` (section 5).

use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::ids;
use super::super::state::{Event, OperationEvent, Stack};
use super::super::wire::{QueryRequest, Xml};
use super::page;

const EVENTS_A_PAGE: usize = 100;

impl Engine {
    /// Newest first (DE-01).
    pub(super) fn describe_stack_events(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let stack = self.find(given).ok_or_else(|| Refusal::no_stack(given))?;
        // A token counts from the oldest, so that new events do not shift a page.
        let until = request.text("NextToken").and_then(|token| token.parse().ok()).unwrap_or(stack.events.len());
        let until = until.min(stack.events.len());
        let from = until.saturating_sub(EVENTS_A_PAGE);
        let shown = stack.events.get(from..until).unwrap_or_default();
        let mut xml = Xml::default();
        xml.list("StackEvents", shown.iter().rev(), |xml, event| {
            xml.text("StackId", &stack.id).text("EventId", &event.id).text("StackName", &stack.name);
            xml.maybe("OperationId", (!event.operation.is_empty()).then_some(event.operation.as_str()));
            common(xml, event);
        });
        if from > 0 {
            xml.text("NextToken", &from.to_string());
        }
        Ok(xml)
    }

    /// Operations from beginning to end (DE-02 to DE-07).
    pub(super) fn describe_events(&self, request: &QueryRequest) -> Answer<Xml> {
        let operation = request.text("OperationId");
        let change_set = request.text("ChangeSetName");
        let stack = match (request.text("StackName"), change_set, operation) {
            (Some(given), _, _) => self.find(given).ok_or_else(|| Refusal::no_stack(given))?,
            (None, Some(given), _) if given.starts_with("arn:") => self.locate(request)?.0,
            (None, None, Some(operation)) => self.stack_of_operation(operation)?,
            (None, _, _) => {
                return Err(Refusal::validation("One of ChangeSetName, OperationId or StackName must be specified"));
            }
        };
        let change_set = match change_set {
            Some(_) => Some(self.locate(request)?.1.id.clone()),
            None => None,
        };
        let only_failed = request.flag("Filters.FailedEvents").unwrap_or(false);
        let mut listed: Vec<Either<'_>> = merged(stack)
            .into_iter()
            .filter(|one| operation.is_none_or(|wanted| one.operation() == wanted))
            .filter(|one| change_set.as_ref().is_none_or(|wanted| one.change_set() == Some(wanted)))
            .filter(|one| !only_failed || one.failed())
            .collect();
        listed.reverse();
        let (shown, next) = page(&listed, request, EVENTS_A_PAGE);
        let mut xml = Xml::default();
        xml.list("OperationEvents", shown, |xml, one| match one {
            Either::Progress(event) => progress(xml, stack, event),
            Either::Operation(event) => operation_event(xml, stack, event),
        });
        xml.maybe("NextToken", next.as_deref());
        Ok(xml)
    }

    fn stack_of_operation(&self, operation: &str) -> Answer<&Stack> {
        let has = |stack: &&Stack| {
            stack.operation_events.iter().any(|event| event.operation == operation)
                || stack.events.iter().any(|event| event.operation == operation)
        };
        self.state.stacks.values().find(has).ok_or_else(|| Refusal {
            status: 404,
            code: "OperationNotFoundException",
            message: format!("Operation {operation} not found"),
        })
    }
}

#[derive(Clone, Copy)]
enum Either<'a> {
    Progress(&'a Event),
    Operation(&'a OperationEvent),
}

impl Either<'_> {
    fn operation(&self) -> &str {
        match self {
            Self::Progress(event) => &event.operation,
            Self::Operation(event) => &event.operation,
        }
    }

    fn change_set(&self) -> Option<&String> {
        match self {
            Self::Progress(_) => None,
            Self::Operation(event) => event.change_set.as_ref(),
        }
    }

    fn failed(&self) -> bool {
        match self {
            Self::Progress(event) => event.status.ends_with("_FAILED"),
            Self::Operation(event) => event.finding.is_some(),
        }
    }
}

/// Stack events and operation events in the order in which they happened.
fn merged(stack: &Stack) -> Vec<Either<'_>> {
    let mut found = Vec::new();
    let mut operations = stack.operation_events.iter().peekable();
    for (position, event) in stack.events.iter().enumerate() {
        while let Some(operation) = operations.next_if(|operation| operation.position <= position) {
            found.push(Either::Operation(operation));
        }
        found.push(Either::Progress(event));
    }
    found.extend(operations.map(Either::Operation));
    found
}

fn common(xml: &mut Xml, event: &Event) {
    xml.text("LogicalResourceId", &event.logical_id).text("PhysicalResourceId", &event.physical_id);
    xml.text("ResourceType", &event.type_name).time("Timestamp", event.at);
    xml.text("ResourceStatus", &event.status).maybe("ResourceStatusReason", event.reason.as_deref());
    xml.maybe("ResourceProperties", event.properties.as_deref());
    xml.maybe("ClientRequestToken", event.token.as_deref()).maybe("DetailedStatus", event.detailed.as_deref());
}

fn progress(xml: &mut Xml, stack: &Stack, event: &Event) {
    let whole =
        event.type_name == "AWS::CloudFormation::Stack" && event.detailed.as_deref() != Some("VALIDATION_FAILED");
    let failed = event.status.ends_with("_FAILED") && !whole;
    xml.text("EventId", &ids::uuid4(&["progress", &event.id, &stack.id])).text("StackId", &stack.id);
    xml.text("OperationId", &event.operation).text("OperationType", event.operation_type.as_str());
    xml.text("EventType", if failed { "PROVISIONING_ERROR" } else { "PROGRESS" });
    common(xml, event);
}

fn operation_event(xml: &mut Xml, stack: &Stack, event: &OperationEvent) {
    xml.text("EventId", &event.id).text("StackId", &stack.id).text("OperationId", &event.operation);
    xml.text("OperationType", event.operation_type.as_str());
    if let Some(finding) = &event.finding {
        xml.text("EventType", "VALIDATION_ERROR").text("LogicalResourceId", &finding.logical_id);
        xml.text("PhysicalResourceId", "").text("ResourceType", &finding.type_name).time("Timestamp", event.at);
        xml.text("ValidationFailureMode", "FAIL").text("ValidationName", &finding.name);
        xml.text("ValidationStatus", "FAILED").text("ValidationStatusReason", &finding.reason);
        xml.text("ValidationPath", &finding.path);
        return;
    }
    let status = event.status.as_deref().unwrap_or("IN_PROGRESS");
    xml.text("EventType", "STACK_EVENT").text("OperationStatus", status).time("Timestamp", event.at);
    xml.time("StartTime", event.started);
    if status != "IN_PROGRESS" {
        xml.time("EndTime", event.at);
    }
}
