//! `sluice diff`: one pipeline in two environments. It is rendered again and again with one setting more of the second environment, so
//! that each difference is known by what makes it.

use super::failure::Failure;
use super::load::Shelf;
use super::prepare::{Prepared, prepare};
use crate::capacity;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::environment::{self, EnvironmentFile, EnvironmentSpec};
use crate::pipeline::{self, FolderFacts};
use crate::plan::{EnvironmentDiff, Setter, Setting, SettingKind, Side, Stand, Step, environments};
use crate::render::{self, Rendered};
use crate::spec::{Decode as _, Difference, Node, PipelineFile, SpecFile, Value, differences};
use crate::units::{PipelineName, Region};

/// Compares a pipeline in two environments, each in its first region.
///
/// # Errors
/// What is wrong with the files, in either environment; and where the first environment's settings cannot stand where the second one is.
pub fn diff(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    before: &str,
    after: &str,
) -> Result<(EnvironmentDiff, Diagnostics), Failure> {
    if before == after {
        let same = Diagnostic::error(Code::BadArgument, format!("`{before}` is compared with itself"));
        return Err(same.help("name two environments: `sluice diff staging prod`").into());
    }
    let (mut wrong, mut warnings, mut whole) = (Diagnostics::new(), Diagnostics::new(), Vec::new());
    for environment in [before, after] {
        match prepare(shelf, pipeline, environment, None) {
            Ok(prepared) => {
                add_new(&mut warnings, &prepared.warnings);
                whole.push(prepared);
            }
            Err(failure) => add_new(&mut wrong, &failure.diagnostics),
        }
    }
    let [from, to] = whole.as_slice() else { return Err(wrong.into()) };
    let bench = Bench::new(shelf, pipeline, to)?;
    let start = Settings::of(&bench, shelf, before, to)?;
    let goal = Settings::of(&bench, shelf, after, to)?;
    let start = start.where_the_other_stands(&goal, from, to);
    let real = stand(&from.rendered);
    let first = bench.render(shelf, &start).map_err(|failure| cannot_stand(failure, before, after))?;
    let steps = steps(shelf, &bench, start.clone(), &goal, &to.rendered);
    let sides = [side(from), side(to)];
    Ok((environments(from.sized.pipeline().name(), sides, &real, &stand(&first), steps), warnings))
}

/// Adds what was not told already: the pipeline file is read for both environments.
fn add_new(known: &mut Diagnostics, found: &Diagnostics) {
    let new: Vec<Diagnostic> =
        found.iter().filter(|found| !known.iter().any(|known| known == *found)).cloned().collect();
    known.extend(new);
}

fn cannot_stand(failure: Failure, before: &str, after: &str) -> Failure {
    let title = format!(
        "what `{before}` sets does not fit where `{after}` is, so the two cannot be told apart setting by setting"
    );
    let mut all =
        Diagnostics::from(Diagnostic::error(Code::Conflict, title).note("what follows is what would be wrong there"));
    all.extend(failure.diagnostics);
    Failure { kind: failure.kind, diagnostics: all }
}

fn side(prepared: &Prepared) -> Side {
    let pipeline = prepared.sized.pipeline();
    Side {
        environment: pipeline.environment().name().clone(),
        tier: pipeline.environment().tier(),
        account: pipeline.account().clone(),
        region: pipeline.region().clone(),
        stack: prepared.rendered.stack_name.clone(),
    }
}

fn stand(rendered: &Rendered) -> Stand {
    Stand {
        template: rendered.template.clone(),
        tags: rendered.tags.clone(),
        termination_protection: rendered.termination_protection,
        origins: rendered.origins.clone(),
    }
}

/// What stays the same over all renderings.
struct Bench {
    name: String,
    spec: SpecFile,
    facts: FolderFacts,
    region: Region,
    /// The second environment's file.
    home: EnvironmentFile,
}

impl Bench {
    fn new(shelf: &mut Shelf<'_>, name: &str, to: &Prepared) -> Result<Self, Failure> {
        let home = shelf.environment(to.sized.pipeline().environment().name().as_str())?.clone();
        Ok(Self {
            name: name.to_owned(),
            spec: shelf.spec(name)?.clone(),
            facts: shelf.facts(name)?,
            region: to.sized.pipeline().region().clone(),
            home,
        })
    }

    fn render(&self, shelf: &mut Shelf<'_>, settings: &Settings) -> Result<Rendered, Failure> {
        let spec = self.spec.with_tree(settings.pipeline.clone())?;
        let file = self.home.environment().file();
        let environment = environment::read_tree(file, settings.environment.clone())?;
        let (pipeline, _) = pipeline::resolve(&spec, &environment, Some(&self.region), &self.facts)?;
        let assets = shelf.pack(&self.name, &pipeline)?.assets;
        let templates = shelf.templates()?;
        Ok(render::render(&capacity::size(pipeline), &templates, &assets)?)
    }
}

/// Everything that is set in an environment: the pipeline file with the overlay in it, and the environment's own settings
/// without it.
#[derive(Clone)]
struct Settings {
    pipeline: Node,
    environment: Node,
}

/// The section of an environment file that holds the overlays.
const OVERLAYS: &str = "pipelines";

/// What an environment is and where: its name, its account, its regions.
const IDENTITY: [&str; 3] = ["environment", "account", "regions"];

impl Settings {
    fn of(bench: &Bench, shelf: &mut Shelf<'_>, environment: &str, to: &Prepared) -> Result<Self, Failure> {
        let file = shelf.environment(environment)?;
        let name = bench.spec.name();
        let merged = bench.spec.merged(file.overlay(name)).ok_or_else(|| bench.spec.found().clone())?;
        Ok(Self { pipeline: merged.tree, environment: standing(file, name, &bench.facts, to) })
    }

    /// The same, as if it stood where another environment does: what only says so in other words is the other's.
    fn where_the_other_stands(&self, other: &Self, from: &Prepared, to: &Prepared) -> Self {
        let (from, to) = (from.sized.pipeline(), to.sized.pipeline());
        let moved = |text: &str| {
            text.replace(from.account().as_str(), to.account().as_str())
                .replace(from.region().as_str(), to.region().as_str())
        };
        let mut environment = self.environment.map_texts(&moved);
        let networks = |tree: &Node| tree.get("networks").map(|node| node.entries().to_vec()).unwrap_or_default();
        for entry in networks(&environment) {
            let theirs = other.environment.get("networks").and_then(|all| all.get(&entry.key));
            if let Some(theirs) = theirs.filter(|theirs| sizes(theirs) == sizes(&entry.value)) {
                environment = environment.with(&["networks".to_owned(), entry.key], Some(theirs));
            }
        }
        Self { pipeline: self.pipeline.map_texts(&moved), environment }
    }
}

/// How many subnets and security groups a network has: their ids say only where it is.
fn sizes(network: &Node) -> Vec<(&str, usize)> {
    let length = |node: &Node| match &node.value {
        Value::Sequence(items) => items.len(),
        Value::Null | Value::Scalar { .. } | Value::Mapping(_) => 1,
    };
    let mut sizes: Vec<_> = network.entries().iter().map(|entry| (entry.key.as_str(), length(&entry.value))).collect();
    sizes.sort_unstable();
    sizes
}

/// An environment's own settings under the name, account and region of the second one; of its overlays only those
/// on pipelines whose streams are read. The version of the file's format is no setting.
fn standing(file: &EnvironmentFile, name: &PipelineName, facts: &FolderFacts, to: &Prepared) -> Node {
    let tree = file.tree();
    let text =
        |text: &str| Node { value: Value::Scalar { text: text.to_owned(), plain: false }, place: tree.place.clone() };
    let there = to.sized.pipeline();
    let regions = Node { value: Value::Sequence(vec![text(there.region().as_str())]), place: tree.place.clone() };
    let identity = [text(there.environment().name().as_str()), text(there.account().as_str()), regions];
    let tree = IDENTITY
        .iter()
        .zip(&identity)
        .fold(tree.clone(), |tree, (key, value)| tree.with(&[(*key).to_owned()], Some(value)));
    let tree = tree.with(&["sluice".to_owned()], None);
    let overlays = file.tree().get(OVERLAYS).map(Node::entries).unwrap_or_default();
    let read = |key: &str| key != name.as_str() && facts.neighbours().any(|spec| spec.name().as_str() == key);
    let kept = overlays.iter().filter(|entry| read(&entry.key));
    let without = tree.with(&[OVERLAYS.to_owned()], None);
    kept.fold(without, |tree, entry| tree.with(&[OVERLAYS.to_owned(), entry.key.clone()], Some(&entry.value)))
}

/// Takes over one setting of the goal after the other. One that does not fit what is there so far is taken over together
/// with the next.
fn steps(shelf: &mut Shelf<'_>, bench: &Bench, mut now: Settings, goal: &Settings, end: &Rendered) -> Vec<Step> {
    let start = now.clone();
    let of_pipeline = differences(&start.pipeline, &goal.pipeline, PipelineFile::shape());
    let mut of_environment = differences(&start.environment, &goal.environment, EnvironmentSpec::shape());
    // What nobody set follows from the tier: after what somebody set, so that each has what is its own.
    of_environment.sort_by_key(|found| kind(found) != SettingKind::Tier);
    let last = of_pipeline.len() + of_environment.len();
    let mut steps: Vec<Step> = Vec::new();
    let mut held = Vec::new();
    let all = of_pipeline.iter().map(|found| (true, found)).chain(of_environment.iter().map(|found| (false, found)));
    for (at, (of_pipeline, found)) in all.enumerate() {
        let (tree, kind) =
            if of_pipeline { (&mut now.pipeline, SettingKind::Pipeline) } else { (&mut now.environment, kind(found)) };
        *tree = tree.with(&found.path, found.after);
        held.push(setting(found, kind));
        let rendered = if at + 1 == last { Some(end.clone()) } else { bench.render(shelf, &now).ok() };
        if let Some(rendered) = rendered {
            steps.push(Step { settings: std::mem::take(&mut held), after: stand(&rendered) });
        }
    }
    steps
}

fn kind(found: &Difference<'_>) -> SettingKind {
    match found.path.first().map(String::as_str) {
        Some("tier") => SettingKind::Tier,
        Some(_) | None => SettingKind::Environment,
    }
}

fn setting(found: &Difference<'_>, kind: SettingKind) -> Setting {
    let setter =
        |node: Option<&Node>| Setter { value: node.map(Node::on_one_line), place: node.map(|node| node.place.clone()) };
    Setting { path: found.path.join("."), kind, before: setter(found.before), after: setter(found.after) }
}
