//! What the files hold, for a project of three environments in two accounts and two regions.

use std::collections::BTreeSet;

use serde_json::Value;

use super::rights::TYPES;
use super::*;
use crate::environment::Tier;
use crate::template::Template;
use crate::units::{AccountId, EnvironmentName, PipelineName, Region};

fn environment(name: &str, tier: Tier, account: &str, regions: &[&str], after: Option<&str>) -> Deployable {
    Deployable {
        name: EnvironmentName::new(name).unwrap(),
        tier,
        account: AccountId::new(account).unwrap(),
        regions: regions.iter().map(|region| Region::new(region).unwrap()).collect(),
        after: after.map(|after| EnvironmentName::new(after).unwrap()),
        boundary: (tier == Tier::Production).then(|| format!("arn:aws:iam::{account}:policy/boundary").into()),
        pipelines: ["scoring", "windowed-aggregation"].map(|name| PipelineName::new(name).unwrap()).to_vec(),
        types: TYPES.iter().map(|(name, _)| (*name).to_owned()).collect(),
    }
}

fn project(platform: Platform) -> Ci {
    Ci {
        repository: Repository::new(&platform, "acme/streams").unwrap(),
        platform,
        branch: Branch::new("main").unwrap(),
        folder: ".".to_owned(),
        install: vec!["cargo install sluicegate".to_owned()],
        command: "sluice ci init".to_owned(),
        environments: vec![
            environment("dev", Tier::Development, "111111111111", &["eu-west-1"], None),
            environment("staging", Tier::Staging, "111111111111", &["eu-west-1"], Some("dev")),
            environment("prod", Tier::Production, "222222222222", &["eu-west-1", "us-east-1"], Some("staging")),
        ],
    }
}

fn gitlab() -> Platform {
    Platform::GitLab { host: "gitlab.com".to_owned() }
}

/// The one file whose path ends like this, read as YAML.
fn read(ci: &Ci, ending: &str) -> Value {
    let files = files(ci).unwrap();
    let file = files.iter().find(|file| file.path.ends_with(ending)).unwrap();
    assert!(!file.text.contains("@@"), "{}", file.text);
    Template::read_yaml(&file.text).unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

/// The statements of the policies of a role, by the words that their names begin with.
fn statements(ci: &Ci, account: &str, begins: &str) -> Vec<Value> {
    let template = read(ci, &format!("roles-{account}.yaml"));
    let resources = template["Resources"].as_object().unwrap();
    let policies = resources.iter().filter(|(id, _)| id.starts_with(begins) && id.contains("Policy"));
    policies
        .flat_map(|(_, policy)| policy["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap().clone())
        .collect()
}

#[test]
fn a_workflow_for_github_plans_every_environment_and_deploys_in_the_order_of_promotion() {
    let ci = project(Platform::GitHub);
    let workflow = read(&ci, "sluice.yml");
    let jobs = workflow["jobs"].as_object().unwrap();
    let names: Vec<&str> = jobs.keys().map(String::as_str).collect();
    let expected = ["check", "plan-dev", "plan-staging", "plan-prod", "deploy-dev", "deploy-staging", "deploy-prod"];
    assert_eq!(names, expected);
    assert_eq!(texts(&jobs["deploy-dev"]["needs"]), ["plan-dev"]);
    assert_eq!(texts(&jobs["deploy-prod"]["needs"]), ["plan-prod", "deploy-staging"]);
    assert_eq!(jobs["deploy-prod"]["environment"], "prod");
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    assert_eq!(jobs["check"]["permissions"], serde_json::json!({"contents": "read"}));
    let step = |job: &str, name: &str| {
        let steps = jobs[job]["steps"].as_array().unwrap();
        steps.iter().find(|step| step["name"] == name).cloned().unwrap()
    };
    let plan = step("plan-prod", "Plan")["run"].as_str().unwrap().to_owned();
    for line in ["plan scoring eu-west-1", "plan windowed-aggregation us-east-1"] {
        assert!(plan.lines().any(|other| other == line), "{plan}");
    }
    let deploy = step("deploy-staging", "Deploy")["run"].as_str().unwrap().to_owned();
    let line = "sluice deploy --plan \"$RUNNER_TEMP/plans/scoring.eu-west-1.json\" --yes $ARGUMENTS";
    assert!(deploy.lines().any(|other| other == line), "{deploy}");
    // What a person typed reaches the shell only as a variable.
    let scripts = jobs.values().flat_map(|job| job["steps"].as_array().unwrap());
    for script in scripts.filter_map(|step| step["run"].as_str()) {
        assert!(!script.contains("${{"), "{script}");
    }
}

#[test]
fn jobs_act_in_roles_that_the_template_makes_and_that_take_their_tokens() {
    for (platform, subjects) in [
        (Platform::GitHub, [":pull_request", ":environment:prod"]),
        (gitlab(), [":ref_type:branch:ref:*", ":ref_type:branch:ref:main"]),
    ] {
        let ci = project(platform);
        let template = read(&ci, "roles-222222222222.yaml");
        let resources = &template["Resources"];
        for (role, (name, subject)) in ["PlanRole", "DeployProdRole"]
            .iter()
            .zip(["sluice-streams-plan", "sluice-streams-prod"].iter().zip(subjects))
        {
            let properties = &resources[*role]["Properties"];
            assert_eq!(properties["RoleName"], *name);
            let trust = properties["AssumeRolePolicyDocument"].to_string();
            assert!(trust.contains(&format!("${{Subject}}{subject}\"")), "{trust}");
            assert!(trust.contains(":aud"), "{trust}");
            let files = files(&ci).unwrap();
            let arn = format!("arn:aws:iam::222222222222:role/{name}");
            assert!(files.iter().any(|file| file.path.ends_with("sluice.yml") && file.text.contains(&arn)), "{arn}");
        }
        assert!(resources.get("DeployDevRole").is_none(), "an account has its own environments' roles only");
    }
}

#[test]
fn no_action_has_a_wildcard_and_every_resource_means_what_has_nothing_narrower() {
    let ci = project(Platform::GitHub);
    let anything: BTreeSet<String> = TYPES
        .iter()
        .flat_map(|(_, rights)| rights.read.iter().chain(rights.write))
        .filter(|(on, _, _)| *on == rights::On::Anything)
        .flat_map(rights::actions)
        .chain(super::policy::METRICS.iter().map(|&action| action.to_owned()))
        .collect();
    for (account, role) in [("111111111111", "Plan"), ("111111111111", "DeployDev"), ("222222222222", "DeployProd")] {
        let statements = statements(&ci, account, role);
        assert!(statements.len() > 20, "{role}");
        for statement in &statements {
            let (actions, resources) = (texts(&statement["Action"]), texts(&statement["Resource"]));
            assert!(actions.iter().all(|action| !action.contains('*')), "{actions:?}");
            if resources.contains(&"*") {
                assert!(actions.iter().all(|action| anything.contains(*action)), "{actions:?}");
            } else {
                assert!(resources.iter().all(|resource| resource.starts_with("arn:aws:")), "{resources:?}");
            }
            let environments = if role == "DeployDev" { ["staging", "prod"] } else { ["qa", "test"] };
            for other in environments {
                assert!(!resources.iter().any(|resource| resource.contains(&format!("-{other}-"))), "{resources:?}");
            }
        }
    }
}

#[test]
fn whoever_plans_changes_nothing_but_change_sets() {
    let ci = project(Platform::GitHub);
    let looks = ["Describe", "Get", "List", "View"];
    for statement in statements(&ci, "111111111111", "Plan") {
        let sid = statement["Sid"].as_str().unwrap();
        for action in texts(&statement["Action"]) {
            let act = action.split_once(':').unwrap().1;
            let only = match sid {
                "MakeAndRemoveChangeSets" => act.ends_with("ChangeSet"),
                "RemoveEmptyShells" => {
                    statement["Condition"]["Null"]["aws:ResourceTag/sluice:pipeline"] == "true" && act == "DeleteStack"
                }
                "HandOverTemplates" => {
                    texts(&statement["Resource"]).iter().all(|resource| resource.ends_with("/templates/*"))
                }
                _ => looks.iter().any(|verb| act.starts_with(verb)),
            };
            assert!(only, "{sid}: {action}");
        }
    }
}

#[test]
fn whoever_deploys_changes_resources_only_through_cloudformation_and_makes_roles_only_with_their_boundary() {
    let ci = project(Platform::GitHub);
    for statement in statements(&ci, "222222222222", "DeployProd") {
        let sid = statement["Sid"].as_str().unwrap();
        let condition = &statement["Condition"];
        match sid {
            "ChangePassedRole" => assert!(condition["StringEquals"]["iam:PassedToService"].is_array(), "{condition}"),
            "ChangeServiceRole" => assert!(condition["StringEquals"]["iam:AWSServiceName"].is_array(), "{condition}"),
            _ if sid.starts_with("Change") => {
                let through = &condition["ForAnyValue:StringEquals"]["aws:CalledVia"];
                assert_eq!(texts(through), ["cloudformation.amazonaws.com"], "{sid}");
            }
            _ => {}
        }
        if sid == "ChangeBoundedRole" {
            let boundary = &condition["StringEquals"]["iam:PermissionsBoundary"];
            assert_eq!(boundary, "arn:aws:iam::222222222222:policy/boundary");
        }
    }
}

#[test]
fn names_that_cloudformation_would_cut_are_allowed_as_they_come_out() {
    let ci = project(Platform::GitHub);
    let roles = statements(&ci, "222222222222", "DeployProd");
    let role = roles.iter().find(|statement| statement["Sid"] == "ChangeRole").unwrap();
    let expected =
        ["arn:aws:iam::222222222222:role/scoring-prod-*", "arn:aws:iam::222222222222:role/windowed-aggregation-pro*"];
    assert_eq!(texts(&role["Resource"]), expected);
}

#[test]
fn policies_stay_within_the_quotas_of_iam_and_many_pipelines_are_allowed_by_their_environment() {
    let mut ci = project(Platform::GitHub);
    for environment in &mut ci.environments {
        let many = (0..1_000).map(|number| PipelineName::new(&format!("pipeline-{number}")).unwrap());
        environment.pipelines = many.collect();
    }
    let template = read(&ci, "roles-111111111111.yaml");
    for (id, resource) in template["Resources"].as_object().unwrap() {
        if id.contains("Policy") {
            let document = resource["Properties"]["PolicyDocument"].to_string();
            assert!(document.chars().filter(|c| !c.is_whitespace()).count() <= policy::LONGEST_POLICY, "{id}");
        } else if resource["Type"] == "AWS::IAM::Role" {
            assert!(resource["Properties"]["ManagedPolicyArns"].as_array().unwrap().len() <= policy::MOST_POLICIES);
        }
    }
    let stacks = statements(&ci, "111111111111", "DeployDev");
    let resources = texts(&stacks.iter().find(|statement| statement["Sid"] == "Stacks").unwrap()["Resource"]).join(" ");
    assert_eq!(resources, "arn:aws:cloudformation:eu-west-1:111111111111:stack/*-dev/*");
}

#[test]
fn what_no_role_can_hold_is_told_instead_of_left_out() {
    let mut ci = project(Platform::GitHub);
    let region = |number: usize| Region::new(&format!("eu-west-{number}")).unwrap();
    for environment in &mut ci.environments {
        environment.regions = (1..=200).map(region).collect();
    }
    assert_eq!(files(&ci).unwrap_err().role, "sluice-streams-plan");
}

#[test]
fn jobs_for_gitlab_wait_for_each_other_and_a_person_starts_production() {
    let ci = project(gitlab());
    let jobs = read(&ci, ".gitlab/sluice.yml");
    assert_eq!(texts(&jobs["sluice-deploy-prod"]["needs"]), ["sluice-plan-prod", "sluice-deploy-staging"]);
    assert_eq!(jobs["sluice-deploy-prod"]["rules"][0]["when"], "manual");
    assert_eq!(jobs["sluice-deploy-prod"]["rules"][0]["allow_failure"], false);
    assert_eq!(jobs["sluice-deploy-staging"]["rules"][0]["when"], "on_success");
    assert_eq!(jobs["sluice-deploy-prod"]["environment"]["deployment_tier"], "production");
    assert_eq!(jobs[".sluice-aws"]["id_tokens"]["AWS_TOKEN"]["aud"], "https://gitlab.com");
    assert_eq!(read(&ci, ".gitlab-ci.yml")["include"][0]["local"], ".gitlab/sluice.yml");
}

#[test]
fn a_project_in_a_folder_of_its_repository_is_found_there() {
    let mut ci = project(Platform::GitHub);
    ci.folder = "ml/streams".to_owned();
    assert_eq!(read(&ci, "workflows/sluice.yml")["env"]["SLUICE_PROJECT"], "ml/streams");
    assert!(files(&ci).unwrap().iter().any(|file| file.path == "ml/streams/ci/roles-111111111111.yaml"));
}
