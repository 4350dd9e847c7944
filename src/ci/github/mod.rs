//! The workflow for GitHub Actions: check, plan each environment, comment, deploy after the merge.

use super::fill::fill;
use super::mark::marked;
use super::model::{Ci, CiFile, Deployable, Written};
use super::roles::{DEPLOY_SESSION, PLAN_SESSION};

const HEAD: &str = include_str!("head.yml");
const SLUICE: &str = include_str!("sluice.yml");
const AWS: &str = include_str!("aws.yml");
const PLAN: &str = include_str!("plan.yml");
const DEPLOY: &str = include_str!("deploy.yml");

/// The workflow.
pub(super) fn workflow(ci: &Ci) -> CiFile {
    let sluice = fill(
        SLUICE,
        &[("version", env!("CARGO_PKG_VERSION")), ("how", &ci.install_digest()), ("install", &ci.install.join("\n"))],
    );
    let check = format!("{} --check", ci.command);
    let mut text = fill(
        HEAD,
        &[
            ("command", &ci.command),
            ("check", &block(&check)),
            ("branch", ci.branch.as_str()),
            ("folder", &ci.folder),
            ("sluice", &sluice),
        ],
    );
    for environment in &ci.environments {
        text.push_str(&plan(ci, environment, &sluice));
    }
    for environment in &ci.environments {
        text.push_str(&deploy(ci, environment, &sluice));
    }
    CiFile { path: ".github/workflows/sluice.yml".to_owned(), text: marked(&text), written: Written::Ours }
}

fn plan(ci: &Ci, environment: &Deployable, sluice: &str) -> String {
    let aws = aws(environment, &environment.plan_role(&ci.repository), PLAN_SESSION);
    let plans = environment.each(|pipeline, region| format!("plan {pipeline} {region}"));
    let places = [("environment", environment.name.as_str()), ("sluice", sluice), ("aws", &aws), ("plans", &plans)];
    fill(PLAN, &places)
}

fn deploy(ci: &Ci, environment: &Deployable, sluice: &str) -> String {
    let name = &environment.name;
    let aws = aws(environment, &environment.deploy_role(&ci.repository), DEPLOY_SESSION);
    let before = environment.after.as_ref().map(|before| format!(", deploy-{before}")).unwrap_or_default();
    let deploys = environment.each(|pipeline, region| {
        format!("sluice deploy --plan \"$RUNNER_TEMP/plans/{pipeline}.{region}.json\" --yes $ARGUMENTS")
    });
    let places = [
        ("environment", name.as_str()),
        ("needs", &format!("[plan-{name}{before}]")),
        ("branch", ci.branch.as_str()),
        ("minutes", &(DEPLOY_SESSION / 60).to_string()),
        ("sluice", sluice),
        ("aws", &aws),
        ("deploys", &deploys),
    ];
    fill(DEPLOY, &places)
}

fn aws(environment: &Deployable, role: &str, seconds: u32) -> String {
    let region = environment.regions.first().map_or("", |region| region.as_str());
    let places = [
        ("role", role),
        ("seconds", &seconds.to_string()),
        ("region", region),
        ("account", environment.account.as_str()),
    ];
    fill(AWS, &places)
}

/// A command as a scalar of YAML, whatever is in it.
fn block(command: &str) -> String {
    serde_json::Value::from(command).to_string()
}
