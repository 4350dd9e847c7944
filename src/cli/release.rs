//! `sluice release …`.

use std::future::Future;

use serde_json::Value;

use super::args::{CreateArgs, DiffReleaseArgs, Global, ListArgs, Place, ReleaseCommand, ShowReleaseArgs, VerifyArgs};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{fail, open, running, typed_region};
use super::online::{block_on, ticking};
use super::screen::out_look;
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic};
use crate::event::{Event, EventKind};
use crate::operate::{self, Attested, Failure, Interrupt, ReleaseOrder, ReleasePlace, Shelf, Tools};
use crate::units::{ByteSize, PipelineName};
use crate::view::Look;
use crate::view::release::{self as view, Provenance};
use crate::workspace::Project;

/// Runs a subcommand.
pub(crate) fn run(world: &World, global: &Global, command: ReleaseCommand) -> Exit {
    let project = match open(world) {
        Ok(project) => running(project),
        Err(exit) => return exit,
    };
    let desk =
        Desk { world, project: &project, clouds: Clouds::new(world, global, &project), interrupt: Interrupt::new() };
    let mut shelf = Shelf::new(&project);
    let done = match command {
        ReleaseCommand::Create(args) => desk.create(&mut shelf, &args),
        ReleaseCommand::List(args) => desk.list(&mut shelf, &args),
        ReleaseCommand::Show(args) => desk.show(&mut shelf, &args),
        ReleaseCommand::Diff(args) => desk.diff(&mut shelf, &args),
        ReleaseCommand::Verify(args) => desk.verify(&mut shelf, &args),
    };
    match done {
        Ok(exit) => exit,
        Err(Ended::Failed(failure)) => fail(world, &failure, shelf.texts()),
        Err(Ended::Exit(exit)) => exit,
    }
}

/// Why a subcommand did not come to its end.
enum Ended {
    Failed(Failure),
    Exit(Exit),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What every subcommand works with.
struct Desk<'a> {
    world: &'a World,
    project: &'a Project,
    clouds: Clouds,
    interrupt: Interrupt,
}

impl Desk<'_> {
    fn tools(&self) -> Tools<'_> {
        Tools { connector: &self.clouds, clock: &*self.world.clock, interrupt: &self.interrupt }
    }

    fn run<T>(&self, command: impl Future<Output = Result<T, Failure>>) -> Result<T, Ended> {
        match block_on(ticking(command, || (), &self.interrupt)) {
            Ok(done) => Ok(done?),
            Err(exit) => Err(Ended::Exit(exit)),
        }
    }

    fn print(&self, output: Output, text: impl FnOnce(&Look) -> String, document: impl FnOnce() -> Value) {
        print_out(&match output {
            Output::Text => text(&out_look(self.world)),
            Output::Json => Layout::Indented.of(&document()),
            Output::Jsonl => Layout::Line.of(&document()),
        });
    }

    fn create(&self, shelf: &mut Shelf<'_>, args: &CreateArgs) -> Result<Exit, Ended> {
        let order = ReleaseOrder {
            pipeline: operate::only_pipeline(self.project, args.pipeline.as_deref())?,
            place: ReleasePlace {
                environment: args.environment.clone(),
                region: typed_region(args.region.as_deref())?,
            },
            key: args.key.clone(),
            out: args.out.clone(),
        };
        let mut tell = |event: Event| told(&event.kind);
        let made = self.run(operate::create_release(shelf, &self.world.folder, &order, self.tools(), &mut tell))?;
        let created = view::Created {
            digest: made.release.digest.as_str(),
            pipeline: made.release.content.pipeline.as_str(),
            new: !made.was_there,
            records: &made.records,
            provenances: &made.provenances,
            signed_by: made.signed_by.as_deref(),
            uploaded: made.uploaded.map(|(sent, _)| sent),
            already_there: made.uploaded.map(|(_, there)| there),
        };
        self.print(args.output, |look| view::created_to_text(look, &created), || view::to_json(&created));
        Ok(Exit::Done)
    }

    fn list(&self, shelf: &mut Shelf<'_>, args: &ListArgs) -> Result<Exit, Ended> {
        let pipeline = args.pipeline.as_deref().map(pipeline_name).transpose()?;
        let place = place(&args.place)?;
        let found = self.run(operate::list_releases(shelf, pipeline.as_ref(), &place, self.tools()))?;
        let all: Vec<view::Listed<'_>> = found
            .iter()
            .map(|one| view::Listed {
                digest: one.digest.as_str(),
                pipeline: one.pipeline.as_str(),
                made: one.made,
                commit: one.commit.as_ref().map(|(commit, _)| commit.as_str()),
                uncommitted: one.commit.as_ref().is_some_and(|(_, changed)| *changed),
                signed: one.signed,
                here: one.here,
                in_bucket: one.in_bucket,
            })
            .collect();
        self.print(args.output, |look| view::list_to_text(look, &all), || view::list_to_json(&all));
        Ok(Exit::Done)
    }

    fn show(&self, shelf: &mut Shelf<'_>, args: &ShowReleaseArgs) -> Result<Exit, Ended> {
        let found = self.run(operate::find_release(shelf, &args.digest, &place(&args.place)?, self.tools()))?;
        let shown = shown(&found);
        self.print(args.output, |look| view::shown_to_text(look, &shown), || view::to_json(&shown));
        Ok(Exit::Done)
    }

    fn diff(&self, shelf: &mut Shelf<'_>, args: &DiffReleaseArgs) -> Result<Exit, Ended> {
        let (pair, place) = ((args.before.as_str(), args.after.as_str()), place(&args.place)?);
        let (difference, before, after) = self.run(operate::compare_releases(shelf, pair, &place, self.tools()))?;
        let text = |look: &Look| view::difference_to_text(look, &difference, &before.release, &after.release);
        self.print(args.output, text, || view::to_json(&difference));
        Ok(if args.detailed_exitcode && !difference.changes.is_empty() { Exit::Changes } else { Exit::Done })
    }

    fn verify(&self, shelf: &mut Shelf<'_>, args: &VerifyArgs) -> Result<Exit, Ended> {
        let (folder, place, key) = (&self.world.folder, place(&args.place)?, args.key.as_deref());
        let verifying = operate::verify_release(shelf, folder, &args.release, key, &place, self.tools());
        let verified = self.run(verifying)?;
        let told = view::Verified {
            shown: shown(&verified.found),
            signed_by: verified.key.as_deref(),
            artifacts: verified.artifacts,
        };
        self.print(args.output, |look| view::verified_to_text(look, &told), || view::to_json(&told));
        Ok(Exit::Done)
    }
}

fn place(typed: &Place) -> Result<ReleasePlace, Failure> {
    Ok(ReleasePlace { environment: typed.environment.clone(), region: typed_region(typed.region.as_deref())? })
}

fn pipeline_name(typed: &str) -> Result<PipelineName, Failure> {
    PipelineName::new(typed).map_err(|error| Diagnostic::error(Code::BadName, format!("`{typed}` {error}")).into())
}

fn shown(found: &operate::Found) -> view::Shown<'_> {
    view::Shown {
        digest: found.release.digest.as_str(),
        content: &found.release.content,
        records: &found.records,
        provenances: found.provenances.iter().map(provenance).collect(),
    }
}

fn provenance(attested: &Attested) -> Provenance<'_> {
    Provenance {
        place: &attested.place,
        keys: &attested.keys,
        verified: attested.signed,
        made: attested.told.made,
        commit: attested.told.commit.as_deref(),
        uncommitted: attested.told.changed,
    }
}

/// Says what happens on the way to a bucket.
fn told(kind: &EventKind) {
    match kind {
        EventKind::Artifact { name, bytes, already_there, .. } => {
            let found = if *already_there { "is already there" } else { "uploaded" };
            print_err(&format!("{name} ({:.1}) {found}\n", ByteSize::from_bytes(*bytes)));
        }
        EventKind::Uploading { sent_bytes, all_bytes, .. } => {
            let (sent, all) = (ByteSize::from_bytes(*sent_bytes), ByteSize::from_bytes(*all_bytes));
            print_err(&format!("{sent:.1} of {all:.1}\n"));
        }
        _ => {}
    }
}
