//! `sluice release …`.

use std::cell::Cell;
use std::future::Future;

use serde_json::Value;

use super::args::{
    CopyArgs, CreateArgs, DiffReleaseArgs, Global, ListArgs, Place, ReleaseCommand, ShowReleaseArgs, VerifyArgs,
};
use super::clouds::Clouds;
use super::exit::Exit;
use super::forms::{Layout, Output};
use super::offline::{NO_TEXTS, fail, open, running, typed_region};
use super::online::{block_on, ticking};
use super::screen::out_look;
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Target;
use crate::event::{Event, EventKind};
use crate::operate::{self, Attested, Failure, Interrupt, ReleaseOrder, ReleasePlace, Shelf, Tools};
use crate::units::{ByteSize, PipelineName};
use crate::view::release::{self as view, Provenance};
use crate::view::{EMBEDDED_NOTICE, Label, Look};
use crate::workspace::Project;

/// Runs a subcommand.
pub(crate) fn run(world: &World, global: &Global, command: ReleaseCommand) -> Exit {
    if let ReleaseCommand::Verify(args) = &command
        && args.place.environment.is_none()
        && let Some(exit) = file(world, args)
    {
        return exit;
    }
    let project = match open(world) {
        Ok(project) => running(project),
        Err(exit) => return exit,
    };
    let desk = Desk {
        world,
        project: &project,
        clouds: Clouds::new(world, global, &project),
        interrupt: Interrupt::new(),
        embedded: Cell::new(false),
    };
    let mut shelf = Shelf::new(&project);
    let done = match command {
        ReleaseCommand::Create(args) => desk.create(&mut shelf, &args),
        ReleaseCommand::List(args) => desk.list(&mut shelf, &args),
        ReleaseCommand::Show(args) => desk.show(&mut shelf, &args),
        ReleaseCommand::Diff(args) => desk.diff(&mut shelf, &args),
        ReleaseCommand::Copy(args) => desk.copy(&mut shelf, &args),
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
    /// Whether a bucket of the cloud inside is looked at.
    embedded: Cell<bool>,
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

    /// Prints a result. What was looked at in the cloud inside says so.
    fn print(&self, output: Output, text: impl FnOnce(&Look) -> String, document: impl FnOnce() -> Value) {
        let look = out_look(self.world);
        let notice = || match self.embedded.get() {
            true => format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)),
            false => String::new(),
        };
        print_out(&match output {
            Output::Text => format!("{}{}", notice(), text(&look)),
            Output::Json => Layout::Indented.of(&document()),
            Output::Jsonl => Layout::Line.of(&document()),
        });
    }

    /// Where releases are looked for.
    fn place(
        &self,
        shelf: &mut Shelf<'_>,
        environment: Option<&String>,
        region: Option<&str>,
    ) -> Result<ReleasePlace, Failure> {
        if let Some(name) = environment {
            let inside = *shelf.environment(name)?.environment().target() == Target::Embedded;
            self.embedded.set(self.embedded.get() || inside);
        }
        Ok(ReleasePlace { environment: environment.cloned(), region: typed_region(region)? })
    }

    fn typed(&self, shelf: &mut Shelf<'_>, typed: &Place) -> Result<ReleasePlace, Failure> {
        self.place(shelf, typed.environment.as_ref(), typed.region.as_deref())
    }

    fn create(&self, shelf: &mut Shelf<'_>, args: &CreateArgs) -> Result<Exit, Ended> {
        let order = ReleaseOrder {
            pipeline: operate::only_pipeline(self.project, args.pipeline.as_deref())?,
            place: self.place(shelf, args.environment.as_ref(), args.region.as_deref())?,
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
        let place = self.typed(shelf, &args.place)?;
        let found = self.run(operate::list_releases(shelf, pipeline.as_ref(), &place, self.tools()))?;
        let all: Vec<view::Listed<'_>> = found
            .iter()
            .map(|one| view::Listed {
                digest: one.digest.as_str(),
                pipeline: one.pipeline.as_str(),
                made: one.made,
                commit: one.commit.as_ref().map(|(commit, _)| commit.as_str()),
                uncommitted: one.commit.as_ref().is_some_and(|(_, changed)| *changed),
                whole: one.whole,
                signed: one.signed,
                here: one.here,
                in_bucket: one.in_bucket,
            })
            .collect();
        self.print(args.output, |look| view::list_to_text(look, &all), || view::list_to_json(&all));
        Ok(Exit::Done)
    }

    fn show(&self, shelf: &mut Shelf<'_>, args: &ShowReleaseArgs) -> Result<Exit, Ended> {
        let place = self.typed(shelf, &args.place)?;
        let found = self.run(operate::find_release(shelf, &args.digest, &place, self.tools()))?;
        let shown = shown(&found);
        self.print(args.output, |look| view::shown_to_text(look, &shown), || view::to_json(&shown));
        Ok(Exit::Done)
    }

    fn diff(&self, shelf: &mut Shelf<'_>, args: &DiffReleaseArgs) -> Result<Exit, Ended> {
        let (pair, place) = ((args.before.as_str(), args.after.as_str()), self.typed(shelf, &args.place)?);
        let (difference, before, after) = self.run(operate::compare_releases(shelf, pair, &place, self.tools()))?;
        let text = |look: &Look| view::difference_to_text(look, &difference, &before.release, &after.release);
        self.print(args.output, text, || view::to_json(&difference));
        Ok(if args.detailed_exitcode && !difference.changes.is_empty() { Exit::Changes } else { Exit::Done })
    }

    fn copy(&self, shelf: &mut Shelf<'_>, args: &CopyArgs) -> Result<Exit, Ended> {
        let region = args.region.as_deref();
        let (from, to) = (self.place(shelf, Some(&args.from), region)?, self.place(shelf, Some(&args.to), region)?);
        let mut tell = |event: Event| told(&event.kind);
        let copying = operate::carry_release(shelf, &args.digest, (&from, &to), self.tools(), &mut tell);
        let carried = self.run(copying)?;
        let copied = view::Copied {
            digest: carried.release.digest.as_str(),
            pipeline: carried.release.content.pipeline.as_str(),
            from: &args.from,
            to: &args.to,
            record: &carried.record,
            provenances: &carried.provenances,
            sent: carried.sent,
            already_there: carried.there,
            bytes: carried.bytes,
        };
        self.print(args.output, |look| view::copied_to_text(look, &copied), || view::to_json(&copied));
        Ok(Exit::Done)
    }

    fn verify(&self, shelf: &mut Shelf<'_>, args: &VerifyArgs) -> Result<Exit, Ended> {
        let (folder, place, key) = (&self.world.folder, self.typed(shelf, &args.place)?, args.key.as_deref());
        let verifying = operate::verify_release(shelf, folder, &args.release, key, &place, self.tools());
        let verified = self.run(verifying)?;
        let told = whole(&verified);
        self.print(args.output, |look| view::verified_to_text(look, &told), || view::to_json(&told));
        Ok(Exit::Done)
    }
}

/// Verifies a record in a file, wherever that is; none where a digest is meant.
fn file(world: &World, args: &VerifyArgs) -> Option<Exit> {
    let verified = match operate::verify_file(&world.folder, &args.release, args.key.as_deref()) {
        Ok(verified) => verified?,
        Err(failure) => return Some(fail(world, &failure, NO_TEXTS)),
    };
    let told = whole(&verified);
    print_out(&match args.output {
        Output::Text => view::verified_to_text(&out_look(world), &told),
        Output::Json => Layout::Indented.of(&view::to_json(&told)),
        Output::Jsonl => Layout::Line.of(&view::to_json(&told)),
    });
    Some(Exit::Done)
}

fn whole(verified: &operate::Verified) -> view::Verified<'_> {
    view::Verified { shown: shown(&verified.found), signed_by: verified.key.as_deref(), artifacts: verified.artifacts }
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
