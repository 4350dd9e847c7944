//! `sluice ci init` and `sluice comment`, seen from outside.

use super::support::{Outcome, Project};

/// The small pipeline in two environments on AWS, the second promoted from the first.
fn company() -> Project {
    let project = super::orders();
    let environment = |name: &str, tier: &str, account: &str, more: &str| {
        format!("environment: {name}\ntier: {tier}\ntarget: aws\naccount: \"{account}\"\nregions: [eu-west-1]\n{more}")
    };
    project.write("environments/dev.yaml", environment("dev", "development", "111111111111", ""));
    project.write("environments/prod.yaml", environment("prod", "production", "222222222222", "promotes_from: dev\n"));
    project
}

const WORKFLOW: &str = ".github/workflows/sluice.yml";

fn github(project: &Project, more: &str) -> Outcome {
    project.sluice(&format!("ci init github --repo acme/streams {more}"))
}

mod init {
    use super::*;

    #[test]
    fn github_is_told_what_was_written_and_what_to_do_next() {
        snapshot!(github(&company(), ""));
    }

    #[test]
    fn gitlab_is_told_what_was_written_and_what_to_do_next() {
        snapshot!(company().sluice("ci init gitlab --repo acme/ml/streams"));
    }

    #[test]
    fn the_files_for_github() {
        snapshot!(github(&company(), "--print"));
    }

    #[test]
    fn the_jobs_for_gitlab() {
        let shown = company().sluice("ci init gitlab --repo acme/ml/streams --print").stdout;
        let (jobs, _) = shown.split_once("# --- ci/roles").expect("the roles come last");
        insta::assert_snapshot!(jobs);
    }

    #[test]
    fn showing_and_checking_write_nothing() {
        let project = company();
        let before = project.files();
        assert_eq!(github(&project, "--print").code, Some(0));
        let stale = github(&project, "--check");
        assert_eq!(stale.code, Some(1), "{stale}");
        assert_eq!(project.files(), before);
        snapshot!(stale);
    }

    #[test]
    fn what_nobody_edited_is_replaced_and_an_edit_is_kept_until_force() {
        let project = company();
        assert_eq!(github(&project, "").code, Some(0));
        let again = github(&project, "");
        assert!(again.stdout.starts_with("unchanged"), "{again}");
        project.write(
            "environments/qa.yaml",
            "environment: qa\ntier: staging\naccount: \"111111111111\"\nregions: [eu-west-1]\n",
        );
        assert_eq!(github(&project, "--check").code, Some(1));
        let replaced = github(&project, "");
        assert!(replaced.stdout.starts_with("replaced"), "{replaced}");
        assert_eq!(github(&project, "--check").code, Some(0));

        project.edit(WORKFLOW, "name: sluice\n", "name: ours\n");
        let before = project.files();
        let refused = github(&project, "--branch release");
        assert_eq!(refused.code, Some(1), "{refused}");
        assert_eq!(project.files(), before, "nothing is written, the roles neither");
        let forced = github(&project, "--branch release --force");
        assert!(forced.code == Some(0) && forced.stdout.starts_with("wrote over"), "{forced}");
        snapshot!(refused);
    }

    #[test]
    fn the_project_s_own_gitlab_file_is_left_alone() {
        let project = company();
        project.write(".gitlab-ci.yml", "build: {script: [make]}\n");
        let outcome = project.sluice("ci init gitlab --repo acme/streams");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert!(outcome.stderr.contains("include: [{local: .gitlab/sluice.yml}]"), "{outcome}");
        let own = std::fs::read_to_string(project.path(".gitlab-ci.yml")).expect("is there");
        assert_eq!(own, "build: {script: [make]}\n");
    }

    #[test]
    fn repository_and_folder_are_read_from_the_clone() {
        let project = company();
        project.write("../.git/config", "[remote \"origin\"]\n\turl = git@github.com:acme/monorepo.git\n");
        let outcome = project.sluice("ci init github --output json");
        assert_eq!(outcome.code, Some(0), "{outcome}");
        let made: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
        assert_eq!(made["files"][1]["path"], "project/ci/roles-111111111111.yaml");
        assert!(project.path("../.github/workflows/sluice.yml").exists(), "{outcome}");
        let text = made["files"][0]["text"].as_str().expect("a text");
        assert!(text.contains("SLUICE_PROJECT: \"project\"") && text.contains("--repo acme/monorepo"), "{text}");
    }

    /// Runs a script of the workflow as a runner does.
    #[cfg(unix)]
    fn runs(project: &Project, job: &str, step: &str, event: &str) {
        let text = std::fs::read_to_string(project.path(WORKFLOW)).expect("was written");
        let workflow = sluicegate::template::Template::read_yaml(&text).expect("is YAML");
        let steps = workflow["jobs"][job]["steps"].as_array().expect("steps");
        let script =
            steps.iter().find(|one| one["name"] == step).and_then(|one| one["run"].as_str()).expect("a script");
        let folder = std::path::Path::new(env!("CARGO_BIN_EXE_sluice")).parent().expect("has a folder");
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("is set"));
        let done = std::process::Command::new("bash")
            .args(["-e", "-c", script])
            .current_dir(project.path(""))
            .env("PATH", path)
            .env("SLUICE_CLOCK", "2026-01-02T03:04:05Z")
            .env("RUNNER_TEMP", project.path(""))
            .env("GITHUB_STEP_SUMMARY", project.path("summary.md"))
            .env("GITHUB_EVENT_NAME", event)
            .env("ARGUMENTS", "")
            .output()
            .expect("bash runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    #[cfg(unix)]
    #[test]
    fn the_scripts_of_the_workflow_plan_save_and_deploy_what_was_saved() {
        let project = company();
        assert_eq!(github(&project, "").code, Some(0));
        // The embedded cloud stands in for AWS.
        project.edit("environments/dev.yaml", "target: aws", "target: embedded");
        runs(&project, "plan-dev", "Plan", "pull_request");
        let plan = |ending: &str| project.path(&format!("plans/orders.eu-west-1.{ending}"));
        let shown = std::fs::read_to_string(plan("md")).expect("a plan to comment with");
        assert!(shown.starts_with("<!-- sluice:plan pipeline=orders env=dev region=eu-west-1 -->"), "{shown}");
        assert!(!plan("json").exists(), "a pull request keeps no change set");
        std::fs::remove_dir_all(project.path("plans")).expect("another runner begins anew");
        runs(&project, "plan-dev", "Plan", "push");
        assert!(plan("json").exists());
        runs(&project, "deploy-dev", "Deploy", "push");
        let after = project.sluice("plan orders --env dev --detailed-exitcode");
        assert_eq!(after.code, Some(0), "{after}");
    }

    #[test]
    fn an_environment_between_that_is_not_on_aws_is_passed_over() {
        let project = company();
        project.write(
            "environments/rehearsal.yaml",
            "environment: rehearsal\ntier: staging\ntarget: embedded\npromotes_from: dev\n",
        );
        project.edit("environments/prod.yaml", "promotes_from: dev", "promotes_from: rehearsal");
        let shown = github(&project, "--print");
        assert!(shown.stdout.contains("needs: [plan-prod, deploy-dev]"), "{shown}");
        assert!(!shown.stdout.contains("rehearsal"), "{shown}");
    }
}

mod wrong_order {
    use super::*;

    fn refused(project: &Project, arguments: &str, code: &str) {
        let before = project.files();
        let outcome = project.sluice(arguments);
        assert_eq!(outcome.code, Some(if code == "E8011" { 64 } else { 1 }), "{outcome}");
        assert!(outcome.stderr.contains(code) && outcome.stderr.contains("help"), "{outcome}");
        assert_eq!(project.files(), before, "nothing is written");
    }

    #[test]
    fn a_platform_that_is_none_is_a_usage_error() {
        let outcome = company().sluice("ci init bitbucket");
        assert_eq!(outcome.code, Some(64), "{outcome}");
        snapshot!(outcome);
    }

    #[test]
    fn a_role_that_is_none_is_a_usage_error() {
        for (role, code) in [("admin", 64), ("arn:aws:iam::1:role/x", 64), ("none", 0)] {
            let outcome = super::super::orders().sluice(&format!("plan --env local --against nothing --role {role}"));
            assert_eq!(outcome.code, Some(code), "{outcome}");
        }
    }

    #[test]
    fn a_repository_a_branch_or_a_command_that_would_break_out_is_refused() {
        let project = company();
        for arguments in ["--repo acme", "--repo acme/a$b", "--repo a/b --branch x'y", "--repo a@1/b", "--repo ../.."] {
            let outcome = project.sluice(&format!("ci init github {arguments}"));
            assert!(outcome.code == Some(64) && outcome.stderr.contains("E8011"), "{outcome}");
        }
        refused(&project, "ci init github", "E8011");
    }

    #[test]
    fn environments_that_promote_in_a_circle_or_from_nowhere_are_refused() {
        let project = company();
        project.edit("environments/prod.yaml", "promotes_from: dev", "promotes_from: dve");
        refused(&project, "ci init github --repo a/b", "E2002");
        project.edit("environments/prod.yaml", "promotes_from: dve", "promotes_from: dev");
        let dev = std::fs::read_to_string(project.path("environments/dev.yaml")).expect("is there");
        project.write("environments/dev.yaml", format!("{dev}promotes_from: prod\n"));
        snapshot!(project.sluice("ci init github --repo a/b"));
    }

    #[test]
    fn a_project_that_is_deployed_nowhere_needs_none() {
        refused(&super::super::orders(), "ci init github --repo a/b", "E8310");
    }

    #[test]
    fn a_pipeline_that_does_not_pass_is_told_at_its_place() {
        let project = company();
        project.edit(super::super::SPEC, "from: orders", "from: ordrs");
        refused(&project, "ci init github --repo a/b", "E2002");
    }
}

mod comment {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::*;
    use crate::stand_in::{Answer, Asked, StandIn};

    const PLAN: &str = "<!-- sluice:plan pipeline=orders env=prod -->\n### orders · prod: 1 to change\n";
    const OLDER: &str = "<!-- sluice:plan pipeline=orders env=prod -->\n### orders · prod: no changes\n";
    const BOT: &str = "github-actions[bot]";

    /// A comment that is there: its author and its text.
    type There = (&'static str, String);

    /// A code host with the comments of one request, which begins by answering as it is told.
    struct CodeHost {
        server: StandIn,
        comments: Arc<Mutex<Vec<There>>>,
        gitlab: bool,
    }

    impl CodeHost {
        fn start(gitlab: bool, comments: &[(&'static str, &str)], first: Vec<Answer>) -> Self {
            let there: Vec<There> = comments.iter().map(|(login, text)| (*login, (*text).to_owned())).collect();
            let comments = Arc::new(Mutex::new(there));
            let (kept, first) = (Arc::clone(&comments), Mutex::new(first));
            let server = StandIn::start(move |asked| {
                let mut first = first.lock().expect("nobody panicked");
                if first.is_empty() {
                    answer(gitlab, &mut kept.lock().expect("nobody panicked"), asked)
                } else {
                    first.remove(0)
                }
            });
            Self { server, comments, gitlab }
        }

        fn github(comments: &[(&'static str, &str)]) -> Self {
            Self::start(false, comments, Vec::new())
        }

        fn refusing(answers: Vec<Answer>) -> Self {
            Self::start(false, &[], answers)
        }

        fn texts(&self) -> Vec<String> {
            self.comments.lock().expect("nobody panicked").iter().map(|(_, text)| text.clone()).collect()
        }

        /// What was done, in order.
        fn calls(&self) -> Vec<String> {
            self.server.asked().iter().map(|asked| asked.method.clone()).collect()
        }

        fn post(&self, text: &str, more: &str) -> Outcome {
            let project = Project::empty();
            project.write("plan.md", text);
            let (place, token) = if self.gitlab {
                ("--gitlab acme/ml/streams", "GITLAB_TOKEN")
            } else {
                ("--repo acme/streams", "GITHUB_TOKEN")
            };
            let arguments = format!("comment plan.md {place} --number 7 {more}");
            let variables =
                [(token, "s3cret"), ("GITHUB_API_URL", &self.server.address), ("CI_API_V4_URL", &self.server.address)];
            let mut outcome = project.sluice_with(&arguments, &variables);
            for told in [&mut outcome.stdout, &mut outcome.stderr] {
                assert!(!told.contains("s3cret"), "{told}");
                *told = told.replace(&self.server.address, "[API]");
            }
            outcome
        }
    }

    /// Answers as the code hosts' interfaces do; numbers of comments are their places, from 1.
    fn answer(gitlab: bool, comments: &mut Vec<There>, asked: &Asked) -> Answer {
        let (list, one) = if gitlab {
            (
                "/projects/acme%2Fml%2Fstreams/merge_requests/7/notes",
                "/projects/acme%2Fml%2Fstreams/merge_requests/7/notes/",
            )
        } else {
            ("/repos/acme/streams/issues/7/comments", "/repos/acme/streams/issues/comments/")
        };
        let shown = |number: usize, (login, text): &There| {
            if gitlab {
                json!({"id": number, "body": text, "author": {"username": login}, "system": false})
            } else {
                let url = format!("https://github.com/acme/streams/pull/7#issuecomment-{number}");
                json!({"id": number, "body": text, "user": {"login": login}, "html_url": url})
            }
        };
        let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
        let text = || asked.body["body"].as_str().expect("a text").to_owned();
        match asked.method.as_str() {
            "GET" if path == list => {
                let page = query.split('&').find_map(|pair| pair.strip_prefix("page=")).expect("a page");
                let page: usize = page.parse().expect("a number");
                let all: Vec<Value> = comments.iter().enumerate().map(|(at, there)| shown(at + 1, there)).collect();
                let here: Vec<Value> = all.iter().skip((page - 1) * 100).take(100).cloned().collect();
                let answer = Answer::json(200, &here.into());
                if all.len() > page * 100 {
                    answer.with("link", format!("<https://elsewhere.example/?page={}>; rel=\"next\"", page + 1))
                } else {
                    answer
                }
            }
            "POST" if path == list => {
                comments.push((BOT, text()));
                Answer::json(201, &shown(comments.len(), comments.last().expect("one was added")))
            }
            "PATCH" | "PUT" if (asked.method == "PUT") == gitlab => {
                let number: usize = path.strip_prefix(one).expect("a comment").parse().expect("a number");
                comments[number - 1].1 = text();
                Answer::json(200, &shown(number, &comments[number - 1]))
            }
            _ => Answer::json(404, &json!({"message": "Not Found"})),
        }
    }

    fn said(status: u16, message: &str) -> Answer {
        Answer::json(status, &json!({"message": message}))
    }

    #[test]
    fn the_first_plan_is_posted_the_next_one_takes_its_place_and_the_same_one_changes_nothing() {
        for gitlab in [false, true] {
            let host = CodeHost::start(gitlab, &[("ann", "Looks good"), ("ann", &format!("> {OLDER}"))], Vec::new());
            let created = host.post(OLDER, "");
            assert!(created.code == Some(0) && created.stdout.starts_with("comment created: "), "{created}");
            let edited = host.post(PLAN, "");
            assert!(edited.stdout.starts_with("comment edited: "), "{edited}");
            let unchanged = host.post(PLAN, "");
            assert!(unchanged.stdout.starts_with("comment unchanged: "), "{unchanged}");
            assert_eq!(host.texts(), ["Looks good", &format!("> {OLDER}"), PLAN]);
            let editing = if gitlab { "PUT" } else { "PATCH" };
            assert_eq!(host.calls(), ["GET", "POST", "GET", editing, "GET"]);
        }
    }

    #[test]
    fn calls_carry_what_each_interface_asks_for() {
        let github = CodeHost::github(&[]);
        let _ = github.post(PLAN, "");
        for asked in github.server.asked() {
            assert_eq!(asked.headers["authorization"], "Bearer s3cret");
            assert_eq!(asked.headers["x-github-api-version"], "2022-11-28");
            assert!(asked.headers["user-agent"].starts_with("sluice/"), "{asked:?}");
        }
        let gitlab = CodeHost::start(true, &[], Vec::new());
        let _ = gitlab.post(PLAN, "");
        assert!(gitlab.server.asked().iter().all(|asked| asked.headers["private-token"] == "s3cret"));
    }

    #[test]
    fn the_comment_is_found_on_the_third_page_without_following_an_address_to_elsewhere() {
        let mut there = vec![("ann", "hm"); 249];
        there.push((BOT, OLDER));
        let host = CodeHost::github(&there);
        let outcome = host.post(PLAN, "");
        assert!(
            outcome.stdout.contains("edited: https://github.com/acme/streams/pull/7#issuecomment-250"),
            "{outcome}"
        );
        assert_eq!(host.calls(), ["GET", "GET", "GET", "PATCH"]);
    }

    #[test]
    fn another_pipeline_s_plan_and_another_person_s_marker_are_left_alone() {
        let other = OLDER.replace("env=prod", "env=dev");
        let host = CodeHost::github(&[(BOT, &other), ("mallory", OLDER)]);
        let outcome = host.post(PLAN, "--author github-actions[bot]");
        assert!(outcome.stdout.starts_with("comment created: "), "{outcome}");
        assert_eq!(host.texts(), [other.as_str(), OLDER, PLAN]);
    }

    #[test]
    fn limits_and_troubles_that_pass_are_waited_for() {
        for first in [
            said(403, "You have exceeded a secondary rate limit").with("retry-after", "30"),
            said(429, "Too Many Requests").with("retry-after", "1"),
            said(403, "API rate limit exceeded")
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-reset", "1767323105"),
            said(502, "Bad Gateway"),
            Answer { status: 503, headers: Vec::new(), body: "<html>".to_owned() },
        ] {
            let host = CodeHost::refusing(vec![first.clone(), first]);
            let outcome = host.post(PLAN, "");
            assert_eq!(outcome.code, Some(0), "{outcome}");
            assert_eq!(host.calls(), ["GET", "GET", "GET", "POST"]);
        }
    }

    #[test]
    fn a_post_whose_answer_got_lost_is_looked_for_and_not_posted_twice() {
        let comments: Arc<Mutex<Vec<There>>> = Arc::default();
        let (kept, lost) = (Arc::clone(&comments), Mutex::new(true));
        let server = StandIn::start(move |asked| {
            let good = answer(false, &mut kept.lock().expect("nobody panicked"), asked);
            let lose = asked.method == "POST" && std::mem::take(&mut *lost.lock().expect("nobody panicked"));
            if lose { said(502, "Bad Gateway") } else { good }
        });
        let host = CodeHost { server, comments, gitlab: false };
        let outcome = host.post(PLAN, "");
        assert!(outcome.stdout.starts_with("comment unchanged: "), "{outcome}");
        assert_eq!(host.texts(), [PLAN]);
    }

    #[test]
    fn a_comment_that_was_removed_meanwhile_is_posted_again() {
        let gone = json!([{"id": 99, "body": OLDER, "user": {"login": BOT}}]);
        let host = CodeHost::refusing(vec![Answer::json(200, &gone), said(404, "Not Found")]);
        let outcome = host.post(PLAN, "");
        assert!(outcome.stdout.starts_with("comment created: "), "{outcome}");
        assert_eq!(host.calls(), ["GET", "PATCH", "GET", "POST"]);
    }

    #[test]
    fn every_refusal_says_what_is_wrong_and_what_to_do() {
        let mut told = String::new();
        for refusal in [
            said(401, "Bad credentials"),
            said(403, "Resource not accessible by integration"),
            said(404, "Not Found"),
            said(301, "Moved Permanently").with("location", "https://api.github.com/repositories/1/issues/7/comments"),
            Answer::json(422, &json!({"message": "Validation Failed", "errors": [{"code": "unprocessable"}]})),
            said(403, "You have exceeded a secondary rate limit").with("retry-after", "3600"),
            Answer { status: 200, headers: Vec::new(), body: "<html>a proxy's page</html>".to_owned() },
        ] {
            let host = CodeHost::refusing(vec![refusal]);
            let outcome = host.post(PLAN, "");
            assert_eq!(outcome.code, Some(1), "{outcome}");
            assert_eq!(host.calls(), ["GET"]);
            told.push_str(&outcome.to_string());
        }
        insta::assert_snapshot!(told);
    }

    #[test]
    fn trouble_that_does_not_pass_ends_after_five_attempts() {
        let host = CodeHost::refusing(vec![said(500, "Server Error"); 9]);
        let outcome = host.post(PLAN, "");
        assert!(outcome.code == Some(1) && outcome.stderr.contains("E8305"), "{outcome}");
        assert!(outcome.stderr.contains("(HTTP 500), 5 times: Server Error"), "{outcome}");
        assert_eq!(host.calls().len(), 5);
    }

    #[test]
    fn nobody_at_the_address_is_told() {
        let project = Project::empty();
        project.write("plan.md", PLAN);
        let variables = [("GITHUB_TOKEN", "s3cret"), ("GITHUB_API_URL", "http://127.0.0.1:9")];
        let outcome = project.sluice_with("comment plan.md --repo acme/streams --number 7", &variables);
        assert!(outcome.code == Some(1) && outcome.stderr.contains("E8305"), "{outcome}");
    }

    #[test]
    fn gitlab_s_job_token_is_the_last_resort_and_its_limits_are_told() {
        let host = CodeHost::start(true, &[], vec![said(401, "401 Unauthorized")]);
        let project = Project::empty();
        project.write("plan.md", PLAN);
        let variables = [("CI_JOB_TOKEN", "s3cret"), ("CI_API_V4_URL", host.server.address.as_str())];
        let outcome = project.sluice_with("comment plan.md --gitlab 42 --number 7", &variables);
        assert_eq!(host.server.asked()[0].headers["job-token"], "s3cret");
        assert!(outcome.stderr.contains("E8302") && outcome.stderr.contains("GITLAB_TOKEN"), "{outcome}");
    }

    #[test]
    fn the_result_as_json_carries_its_version() {
        let outcome = CodeHost::github(&[]).post(PLAN, "--output json");
        let json: Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
        assert_eq!(json["format_version"], "1.0");
        assert_eq!(json["comment"]["result"], "created");
        assert_eq!(json["comment"]["marker"], "<!-- sluice:plan pipeline=orders env=prod -->");
    }

    #[test]
    fn a_text_that_cannot_be_posted_is_refused_before_anybody_is_asked() {
        let host = CodeHost::github(&[]);
        let huge = format!("{PLAN}{}", "x".repeat(70_000));
        let enormous = format!("{PLAN}{}", "x".repeat(2 << 20));
        let mut told = String::new();
        for text in ["", "### a plan without its marker\n", &huge, &enormous] {
            let outcome = host.post(text, "");
            assert_eq!(outcome.code, Some(1), "{outcome}");
            told.push_str(&outcome.to_string());
        }
        assert!(host.calls().is_empty());
        insta::assert_snapshot!(told);
    }

    #[test]
    fn an_order_that_leads_nowhere_is_refused() {
        let project = Project::empty();
        project.write("plan.md", PLAN);
        let mut told = String::new();
        for arguments in [
            "comment plan.md --repo acme/streams --number 7",
            "comment plan.md --gitlab acme/streams --number 7",
            "comment plan.md --repo acme/streams --number 0",
            "comment plan.md --repo acme --number 7",
            "comment plan.md --repo acme/streams --number 7 --api http://github.example.com",
            "comment plans.md --repo acme/streams --number 7",
            "comment --repo acme/streams --number 7",
        ] {
            let outcome = project.sluice(arguments);
            let code = if outcome.stderr.contains("error[E8011]") { 64 } else { 1 };
            assert_eq!(outcome.code, Some(code), "{outcome}");
            told.push_str(&outcome.to_string());
        }
        for arguments in [
            "comment plan.md --number 7",
            "comment plan.md --repo a/b --gitlab a/b --number 7",
            "comment --repo a/b --number x",
        ] {
            assert_eq!(project.sluice(arguments).code, Some(64), "{arguments}");
        }
        insta::assert_snapshot!(told);
    }
}
