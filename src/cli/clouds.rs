//! How the program reaches a cloud: Amazon's, a server's, or the one inside. The only place that plugs
//! `embedded` into `cloud`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::args::{Global, Role};
use super::world::{World, print_err};
use crate::cloud::{Call, Cloud, CloudSettings, Credentials, Sleeper, TraceSink};
use crate::embedded::{EmbeddedCloud, Settings, Speed};
use crate::environment::{Environment, Target};
use crate::operate::{Connecting, Connector};
use crate::units::{Duration, EnvironmentName, Region};
use crate::workspace::{Clock, Project, StateStore, append_line};

/// Opens clouds for a project.
pub(crate) struct Clouds {
    root: PathBuf,
    clock: Arc<dyn Clock>,
    trace: Option<TraceSink>,
    role: Option<Role>,
    /// Those that were opened: deployments side by side share credentials, connections and pace.
    opened: Mutex<BTreeMap<(EnvironmentName, Region), Cloud>>,
}

impl Clouds {
    /// Clouds of a project, traced as the flags ask.
    pub(crate) fn new(world: &World, global: &Global, project: &Project) -> Self {
        Self {
            root: project.root().to_owned(),
            clock: Arc::clone(&world.clock),
            trace: trace(global.verbose, global.log_file.clone()),
            role: global.role.clone(),
            opened: Mutex::default(),
        }
    }

    /// The same with the credentials as they are, unless a role was named for this very call.
    pub(crate) fn with_own_credentials(mut self) -> Self {
        self.role.get_or_insert(Role::AsTheyAre);
        self
    }

    /// The embedded cloud of an environment in a region.
    pub(crate) fn embedded(&self, environment: &Environment, region: &Region) -> EmbeddedCloud {
        let mut folder = self.root.join(".sluice").join("embedded").join(environment.name().as_str());
        if environment.regions().first() != Some(region) {
            folder = folder.join(region.as_str());
        }
        let settings = Settings {
            account: environment.account().clone(),
            region: region.clone(),
            environment: environment.name().clone(),
            // A clock that stands still is moved by sleeping on it: there is nothing to compress.
            speed: if self.clock.is_virtual() { Speed::Real } else { Speed::INTERACTIVE },
        };
        EmbeddedCloud::open(StateStore::folder(folder), settings, Arc::clone(&self.clock))
    }

    fn settings(&self, environment: &Environment, region: &Region) -> CloudSettings {
        let nobody = || Credentials::Static { access_key: "sluice".to_owned(), secret: "sluice".to_owned() };
        let (endpoint_url, credentials, http_client) = match environment.target() {
            Target::Aws => {
                let role = match &self.role {
                    None => environment.role().map(str::to_owned),
                    Some(Role::AsTheyAre) => None,
                    Some(Role::Arn(arn)) => Some(arn.clone()),
                };
                (None, Credentials::Chain { profile: None, role }, None)
            }
            Target::Embedded => (None, nobody(), Some(self.embedded(environment, region).http_client())),
            // Servers that stand in for AWS check no credentials.
            Target::Endpoint { url } => (Some(url.clone()), nobody(), None),
        };
        let (now, sleeping) = (Arc::clone(&self.clock), Arc::clone(&self.clock));
        let sleep: Sleeper = Arc::new(move |pause: Duration| {
            let clock = Arc::clone(&sleeping);
            Box::pin(async move { clock.sleep(pause).await })
        });
        CloudSettings {
            region: region.clone(),
            endpoint_url,
            credentials,
            http_client,
            now: Arc::new(move || now.now()),
            sleep: Some(sleep),
            trace: self.trace.clone(),
        }
    }
}

impl Connector for Clouds {
    fn connect<'a>(&'a self, environment: &'a Environment, region: &'a Region) -> Connecting<'a> {
        Box::pin(async move {
            let place = (environment.name().clone(), region.clone());
            let opened = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(cloud) = opened().get(&place) {
                return Ok(cloud.clone());
            }
            let cloud = Cloud::connect(self.settings(environment, region)).await;
            opened().insert(place, cloud.clone());
            Ok(cloud)
        })
    }
}

/// How AWS's price list is reached: with whatever credentials there are, for it is the same for everybody.
pub(crate) fn price_list(world: &World, global: &Global, profile: Option<String>, region: &Region) -> CloudSettings {
    let clock = Arc::clone(&world.clock);
    CloudSettings {
        region: region.clone(),
        endpoint_url: None,
        credentials: Credentials::Chain { profile, role: None },
        http_client: None,
        now: Arc::new(move || clock.now()),
        sleep: None,
        trace: trace(global.verbose, global.log_file.clone()),
    }
}

/// Lists every call on standard error, or keeps it in a file, or both.
fn trace(verbose: bool, file: Option<PathBuf>) -> Option<TraceSink> {
    if !verbose && file.is_none() {
        return None;
    }
    let number = AtomicU64::new(0);
    Some(Arc::new(move |call: &Call| {
        let number = number.fetch_add(1, Ordering::Relaxed) + 1;
        if verbose {
            let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let request = call.request_id.as_deref().unwrap_or("-");
            print_err(&format!(
                "aws #{number} {}.{} attempt {} {} {} {request}\n",
                call.service, call.action, call.attempt, call.took, status
            ));
        }
        if let Some(file) = &file
            && let Ok(line) = serde_json::to_string(call)
            && let Err(error) = append_line(file, &line)
        {
            print_err(&format!("warning: {error}\n"));
        }
    }))
}
