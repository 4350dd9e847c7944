//! How commands reach a cloud: whoever composes the program says how, because only it knows the embedded one.

use std::future::Future;
use std::pin::Pin;

use super::failure::Failure;
use crate::cloud::{Cloud, Identity};
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::{Environment, Target};
use crate::rollout::Cadence;
use crate::units::{Duration, Region};

/// A future that may borrow.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Cloud, Failure>> + 'a>>;

/// Opens the cloud of an environment.
pub trait Connector {
    /// Opens the environment's cloud in a region.
    fn connect<'a>(&'a self, environment: &'a Environment, region: &'a Region) -> Connecting<'a>;
}

/// How often a roll-out looks: the embedded cloud answers at once and compresses time.
#[must_use]
pub fn cadence(environment: &Environment, virtual_time: bool) -> Cadence {
    match environment.target() {
        // Nobody waits for real: a look now and then is enough.
        Target::Embedded if virtual_time => Cadence {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(15),
            slowest: Duration::from_secs(30),
        },
        // Servers that stand in for AWS answer at once, and no quota counts the questions.
        Target::Embedded | Target::Endpoint { .. } => {
            let longest = Duration::from_millis(250);
            Cadence { first: Duration::from_millis(100), longest, slowest: longest }
        }
        Target::Aws => Cadence::AWS,
    }
}

/// Makes sure that the credentials are those of the environment's account, and says whose they are.
///
/// # Errors
/// When AWS does not say who is calling, or says another account.
pub async fn same_account(cloud: &Cloud, environment: &Environment) -> Result<Identity, Failure> {
    let identity = cloud.identity().await?;
    if identity.account == *environment.account() {
        return Ok(identity);
    }
    Err(Failure::refused(
        Diagnostic::error(
            Code::WrongAccount,
            format!(
                "the credentials are of account {}, and the environment {} deploys to {}",
                identity.account,
                environment.name(),
                environment.account()
            ),
        )
        .help("change the profile, or the environment's `account` or `role`"),
    ))
}
