//! The last look at a rendered template, when stages, the project's own templates and the escape hatch have all had
//! their say: resource schemas, references, rights, limits.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Span};
use crate::environment::Tier;
use crate::pipeline::{Escape, Origins, Pipeline};
use crate::template::access::{self, Excess};
use crate::template::{self, PropertyPath, Rule, Template, Violation};
use crate::units::LogicalId;

/// Checks the template; warnings are returned.
///
/// A type whose schema Sluice does not ship is a warning: the escape hatch may use any type that CloudFormation has,
/// and then CloudFormation is the one who checks it. A right without bounds is an error in staging and production,
/// and a warning in development, where people try things out.
pub(super) fn check(template: &Template, origins: &Origins, pipeline: &Pipeline) -> Result<Diagnostics, Diagnostics> {
    let broken = template::check(template).into_iter().map(|violation| broken(&violation, origins, pipeline));
    let excessive = access::excesses(template).into_iter().map(|finding| excessive(&finding, origins, pipeline));
    let found: Diagnostics = broken.chain(excessive).collect();
    found.into_result(()).map(|((), warnings)| warnings)
}

fn broken(violation: &Violation, origins: &Origins, pipeline: &Pipeline) -> Diagnostic {
    let diagnostic = match violation.rule {
        Rule::UnknownType => Diagnostic::warning(Code::UnknownResourceType, violation.to_string()),
        Rule::Limit => Diagnostic::error(Code::TemplateLimit, violation.to_string())
            .note("the numbers are CloudFormation's own quotas (user guide, \"Understand CloudFormation quotas\")")
            .help("split the pipeline in two: one may read the other's streams"),
        Rule::Service => Diagnostic::error(Code::ServiceRefuses, violation.to_string()).help(
            "the schema allows it and the service does not: leave one of the two out, or bring it into the range",
        ),
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
        | Rule::Cycle => Diagnostic::error(Code::SchemaViolation, violation.to_string()),
    };
    let diagnostic = match violation.source {
        Some(source) => diagnostic.note(format!("see {source}")),
        None => diagnostic,
    };
    match &violation.logical_id {
        Some(id) => traced(diagnostic, id, &violation.path, origins, pipeline),
        None => whole(diagnostic, pipeline),
    }
}

/// What is wrong with the template as a whole has no line of its own: the pipeline's name stands for it.
fn whole(diagnostic: Diagnostic, pipeline: &Pipeline) -> Diagnostic {
    let environment = pipeline.environment().name();
    diagnostic
        .at_maybe(pipeline.origin("pipeline").place, format!("the template of this pipeline in `{environment}`"))
        .note(format!("pipeline `{}` in environment `{environment}`", pipeline.name()))
}

fn excessive(finding: &access::Finding, origins: &Origins, pipeline: &Pipeline) -> Diagnostic {
    let title = format!("{}.{} {}", finding.logical_id, finding.path, finding.excess);
    let diagnostic = match pipeline.environment().tier() {
        Tier::Production | Tier::Staging => Diagnostic::error(Code::UnboundedRight, title),
        Tier::Development => Diagnostic::warning(Code::UnboundedRight, title)
            .note("a warning in development, an error in staging and production"),
    };
    let help = match &finding.excess {
        Excess::ActionWildcard(_) => "name the actions one by one",
        Excess::EveryResource(_) => "name the resource: `{\"Fn::GetAtt\": [LogicalId, Arn]}` or an ARN",
        Excess::AllBut(_) => "say what is allowed: `Action` and `Resource`",
        Excess::Anybody => {
            "name who it is for, or add a `Condition` such as `aws:SourceAccount` (for a Lambda permission: `SourceAccount`)"
        }
        Excess::WidePolicy(_) => "write a policy with what is needed",
    };
    traced(diagnostic.help(help), &finding.logical_id, &finding.path, origins, pipeline)
}

/// Adds where a resource comes from, whoever was the last to have a hand in it first.
fn traced(
    diagnostic: Diagnostic,
    id: &LogicalId,
    path: &PropertyPath,
    origins: &Origins,
    pipeline: &Pipeline,
) -> Diagnostic {
    let Some(origin) = origins.get(id) else { return diagnostic };
    let mut diagnostic = diagnostic;
    for escape in origin.escapes.iter().rev() {
        diagnostic = match escape {
            Escape::Patch { spec_path, .. } => {
                diagnostic.at_maybe(set_under(pipeline, spec_path, path), "patched here")
            }
            Escape::Template { file } => {
                let top = Place { file: file.clone(), span: Span { start: 0, end: 0 }, line: 1, column: 1 };
                diagnostic.at(top, "made by the project's own template")
            }
            Escape::Resource | Escape::LeftOut { .. } => diagnostic,
        };
    }
    let place = match origin.escapes.last() {
        Some(Escape::Resource) => set_under(pipeline, &origin.spec_path, path),
        Some(_) | None => origin.place.clone(),
    };
    let diagnostic = diagnostic.at_maybe(place, "comes from here");
    if origin.spec_path.is_empty() { diagnostic } else { diagnostic.note(format!("made for `{}`", origin.spec_path)) }
}

/// Where a patch or an extra resource sets a property, or the closest enclosing value; both may be written with
/// `Properties:` and a patch also without.
fn set_under(pipeline: &Pipeline, spec_path: &str, path: &PropertyPath) -> Option<Place> {
    let at = |path: String| pipeline.places().nearest(&path).map(|set_at| set_at.place.clone());
    let [plain, whole] = [at(format!("{spec_path}.{path}")), at(format!("{spec_path}.Properties.{path}"))];
    // Whichever leads further in stands further on.
    let start = |place: &Option<Place>| place.as_ref().map(|place| place.span.start);
    if start(&whole) > start(&plain) { whole } else { plain }
}
