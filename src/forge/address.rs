//! Where a comment goes, and in whose name.

use std::fmt;
use std::num::NonZeroU64;

/// A code host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// GitHub, its pull requests.
    GitHub,
    /// GitLab, its merge requests.
    GitLab,
}

impl Host {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::GitHub => "GitHub",
            Self::GitLab => "GitLab",
        }
    }

    /// The address of its interface where nothing says another.
    #[must_use]
    pub fn public_api(self) -> &'static str {
        match self {
            Self::GitHub => "https://api.github.com",
            Self::GitLab => "https://gitlab.com/api/v4",
        }
    }
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is not `OWNER/NAME`.
    #[error("a repository of GitHub is OWNER/NAME")]
    Repository,
    /// It is neither a path nor a number.
    #[error("a project of GitLab is its path, GROUP/PROJECT, or its number")]
    Project,
    /// The number is 0.
    #[error("requests are numbered from 1")]
    Number,
    /// The interface's address is none.
    #[error("the address of an interface is https://HOST or https://HOST/PATH, without anything after the path")]
    Api,
    /// The token would travel in the clear.
    #[error("a token is only sent over https, except to this machine itself")]
    NotEncrypted,
}

/// Where a comment goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    host: Host,
    api: String,
    project: String,
    number: NonZeroU64,
}

/// In whose name. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub enum Token {
    /// A token of GitHub, or of a person or project of GitLab.
    Own(String),
    /// GitLab's token of a job, which may do little.
    Job(String),
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own(_) => "Own(…)",
            Self::Job(_) => "Job(…)",
        })
    }
}

impl Address {
    /// Checks the parts of an address.
    ///
    /// # Errors
    /// Which part is refused, and why.
    pub fn new(host: Host, api: &str, project: &str, number: u64) -> Result<Self, AddressError> {
        let api = api.trim_end_matches('/');
        check_api(api)?;
        let parts: Vec<&str> = project.split('/').collect();
        let named = parts.iter().all(|part| is_name(part));
        match host {
            Host::GitHub if !(named && parts.len() == 2) => return Err(AddressError::Repository),
            Host::GitLab if !(named && (parts.len() >= 2 || project.bytes().all(|b| b.is_ascii_digit()))) => {
                return Err(AddressError::Project);
            }
            Host::GitHub | Host::GitLab => {}
        }
        let number = NonZeroU64::new(number).ok_or(AddressError::Number)?;
        Ok(Self { host, api: api.to_owned(), project: project.to_owned(), number })
    }

    /// The code host.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host
    }

    /// The address of its interface.
    #[must_use]
    pub fn api(&self) -> &str {
        &self.api
    }

    /// The repository or project, as it was given.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The number of the pull or merge request, from 1.
    #[must_use]
    pub fn number(&self) -> NonZeroU64 {
        self.number
    }

    /// The request's comments (docs.github.com, "REST API endpoints for issue comments"; docs.gitlab.com, "Notes API").
    pub(super) fn comments(&self) -> String {
        let Self { api, project, number, .. } = self;
        match self.host {
            Host::GitHub => format!("{api}/repos/{project}/issues/{number}/comments"),
            Host::GitLab => format!("{api}/projects/{}/merge_requests/{number}/notes", project.replace('/', "%2F")),
        }
    }

    /// A page of the request's comments, the oldest first, pages counted from 1.
    pub(super) fn page(&self, page: usize) -> String {
        let order = match self.host {
            Host::GitHub => "",
            Host::GitLab => "&sort=asc&order_by=created_at",
        };
        format!("{}?per_page=100&page={page}{order}", self.comments())
    }

    /// One comment.
    pub(super) fn comment(&self, id: u64) -> String {
        match self.host {
            Host::GitHub => format!("{}/repos/{}/issues/comments/{id}", self.api, self.project),
            Host::GitLab => format!("{}/{id}", self.comments()),
        }
    }

    /// The method that edits a comment.
    pub(super) fn editing(&self) -> &'static str {
        match self.host {
            Host::GitHub => "PATCH",
            Host::GitLab => "PUT",
        }
    }

    /// The headers of every call.
    pub(super) fn headers(&self, token: &Token) -> Vec<(&'static str, String)> {
        match (self.host, token) {
            (Host::GitHub, Token::Own(token) | Token::Job(token)) => vec![
                ("accept", "application/vnd.github+json".to_owned()),
                ("x-github-api-version", "2022-11-28".to_owned()),
                ("authorization", format!("Bearer {token}")),
            ],
            (Host::GitLab, Token::Own(token)) => vec![("private-token", token.clone())],
            (Host::GitLab, Token::Job(token)) => vec![("job-token", token.clone())],
        }
    }
}

fn check_api(api: &str) -> Result<(), AddressError> {
    let (rest, encrypted) = match (api.strip_prefix("https://"), api.strip_prefix("http://")) {
        (Some(rest), _) => (rest, true),
        (None, Some(rest)) => (rest, false),
        (None, None) => return Err(AddressError::Api),
    };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-/:[]%".contains(&b);
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.is_empty() || !rest.bytes().all(plain) {
        return Err(AddressError::Api);
    }
    let machine = authority.rsplit_once(':').map_or(authority, |(machine, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { machine } else { authority }
    });
    if encrypted || matches!(machine, "127.0.0.1" | "localhost" | "[::1]") {
        Ok(())
    } else {
        Err(AddressError::NotEncrypted)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.bytes().all(|b| b == b'.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_the_interfaces() {
        let github = Address::new(Host::GitHub, "https://api.github.com/", "acme/streams", 7).unwrap();
        assert_eq!(github.page(2), "https://api.github.com/repos/acme/streams/issues/7/comments?per_page=100&page=2");
        assert_eq!(github.comment(9), "https://api.github.com/repos/acme/streams/issues/comments/9");
        let gitlab = Address::new(Host::GitLab, "https://gitlab.com/api/v4", "acme/ml/streams", 7).unwrap();
        assert_eq!(
            gitlab.comment(9),
            "https://gitlab.com/api/v4/projects/acme%2Fml%2Fstreams/merge_requests/7/notes/9"
        );
    }

    #[test]
    fn a_part_that_is_none_is_told() {
        let api = "https://api.github.com";
        for project in ["streams", "a/b/c", "../..", "a/b?x=1", "a /b", ""] {
            assert_eq!(Address::new(Host::GitHub, api, project, 1), Err(AddressError::Repository), "{project}");
        }
        assert!(Address::new(Host::GitLab, api, "278964", 1).is_ok());
        assert_eq!(Address::new(Host::GitLab, api, "streams", 1), Err(AddressError::Project));
        assert_eq!(Address::new(Host::GitHub, api, "a/b", 0), Err(AddressError::Number));
        for wrong in ["", "ftp://x", "https://", "https://x/?a=b", "https://user@x"] {
            assert_eq!(Address::new(Host::GitHub, wrong, "a/b", 1), Err(AddressError::Api), "{wrong}");
        }
    }

    #[test]
    fn a_token_leaves_this_machine_only_encrypted_and_is_never_shown() {
        for api in ["http://127.0.0.1:8080", "http://localhost/api/v4", "http://[::1]:99"] {
            assert!(Address::new(Host::GitHub, api, "a/b", 1).is_ok(), "{api}");
        }
        for api in ["http://github.example.com", "http://127.0.0.1.example.com"] {
            assert_eq!(Address::new(Host::GitHub, api, "a/b", 1), Err(AddressError::NotEncrypted), "{api}");
        }
        assert!(!format!("{:?}", Token::Own("s3cret".to_owned())).contains("s3cret"));
    }
}
