//! Commands run in this process, in virtual time, with nobody watching.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use sluicegate::cloud::{Cloud, CloudSettings, Credentials, Sleeper};
use sluicegate::diagnostic::{Diagnostics, FilePath};
use sluicegate::embedded::{Settings, Speed};
use sluicegate::environment::Environment;
use sluicegate::event::Event;
use sluicegate::operate::{Answer, Company, Connecting, Connector, Founding, Leaving, Prepared};
use sluicegate::plan::Plan;
use sluicegate::units::{AccountId, Duration, EnvironmentName, Region, Timestamp};
use sluicegate::workspace::{Clock, StandingClock};

/// Connects every command to one HTTP client, and lets it sleep on one clock.
pub struct Clouds {
    pub http: SharedHttpClient,
    pub clock: Arc<StandingClock>,
}

impl Clouds {
    /// The client of a region.
    pub async fn open(&self, region: &Region) -> Cloud {
        let (now, sleeping) = (Arc::clone(&self.clock), Arc::clone(&self.clock));
        let sleep: Sleeper = Arc::new(move |pause: Duration| {
            let clock = Arc::clone(&sleeping);
            Box::pin(async move { clock.sleep(pause).await })
        });
        let settings = CloudSettings {
            region: region.clone(),
            endpoint_url: None,
            credentials: Credentials::Static { access_key: "sluice".to_owned(), secret: "sluice".to_owned() },
            http_client: Some(self.http.clone()),
            now: Arc::new(move || now.now()),
            sleep: Some(sleep),
            trace: None,
        };
        Cloud::connect(settings).await
    }
}

impl Connector for Clouds {
    fn connect<'a>(&'a self, _: &'a Environment, region: &'a Region) -> Connecting<'a> {
        Box::pin(async move { Ok(self.open(region).await) })
    }
}

/// Nobody watches, and everything was agreed to.
pub struct Nobody;

impl Company for Nobody {
    fn planned(&mut self, _: &Prepared, _: &Plan) {}
    fn leaving(&mut self, _: &Leaving<'_>) {}
    fn founding(&mut self, _: &Founding<'_>) {}
    fn warned(&mut self, _: &Diagnostics, _: &BTreeMap<FilePath, String>) {}
    fn listens(&self) -> bool {
        false
    }
    fn agree(&mut self, _: &str) -> Answer {
        Answer::Nobody
    }
    fn tell(&mut self, _: Event) {}
}

/// A clock that moves only when somebody sleeps on it.
pub fn clock() -> Arc<StandingClock> {
    Arc::new(StandingClock::at(Timestamp::parse("2026-03-01T08:00:00Z").expect("a moment")))
}

/// What an embedded cloud of an environment is told about itself.
pub fn settings(environment: &str) -> Settings {
    Settings {
        account: AccountId::new("123456789012").expect("an account"),
        region: Region::new("eu-west-1").expect("a region"),
        environment: EnvironmentName::new(environment).expect("a name"),
        speed: Speed::Real,
    }
}
