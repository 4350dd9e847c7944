//! Finds the comment with a marker and edits it, or posts a new one.

use serde::Deserialize;
use serde_json::{Value, json};

use super::address::{Address, Token};
use super::comment::Comment;
use super::failure::ForgeError;
use super::wire::{Waiting, Wire};

/// How many pages of a hundred comments are looked through.
const MOST_PAGES: usize = 100;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was none with its marker: it was posted.
    Created,
    /// The one with its marker was edited.
    Edited,
    /// The one with its marker says the same already.
    Unchanged,
}

/// A comment that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// What came of it.
    pub outcome: Outcome,
    /// Its number.
    pub id: u64,
    /// Where people read it, where the code host says so.
    pub url: Option<String>,
}

/// A comment as either code host gives it.
#[derive(Debug, Deserialize)]
struct Found {
    id: u64,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    html_url: Option<String>,
    /// GitHub's author.
    #[serde(default)]
    user: Option<Author>,
    /// GitLab's.
    #[serde(default)]
    author: Option<Author>,
    /// GitLab's own remarks on what happened.
    #[serde(default)]
    system: bool,
}

#[derive(Debug, Deserialize)]
struct Author {
    #[serde(alias = "username")]
    login: String,
}

impl Found {
    fn is(&self, comment: &Comment, author: Option<&str>) -> bool {
        let by = self.user.as_ref().or(self.author.as_ref()).map(|author| author.login.as_str());
        !self.system
            && self.body.as_deref().is_some_and(|body| comment.is_of(body))
            && author.is_none_or(|wanted| by.is_some_and(|by| by.eq_ignore_ascii_case(wanted)))
    }

    fn posted(self, outcome: Outcome) -> Posted {
        Posted { outcome, id: self.id, url: self.html_url }
    }
}

/// Puts a comment where it belongs: over the oldest one with its marker, or as a new one. With an author only their comments
/// are edited: anybody can post a marker, and whoever posted a comment can change it afterwards.
///
/// Posting is not repeated blindly: after an answer that got lost the comment is looked for again.
///
/// # Errors
/// What the code host refuses, or that it does not answer.
pub async fn put(
    address: &Address,
    token: &Token,
    comment: &Comment,
    author: Option<&str>,
    time: &dyn Waiting,
) -> Result<Posted, ForgeError> {
    let wire = Wire::new(address, token, time);
    let body = json!({"body": comment.text()});
    let mut attempt = 1;
    loop {
        match find(&wire, comment, author).await? {
            Some(found) if found.body.as_deref().is_some_and(|there| comment.says(there)) => {
                return Ok(found.posted(Outcome::Unchanged));
            }
            Some(found) => {
                match wire.persist(address.editing(), &address.comment(found.id), Some(&body)).await {
                    Ok(answer) => return Ok(read::<Found>(answer.body)?.posted(Outcome::Edited)),
                    // Somebody removed it meanwhile: look again.
                    Err(ForgeError::NotFound { .. }) if attempt == 1 => {}
                    Err(error) => return Err(error),
                }
            }
            None => match wire.once("POST", &address.comments(), Some(&body)).await {
                Ok(answer) => return Ok(read::<Found>(answer.body)?.posted(Outcome::Created)),
                Err(trouble) => wire.wait(attempt, trouble).await?,
            },
        }
        attempt += 1;
    }
}

async fn find(wire: &Wire<'_>, comment: &Comment, author: Option<&str>) -> Result<Option<Found>, ForgeError> {
    for page in 1..=MOST_PAGES {
        let answer = wire.persist("GET", &wire.address.page(page), None).await?;
        let found = read::<Vec<Found>>(answer.body)?.into_iter().find(|found| found.is(comment, author));
        if found.is_some() || !answer.more {
            return Ok(found);
        }
    }
    let why = format!("the request has more than {MOST_PAGES} pages of comments");
    Err(ForgeError::NotUnderstood { why })
}

fn read<T: for<'de> Deserialize<'de>>(body: Value) -> Result<T, ForgeError> {
    serde_json::from_value(body).map_err(|error| ForgeError::NotUnderstood { why: error.to_string() })
}
