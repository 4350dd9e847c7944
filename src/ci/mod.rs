//! What a code host's pipelines need to plan and deploy a project: a workflow for GitHub or GitLab, and the
//! CloudFormation of the roles that it acts in, made from the project's own environments, regions and pipelines.
//!
//! Pure: it knows what it is told of the project and gives back texts. Writing them is the affair of `operate`.

mod fill;
mod github;
mod gitlab;
mod mark;
mod model;
mod order;
mod policy;
mod repository;
mod rights;
mod roles;
#[cfg(test)]
mod tests;

pub use fill::quoted as shell_word;
pub use mark::{FileState, state};
pub use model::{Ci, CiFile, Deployable, Platform, TooMuch, Written};
pub use order::{order, promoted_from};
pub use policy::{Needed, cut_names, needed};
pub use repository::{Branch, BranchError, Repository, RepositoryError};
pub use roles::{DEPLOY_SESSION, PLAN_SESSION, PLANS, Reach, Role, Tokens, subject, trust};

/// Every file that a project needs, with its path from the root of the repository.
///
/// # Errors
/// When a role would need more rights than a role can hold.
pub fn files(ci: &Ci) -> Result<Vec<CiFile>, TooMuch> {
    let mut files = match &ci.platform {
        Platform::GitHub => vec![github::workflow(ci)],
        Platform::GitLab { .. } => gitlab::files(ci),
    };
    files.extend(roles::files(ci)?);
    Ok(files)
}

/// Every resource type whose rights are known: all that the built-in templates make.
#[must_use]
pub fn known_types() -> std::collections::BTreeSet<String> {
    rights::TYPES.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// The resource types of a project whose rights are not known, so that the roles do not have them.
#[must_use]
pub fn unknown_types(ci: &Ci) -> std::collections::BTreeSet<&str> {
    let types = ci.environments.iter().flat_map(|environment| &environment.types);
    types.map(String::as_str).filter(|name| rights::of(name).is_none()).collect()
}
