//! Where a project's code is kept: the repository and the branch, as code hosts and IAM name them.

use sha2::{Digest as _, Sha256};

use super::model::Platform;
use crate::units::Digest;

/// The longest name of a role, of which an environment takes at most 16 (IAM quotas).
const LONGEST_ROLE: usize = 64;

/// Why a text names no repository.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RepositoryError {
    /// It is not two names.
    #[error(
        "a repository of GitHub is OWNER/NAME, with the numbers of both where its tokens carry them: OWNER@ID/NAME@ID"
    )]
    NotGitHub,
    /// It is no path.
    #[error("a project of GitLab is its path, GROUP/PROJECT or GROUP/SUBGROUP/PROJECT")]
    NotGitLab,
}

/// Why a text names no branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a branch that is deployed has 1 to 200 letters, digits and `._/-`, and begins with a letter or digit")]
pub struct BranchError;

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// As tokens for AWS name it: `acme/streams`, or `acme@12/streams@34`.
    text: String,
}

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch(String);

impl Repository {
    /// Checks a text and makes it a repository.
    ///
    /// # Errors
    /// When a code host could not have one of that name.
    pub fn new(platform: &Platform, text: &str) -> Result<Self, RepositoryError> {
        let parts: Vec<&str> = text.split('/').collect();
        let fits = match platform {
            // Either both carry their number or neither does (GitHub, "Immutable subject claims").
            Platform::GitHub => match parts.as_slice() {
                [owner, name] => match (owner.split_once('@'), name.split_once('@')) {
                    (None, None) => is_name(owner) && is_name(name),
                    (Some((owner, owner_id)), Some((name, name_id))) => {
                        is_name(owner) && is_name(name) && is_number(owner_id) && is_number(name_id)
                    }
                    (Some(_), None) | (None, Some(_)) => false,
                },
                _ => false,
            },
            Platform::GitLab { .. } => (2..=21).contains(&parts.len()) && parts.iter().all(|part| is_name(part)),
        };
        match (fits, platform) {
            (true, _) => Ok(Self { text: text.to_owned() }),
            (false, Platform::GitHub) => Err(RepositoryError::NotGitHub),
            (false, Platform::GitLab { .. }) => Err(RepositoryError::NotGitLab),
        }
    }

    /// The host and the repository that a remote's address leads to: `https://HOST/PATH.git`, `ssh://git@HOST/PATH` or
    /// `git@HOST:PATH`.
    #[must_use]
    pub fn of_remote(address: &str) -> Option<(String, String)> {
        let (host, path) = match address.split_once("://") {
            Some(("https" | "http" | "ssh" | "git", rest)) => rest.split_once('/')?,
            Some(_) => return None,
            None => address.split_once(':')?,
        };
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let host = host.split_once(':').map_or(host, |(host, _)| host);
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        (!host.is_empty() && path.contains('/')).then(|| (host.to_owned(), path.to_owned()))
    }

    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it carries the numbers of owner and repository.
    #[must_use]
    pub fn has_numbers(&self) -> bool {
        self.text.contains('@')
    }

    /// `OWNER/NAME` or the path, as addresses have it.
    #[must_use]
    pub fn path(&self) -> String {
        let parts: Vec<&str> =
            self.text.split('/').map(|part| part.split_once('@').map_or(part, |(name, _)| name)).collect();
        parts.join("/")
    }

    /// `sluice-<repository>-<what>`, at most 64 characters.
    pub(super) fn role_name(&self, what: &str) -> String {
        let path = self.path();
        let name = path.rsplit_once('/').map_or(path.as_str(), |(_, name)| name);
        let room = LONGEST_ROLE - "sluice--".len() - 16;
        let name = if name.len() <= room {
            name.to_owned()
        } else {
            let hash = Digest::of_sha256(&Sha256::digest(self.text.as_bytes()).into());
            format!("{}-{}", name.get(..room - 13).unwrap_or_default(), hash.short())
        };
        format!("sluice-{name}-{what}")
    }
}

impl Branch {
    /// Checks a text and makes it a branch.
    ///
    /// # Errors
    /// When it has characters that a workflow or a policy would take for something else.
    pub fn new(text: &str) -> Result<Self, BranchError> {
        let fits = (1..=200).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(BranchError) }
    }

    /// The branch as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What both hosts take as a part of a path.
fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && !text.bytes().all(|b| b == b'.')
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_found_in_every_form_of_a_remote() {
        for address in [
            "https://github.com/acme/streams.git",
            "https://user@github.com/acme/streams",
            "ssh://git@github.com:22/acme/streams.git",
            "git@github.com:acme/streams.git",
        ] {
            let found = Repository::of_remote(address);
            assert_eq!(found, Some(("github.com".to_owned(), "acme/streams".to_owned())), "{address}");
        }
        for address in ["/srv/git/streams.git", "file:///srv/acme/streams", "../streams", ""] {
            assert_eq!(Repository::of_remote(address), None, "{address}");
        }
    }

    #[test]
    fn what_could_break_out_of_a_workflow_or_a_policy_is_no_name() {
        let gitlab = Platform::GitLab { host: "gitlab.com".to_owned() };
        for text in ["streams", "acme/", "acme/a b", "acme/*", "acme/${{x}}", "acme@1/streams", "acme/..", "a/\"b\""] {
            assert!(Repository::new(&Platform::GitHub, text).is_err(), "{text}");
        }
        assert!(Repository::new(&Platform::GitHub, "acme/ml/streams").is_err());
        assert!(Repository::new(&gitlab, "acme/ml/streams").is_ok());
        for text in ["", "-x", "a'b", "release-*", "a b", "${x}"] {
            assert_eq!(Branch::new(text), Err(BranchError), "{text}");
        }
    }

    #[test]
    fn a_role_has_the_repository_in_its_name_and_fits() {
        let short = Repository::new(&Platform::GitHub, "acme@12/streams@34").unwrap();
        assert_eq!((short.role_name("plan").as_str(), short.path().as_str()), ("sluice-streams-plan", "acme/streams"));
        let [one, other] =
            ["a", "b"].map(|end| Repository::new(&Platform::GitHub, &format!("acme/{}{end}", "x".repeat(90))).unwrap());
        assert!(one.role_name("abcdefghijklmnop").len() <= LONGEST_ROLE);
        assert_ne!(one.role_name("plan"), other.role_name("plan"));
    }
}
