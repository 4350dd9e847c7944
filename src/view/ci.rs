//! The files of a project's CI: what was written, and what people do next.

use serde::Serialize;

use super::next_steps::{self, NextStep};
use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::json;
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::ci::{Ci, CiFile, FileState, Platform, Written};
use crate::environment::Tier;

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    files: Vec<File<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    state: &'static str,
    text: &'a str,
}

/// Returns `{"format_version": …, "tool_version": …, "files": [{"path": …, "state": …, "text": …}]}`; the state is what was
/// there before: `missing`, `same`, `older` or `edited`.
#[must_use]
pub fn to_json(files: &[(CiFile, FileState)]) -> serde_json::Value {
    let files = files.iter().map(|(file, state)| File {
        path: &file.path,
        state: match state {
            FileState::Missing => "missing",
            FileState::Same => "same",
            FileState::Older => "older",
            FileState::Edited => "edited",
        },
        text: &file.text,
    });
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, files: files.collect() })
}

/// Returns every file with its path above it.
#[must_use]
pub fn to_text(look: &Look, files: &[(CiFile, FileState)]) -> String {
    let shown = files
        .iter()
        .map(|(file, _)| format!("{}\n{}", look.paint(Label::Heading, format!("# --- {}", file.path)), file.text));
    shown.collect::<Vec<_>>().join("\n")
}

/// Returns what was done with each file.
#[must_use]
pub fn written(look: &Look, files: &[(CiFile, FileState)]) -> String {
    let mut table = Table::new();
    for (file, state) in files {
        let done = match (file.written, state) {
            (_, FileState::Same) => "unchanged",
            (Written::Once, FileState::Older | FileState::Edited) => "left alone",
            (_, FileState::Missing) => "wrote",
            (Written::Ours, FileState::Older) => "replaced",
            (Written::Ours, FileState::Edited) => "wrote over",
        };
        table.row([Cell::plain(done), Cell::plain(&file.path)]);
    }
    table.render(look, 0)
}

/// Returns what people do once so that it runs: roles, approvals, tokens.
#[must_use]
pub fn next(look: &Look, ci: &Ci) -> String {
    let mut steps = Vec::new();
    for (account, path, region) in ci.role_templates() {
        steps.push(NextStep::new(
            format!(
                "aws cloudformation deploy --stack-name {} --template-file {path} --capabilities CAPABILITY_NAMED_IAM --region {region}",
                ci.roles_stack()
            ),
            format!("in account {account}, once and after each change"),
        ));
    }
    let mut out = next_steps::to_text(look, &steps);
    for line in by_hand(ci) {
        out.push_str(&format!("  {line}\n"));
    }
    out
}

fn by_hand(ci: &Ci) -> Vec<String> {
    let path = ci.repository.path();
    let names = |wanted: fn(Tier) -> bool| -> String {
        let names = ci.environments.iter().filter(|environment| wanted(environment.tier));
        names.map(|environment| environment.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (every, strict) = (names(|_| true), names(|tier| tier == Tier::Production));
    let mut lines = vec![
        "where the account has an OIDC provider for this issuer, add `--parameter-overrides ProviderArn=ARN`"
            .to_owned(),
    ];
    match &ci.platform {
        Platform::GitHub => {
            if !ci.repository.has_numbers() {
                lines.push(format!(
                    "if `gh api repos/{path} --jq .created_at` says later than 2026-07-15, its tokens carry numbers: give `--repo OWNER@ID/NAME@ID`"
                ));
            }
            lines
                .push(format!("Settings, Environments: make {every}, each only for the branch {}", ci.branch.as_str()));
            if !strict.is_empty() {
                lines.push(format!("Settings, Environments, {strict}: name who must approve (Required reviewers)"));
            }
        }
        Platform::GitLab { .. } => {
            lines.push(
                "Settings, CI/CD, Variables: GITLAB_TOKEN, a project access token with the scope `api`, masked"
                    .to_owned(),
            );
            lines.push(format!("Settings, Repository: protect the branch {}", ci.branch.as_str()));
            if !strict.is_empty() {
                lines.push(format!("Settings, CI/CD, Protected environments: {strict}, with who must approve"));
            }
        }
    }
    lines
}
