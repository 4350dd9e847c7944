//! `DescribeStacks`, `DescribeChangeSet` and the stack's resources.

use serde_json::Value;

use super::super::change::{Action, Change, Detail, Source, recreation_text};
use super::super::engine::Engine;
use super::super::error::{Answer, Refusal};
use super::super::state::{Deployment, RollbackConfiguration, Stack, StackResource};
use super::super::status::{ChangeSetStatus, ResourceStatus, Status};
use super::super::wire::{QueryRequest, Xml};
use super::page;

/// Changes on one page; the service's own limit is 1 MB of answer (CS-27).
const CHANGES_A_PAGE: usize = 200;

impl Engine {
    pub(super) fn describe_stacks(&self, request: &QueryRequest) -> Answer<Xml> {
        let mut shown: Vec<&Stack> = match request.text("StackName") {
            Some(given) => vec![self.find(given).ok_or_else(|| Refusal::no_stack_with_id(given))?],
            None => self.state.stacks.values().filter(|stack| stack.deleted.is_none()).collect(),
        };
        shown.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| b.id.cmp(&a.id)));
        let (shown, next) = page(&shown, request, 100);
        let mut xml = Xml::default();
        xml.list("Stacks", shown, |xml, stack| describe(xml, stack));
        xml.maybe("NextToken", next.as_deref());
        Ok(xml)
    }

    pub(super) fn describe_change_set(&self, request: &QueryRequest) -> Answer<Xml> {
        let (stack, one) = self.locate(request)?;
        let valued = request.flag("IncludePropertyValues").unwrap_or(false);
        let mut xml = Xml::default();
        xml.text("ChangeSetName", &one.name).text("ChangeSetId", &one.id);
        xml.text("StackId", &stack.id).text("StackName", &stack.name);
        xml.maybe("Description", one.description.as_deref());
        parameters(&mut xml, &one.target);
        xml.time("CreationTime", one.created).text("ExecutionStatus", one.execution.as_str());
        xml.text("Status", one.status.as_str()).maybe("StatusReason", one.reason.as_deref());
        xml.texts("NotificationARNs", one.target.notifications.iter().map(String::as_str));
        rollback_configuration(&mut xml, &one.target.rollback);
        xml.texts("Capabilities", one.target.capabilities.iter().map(String::as_str));
        if !one.target.tags.is_empty() {
            tags(&mut xml, Some(&one.target));
        }
        let changes = if valued { &one.changes.valued } else { &one.changes.plain };
        let none = Vec::new();
        let changes = if one.status == ChangeSetStatus::CreateComplete { changes } else { &none };
        let (shown, next) = page(changes, request, CHANGES_A_PAGE);
        xml.list("Changes", shown, |xml, change| {
            xml.text("Type", "Resource").node("ResourceChange", |xml| describe_change(xml, change, valued));
        });
        xml.maybe("NextToken", next.as_deref()).flag("IncludeNestedStacks", false);
        if one.import_existing {
            xml.flag("ImportExistingResources", true);
        }
        deployment_config(&mut xml, one.mode.express, one.mode.keeps_failures());
        Ok(xml)
    }

    pub(super) fn describe_stack_resource(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let logical_id = request.required("LogicalResourceId")?;
        let stack = self.find(given).ok_or_else(|| Refusal::no_stack_quoted(given))?;
        let made = |resource: &&StackResource| resource.physical_id.is_some() || stack.status.in_progress();
        let Some(resource) = stack.resources.get(logical_id).filter(made) else {
            return Err(Refusal::validation(format!("Resource {logical_id} does not exist for stack {}", stack.name)));
        };
        let mut xml = Xml::default();
        xml.node("StackResourceDetail", |xml| {
            xml.text("StackName", &stack.name).text("StackId", &stack.id);
            describe_resource(xml, logical_id, resource, "LastUpdatedTimestamp");
            let metadata = resource.live.metadata.as_ref().map_or_else(|| "{}".to_owned(), Value::to_string);
            xml.text("Metadata", &metadata);
        });
        Ok(xml)
    }

    pub(super) fn describe_stack_resources(&self, request: &QueryRequest) -> Answer<Xml> {
        let stack = match (request.text("StackName"), request.text("PhysicalResourceId")) {
            (Some(given), _) => self.find(given).ok_or_else(|| Refusal::no_stack_with_id(given))?,
            (None, Some(physical_id)) => {
                let holds = |stack: &&Stack| {
                    stack.present().any(|(_, resource)| resource.physical_id.as_deref() == Some(physical_id))
                };
                self.state
                    .stacks
                    .values()
                    .filter(|stack| stack.deleted.is_none())
                    .find(holds)
                    .ok_or_else(|| Refusal::validation(format!("Stack for {physical_id} does not exist")))?
            }
            (None, None) => return Err(Refusal::missing("stackName")),
        };
        let wanted = request.text("LogicalResourceId");
        let listed =
            stack.resources.iter().filter(|(logical_id, _)| wanted.is_none_or(|one| one == *logical_id)).take(100);
        let mut xml = Xml::default();
        xml.list("StackResources", listed, |xml, (logical_id, resource)| {
            xml.text("StackName", &stack.name).text("StackId", &stack.id);
            describe_resource(xml, logical_id, resource, "Timestamp");
        });
        Ok(xml)
    }

    pub(super) fn list_stack_resources(&self, request: &QueryRequest) -> Answer<Xml> {
        let given = request.required("StackName")?;
        let stack = self.find(given).ok_or_else(|| Refusal::no_stack_with_id(given))?;
        let listed: Vec<(&String, &StackResource)> = stack.resources.iter().collect();
        let (shown, next) = page(&listed, request, 100);
        let mut xml = Xml::default();
        xml.list("StackResourceSummaries", shown, |xml, (logical_id, resource)| {
            describe_resource(xml, logical_id, resource, "LastUpdatedTimestamp");
        });
        xml.maybe("NextToken", next.as_deref());
        Ok(xml)
    }
}

fn describe(xml: &mut Xml, stack: &Stack) {
    let shown = stack.shown();
    xml.text("StackId", &stack.id).text("StackName", &stack.name);
    xml.maybe("ChangeSetId", stack.change_set_id.as_deref());
    xml.maybe("Description", shown.and_then(|shown| shown.document.description.as_deref()));
    if let Some(shown) = shown {
        parameters(xml, shown);
    }
    xml.time("CreationTime", stack.created);
    if let Some(deleted) = stack.deleted {
        xml.time("DeletionTime", deleted);
    }
    if let Some(updated) = stack.updated {
        xml.time("LastUpdatedTime", updated);
    }
    rollback_configuration(xml, &shown.map(|shown| shown.rollback.clone()).unwrap_or_default());
    xml.text("StackStatus", stack.status.as_str()).maybe("StackStatusReason", stack.reason.as_deref());
    xml.flag("DisableRollback", stack.disable_rollback);
    let notifications = shown.map(|shown| shown.notifications.clone()).unwrap_or_default();
    xml.texts("NotificationARNs", notifications.iter().map(String::as_str));
    if let Some(minutes) = stack.timeout_minutes {
        xml.text("TimeoutInMinutes", &minutes.to_string());
    }
    let capabilities = shown.map(|shown| shown.capabilities.clone()).unwrap_or_default();
    if !capabilities.is_empty() {
        xml.texts("Capabilities", capabilities.iter().map(String::as_str));
    }
    if !stack.outputs.is_empty() {
        xml.list("Outputs", &stack.outputs, |xml, output| {
            xml.text("OutputKey", &output.key).text("OutputValue", &output.value);
            xml.maybe("Description", output.description.as_deref()).maybe("ExportName", output.export.as_deref());
        });
    }
    xml.maybe("RoleARN", shown.and_then(|shown| shown.role.as_deref()));
    tags(xml, shown);
    if stack.status != Status::DeleteComplete {
        xml.flag("EnableTerminationProtection", stack.protected);
    }
    xml.node("DriftInformation", |xml| match stack.drift {
        Some((status, at)) => {
            xml.text("StackDriftStatus", status.as_str()).time("LastCheckTimestamp", at);
        }
        None => {
            xml.text("StackDriftStatus", "NOT_CHECKED");
        }
    });
    if stack.retain_except_on_create {
        xml.flag("RetainExceptOnCreate", true);
    }
    deployment_config(xml, stack.express, stack.disable_rollback);
    if !stack.last_operations.is_empty() {
        xml.list("LastOperations", &stack.last_operations, |xml, (kind, id)| {
            xml.text("OperationType", kind.as_str()).text("OperationId", id);
        });
    }
}

fn deployment_config(xml: &mut Xml, express: bool, disable_rollback: bool) {
    xml.node("DeploymentConfig", |xml| {
        xml.text("Mode", if express { "EXPRESS" } else { "STANDARD" }).flag("DisableRollback", disable_rollback);
    });
}

/// CS-34: what the parameter store says is shown beside its name. CS-35: NoEcho values are masked.
fn parameters(xml: &mut Xml, deployment: &Deployment) {
    if deployment.parameters.is_empty() {
        return;
    }
    xml.list("Parameters", &deployment.parameters, |xml, (name, parameter)| {
        let shown = if parameter.no_echo { "****" } else { parameter.value.as_str() };
        xml.text("ParameterKey", name).text("ParameterValue", shown);
        xml.maybe("ResolvedValue", parameter.resolved.as_deref());
    });
}

fn tags(xml: &mut Xml, deployment: Option<&Deployment>) {
    let tags = deployment.map(|deployment| deployment.tags.clone()).unwrap_or_default();
    xml.list("Tags", &tags, |xml, (key, value)| {
        xml.text("Key", key).text("Value", value);
    });
}

fn rollback_configuration(xml: &mut Xml, configuration: &RollbackConfiguration) {
    xml.node("RollbackConfiguration", |xml| {
        if let Some(triggers) = &configuration.triggers {
            xml.list("RollbackTriggers", triggers, |xml, trigger| {
                xml.text("Arn", &trigger.arn).text("Type", &trigger.type_name);
            });
        }
        if let Some(minutes) = configuration.minutes {
            xml.text("MonitoringTimeInMinutes", &minutes.to_string());
        }
    });
}

fn describe_resource(xml: &mut Xml, logical_id: &str, resource: &StackResource, time: &str) {
    xml.text("LogicalResourceId", logical_id).maybe("PhysicalResourceId", resource.physical_id.as_deref());
    xml.text("ResourceType", &resource.type_name).time(time, resource.updated);
    xml.text("ResourceStatus", resource.status.as_str()).maybe("ResourceStatusReason", resource.reason.as_deref());
    if resource.status != ResourceStatus::DeleteComplete {
        xml.node("DriftInformation", |xml| match &resource.drift {
            Some(drift) => {
                xml.text("StackResourceDriftStatus", drift.status.as_str()).time("LastCheckTimestamp", drift.at);
            }
            None => {
                xml.text("StackResourceDriftStatus", "NOT_CHECKED");
            }
        });
    }
}

/// One entry of `Changes` (CH-01 to CH-06).
fn describe_change(xml: &mut Xml, change: &Change, valued: bool) {
    let action = match change.action {
        Action::Add => "Add",
        Action::Modify => "Modify",
        Action::Remove => "Remove",
        Action::Import => "Import",
    };
    xml.maybe("PolicyAction", change.policy_action.as_deref()).text("Action", action);
    xml.text("LogicalResourceId", &change.logical_id).maybe("PhysicalResourceId", change.physical_id.as_deref());
    xml.text("ResourceType", &change.type_name).maybe("Replacement", change.replacement.as_deref());
    xml.texts("Scope", change.scope.iter().map(String::as_str));
    xml.list("Details", &change.details, |xml, detail| describe_detail(xml, detail, valued));
    xml.maybe("BeforeContext", change.before.as_deref()).maybe("AfterContext", change.after.as_deref());
}

fn describe_detail(xml: &mut Xml, detail: &Detail, valued: bool) {
    xml.node("Target", |xml| {
        xml.text("Attribute", &detail.attribute).maybe("Name", detail.name.as_deref());
        xml.text("RequiresRecreation", recreation_text(detail.recreation));
        if let (true, Some(leaf)) = (valued, &detail.leaf) {
            xml.text("Path", &format!("/Properties{}", leaf.path));
            xml.maybe("BeforeValue", leaf.before.as_deref()).maybe("AfterValue", leaf.after.as_deref());
            let kind = match (&leaf.before, &leaf.after) {
                (None, _) => "Add",
                (Some(_), None) => "Remove",
                (Some(_), Some(_)) => "Modify",
            };
            xml.text("AttributeChangeType", kind);
        }
    });
    xml.text("Evaluation", if detail.is_static { "Static" } else { "Dynamic" });
    let source = match detail.source {
        Source::DirectModification => "DirectModification",
        Source::ParameterReference => "ParameterReference",
        Source::ResourceReference => "ResourceReference",
        Source::ResourceAttribute => "ResourceAttribute",
    };
    xml.text("ChangeSource", source).maybe("CausingEntity", detail.cause.as_deref());
}
