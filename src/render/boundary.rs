//! The boundary of every role's permissions.

use crate::pipeline::Pipeline;
use crate::template::Template;

/// Puts the environment's boundary on every role, the escape hatch's included: where an organisation asks for one, a
/// role without it cannot be made. A role that names a boundary itself keeps that one.
pub(super) fn settle(pipeline: &Pipeline, template: &mut Template) {
    let Some(boundary) = pipeline.environment().permissions_boundary() else { return };
    for role in template.resources.values_mut().filter(|resource| resource.type_name == "AWS::IAM::Role") {
        role.properties.entry("PermissionsBoundary").or_insert_with(|| boundary.into());
    }
}
