//! What the engine asks to have done to a resource, and what comes back.
//!
//! The engine decides *when* and *in which order*; whoever carries an effect out decides whether it
//! works. Carrying one out takes no time: how long a resource is under way is the engine's business.

use std::collections::BTreeMap;
use std::future::Future;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::units::{AccountId, Region, Timestamp};

/// Properties of a resource with every intrinsic resolved.
///
/// Scalars keep the type that the template gave them; a `Ref` to a `Number` parameter gives text, as in
/// CloudFormation, so a reader must accept `"5"` for `5` and `"true"` for `true`.
pub type Properties = Map<String, Value>;

/// The stack an effect belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackRef {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub id: String,
    /// The account it lives in.
    pub account: AccountId,
    /// The region it lives in.
    pub region: Region,
}

/// One thing to do to, or to ask about, one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Unique in the engine; the result is handed back under it.
    pub id: u64,
    /// The moment at which it happens; never later than the `now` of the poll that returned it.
    pub at: Timestamp,
    /// The stack that wants it.
    pub stack: StackRef,
    /// The resource's logical id.
    pub logical_id: String,
    /// `AWS::…::…`.
    pub type_name: String,
    /// What to do.
    pub action: EffectAction,
    /// Tags to put on the resource beside those in its properties: the stack's own and
    /// `aws:cloudformation:{stack-name,stack-id,logical-id}`. A tag in the properties wins.
    pub tags: BTreeMap<String, String>,
    /// Whether it takes back what an operation that failed had done.
    #[serde(default)]
    pub reverting: bool,
    /// Idempotency token, the `RequestToken` of handler messages: a UUID, the same for a repeated effect.
    pub token: String,
}

/// What to do to a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectAction {
    /// Make it. Where the type is named by a property and the properties give no name, the maker invents one.
    Create {
        /// What it shall be.
        properties: Properties,
    },
    /// Change it in place.
    Update {
        /// The resource.
        physical_id: String,
        /// Properties as last applied.
        before: Properties,
        /// Properties as they shall be.
        after: Properties,
        /// Tags (as in [`Effect::tags`]) as last applied: those missing from the new ones are to be removed.
        tags_before: BTreeMap<String, String>,
    },
    /// Remove it. One that is gone already counts as removed.
    Delete {
        /// The resource.
        physical_id: String,
        /// Properties as last applied.
        properties: Properties,
    },
    /// Tell how it is: existence, attributes and live properties. `NotFound` if there is none.
    ///
    /// Asked before a creation under a given name, for an import, for drift, and of an alarm that may roll
    /// a deployment back (its attribute `StateValue` then says `OK`, `ALARM` or `INSUFFICIENT_DATA`).
    Read {
        /// The resource: its physical id (what `Ref` gives), or the name a template gave it (a queue's name, not its
        /// URL), or, for an alarm, its ARN.
        physical_id: String,
    },
}

/// A resource as it is after an effect.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provisioned {
    /// What `Ref` gives.
    pub physical_id: String,
    /// What `Fn::GetAtt` gives, by attribute name (`Arn`, `StreamARN`, `Endpoint.Address`).
    pub attributes: BTreeMap<String, Value>,
    /// After a `Read`: live properties in the shape of the resource schema, for drift and import; else empty.
    pub properties: Properties,
}

/// A refusal or failure by a resource's service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code:?}: {message}")]
pub struct HandlerError {
    /// Its class.
    pub code: HandlerErrorCode,
    /// The service's message, without the frame CloudFormation puts around it (ER-36).
    pub message: String,
    /// The resource, if it was made before it failed: then it has to be deleted in the rollback.
    pub physical_id: Option<String>,
}

impl HandlerError {
    /// An error that left no resource behind.
    #[must_use]
    pub fn new(code: HandlerErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), physical_id: None }
    }

    /// The same error, but the resource was made before it failed.
    #[must_use]
    pub fn after_making(self, physical_id: impl Into<String>) -> Self {
        Self { physical_id: Some(physical_id.into()), ..self }
    }
}

/// Classes of handler errors, as CloudFormation prints them (ER-37).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum HandlerErrorCode {
    /// The change is not possible.
    NotUpdatable,
    /// The input is not valid.
    InvalidRequest,
    /// The caller lacks a permission.
    AccessDenied,
    /// The caller's credentials are not valid.
    InvalidCredentials,
    /// There is one under that name already.
    AlreadyExists,
    /// There is none.
    NotFound,
    /// Something else uses or changes it.
    ResourceConflict,
    /// Too many calls.
    Throttling,
    /// A quota is used up.
    ServiceLimitExceeded,
    /// It was made or changed but did not become ready.
    NotStabilized,
    /// Anything else that the service said.
    GeneralServiceException,
    /// The service failed.
    ServiceInternalError,
    /// The service could not be reached.
    NetworkFailure,
    /// CloudFormation failed.
    InternalFailure,
}

/// Carries effects out.
pub trait Provisioner: Send {
    /// Carries one effect out, now and completely.
    ///
    /// # Errors
    /// What the resource's service answers; [`HandlerError::physical_id`] says whether something is left.
    fn apply(&mut self, effect: &Effect) -> impl Future<Output = Result<Provisioned, HandlerError>> + Send;
}
