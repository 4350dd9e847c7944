//! A stack that does not leave its state by itself: what it is in, what stands in the way, and what the way out means for
//! the records that flow.

use super::EMBEDDED_NOTICE;
use super::style::{Label, Look};
use super::words::{plural, printable, wrap};
use crate::observed::{ObservedResource, StackDescription};
use crate::pipeline::Origins;
use crate::rollout::Way;
use crate::units::LogicalId;

/// Returns what somebody should know before going a way.
#[must_use]
pub fn to_text(
    look: &Look,
    name: &str,
    stack: &StackDescription,
    way: &Way,
    obstacles: &[(LogicalId, ObservedResource)],
    origins: &Origins,
    embedded: bool,
) -> String {
    let mut out =
        format!("{}  is {}\n", look.paint(Label::Heading, printable(name)), look.paint(Label::Bad, &stack.status));
    if embedded {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    let mut paragraph = |indent: usize, text: &str| {
        for line in wrap(&printable(text), look.columns().saturating_sub(indent)) {
            out.push_str(&format!("{:indent$}{line}\n", ""));
        }
    };
    if let Some(reason) = &stack.status_reason {
        paragraph(2, reason);
    }
    paragraph(0, &meaning(way, stack));
    for (id, resource) in obstacles {
        let place = origins.get(id).and_then(|origin| origin.place.as_ref()).map(|place| format!(" at {place}"));
        paragraph(2, &format!("{id}  {}{}", resource.type_name, place.unwrap_or_default()));
        if let Some(reason) = &resource.reason {
            paragraph(4, reason);
        }
        if let Some(left) = left(way, id, &resource.type_name) {
            paragraph(4, left);
        }
    }
    out
}

/// What going a way does.
fn meaning(way: &Way, stack: &StackDescription) -> String {
    let none = |list: &[LogicalId]| list.is_empty();
    match way {
        Way::Cancel => "CloudFormation stops and puts the old state back.".to_owned(),
        Way::ContinueRollback { skip } if none(skip) => {
            "The rollback stopped. Mend what stopped it, then it goes on; it can also go on without it (--without)."
                .to_owned()
        }
        Way::ContinueRollback { .. } => {
            "The rollback goes on, and what stands in the way stays as it is. CloudFormation takes it \
             for rolled back, so deploy again afterwards: that brings both together."
                .to_owned()
        }
        Way::RollBack => "The failure was left as it was. The last good state is put back.".to_owned(),
        Way::Delete { retain } => {
            let left = stack.resources.values().filter(|resource| resource.physical_id.is_some()).count();
            let rest = if none(retain) { String::new() } else { format!(", {} stay behind", retain.len()) };
            match left {
                0 => "Nothing is left in it: it can only be deleted, and then be deployed anew.".to_owned(),
                left => format!("{} of it is still there. It can only be deleted{rest}.", plural(left, "resource")),
            }
        }
    }
}

/// What it means for the flow of records that a resource is left as it is.
fn left(way: &Way, id: &LogicalId, type_name: &str) -> Option<&'static str> {
    match way {
        Way::ContinueRollback { skip } if skip.contains(id) => Some(match type_name {
            "AWS::Lambda::EventSourceMapping" => {
                "left as it is, it goes on reading from its position, with the settings of the failed update"
            }
            "AWS::Kinesis::Stream" => {
                "left as it is, its records stay; shards and retention are those of the failed update"
            }
            "AWS::Lambda::Function" | "AWS::Lambda::Alias" | "AWS::Lambda::Version" => {
                "left as it is, the code that it has now goes on being called"
            }
            "AWS::SageMaker::Endpoint" => "left as it is, the fleet that serves now goes on serving",
            "AWS::KinesisFirehose::DeliveryStream" => "left as it is, it goes on delivering as it is set up now",
            "AWS::DynamoDB::Table" => {
                "left as it is, its items stay; capacity, expiry and indexes are those of the failed update"
            }
            "AWS::IAM::Role" | "AWS::IAM::Policy" => {
                "left as it is, rights are those of the failed update: the old code may lack one"
            }
            _ => "left as it is, it has the settings of the failed update",
        }),
        Way::Delete { retain } if retain.contains(id) => Some(
            "stays outside the stack and goes on costing; the next deployment takes it in again where it has a name",
        ),
        Way::Cancel | Way::ContinueRollback { .. } | Way::RollBack | Way::Delete { .. } => None,
    }
}
