//! The last look at a rendered template: resource schemas, references, limits.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::Origins;
use crate::template::{self, Rule, Template, Violation};

/// Checks the template; warnings are returned.
///
/// A type whose schema Sluice does not ship is a warning: the escape hatch may use any type that CloudFormation has,
/// and then CloudFormation is the one who checks it.
pub(super) fn check(template: &Template, origins: &Origins) -> Result<Diagnostics, Diagnostics> {
    let found: Diagnostics = template::check(template).iter().map(|violation| told(violation, origins)).collect();
    found.into_result(()).map(|((), warnings)| warnings)
}

fn told(violation: &Violation, origins: &Origins) -> Diagnostic {
    let diagnostic = match violation.rule {
        Rule::UnknownType => Diagnostic::warning(Code::UnknownResourceType, violation.to_string()),
        Rule::UnknownProperty
        | Rule::ReadOnly
        | Rule::Required
        | Rule::Combination
        | Rule::Type
        | Rule::Choice
        | Rule::Pattern
        | Rule::Range
        | Rule::Duplicate
        | Rule::Reference
        | Rule::Attribute
        | Rule::Condition
        | Rule::Cycle
        | Rule::Limit => Diagnostic::error(Code::SchemaViolation, violation.to_string()),
    };
    let Some(origin) = violation.logical_id.as_ref().and_then(|id| origins.get(id)) else { return diagnostic };
    let diagnostic = diagnostic.at_maybe(origin.place.clone(), "comes from here");
    if origin.spec_path.is_empty() { diagnostic } else { diagnostic.note(format!("made for `{}`", origin.spec_path)) }
}
