//! Commands that only read and write files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use super::args::{ExplainArgs, InitArgs, RenderArgs, SchemaArgs, SchemaOf, Selection, TemplateOutput};
use super::exit::Exit;
use super::screen::{err_look, out_look, print_diagnostics, source_map};
use super::world::{World, print_err, print_out};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, closest};
use crate::observed::KnownCause;
use crate::operate::{self, Failure, FailureKind, TemplateForm};
use crate::units::Region;
use crate::view::{self, diagnostics, plural};
use crate::workspace::{Project, write_file};
use crate::{environment, spec};

/// Texts of no files, for failures that come before any was read.
pub(crate) const NO_TEXTS: &BTreeMap<FilePath, String> = &BTreeMap::new();

/// `sluice render`.
pub(crate) fn render(world: &World, args: &RenderArgs) -> Exit {
    let project = match open(world) {
        Ok(project) => running(project),
        Err(exit) => return exit,
    };
    let (form, ending) = match args.output {
        TemplateOutput::Yaml => (TemplateForm::Yaml, "yaml"),
        TemplateOutput::Json => (TemplateForm::Json, "json"),
    };
    let (pairs, region) = match selected(&project, &args.select) {
        Ok(selected) => selected,
        Err(failure) => return fail(world, &failure, NO_TEXTS),
    };
    if args.out.is_none() && pairs.len() > 1 {
        let many = Diagnostic::error(
            Code::OutNeeded,
            format!("{} were selected, and standard output takes one", plural(pairs.len(), "template")),
        )
        .help("name one pipeline and one environment, or write them into a folder: `sluice render --out rendered`");
        return fail(world, &many.into(), NO_TEXTS);
    }
    let alone = Mutex::new(String::new());
    let keep = |file: operate::RenderedFile| match &args.out {
        Some(folder) => {
            let path = world.folder.join(folder).join(format!("{}.{ending}", file.stem));
            write_file(&path, file.text.as_bytes()).map_err(Failure::from)
        }
        None => {
            if let Ok(mut alone) = alone.lock() {
                *alone = file.text;
            }
            Ok(())
        }
    };
    match operate::render_all(&project, &pairs, region.as_ref(), form, &keep) {
        Ok(warnings) => {
            print_diagnostics(world, &warnings, &texts_of(&project, &warnings));
            match &args.out {
                Some(folder) => {
                    print_err(&format!("wrote {} to {}\n", plural(pairs.len(), "template"), folder.display()));
                }
                None => print_out(&alone.into_inner().unwrap_or_default()),
            }
            Exit::Done
        }
        Err(failure) => fail(world, &failure, &texts_of(&project, &failure.diagnostics)),
    }
}

/// `sluice explain`.
pub(crate) fn explain(world: &World, args: &ExplainArgs) -> Exit {
    let look = out_look(world);
    let Some(typed) = &args.code else {
        print_out(&view::explain::list(&look));
        return Exit::Done;
    };
    if let Some(code) = Code::parse(typed) {
        print_out(&view::explain::page(&look, code));
        return Exit::Done;
    }
    if typed == "causes" {
        print_out(&view::causes::list(&look));
        return Exit::Done;
    }
    if let Some(known) = KnownCause::parse(typed) {
        print_out(&view::causes::page(&look, known));
        return Exit::Done;
    }
    let unknown = Diagnostic::error(Code::UnknownCode, format!("there is no code `{typed}`"));
    let unknown =
        match closest(typed, Code::ALL.iter().map(|code| code.as_str()).chain(KnownCause::all().map(|known| known.id)))
        {
            Some(close) => unknown.help(format!("did you mean `{close}`?")),
            None => unknown,
        };
    fail(world, &unknown.help("`sluice explain` lists them all").into(), NO_TEXTS)
}

/// `sluice schema`.
pub(crate) fn schema(args: &SchemaArgs) -> Exit {
    let schema = match args.of {
        SchemaOf::Pipeline => spec::json_schema(),
        SchemaOf::Environment => environment::json_schema(),
        SchemaOf::Plan => view::plan::schema(),
    };
    print_out(&format!("{schema:#}\n"));
    Exit::Done
}

/// `sluice init`.
pub(crate) fn init(world: &World, args: &InitArgs) -> Exit {
    let folder = world.folder.join(&args.folder);
    match operate::init(&folder, &args.stack) {
        Ok(started) => {
            let look = out_look(world);
            let shown =
                if args.folder == Path::new(".") { String::new() } else { format!("cd {} && ", args.folder.display()) };
            print_err(&format!("wrote {} to {}\n", plural(started.files.len(), "file"), args.folder.display()));
            let mut next =
                vec![view::next_steps::NextStep::new(format!("{shown}sluice check"), "every problem in one run")];
            next.extend(started.stacks.iter().enumerate().map(|(at, stack)| {
                let why = match at {
                    0 => "deploy it to the cloud inside this binary",
                    _ => "then this one, which reads a stream of it",
                };
                view::next_steps::NextStep::new(format!("{shown}sluice deploy {stack} --env local"), why)
            }));
            print_out(&view::next_steps::to_text(&look, &next));
            Exit::Done
        }
        Err(failure) => fail(world, &failure, NO_TEXTS),
    }
}

/// Opens the project, or says why there is none.
pub(crate) fn open(world: &World) -> Result<Project, Exit> {
    Project::find(&world.folder).map_err(|error| fail(world, &error.into(), NO_TEXTS))
}

/// The same project, of which builds and installers may run; each is told before it begins.
pub(crate) fn running(project: Project) -> Project {
    project.running(|begins| super::world::print_err(&format!("{begins}\n")))
}

/// Pairs of pipeline and environment.
pub(crate) type Pairs = Vec<(String, String)>;

/// The pairs of pipeline and environment that were typed, and the region.
pub(crate) fn selected(project: &Project, select: &Selection) -> Result<(Pairs, Option<Region>), Failure> {
    let pairs = operate::select(project, &select.pipelines, &select.environments)?;
    Ok((pairs, typed_region(select.region.as_deref())?))
}

/// A region as typed.
pub(crate) fn typed_region(typed: Option<&str>) -> Result<Option<Region>, Failure> {
    typed
        .map(|typed| {
            Region::new(typed)
                .map_err(|error| Failure::from(Diagnostic::error(Code::BadArgument, format!("`{typed}` {error}"))))
        })
        .transpose()
}

/// The texts of the files that diagnostics point into; rendering many pipelines keeps none.
pub(crate) fn texts_of(project: &Project, found: &Diagnostics) -> BTreeMap<FilePath, String> {
    let mut texts = BTreeMap::new();
    for label in found.iter().flat_map(|diagnostic| &diagnostic.labels) {
        if let Ok(crate::workspace::ReadFile::Bytes(bytes)) = project.read(&label.place.file) {
            texts.insert(label.place.file.clone(), String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    texts
}

/// Says why a command did not end well, and gives its exit code.
pub(crate) fn fail(world: &World, failure: &Failure, texts: &BTreeMap<FilePath, String>) -> Exit {
    print_err(&diagnostics::to_text(&failure.diagnostics, &source_map(texts), &err_look(world)));
    exit_of(failure.kind)
}

/// The exit code of a kind of ending.
pub(crate) fn exit_of(kind: FailureKind) -> Exit {
    match kind {
        FailureKind::Error => Exit::Error,
        FailureKind::Usage => Exit::Usage,
        FailureKind::Refused => Exit::Refused,
        FailureKind::RolledBack => Exit::RolledBack,
        FailureKind::NeedsAttention => Exit::NeedsAttention,
        FailureKind::Interrupted => Exit::Interrupted,
    }
}
