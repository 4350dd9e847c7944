//! `sluice comment`: a plan as a comment on a pull or merge request, edited in place.

use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic};
use crate::forge::{
    self, Address, AddressError, Comment, ForgeError, Host, LONGEST, NoComment, Posted, Sleep, Token, Waiting,
};
use crate::units::{Duration, Timestamp};
use crate::workspace::Clock;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct CommentOrder {
    /// The code host.
    pub host: Host,
    /// The address of its interface; left out, the public one's.
    pub api: Option<String>,
    /// The repository or project as typed.
    pub project: String,
    /// The number of the pull or merge request as typed.
    pub number: u64,
    /// Whose comments may be edited; left out, anybody's.
    pub author: Option<String>,
    /// The token; none where the surroundings hold none.
    pub token: Option<Token>,
}

/// Posts a text, or edits the comment with its marker.
///
/// # Errors
/// What is wrong with the text or the order, and what the code host refuses.
pub async fn comment(text: &str, order: &CommentOrder, clock: &dyn Clock) -> Result<(Comment, Posted), Failure> {
    let comment = Comment::new(text).map_err(|error| no_comment(&error))?;
    let api = order.api.as_deref().unwrap_or(order.host.public_api());
    let address = Address::new(order.host, api, &order.project, order.number).map_err(|error| {
        Diagnostic::error(Code::BadArgument, format!("there is no such place for a comment: {error}"))
            .note(format!("given were `{}`, number {}, at {api}", order.project, order.number))
            .help(match error {
                AddressError::Repository => "give `--repo`, for instance `--repo acme/streams`",
                AddressError::Project => "give `--gitlab`, for instance `--gitlab acme/ml/streams`",
                AddressError::Number => "give the number of the pull or merge request with `--number`",
                AddressError::Api | AddressError::NotEncrypted => {
                    "give `--api`, for instance `--api https://HOST/api/v4`"
                }
            })
    })?;
    let token = order.token.as_ref().ok_or_else(|| no_token(order.host))?;
    let posted = forge::put(&address, token, &comment, order.author.as_deref(), &OnClock(clock)).await;
    let posted = posted.map_err(|error| refused(&address, token, &error))?;
    Ok((comment, posted))
}

struct OnClock<'a>(&'a dyn Clock);

impl Waiting for OnClock<'_> {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
    fn sleep(&self, pause: Duration) -> Sleep<'_> {
        self.0.sleep(pause)
    }
}

fn no_comment(error: &NoComment) -> Diagnostic {
    let told = Diagnostic::error(Code::NoPlanComment, format!("this cannot be posted: {error}"));
    match error {
        NoComment::Empty | NoComment::NoMarker => told
            .note("the marker is what the comment is found by when it is edited in place")
            .help("post what `sluice plan … --output markdown` prints, unchanged"),
        NoComment::TooLong { .. } => told
            .note(format!("what `sluice plan` prints is cut to {LONGEST} characters, and says what was cut"))
            .help("post the plan of one pipeline and environment at a time"),
    }
}

fn no_token(host: Host) -> Diagnostic {
    let told = Diagnostic::error(Code::ForgeToken, format!("there is no token for {}", host.name()));
    match host {
        Host::GitHub => told
            .help("in a workflow, set `GITHUB_TOKEN: ${{ github.token }}` in the step's `env`")
            .help("elsewhere, set GITHUB_TOKEN to a token that may write to pull requests"),
        Host::GitLab => told
            .help("set the CI/CD variable GITLAB_TOKEN to a project access token with the scope `api`")
            .note("CI_JOB_TOKEN is used where there is nothing else, and GitLab lets it write no comments"),
    }
}

/// What a refusal means here, and what to do about it.
fn refused(address: &Address, token: &Token, error: &ForgeError) -> Diagnostic {
    let host = address.host();
    let told = |code| Diagnostic::error(code, format!("{}: {error}", host.name()));
    let job = matches!(token, Token::Job(_));
    let diagnostic = match error {
        ForgeError::Unauthorised { .. } | ForgeError::Forbidden { .. } if job => told(Code::ForgeDenied)
            .note("CI_JOB_TOKEN was used, and GitLab lets it write no comments")
            .help("set the CI/CD variable GITLAB_TOKEN to a project access token with the scope `api`"),
        ForgeError::Unauthorised { .. } => told(Code::ForgeToken).help(match host {
            Host::GitHub => "give a valid GITHUB_TOKEN; tokens of a workflow end with their job",
            Host::GitLab => "give a valid GITLAB_TOKEN; look whether it has expired or was revoked",
        }),
        ForgeError::Forbidden { .. } => told(Code::ForgeDenied).help(match host {
            Host::GitHub => {
                "give the job `permissions: {pull-requests: write}`; a pull request from a fork gets a token that only reads"
            }
            Host::GitLab => "give the token the scope `api` and the role Reporter or higher",
        }),
        ForgeError::NotFound { .. } => told(Code::ForgeNotFound)
            .note(format!("looked for {} number {} at {}", address.project(), address.number(), address.api()))
            .help("look at `--repo` or `--gitlab`, `--number` and `--api`, and whether the token may see a private one"),
        ForgeError::Moved { .. } => told(Code::ForgeNotFound).help("give the new name, or the new address with `--api`"),
        ForgeError::Refused { .. } => told(Code::ForgeRefused)
            .note("a locked conversation and an archived repository take no comments")
            .help("look at the pull or merge request, and at what the host says"),
        ForgeError::Limited { .. } => told(Code::ForgeUnreachable).help("run it again later, or with another token"),
        ForgeError::Fault { .. } | ForgeError::Unreachable { .. } | ForgeError::NotUnderstood { .. } => {
            told(Code::ForgeUnreachable)
                .note(format!("asked was {}", address.api()))
                .help("look at `--api` and the network, and run it again")
        }
    };
    if job && matches!(error, ForgeError::NotFound { .. }) {
        return diagnostic.note("CI_JOB_TOKEN was used, and GitLab lets it see little");
    }
    diagnostic
}
