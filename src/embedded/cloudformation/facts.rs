//! What the engine asks of the published schemas: what recreates a resource, what names it, whether the tags
//! of the stack reach it.

use super::change::Leaf;
use crate::template::schema::{self, TypeFacts};
use crate::template::{PropertyPath, Recreation};

/// Facts of one type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts(&'static TypeFacts);

/// The facts of a type; `None` for one that this cloud does not know.
pub(super) fn of(type_name: &str) -> Option<Facts> {
    schema::facts(type_name).map(Facts)
}

/// Types that CloudFormation has no way to read: drift is not detected in them (DR-06; CloudFormation user guide, "Resource type
/// support", which lists none of these).
const NOT_READ: [&str; 9] = [
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::AnomalyDetector",
    "AWS::Glue::Table",
    "AWS::IAM::Policy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
];

/// Whether drift is detected in resources of a type.
pub(super) fn detects_drift(type_name: &str) -> bool {
    !NOT_READ.contains(&type_name)
}

impl Facts {
    /// The property that names it, if people may name it.
    pub(super) fn name(self) -> Option<&'static str> {
        self.0.name_property()
    }

    /// The name property, where the name alone must be unique: a replacement cannot keep it (ER-33).
    pub(super) fn sole_name(self) -> Option<&'static str> {
        self.0.name_property().filter(|_| self.0.unique_by().len() == 1)
    }

    /// Whether tags of the stack reach it.
    pub(super) fn tagged(self) -> bool {
        self.0.taggable()
    }

    /// What changing the tags does.
    pub(super) fn tag_recreation(self) -> Recreation {
        self.0.tag_property().map_or(Recreation::Never, |name| self.0.recreation(&PropertyPath::of(name)))
    }

    /// What changing one value does.
    pub(super) fn recreation(self, leaf: &Leaf) -> Recreation {
        match (&leaf.before, &leaf.after) {
            (Some(_), Some(_)) => self.0.recreation_of_edit(&leaf.place()),
            _ => self.0.recreation(&leaf.place()),
        }
    }

    /// What changing a top-level property does, as far as its name alone tells.
    pub(super) fn recreation_of(self, property: &str) -> Recreation {
        self.0.recreation(&PropertyPath::of(property))
    }

    /// Whether the service has no way to change a value.
    pub(super) fn not_updatable(self, leaf: &Leaf) -> bool {
        self.0.is_not_updatable(&leaf.place())
    }

    /// Whether a top-level property can be written but not read back.
    pub(super) fn write_only(self, property: &str) -> bool {
        self.0.is_write_only(&PropertyPath::of(property))
    }

    /// Top-level properties that must be given.
    pub(super) fn required(self) -> Vec<&'static str> {
        let root = self.0.property(&PropertyPath::root());
        root.map(|root| root.node().required.iter().map(String::as_str).collect()).unwrap_or_default()
    }
}
