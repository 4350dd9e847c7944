//! What a person sees while a command runs: the plan, the question, the events, the ending.

use std::collections::BTreeMap;

use super::forms::Output;
use super::world::{World, print_err, print_out};
use crate::capacity::Sized;
use crate::diagnostic::{Diagnostics, FilePath};
use crate::environment::{Environment, Target};
use crate::event::Event;
use crate::operate::{self, Answer, Company, Founding, Leaving, Prepared, Promotion};
use crate::pipeline::Origins;
use crate::plan::{Plan, Policy};
use crate::units::Region;
use crate::view::diagnostics::{self, SourceMap};
use crate::view::events::{JsonLines, LiveTree, PlainLines, Scene, SceneResource, Story, ending};
use crate::view::next_steps::NextStep;
use crate::view::{Look, environments, gates, plan as plan_view};
use crate::workspace::ask_line;

/// How events are shown.
enum Show {
    /// Nothing yet.
    Unopened,
    /// A tree redrawn in place; how many lines of it are on the screen.
    Live(Box<LiveTree>, usize),
    /// A line per event.
    Plain(PlainLines),
    /// A JSON object per event.
    Jsonl(JsonLines),
}

/// The screen of one command.
pub(crate) struct Screen<'w> {
    world: &'w World,
    output: Output,
    show: Show,
    scene: Scene,
    story: Story,
}

impl<'w> Screen<'w> {
    /// Returns a screen that shows nothing yet.
    pub(crate) fn new(world: &'w World, output: Output) -> Self {
        Self { world, output, show: Show::Unopened, scene: Scene::default(), story: Story::default() }
    }

    /// How standard output looks.
    pub(crate) fn out(&self) -> Look {
        out_look(self.world)
    }

    /// Sets what is known before the first event.
    fn set_scene(&mut self, embedded: bool, plan: &Plan, origins: &Origins) {
        self.scene = Scene {
            stack: plan.stack.clone(),
            embedded,
            resources: plan
                .resources
                .iter()
                .map(|resource| SceneResource {
                    logical_id: resource.logical_id.to_string(),
                    type_name: resource.type_name.clone(),
                    stage: resource
                        .origin
                        .as_ref()
                        .or_else(|| origins.get(&resource.logical_id))
                        .and_then(|origin| origin.stage.as_ref())
                        .map_or_else(|| plan_view::whole(plan).to_owned(), ToString::to_string),
                })
                .collect(),
        };
        self.show = Show::Unopened;
    }

    fn show_plan(&self, plan: &Plan, about: &plan_view::About) {
        if self.output != Output::Jsonl {
            let look = if self.output == Output::Text { self.out() } else { err_look(self.world) };
            let text = plan_view::to_text(&look, plan, about, plan_view::Detail::default());
            if self.output == Output::Text { print_out(&text) } else { print_err(&text) }
        }
    }

    /// Takes the scene from a stack as it stands.
    pub(crate) fn standing(&mut self, stuck: &operate::Stuck) {
        let resources = stuck.stack.iter().flat_map(|stack| &stack.resources).map(|(id, resource)| SceneResource {
            logical_id: id.to_string(),
            type_name: resource.type_name.clone(),
            stage: stuck
                .origins
                .get(id)
                .and_then(|origin| origin.stage.as_ref())
                .map_or_else(|| "pipeline".to_owned(), ToString::to_string),
        });
        self.scene = Scene {
            stack: stuck.name.clone(),
            embedded: *stuck.environment.target() == Target::Embedded,
            resources: resources.collect(),
        };
        self.show = Show::Unopened;
    }

    fn open(&mut self) {
        let look = err_look(self.world);
        self.show = match self.output {
            Output::Jsonl => {
                let lines = JsonLines::new(self.scene.clone());
                print_out(&format!("{}\n", lines.opening()));
                Show::Jsonl(lines)
            }
            Output::Text if self.world.live => Show::Live(Box::new(LiveTree::new(self.scene.clone())), 0),
            Output::Text | Output::Json => {
                let lines = PlainLines::new(look, self.scene.clone());
                if let Some(opening) = lines.opening() {
                    print_err(&format!("{opening}\n"));
                }
                Show::Plain(lines)
            }
        };
    }

    /// Draws the live tree again, so that elapsed times move on between events.
    pub(crate) fn redraw(&mut self) {
        let (look, height, now) =
            (err_look(self.world), self.world.height.unwrap_or(24).saturating_sub(1), self.world.clock.now());
        if let Show::Live(tree, shown) = &mut self.show {
            let frame = tree.frame(&look, height, now);
            let mut text = String::new();
            if *shown > 0 {
                text.push_str(&format!("\x1b[{shown}A"));
            }
            for line in &frame {
                text.push_str(&format!("\r\x1b[2K{line}\n"));
            }
            for _ in frame.len()..*shown {
                text.push_str("\r\x1b[2K\n");
            }
            if frame.len() < *shown {
                text.push_str(&format!("\x1b[{}A", *shown - frame.len()));
            }
            *shown = frame.len();
            print_err(&text);
        }
    }

    /// Whether an operation came to its end before the eyes of this screen.
    pub(crate) fn saw_an_end(&self) -> bool {
        self.story.finish.is_some()
    }

    /// Shows how the operation ended: outputs and what to do next, or the root cause.
    pub(crate) fn end(&mut self, texts: &BTreeMap<FilePath, String>, next: &[NextStep]) {
        if matches!(self.show, Show::Jsonl(_)) {
            return;
        }
        let look = if self.output == Output::Text { self.out() } else { err_look(self.world) };
        let text = ending(&look, &self.scene, &self.story, &source_map(texts), next);
        if self.output == Output::Text { print_out(&text) } else { print_err(&text) }
    }
}

impl Company for Screen<'_> {
    fn warned(&mut self, warnings: &Diagnostics, texts: &BTreeMap<FilePath, String>) {
        print_diagnostics(self.world, warnings, texts);
    }

    fn planned(&mut self, prepared: &Prepared, plan: &Plan) {
        let about = about(prepared, plan, None);
        self.set_scene(about.embedded, plan, &prepared.rendered.origins);
        self.show_plan(plan, &about);
    }

    fn founding(&mut self, founding: &Founding<'_>) {
        let about = of_foundation(founding.environment, founding.region, founding.plan);
        self.set_scene(about.embedded, founding.plan, &Origins::new());
        self.show_plan(founding.plan, &about);
    }

    fn leaving(&mut self, leaving: &Leaving<'_>) {
        let about = bare(leaving.pipeline.as_str(), leaving.environment, leaving.region);
        self.set_scene(about.embedded, leaving.plan, &Origins::new());
        if self.output != Output::Jsonl {
            let look = err_look(self.world);
            print_err(&plan_view::removal_to_text(&look, leaving.plan, &about, leaving.emptied));
        }
    }

    fn promoting(&mut self, promotion: &Promotion<'_>) {
        if self.output != Output::Text {
            return;
        }
        let pipeline = promotion.prepared.sized.pipeline();
        let environment = pipeline.environment();
        let (plan, release) = (promotion.plan.digest().to_string(), promotion.release.as_str());
        let about = gates::About {
            pipeline: pipeline.name().as_str(),
            environment: environment.name().as_str(),
            region: pipeline.region().as_str(),
            from: Some(promotion.from.as_str()),
            release,
            plan: Some(&plan),
            since: None,
            embedded: *environment.target() == Target::Embedded,
            at: promotion.at,
            next: &[],
        };
        let look = self.out();
        print_out(&gates::to_text(&look, &about, gates::Outcome::Decided(promotion.decision)));
        if let Some(difference) = promotion.difference {
            print_out(&format!("\n{}\n", environments::to_text(&look, difference).trim_end()));
        }
        print_out("\n");
    }

    fn listens(&self) -> bool {
        self.world.interactive && self.output != Output::Jsonl
    }

    fn agree(&mut self, question: &str) -> Answer {
        if !self.listens() {
            return Answer::Nobody;
        }
        print_err(&format!("\n{question} [y/N] "));
        match ask_line() {
            Some(line) if matches!(line.to_ascii_lowercase().as_str(), "y" | "yes") => Answer::Yes,
            Some(_) => Answer::No,
            None => Answer::Nobody,
        }
    }

    fn tell(&mut self, event: Event) {
        if matches!(self.show, Show::Unopened) {
            self.open();
        }
        self.story.on(&event);
        match &mut self.show {
            Show::Live(tree, _) => {
                tree.on(&event);
                self.redraw();
            }
            Show::Plain(lines) => print_err(&format!("{}\n", lines.line(&event))),
            Show::Jsonl(lines) => print_out(&format!("{}\n", lines.line(&event))),
            Show::Unopened => {}
        }
    }
}

/// What a plan is about, as its views take it.
pub(crate) fn about(prepared: &Prepared, plan: &Plan, earlier: Option<&Sized>) -> plan_view::About {
    let pipeline = prepared.sized.pipeline();
    let outlook = operate::outlook(&prepared.sized);
    let consent = outlook.policy(pipeline.environment().tier()).demands(plan);
    let past =
        earlier.map(operate::outlook).map(|past| plan_view::Outlook::of(past.assessment, past.bill, past.budget));
    let operate::Outlook { assessment, bill, budget } = outlook;
    plan_view::About {
        pipeline: pipeline.name().to_string(),
        environment: pipeline.environment().name().to_string(),
        account: pipeline.account().to_string(),
        region: pipeline.region().to_string(),
        embedded: *pipeline.environment().target() == Target::Embedded,
        outlook: Some(plan_view::Outlook::of(assessment, bill, budget).after(past)),
        topology: None,
        consent,
    }
}

/// What a plan is about that shows no outlook.
fn bare(what: &str, environment: &Environment, region: &Region) -> plan_view::About {
    plan_view::About {
        pipeline: what.to_owned(),
        environment: environment.name().to_string(),
        account: environment.account().to_string(),
        region: region.to_string(),
        embedded: *environment.target() == Target::Embedded,
        ..plan_view::About::default()
    }
}

/// What the plan of a foundation is about.
pub(crate) fn of_foundation(environment: &Environment, region: &Region, plan: &Plan) -> plan_view::About {
    let policy = Policy { tier: environment.tier(), budget: None };
    plan_view::About { consent: policy.demands(plan), ..bare(plan_view::whole(plan), environment, region) }
}

/// How standard output looks.
pub(crate) fn out_look(world: &World) -> Look {
    Look { palette: world.out_palette, symbols: world.symbols, width: world.width }
}

/// How standard error looks.
pub(crate) fn err_look(world: &World) -> Look {
    Look { palette: world.err_palette, symbols: world.symbols, width: world.width }
}

/// The texts of the files that were read, as the views take them.
pub(crate) fn source_map(texts: &BTreeMap<FilePath, String>) -> SourceMap {
    let mut sources = SourceMap::new();
    for (file, text) in texts {
        sources.insert(file.clone(), text.as_str());
    }
    sources
}

/// Prints diagnostics for people.
pub(crate) fn print_diagnostics(world: &World, found: &Diagnostics, texts: &BTreeMap<FilePath, String>) {
    if !found.is_empty() {
        print_err(&diagnostics::to_text(found, &source_map(texts), &err_look(world)));
    }
}
