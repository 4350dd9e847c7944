//! The plan as data. Readers of the JSON may rely on it: within a major version fields are only added.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::AccessChange;
use super::amounts::Amount;
use super::drain::{Drain, PausedReader};
use super::effects::Effect;
use super::guard::Guard;
use super::handover::HandOver;
use super::measured::Unmeasured;
use super::moves::Move;
use crate::observed::Held;
use crate::pipeline::{Origin, StageRef};
use crate::template::{PropertyPath, Recreation};
use crate::units::{Digest, Duration, EnvironmentName, LogicalId, Timestamp};

/// Version of the plan's JSON form. 1.1 adds the topology, what stays unchanged, and what else changes bring with them.
pub const FORMAT_VERSION: &str = "1.1";

/// What a deployment would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Plan {
    /// [`FORMAT_VERSION`].
    pub format_version: Cow<'static, str>,
    /// The stack.
    pub stack: String,
    /// What kind of operation it is.
    pub kind: PlanKind,
    /// What it was compared with.
    pub baseline: Baseline,
    /// Digest of the desired template.
    pub template: Digest,
    /// Why CloudFormation itself was not asked where it would have been: then the plan stands on the published schemas and the
    /// template as deployed alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_asked: Option<NotAsked>,
    /// Resources that would change, sorted by logical id.
    pub resources: Vec<ResourcePlan>,
    /// Outputs that would change, sorted by name.
    pub outputs: Vec<OutputChange>,
    /// Tags of the stack that would change, sorted by key. They reach every taggable resource.
    pub tags: Vec<TagChange>,
    /// What happens to the records of each consumer whose reading is touched.
    pub consumers: Vec<ConsumerEffect>,
    /// Data that would be lost or left behind.
    pub data: Vec<DataAtRisk>,
    /// What else the changes bring with them, the gravest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// What policies let somebody do from now on, or no longer; empty for a new stack, of which everything is new.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access: Vec<AccessChange>,
    /// What leaves and comes again under another logical id, otherwise the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Move>,
    /// What the stages would make and a patch of `null` leaves out, sorted by logical id. What is still in the stack
    /// is among the resources as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What rolls the deployment back by itself; none where nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Guard>,
    /// Readers that are paused for the deployment, and resumed after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Drain>,
    /// Readers whose successors begin where they stopped, sorted by logical id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hand_overs: Vec<HandOver>,
    /// Readers among what changes that somebody paused before; they stay paused. Sorted by logical id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paused: Vec<PausedReader>,
    /// What would be worth knowing and could not be counted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmeasured: Vec<Unmeasured>,
    /// Resources that stay as they are, sorted by logical id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchanged: Vec<Unchanged>,
    /// How long it is expected to take, along the longest chain of dependencies.
    pub expected: Expected,
    /// How many of what.
    pub summary: Summary,
}

impl Plan {
    /// Whether a deployment would do nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty() && self.outputs.is_empty() && self.tags.is_empty()
    }

    /// The plan of one resource.
    #[must_use]
    pub fn resource(&self, id: &LogicalId) -> Option<&ResourcePlan> {
        self.resources.iter().find(|resource| resource.logical_id == *id)
    }

    /// Resources that the services would refuse.
    pub fn impossible(&self) -> impl Iterator<Item = &ResourcePlan> {
        self.resources.iter().filter(|resource| resource.action == Action::Cannot)
    }

    /// What is left out and is not in the stack either: no resource of the plan tells of it.
    pub fn never_made(&self) -> impl Iterator<Item = &LeftOut> {
        self.left_out.iter().filter(|left| self.resource(&left.logical_id).is_none())
    }

    /// What would be lost for good and so needs consent by name.
    pub fn data_loss(&self) -> impl Iterator<Item = &DataAtRisk> {
        self.data.iter().filter(|data| data.removal == Removal::Deleted)
    }
}

/// What kind of operation a plan stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanKind {
    /// A new stack.
    Create,
    /// A changed stack.
    Update,
    /// Removal of the stack.
    Destroy,
}

/// What the desired state was compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Baseline {
    /// There is no stack, or only the shell of one that was never created.
    Absent,
    /// The stack as deployed.
    Stack {
        /// Its ARN.
        id: String,
        /// Digest of its template.
        template: Digest,
        /// When it was last created or updated.
        updated: Timestamp,
    },
    /// What another state of the files says, rendered by the same binary; what is deployed may differ from it.
    Files {
        /// Where those files are.
        source: Source,
        /// Digest of their template.
        template: Digest,
    },
    /// Another state of the files, in which there is no such stack: as if it were new.
    Missing {
        /// Where those files are.
        source: Source,
        /// What they do not have.
        lacking: Lacking,
    },
}

/// Why CloudFormation made no change set for a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum NotAsked {
    /// The caller may not have one made.
    Denied {
        /// The service's own words.
        message: String,
    },
    /// The stack is in a state in which none can be made.
    StackState {
        /// The state, for instance `UPDATE_ROLLBACK_FAILED`.
        status: String,
    },
    /// The template is larger than a request takes, and there is no bucket to hand it over in.
    NoFoundation {
        /// The environment that is not bootstrapped.
        environment: EnvironmentName,
    },
}

/// Where another state of the files is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum Source {
    /// A revision of the git repository that the project stands in.
    Revision {
        /// As it was typed: a branch, a tag, a commit, `HEAD~1`.
        revision: String,
        /// The commit it stands for.
        commit: String,
    },
    /// Another project's folder.
    Folder {
        /// As it was typed.
        path: String,
    },
    /// A rendered template.
    Template {
        /// As it was typed.
        path: String,
    },
    /// A release.
    Release {
        /// Its digest.
        digest: String,
    },
}

/// What another state of the files does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lacking {
    /// The project.
    Project,
    /// The pipeline.
    Pipeline,
    /// The environment.
    Environment,
    /// The account: the environment was in another one.
    Account,
    /// The region: the environment did not list it.
    Region,
}

/// What happens to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed in place.
    Update,
    /// A new one is made, then the old one goes: CloudFormation's usual way.
    Replace,
    /// The old one goes, then a new one is made: for the few types whose schema says so.
    ReplaceDeletingFirst,
    /// It leaves the stack.
    Delete,
    /// It exists outside the stack and is taken in.
    Import,
    /// Whether it is changed in place or replaced is known only when it happens.
    Undecided,
    /// The service will refuse it.
    Cannot,
}

impl Action {
    /// Every action, in the order of the summary.
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::Update,
        Self::Replace,
        Self::ReplaceDeletingFirst,
        Self::Delete,
        Self::Import,
        Self::Undecided,
        Self::Cannot,
    ];

    /// The sign of the action: `+ ~ +/- -/+ - <- ? ✗`.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Update => "~",
            Self::Replace => "+/-",
            Self::ReplaceDeletingFirst => "-/+",
            Self::Delete => "-",
            Self::Import => "<-",
            Self::Undecided => "?",
            Self::Cannot => "✗",
        }
    }

    /// Whether the physical resource is another one afterwards.
    #[must_use]
    pub fn replaces(self) -> bool {
        matches!(self, Self::Replace | Self::ReplaceDeletingFirst)
    }
}

/// How sure the plan is of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sureness {
    /// It follows from what is known.
    Certain,
    /// It follows unless a value that is known only later turns out unchanged.
    Likely,
    /// It cannot be told.
    Unknown,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decider {
    /// The published resource schema and recorded behaviour.
    Schema,
    /// CloudFormation's change set.
    ChangeSet,
}

/// One resource in a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ResourcePlan {
    /// Logical id.
    pub logical_id: LogicalId,
    /// For instance `AWS::Kinesis::Stream`.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Physical id of the present resource, or of the one to be taken in.
    pub physical_id: Option<String>,
    /// What happens.
    pub action: Action,
    /// Why, the deciding reason first. Never empty.
    pub reasons: Vec<Reason>,
    /// Which properties change, sorted by path; all of them for a new resource, none for one that leaves.
    pub changes: Vec<Change>,
    /// How sure that is.
    pub sureness: Sureness,
    /// Who says so.
    pub decided_by: BTreeSet<Decider>,
    /// What becomes of the present resource when it leaves the stack or is replaced.
    pub removal: Option<Removal>,
    /// What works instead, when the action is [`Action::Cannot`].
    pub remedies: Vec<Remedy>,
    /// How long this resource alone is expected to take.
    pub expected: Expected,
    /// Where in the pipeline file it comes from; none for one that leaves the stack.
    pub origin: Option<Origin>,
}

/// Why a resource has its action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Reason {
    /// The template has it and the stack does not.
    New,
    /// The stack has it and the template does not.
    Removed,
    /// The stack is destroyed.
    StackDestroyed,
    /// Properties change that can change in place.
    InPlace,
    /// Only the tags of the stack change.
    StackTags,
    /// Only metadata or policies beside the properties change.
    AttributesOnly {
        /// Which, for instance `DeletionPolicy`.
        attributes: BTreeSet<String>,
    },
    /// A property changes that only a new resource can have.
    CreateOnly {
        /// The property.
        path: PropertyPath,
    },
    /// A property changes that sometimes needs a new resource.
    ConditionallyCreateOnly {
        /// The property.
        path: PropertyPath,
    },
    /// A property refers to a resource that is replaced.
    ReplacedReference {
        /// The property.
        path: PropertyPath,
        /// The resource that is replaced.
        target: LogicalId,
        /// The attribute; none for `Ref`.
        attribute: Option<String>,
    },
    /// The logical id stands for another type now.
    OtherType {
        /// The present type.
        before: String,
        /// The desired type.
        after: String,
    },
    /// A resource of that name exists outside the stack and can be taken in (CI-03).
    ExistsOutside {
        /// Its physical name.
        name: String,
    },
    /// The service refuses it.
    Blocked(BlockedBy),
    /// The change set says something else than the schema; the change set counts.
    ChangeSetSays {
        /// What the schema would have said.
        schema_action: Option<Action>,
    },
}

/// Why a service refuses a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum BlockedBy {
    /// A resource with a fixed name cannot be replaced under that name (`cloudformation-behaviour.md` ER-33).
    FixedName {
        /// The property that holds the name.
        property: String,
        /// The name.
        name: String,
        /// The change that asks for the replacement.
        path: PropertyPath,
    },
    /// A second mapping of the same function and source is refused while the first is there
    /// (`stream-behaviour.md` V-5, V-6).
    MappingExists {
        /// The change that asks for the replacement.
        path: PropertyPath,
    },
    /// Another resource already has what must be unique, for instance a fan-out consumer's name on its stream.
    IdentityTaken {
        /// The properties that together must be unique.
        properties: Vec<String>,
        /// The change that asks for the replacement.
        path: PropertyPath,
    },
    /// The service has no way to change this property.
    NotUpdatable {
        /// The property.
        path: PropertyPath,
    },
    /// The service takes such a change, but not so much of it at once.
    TooMuchAtOnce {
        /// The property.
        path: PropertyPath,
        /// What bounds it.
        bound: Bound,
    },
    /// An endpoint of instances does not become a serverless one (Amazon SageMaker developer guide, "Update a serverless
    /// endpoint").
    ToServerless {
        /// The property.
        path: PropertyPath,
    },
    /// Variants of an endpoint that scale by themselves neither go nor get other instances (Amazon SageMaker developer
    /// guide, "Update endpoints that use auto scaling").
    Scaled {
        /// The property.
        path: PropertyPath,
        /// Which variants.
        variants: BTreeSet<String>,
    },
    /// A resource of that name exists outside the stack and cannot be taken in.
    NameTaken {
        /// The name.
        name: String,
        /// Why it cannot be taken in.
        why: String,
    },
}

/// What a service does in one update at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "bound")]
pub enum Bound {
    /// The open shards of a stream double or halve (Kinesis API reference, `UpdateShardCount`).
    DoubleOrHalve {
        /// How many are open.
        open: u64,
        /// How many are wanted.
        wanted: u64,
    },
    /// One global secondary index of a table comes or goes (CloudFormation template reference, `AWS::DynamoDB::Table`).
    OneIndex {
        /// Indexes that would come.
        come: BTreeSet<String>,
        /// Indexes that would go.
        go: BTreeSet<String>,
    },
    /// The time to live is on for one attribute, goes off before it goes on for another, and changes once an hour
    /// (DynamoDB API reference, `UpdateTimeToLive`). It goes off by being told so, with its attribute (CloudFormation
    /// template reference, `AWS::DynamoDB::Table TimeToLiveSpecification`).
    OneExpiry {
        /// The attribute that it is on for.
        before: String,
        /// The attribute that it would be on for; none where nothing is said of it any more.
        after: Option<String>,
    },
    /// The time to live was changed less than an hour ago, and that change is not done (DynamoDB API reference,
    /// `UpdateTimeToLive`).
    ExpiryChanging,
}

/// What works instead of something a service refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "remedy")]
pub enum Remedy {
    /// Leave the property as it is deployed.
    KeepValue {
        /// The property.
        path: String,
        /// Its deployed value.
        deployed: Value,
    },
    /// Add a stage under a new name, move readers and writers over, then remove the old one.
    NewStage,
    /// Deploy again later.
    Wait {
        /// How much later, at most.
        #[serde(rename = "micros")]
        span: Duration,
    },
    /// Remove the stage in one deployment and add it again in the next.
    RemoveThenAdd,
    /// Deploy several times, each time with the next value.
    Stepwise {
        /// The property.
        path: String,
        /// Its values, one deployment each; `null` where the property is to be left out.
        values: Vec<Value>,
        /// How long to wait from one to the next.
        #[serde(rename = "apart_micros")]
        apart: Duration,
    },
    /// Give the part of a resource that holds the property another name, and remove the old part in the deployment after.
    OtherName {
        /// The part's present name.
        name: String,
    },
    /// Leave scaling out in one deployment, with a fixed number of instances, and change the fleet in the next.
    UnscaleFirst {
        /// What is left out.
        targets: BTreeSet<LogicalId>,
    },
    /// Remove or rename the resource outside the stack.
    RemoveOutside {
        /// Its name.
        name: String,
    },
}

/// What becomes of a resource that leaves the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Removal {
    /// It is deleted.
    Deleted,
    /// It is deleted where nothing is in it; a bucket that holds objects is not, and stays outside the stack
    /// (`cloudformation-behaviour.md` SQ-21).
    DeletedIfEmpty,
    /// It stays, outside the stack.
    Retained,
}

/// One changed property.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Change {
    /// Where, from `Properties`.
    pub path: PropertyPath,
    /// Where inside, if the property holds JSON text (a dashboard's body, a policy) and both sides are JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inside: Option<PropertyPath>,
    /// What kind of change.
    pub kind: ChangeKind,
    /// The value before; none when added or not known. Functions in long form where they are unresolved.
    pub before: Option<Value>,
    /// The value after; none when removed or known only after the deployment.
    pub after: Option<Value>,
    /// Whether the value after is known only when it happens.
    pub known_after_apply: bool,
    /// Whether the change alone needs a new resource.
    pub recreation: Recreation,
    /// The replaced or changed resource whose new value causes this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<LogicalId>,
    /// Whether the values are secret; they are then left out.
    pub sensitive: bool,
}

/// What kind of change a property undergoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// It is no longer there.
    Removed,
    /// It has another value.
    Modified,
}

/// An output that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct OutputChange {
    /// Its name.
    pub name: LogicalId,
    /// The value before, as in the template.
    pub before: Option<Value>,
    /// The value after, as in the template.
    pub after: Option<Value>,
}

/// A tag of the stack that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TagChange {
    /// Its key.
    pub key: String,
    /// The value before.
    pub before: Option<String>,
    /// The value after.
    pub after: Option<String>,
}

/// What happens to the reading of one consumer. `rule` is the row of `stream-behaviour.md` 0.1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ConsumerEffect {
    /// The event source mapping or the Firehose stream.
    pub logical_id: LogicalId,
    /// What happens to its position.
    pub verdict: Verdict,
    /// What that means for records.
    pub records: Records,
    /// The row that says so, for instance `V-4`.
    pub rule: Cow<'static, str>,
    /// How far behind the tip of its stream the reader was lately, at most, where somebody looked.
    #[serde(default, rename = "behind_micros", skip_serializing_if = "Option::is_none")]
    pub behind: Option<Duration>,
    /// How many records that is, where the load is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// The properties that cause it, sorted.
    pub because: Vec<PropertyPath>,
    /// Where in the pipeline file it comes from.
    pub origin: Option<Origin>,
}

/// What happens to a consumer's position in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It begins to read.
    Starts,
    /// It goes on where it is.
    Continues,
    /// It goes on where it was paused.
    Resumes,
    /// It pauses and keeps its position.
    Pauses,
    /// It begins anew and forgets its position.
    Resets,
    /// It stops reading.
    Stops,
    /// The deployment fails before anything changes.
    Fails,
}

/// Where a new reader begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "start")]
pub enum PositionReset {
    /// The oldest record still there.
    TrimHorizon,
    /// The tip, once polling really starts.
    Latest,
    /// A moment in epoch seconds, as written.
    AtTimestamp {
        /// The moment.
        at: Value,
    },
    /// The template does not say it in a way that can be read.
    Unknown,
}

/// What a change means for records. Counts belong to whoever knows the load.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case", tag = "effect")]
pub enum Records {
    /// Neither skipped nor read again; at-least-once as ever.
    Untouched,
    /// A new reader begins here.
    ReadFrom(PositionReset),
    /// Everything the stream still holds is read again, some of it by both readers.
    ReadAgain {
        /// Where the new reader begins.
        from: PositionReset,
    },
    /// What lies between the old position and the moment the new reader starts is skipped.
    Skipped,
    /// Records beyond the shorter retention become unreadable for a reader that is behind.
    ExpireSooner {
        /// Hours before.
        before: Value,
        /// Hours after.
        after: Value,
    },
    /// Records that the new filter drops are passed over for good; those dropped before are not looked at again.
    Filtered,
    /// Unread records of the old stream go with it.
    LostWithStream {
        /// The stream.
        stream: LogicalId,
    },
    /// Nobody reads for this consumer any more.
    NotRead,
}

/// A resource with data that leaves the stack or is replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DataAtRisk {
    /// The resource.
    pub logical_id: LogicalId,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Its physical id.
    pub physical_id: Option<String>,
    /// How it ends.
    pub end: DataEnd,
    /// Whether the data are deleted or stay outside the stack.
    pub removal: Removal,
    /// How much it holds, where somebody counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// How much it is, for a stream whose load is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Where in the pipeline file it comes from.
    pub origin: Option<Origin>,
}

/// A resource that the escape hatch leaves out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct LeftOut {
    /// The resource.
    pub logical_id: LogicalId,
    /// What it would come from; the last of its escapes is the patch, with its place.
    pub origin: Origin,
}

/// A resource that stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unchanged {
    /// The resource.
    pub logical_id: LogicalId,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The stage it belongs to; none for what belongs to the whole pipeline.
    pub stage: Option<StageRef>,
}

/// How a resource with data ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataEnd {
    /// It leaves the stack.
    Removed,
    /// A new, empty one takes its place.
    Replaced,
    /// It might be replaced.
    MaybeReplaced,
}

/// How long something is expected to take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Expected {
    /// Usually.
    #[serde(rename = "typical_micros")]
    pub typical: Duration,
    /// When it goes slowly.
    #[serde(rename = "slow_micros")]
    pub slow: Duration,
}

/// How many of what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// By action; actions that do not occur are absent.
    pub by_action: BTreeMap<Action, usize>,
    /// Resources that stay as they are.
    pub unchanged: usize,
    /// Resources that leave the stack or are replaced and stay behind.
    pub retained: usize,
    /// Consumers that forget their position.
    pub consumer_resets: usize,
    /// Resources whose data would be lost for good.
    pub data_loss: usize,
}

impl Summary {
    /// How many resources have an action.
    #[must_use]
    pub fn count(&self, action: Action) -> usize {
        self.by_action.get(&action).copied().unwrap_or(0)
    }
}

impl Sum for Summary {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            for (action, count) in one.by_action {
                *sum.by_action.entry(action).or_default() += count;
            }
            sum.unchanged += one.unchanged;
            sum.retained += one.retained;
            sum.consumer_resets += one.consumer_resets;
            sum.data_loss += one.data_loss;
            sum
        })
    }
}

impl fmt::Display for Summary {
    /// The last line of a plan, which scripts may search for: the first four counts are always there, the rest
    /// only where they are not zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replaced = self.count(Action::Replace) + self.count(Action::ReplaceDeletingFirst);
        write!(
            f,
            "Plan: {} to add, {} to change, {replaced} to replace, {} to destroy",
            self.count(Action::Create),
            self.count(Action::Update),
            self.count(Action::Delete)
        )?;
        let more = [
            (self.count(Action::Import), "to import"),
            (self.count(Action::Undecided), "undecided"),
            (self.count(Action::Cannot), "impossible"),
        ];
        for (count, what) in more {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        f.write_str(".")
    }
}
