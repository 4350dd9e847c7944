//! What the pipelines of a project make in an environment.

use std::collections::BTreeMap;

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::prepare;

/// Logical ids and types of the resources of every pipeline in an environment, in its first region, as far as it can be
/// rendered.
///
/// # Errors
/// When the pipelines cannot be listed.
pub fn resources(shelf: &mut Shelf<'_>, environment: &str) -> Result<BTreeMap<String, String>, Failure> {
    let mut found = BTreeMap::new();
    for pipeline in shelf.project().pipelines()? {
        if let Ok(prepared) = prepare(shelf, &pipeline, environment, None) {
            let resources = prepared.rendered.template.resources.into_iter();
            found.extend(resources.map(|(id, resource)| (id.to_string(), resource.type_name)));
        }
    }
    Ok(found)
}
