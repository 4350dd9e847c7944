//! `CreateChangeSet` and the making of a change set.

use std::collections::{BTreeMap, BTreeSet};

use super::super::change::{Action, Changes};
use super::super::document::{Definition, scalar_text};
use super::super::early;
use super::super::effect::EffectAction;
use super::super::engine::{About, Engine};
use super::super::error::{Answer, Refusal};
use super::super::facts;
use super::super::mode::Mode;
use super::super::state::{ChangeSet, ChangeSetType, Finding, OnFailure, Purpose, Stack, TokenUse, Wake};
use super::super::status::{ChangeSetStatus, ExecutionStatus, OperationType, Status};
use super::super::validate;
use super::super::wire::{QueryRequest, Xml};
use super::create::{blank, token_used};
use super::update::{differs, not_updatable};
use crate::template::limits;
use crate::units::{Duration, Timestamp};

/// From CREATE_PENDING to CREATE_IN_PROGRESS; a change set without changes has failed by then (CS-07: 0.25 s).
const PENDING: Duration = Duration::from_millis(200);
/// From there to CREATE_COMPLETE (CS-03: complete by 5 s).
pub(super) const MAKING: Duration = Duration::from_secs(2);
/// Change sets that one stack may hold (CS-26 gives the text, not the number).
const MOST: usize = 1000;

pub(super) const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

impl Engine {
    pub(super) fn create_change_set(&mut self, request: &QueryRequest, now: Timestamp) -> Answer<Xml> {
        let given = request.required("StackName")?.to_owned();
        let name = request.required("ChangeSetName")?.to_owned();
        let fits = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        bounded(request, &name)?;
        if !fits {
            let rule = "satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*";
            return Err(Refusal::constraint(&name, "changeSetName", rule));
        }
        let kind = kind(request)?;
        let mode = Mode::of(request)?;
        let id = match self.admit(request, &given, &name, kind)? {
            Admission::Known(id) => id,
            Admission::Repeated { id, stack } => {
                let mut xml = Xml::default();
                xml.text("Id", &id).text("StackId", &stack);
                return Ok(xml);
            }
            Admission::New => self.new_stack_id(&given, now),
        };
        let stack = self.find(&id);
        let stack_name = stack.map_or_else(|| given.clone(), |stack| stack.name.clone());
        let previous = stack.and_then(|stack| stack.deployed.as_ref());
        let target = self.target(request, previous, &stack_name, &id)?;
        let imports = imports(request);
        if kind == ChangeSetType::Import {
            import_rules(stack, &target, &imports)?;
        }
        let (partition, region, account) = (&self.state.partition, &self.state.region, &self.state.account);
        let prefix = format!("arn:{partition}:cloudformation:{region}:{account}:changeSet/{name}/");
        let change_set_id = prefix + &self.uuid4(&name);
        let operation = self.uuid4("change-set-operation");
        let fresh = stack_is_new(self.find(&id));
        self.state.stacks.entry(id.clone()).or_insert_with(|| blank(&stack_name, &id, now));
        let change_set = ChangeSet {
            id: change_set_id.clone(),
            name,
            description: request.text("Description").map(str::to_owned),
            kind,
            created: now,
            status: ChangeSetStatus::CreatePending,
            execution: ExecutionStatus::Unavailable,
            reason: None,
            target,
            changes: Changes::default(),
            asking: BTreeMap::new(),
            imports,
            import_existing: request.flag("ImportExistingResources").unwrap_or(false),
            findings: Vec::new(),
            reverting: super::revert_drift::asked(request, kind)?,
            unretained: Vec::new(),
            on_failure: on_failure(request, kind)?,
            validate: !request.flag("DisableValidation").unwrap_or(false),
            operation,
            execute_token: None,
            mode,
        };
        self.with(&id, |engine, stack| {
            if fresh {
                stack.last_operations.insert(0, (OperationType::CreateChangeSet, change_set.operation.clone()));
                engine.stack_event(stack, now, Status::ReviewInProgress, Some("User Initiated"));
            }
            if let Some(token) = request.text("ClientToken") {
                let used = TokenUse { fingerprint: request.fingerprint(), change_set: Some(change_set.id.clone()) };
                stack.tokens.insert(token.to_owned(), used);
            }
            stack.change_sets.push(change_set);
        });
        self.wake(now.plus(PENDING), Wake::ChangeSet { id: change_set_id.clone() });
        let mut xml = Xml::default();
        xml.text("Id", &change_set_id).text("StackId", &id);
        Ok(xml)
    }

    /// Whether the request may make a change set, and of which stack (CS-18 to CS-21, CS-26, ER-06).
    fn admit(&self, request: &QueryRequest, given: &str, name: &str, kind: ChangeSetType) -> Answer<Admission> {
        let Some(stack) = self.find(given) else {
            return match kind {
                ChangeSetType::Create | ChangeSetType::Import if !given.starts_with("arn:") => {
                    validate::stack_name(given)?;
                    Ok(Admission::New)
                }
                ChangeSetType::Create | ChangeSetType::Update | ChangeSetType::Import => Err(Refusal::no_stack(given)),
            };
        };
        if let Some(token) = request.text("ClientToken")
            && let Some(used) = stack.tokens.get(token)
        {
            return match &used.change_set {
                Some(id) if used.fingerprint == request.fingerprint() => {
                    Ok(Admission::Repeated { id: id.clone(), stack: stack.id.clone() })
                }
                _ => Err(token_used(token)),
            };
        }
        let review = stack.status == Status::ReviewInProgress;
        match kind {
            ChangeSetType::Create if !review => {
                return Err(Refusal::validation(format!(
                    "Stack [{given}] already exists and cannot be created again with the changeSet [{name}]."
                )));
            }
            ChangeSetType::Update if review => return Err(not_updatable(stack)),
            ChangeSetType::Update | ChangeSetType::Import => {
                // ER-41: from a failed stack the refusal comes when the change set is executed.
                let halfway = matches!(stack.status, Status::CreateFailed | Status::UpdateFailed);
                if !review && !halfway && !stack.status.updatable() {
                    return Err(not_updatable(stack));
                }
            }
            ChangeSetType::Create => {}
        }
        if stack.change_sets.iter().any(|one| one.name == name && one.active()) {
            return Err(Refusal::coded(
                "AlreadyExistsException",
                format!("ChangeSet {name} cannot be created due to a mismatch with existing attribute Template"),
            ));
        }
        if stack.change_sets.iter().filter(|one| one.active()).count() >= MOST {
            return Err(Refusal::coded(
                "LimitExceededException",
                format!("ChangeSet limit exceeded for stack {}", stack.id),
            ));
        }
        Ok(Admission::Known(stack.id.clone()))
    }

    /// A change set goes on: first its changes, then its verdict.
    pub(in super::super) fn change_set_step(&mut self, id: &str, at: Timestamp) {
        let found = self.state.stacks.values().find(|stack| stack.change_sets.iter().any(|one| one.id == id));
        let Some(stack_id) = found.map(|stack| stack.id.clone()) else { return };
        self.with(&stack_id, |engine, stack| {
            let Some(change_set) = stack.change_sets.iter().find(|one| one.id == id) else { return };
            match change_set.status {
                ChangeSetStatus::CreatePending if change_set.reverting.is_some() => engine.read_actual(stack, id, at),
                ChangeSetStatus::CreatePending => engine.examine(stack, id, at),
                ChangeSetStatus::CreateInProgress if change_set.asking.is_empty() => {
                    let refused = engine.compare_actual(stack, id).err();
                    match (refused, stack.change_sets.iter_mut().find(|one| one.id == id)) {
                        (Some(reason), Some(change_set)) => {
                            change_set.status = ChangeSetStatus::Failed;
                            change_set.reason = Some(reason);
                        }
                        (Some(_) | None, _) => engine.judge(stack, id, at),
                    }
                }
                ChangeSetStatus::CreateInProgress | ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed => {}
            }
        });
    }

    fn examine(&mut self, stack: &mut Stack, id: &str, at: Timestamp) {
        let Some(change_set) = stack.change_sets.iter().find(|one| one.id == id) else { return };
        let compared = self.compare(stack, &change_set.target, &change_set.imports);
        let outcome = match compared {
            Err(refusal) => Err(refusal.message),
            Ok(changes) => {
                let imports = !change_set.imports.is_empty();
                if imports || differs(stack, &change_set.target, &changes) {
                    Ok(changes)
                } else {
                    Err(NO_CHANGES.to_owned())
                }
            }
        };
        let asking = match &outcome {
            Ok(changes) if change_set.validate || change_set.import_existing => named_additions(change_set, changes),
            Ok(_) | Err(_) => BTreeMap::new(),
        };
        let document = change_set.target.document.clone();
        let incomplete = match &outcome {
            Ok(_) if change_set.validate => self.incomplete(&stack.name, &stack.id, &change_set.target),
            Ok(_) | Err(_) => Vec::new(),
        };
        let Some(change_set) = stack.change_sets.iter_mut().find(|one| one.id == id) else { return };
        match outcome {
            Err(reason) => {
                change_set.status = ChangeSetStatus::Failed;
                change_set.reason = Some(reason);
                return;
            }
            Ok(changes) => {
                change_set.changes = changes;
                change_set.status = ChangeSetStatus::CreateInProgress;
                change_set.asking.clone_from(&asking);
                change_set.findings = incomplete;
            }
        }
        let tags = BTreeMap::new();
        for (logical_id, identifier) in asking {
            let Some(definition) = document.resources.get(&logical_id) else { continue };
            let about = About { logical_id: &logical_id, type_name: &definition.type_name, tags: &tags };
            let purpose = Purpose::Existence { change_set: id.to_owned(), logical_id: logical_id.clone() };
            self.ask(at, stack, about, EffectAction::Read { physical_id: identifier }, purpose);
        }
        self.wake(at.plus(MAKING), Wake::ChangeSet { id: id.to_owned() });
    }

    /// Whether something of a given name exists already was looked up.
    pub(in super::super) fn looked_up(&mut self, id: &str, logical_id: &str, exists: bool) {
        let all = self.state.stacks.values_mut().flat_map(|stack| stack.change_sets.iter_mut());
        let Some(change_set) = all.into_iter().find(|one| one.id == id) else { return };
        let Some(identifier) = change_set.asking.remove(logical_id) else { return };
        let Some(definition) = change_set.target.document.resources.get(logical_id) else { return };
        if !exists {
            return;
        }
        if change_set.import_existing {
            if definition.deletion.is_some_and(super::super::document::Policy::retains) {
                change_set.imports.insert(logical_id.to_owned(), identifier);
            } else {
                let name = facts::of(&definition.type_name).and_then(facts::Facts::name).unwrap_or("Id");
                change_set.unretained.push((logical_id.to_owned(), format!("{{{name}={identifier}}}")));
            }
        } else if change_set.validate {
            change_set.findings.push(Finding {
                name: early::NAME_CONFLICT.to_owned(),
                reason: format!(
                    "Resource of type '{}' with identifier '{identifier}' already exists.",
                    definition.type_name
                ),
                path: format!("/Resources/{logical_id}"),
                logical_id: logical_id.to_owned(),
                type_name: definition.type_name.clone(),
            });
        }
    }

    fn judge(&mut self, stack: &mut Stack, id: &str, at: Timestamp) {
        let Some(change_set) = stack.change_sets.iter_mut().find(|one| one.id == id) else { return };
        let reason = if !change_set.unretained.is_empty() {
            let names: Vec<String> = change_set.unretained.iter().map(|(id, what)| format!("{id} ({what})")).collect();
            Some(format!(
                "CloudFormation is attempting to import some resources because they already exist in your account. The \
                 resources must have the DeletionPolicy attribute set to 'Retain' or 'RetainExceptOnCreate' in the template \
                 for successful import. The affected resources are {}",
                names.join(", ")
            ))
        } else if !change_set.findings.is_empty() {
            Some(early::failed_checks(&change_set.findings))
        } else {
            None
        };
        let (findings, operation) = (change_set.findings.clone(), change_set.operation.clone());
        match reason {
            Some(reason) => {
                change_set.status = ChangeSetStatus::Failed;
                change_set.reason = Some(reason);
            }
            None => {
                change_set.status = ChangeSetStatus::CreateComplete;
                change_set.execution = ExecutionStatus::Available;
                let imports = change_set.imports.clone();
                let all = change_set.changes.plain.iter_mut().chain(&mut change_set.changes.valued);
                for change in all.filter(|change| change.action == Action::Add) {
                    if let Some(identifier) = imports.get(&change.logical_id) {
                        change.action = Action::Import;
                        change.physical_id = Some(identifier.clone());
                    }
                }
            }
        }
        for finding in &findings {
            let about = (OperationType::CreateChangeSet, operation.as_str(), Some(id));
            self.finding_event(stack, at, about, finding);
        }
    }
}

enum Admission {
    /// A stack that is there.
    Known(String),
    /// The same request again.
    Repeated { id: String, stack: String },
    /// A stack that has to be made.
    New,
}

fn stack_is_new(stack: Option<&Stack>) -> bool {
    stack.is_none()
}

fn kind(request: &QueryRequest) -> Answer<ChangeSetType> {
    match request.text("ChangeSetType") {
        None | Some("UPDATE") => Ok(ChangeSetType::Update),
        Some("CREATE") => Ok(ChangeSetType::Create),
        Some("IMPORT") => Ok(ChangeSetType::Import),
        Some(other) => {
            let rule = "satisfy enum value set: [IMPORT, UPDATE, CREATE]";
            Err(Refusal::constraint(other, "changeSetType", rule))
        }
    }
}

/// CS-27.
fn bounded(request: &QueryRequest, name: &str) -> Answer<()> {
    let length = |value: &str, member: &str, found: usize, most: usize| {
        let rule = format!("have length less than or equal to {most}");
        (found <= most).then_some(()).ok_or_else(|| Refusal::constraint(value, member, &rule))
    };
    length(name, "changeSetName", name.len(), 128)?;
    let description = request.text("Description").unwrap_or_default();
    length(description, "description", description.chars().count(), 1_024)?;
    let imported = request.records("ResourcesToImport").unwrap_or_default().len();
    length("resources", "resourcesToImport", imported, limits::IMPORTS)
}

fn on_failure(request: &QueryRequest, kind: ChangeSetType) -> Answer<Option<OnFailure>> {
    Ok(match request.text("OnStackFailure") {
        None => None,
        Some("ROLLBACK") => Some(OnFailure::Rollback),
        Some("DO_NOTHING") => Some(OnFailure::DoNothing),
        Some("DELETE") if kind == ChangeSetType::Create => Some(OnFailure::Delete),
        Some(other) => {
            let rule = "satisfy enum value set: [DO_NOTHING, ROLLBACK, DELETE]";
            return Err(Refusal::constraint(other, "onStackFailure", rule));
        }
    })
}

/// The resources to import and their identifiers: the first value of each, which is what names it.
fn imports(request: &QueryRequest) -> BTreeMap<String, String> {
    let records = request.records("ResourcesToImport").unwrap_or_default();
    let identifier = |record: &BTreeMap<String, String>| {
        record.iter().find(|(key, _)| key.ends_with(".value")).map(|(_, value)| value.clone())
    };
    records.iter().filter_map(|record| Some((record.get("LogicalResourceId")?.clone(), identifier(record)?))).collect()
}

/// CI-01 and CI-02.
fn import_rules(
    stack: Option<&Stack>,
    target: &super::super::state::Deployment,
    imports: &BTreeMap<String, String>,
) -> Answer<()> {
    let bare = |logical_id: &&String| {
        target.document.resources.get(*logical_id).is_none_or(|definition| definition.deletion.is_none())
    };
    let bare: Vec<&str> = imports.keys().filter(bare).map(String::as_str).collect();
    if !bare.is_empty() {
        return Err(Refusal::validation(format!(
            "The following resources to import [{}] must have DeletionPolicy attribute specified in the template.",
            bare.join(", ")
        )));
    }
    let deployed = stack.and_then(|stack| stack.deployed.as_ref());
    let old_resources: BTreeMap<String, Definition> =
        deployed.map(|deployed| deployed.document.resources.clone()).unwrap_or_default();
    let mut touched: BTreeSet<String> = target
        .document
        .resources
        .iter()
        .filter(|(logical_id, definition)| {
            !imports.contains_key(*logical_id) && old_resources.get(*logical_id) != Some(*definition)
        })
        .map(|(logical_id, _)| logical_id.clone())
        .collect();
    let old_outputs = deployed.map(|deployed| deployed.document.outputs.clone()).unwrap_or_default();
    if old_outputs != target.document.outputs {
        touched.insert("Outputs".to_owned());
    }
    if touched.is_empty() {
        return Ok(());
    }
    Err(Refusal::validation(format!(
        "As part of the import operation, you cannot modify or add [{}]",
        touched.into_iter().collect::<Vec<_>>().join(", ")
    )))
}

/// The additions under a name that a person gave, and that name.
fn named_additions(change_set: &ChangeSet, changes: &Changes) -> BTreeMap<String, String> {
    let additions = changes.valued.iter().filter(|change| change.action == Action::Add);
    additions
        .filter_map(|change| {
            let property = facts::of(&change.type_name)?.sole_name()?;
            let context: serde_json::Value = serde_json::from_str(change.after.as_deref()?).ok()?;
            let name = scalar_text(context.get("Properties")?.get(property)?)?;
            let known = !name.contains(super::super::evaluate::KNOWN_AFTER_APPLY);
            (known && !change_set.imports.contains_key(&change.logical_id)).then(|| (change.logical_id.clone(), name))
        })
        .collect()
}
