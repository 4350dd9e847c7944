//! `sluice ci init` and `sluice comment`.

use super::args::{CiCommand, CiInitArgs, CiPlatform, CommentArgs};
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, fail, open, texts_of};
use super::online::block_on;
use super::screen::{out_look, print_diagnostics};
use super::world::{World, print_err, print_out, variable};
use crate::diagnostic::{Code, Diagnostic};
use crate::forge::{Host, Outcome, Token};
use crate::operate::{self, CiDoing, CiOrder, CodeHost, CommentOrder, Failure, Shelf};
use crate::view::ci as ci_view;
use crate::view::comment as comment_view;
use crate::workspace::{MAX_FILE_BYTES, ReadFile, read_input};

/// `sluice ci`.
pub(crate) fn ci(world: &World, command: CiCommand) -> Exit {
    let CiCommand::Init { platform } = command;
    let (host, instance, args) = match platform {
        CiPlatform::Github(args) => (CodeHost::GitHub, None, args),
        CiPlatform::Gitlab { host, args } => (CodeHost::GitLab, host, args),
    };
    let project = match open(world) {
        Ok(project) => project,
        Err(exit) => return exit,
    };
    let CiInitArgs { repo, branch, install, print, check, force, output } = args;
    let order = CiOrder { host, repository: repo, instance, branch, install };
    let doing = match (print, check) {
        (true, _) => CiDoing::Show,
        (false, true) => CiDoing::Check,
        (false, false) => CiDoing::Write { force },
    };
    let made = match operate::ci(&mut Shelf::new(&project), &order, doing) {
        Ok(made) => made,
        Err(failure) => return fail(world, &failure, &texts_of(&project, &failure.diagnostics)),
    };
    print_diagnostics(world, &made.warnings, NO_TEXTS);
    let look = out_look(world);
    match (output, doing) {
        (Output::Json, _) => print_out(&Layout::Indented.of(&ci_view::to_json(&made.files))),
        (Output::Jsonl, _) => print_out(&Layout::Line.of(&ci_view::to_json(&made.files))),
        (Output::Text, CiDoing::Show) => print_out(&ci_view::to_text(&look, &made.files)),
        (Output::Text, CiDoing::Check) => print_out(&ci_view::written(&look, &made.files)),
        (Output::Text, CiDoing::Write { .. }) => {
            print_out(&ci_view::written(&look, &made.files));
            print_out(&ci_view::next(&look, &made.ci));
        }
    }
    Exit::Done
}

/// `sluice comment`.
pub(crate) fn comment(world: &World, args: &CommentArgs) -> Exit {
    let order = order(args);
    let text = match text(world, args) {
        Ok(text) => text,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    let (comment, posted) = match block_on(operate::comment(&text, &order, &*world.clock)) {
        Ok(Ok(done)) => done,
        Ok(Err(failure)) => return fail(world, &failure, NO_TEXTS),
        Err(exit) => return exit,
    };
    let commented = comment_view::Commented {
        result: match posted.outcome {
            Outcome::Created => "created",
            Outcome::Edited => "edited",
            Outcome::Unchanged => "unchanged",
        },
        id: posted.id,
        url: posted.url.as_deref(),
        marker: comment.marker(),
    };
    print_out(&match args.output {
        Output::Json => Layout::Indented.of(&comment_view::to_json(&commented)),
        Output::Jsonl => Layout::Line.of(&comment_view::to_json(&commented)),
        Output::Text => comment_view::to_text(&commented),
    });
    Exit::Done
}

/// Where it goes, and the token that the surroundings hold.
fn order(args: &CommentArgs) -> CommentOrder {
    let (host, project, api, token) = match (&args.repo, &args.gitlab) {
        (_, Some(project)) => {
            let own = variable("GITLAB_TOKEN").map(Token::Own);
            let token = own.or_else(|| variable("CI_JOB_TOKEN").map(Token::Job));
            (Host::GitLab, project.clone(), variable("CI_API_V4_URL"), token)
        }
        (repo, None) => {
            let token = variable("GITHUB_TOKEN").map(Token::Own);
            (Host::GitHub, repo.clone().unwrap_or_default(), variable("GITHUB_API_URL"), token)
        }
    };
    let api = args.api.clone().or(api);
    CommentOrder { host, api, project, number: args.number, author: args.author.clone(), token }
}

/// What is to be posted: a file, or standard input.
fn text(world: &World, args: &CommentArgs) -> Result<String, Failure> {
    if let Some(file) = args.file.as_ref().filter(|file| file.as_os_str() != "-") {
        return operate::named_file(&world.folder, file, "comment", MAX_FILE_BYTES).map(|(_, text)| text);
    }
    if world.interactive {
        print_err("reading the plan from standard input; end it with Ctrl-D\n");
    }
    let refuse = |title: String| Failure::from(Diagnostic::error(Code::NoPlanComment, title));
    match read_input()? {
        ReadFile::Bytes(bytes) => {
            String::from_utf8(bytes).map_err(|_| refuse("standard input is not UTF-8 text".to_owned()))
        }
        ReadFile::TooLarge { bytes } => Err(refuse(format!("standard input has more than {bytes} bytes"))),
        ReadFile::Missing => Ok(String::new()),
    }
}
