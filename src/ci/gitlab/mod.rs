//! The jobs for GitLab CI/CD: check, plan each environment, comment, deploy after the merge.

use super::fill::fill;
use super::mark::marked;
use super::model::{Ci, CiFile, Deployable, Platform, Written};
use super::roles::DEPLOY_SESSION;
use crate::environment::Tier;

const HEAD: &str = include_str!("head.yml");
const PLAN: &str = include_str!("plan.yml");
const DEPLOY: &str = include_str!("deploy.yml");
const STARTER: &str = include_str!("starter.yml");
/// The jobs; `.gitlab-ci.yml` belongs to the project and includes them.
const JOBS: &str = ".gitlab/sluice.yml";

/// The jobs, and a `.gitlab-ci.yml` that includes them.
pub(super) fn files(ci: &Ci) -> Vec<CiFile> {
    let host = match &ci.platform {
        Platform::GitLab { host } => host.as_str(),
        Platform::GitHub => "",
    };
    let check = serde_json::Value::from(format!("{} --check", ci.command)).to_string();
    let mut text = fill(
        HEAD,
        &[
            ("command", &ci.command),
            ("check", &check),
            ("branch", ci.branch.as_str()),
            ("folder", &ci.folder),
            ("version", env!("CARGO_PKG_VERSION")),
            ("how", &ci.install_digest()),
            ("install", &ci.install.join("\n")),
            ("host", host),
        ],
    );
    for environment in &ci.environments {
        text.push_str(&plan(ci, environment));
    }
    for environment in &ci.environments {
        text.push_str(&deploy(ci, environment));
    }
    vec![
        CiFile { path: JOBS.to_owned(), text: marked(&text), written: Written::Ours },
        CiFile { path: ".gitlab-ci.yml".to_owned(), text: fill(STARTER, &[("path", JOBS)]), written: Written::Once },
    ]
}

fn plan(ci: &Ci, environment: &Deployable) -> String {
    let plans = environment.each(|pipeline, region| format!("plan {pipeline} {region}"));
    let role = environment.plan_role(&ci.repository);
    job(PLAN, ci, environment, &role, &[("plans", &plans)])
}

fn deploy(ci: &Ci, environment: &Deployable) -> String {
    let name = &environment.name;
    let before = environment.after.as_ref().map(|before| format!(", sluice-deploy-{before}")).unwrap_or_default();
    let deploys = environment.each(|pipeline, region| {
        format!("sluice deploy --plan \"$CI_PROJECT_DIR/plans/{name}/{pipeline}.{region}.json\" --yes $ARGUMENTS")
    });
    // Approvals of environments are a paid feature of GitLab; a person starting the job is not.
    let (tier, when) = match environment.tier {
        Tier::Development => ("development", "when: on_success"),
        Tier::Staging => ("staging", "when: on_success"),
        Tier::Production => ("production", "when: manual\nallow_failure: false"),
    };
    let places = [
        ("needs", format!("[sluice-plan-{name}{before}]")),
        ("tier", tier.to_owned()),
        ("when", when.to_owned()),
        ("hours", (DEPLOY_SESSION / 3_600).to_string()),
        ("deploys", deploys),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    job(DEPLOY, ci, environment, &environment.deploy_role(&ci.repository), &places)
}

fn job(text: &str, ci: &Ci, environment: &Deployable, role: &str, more: &[(&str, &str)]) -> String {
    let region = environment.regions.first().map_or("", |region| region.as_str());
    let common = [
        ("environment", environment.name.as_str()),
        ("branch", ci.branch.as_str()),
        ("role", role),
        ("region", region),
    ];
    fill(text, &[&common, more].concat())
}
