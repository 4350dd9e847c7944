//! The live tree as a model: events go in, frames come out. It holds no screen and reads no clock.

use super::plain::{doing, portion, reader};
use super::step::{self, State};
use super::{Scene, Story};
use crate::event::{Event, EventKind, OperationKind};
use crate::observed::StackEvent;
use crate::units::{Duration, Timestamp};
use crate::view::words::{plural, short_duration};

/// Where resources go that no stage claims.
const NO_STAGE: &str = "other";

/// How long events must have been watched before the pace of a compressed clock is believed.
const SURE_OF_PACE: Duration = Duration::from_millis(1_000);

/// A stage and its resources.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
}

/// A resource.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) logical_id: String,
    pub(super) type_name: String,
    pub(super) state: State,
    pub(super) word: &'static str,
    /// When the present step was seen to begin, by the watcher's clock.
    since: Option<Timestamp>,
    /// When the present step began, by the service's clock.
    began: Option<Timestamp>,
    /// How long the last finished step took, by the service's clock.
    pub(super) took: Option<Duration>,
    pub(super) reason: Option<String>,
    pub(super) spec_place: Option<String>,
}

impl Row {
    fn new(logical_id: &str, type_name: &str) -> Self {
        Self {
            logical_id: logical_id.to_owned(),
            type_name: type_name.to_owned(),
            state: State::Waiting,
            word: "waiting",
            since: None,
            began: None,
            took: None,
            reason: None,
            spec_place: None,
        }
    }

    /// How long the present step is going on, or the last one took.
    pub(super) fn time(&self, now: Timestamp) -> Option<Duration> {
        match self.state {
            State::Busy => self.since.map(|since| now.since(since)),
            State::Waiting | State::Cancelled => None,
            State::Done | State::Gone | State::Kept | State::Undone | State::Failed => self.took,
        }
    }
}

/// What the stack as a whole is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Artifacts and change set.
    Preparing,
    /// Going where it should.
    Forward(OperationKind),
    /// Going back to where it was.
    Back,
    /// It is over.
    Over,
}

impl Phase {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Forward(operation) => doing(operation),
            Self::Back => "rolling back",
            Self::Over => "finished",
        }
    }
}

/// Stages and resources with their states, how far the operation is, and how long it may still take.
#[derive(Clone, Debug)]
pub struct LiveTree {
    pub(super) scene: Scene,
    pub(super) stages: Vec<Stage>,
    pub(super) phase: Phase,
    pub(super) notice: Option<String>,
    /// How many of the bytes that are uploaded are there, while they are.
    pub(super) uploading: Option<(u64, u64)>,
    pub(super) started: Option<Timestamp>,
    pub(super) expected: Option<Duration>,
    /// The first and the latest event of the operation: the watcher's moment and the service's.
    seen: Option<[(Timestamp, Timestamp); 2]>,
    announced: usize,
    story: Story,
}

impl LiveTree {
    /// Returns the tree before the first event: everything in the scene is waiting.
    #[must_use]
    pub fn new(scene: Scene) -> Self {
        let mut tree = Self {
            stages: Vec::new(),
            phase: Phase::Preparing,
            notice: None,
            uploading: None,
            started: None,
            expected: None,
            seen: None,
            announced: scene.resources.len(),
            story: Story::default(),
            scene: Scene::default(),
        };
        for resource in &scene.resources {
            if let Some(stage) = tree.stage(&resource.stage) {
                stage.rows.push(Row::new(&resource.logical_id, &resource.type_name));
            }
        }
        tree.scene = scene;
        tree
    }

    /// What the last screen needs of the events so far.
    #[must_use]
    pub fn story(&self) -> &Story {
        &self.story
    }

    /// Takes an event in.
    pub fn on(&mut self, event: &Event) {
        self.story.on(event);
        self.notice = None;
        if let EventKind::Resource { event: step, .. } = &event.kind {
            let latest = (event.at, step.timestamp);
            self.seen = Some([self.seen.map_or(latest, |[first, _]| first), latest]);
        }
        match &event.kind {
            EventKind::Artifact { name, already_there, .. } => {
                let found = if *already_there { "is already there" } else { "uploaded" };
                self.notice = Some(format!("{name} {found}"));
            }
            EventKind::Uploading { done, files, sent_bytes, all_bytes } => {
                self.uploading = Some((*sent_bytes, *all_bytes));
                self.notice =
                    Some(format!("{}, {done} of {}", portion(*sent_bytes, *all_bytes), plural(*files, "artifact")));
            }
            EventKind::Reattached { status, .. } => {
                self.started.get_or_insert(event.at);
                self.notice = Some(format!("found an operation that was still running: {status}"));
            }
            EventKind::ChangeSetCreating { name, .. } => {
                self.uploading = None;
                self.notice = Some(format!("making change set {name}"));
            }
            EventKind::OperationStarted { operation, resources, expected, .. } => {
                self.phase = Phase::Forward(*operation);
                self.uploading = None;
                self.announced = *resources;
                self.expected = Some(*expected);
                self.started = Some(event.at);
                self.seen = None;
            }
            EventKind::Resource { event: step, .. } if step.is_about_stack() => self.on_stack(step),
            EventKind::Resource { event: step, spec_place } => self.on_resource(event.at, step, spec_place.as_deref()),
            EventKind::OperationFinished { .. } => self.phase = Phase::Over,
            // The last screen is there by then.
            EventKind::Verified { .. } => {}
            EventKind::Reader { logical_id, now, .. } => {
                let (_, _, more) = reader(*now);
                self.notice = Some(format!("{}: {more}", self.scene.stage_of(logical_id).unwrap_or(logical_id)));
            }
            EventKind::Waiting { reason, pause } => {
                self.notice = Some(format!("{reason}; waiting {}", short_duration(*pause)));
            }
        }
    }

    fn on_stack(&mut self, step: &StackEvent) {
        let status = step.status.as_str();
        if status.ends_with("ROLLBACK_IN_PROGRESS") && self.phase != Phase::Over {
            self.phase = Phase::Back;
        }
    }

    fn on_resource(&mut self, at: Timestamp, step: &StackEvent, spec_place: Option<&str>) {
        let replaced = self.phase == Phase::Forward(OperationKind::Update);
        let Some(row) = self.row(&step.logical_id, &step.type_name) else { return };
        let (state, mut word) = step::read(&step.status, step.reason.as_deref());
        // In an update a resource that was made anew is followed by the deletion of its predecessor.
        if replaced && row.state == State::Done && state == State::Busy && word == "deleting" {
            word = "deleting the old one";
        } else if row.word == "deleting the old one" && state == State::Gone {
            word = "replaced";
        }
        if state == State::Busy {
            if row.state != State::Busy || row.word != word {
                (row.since, row.began) = (Some(at), Some(step.timestamp));
            }
        } else {
            row.took = row.began.take().map(|began| step.timestamp.since(began));
        }
        (row.state, row.word) = (state, word);
        if state == State::Failed {
            row.reason.clone_from(&step.reason);
            row.spec_place = spec_place.map(str::to_owned);
        }
    }

    fn row(&mut self, logical_id: &str, type_name: &str) -> Option<&mut Row> {
        let title = self.scene.stage_of(logical_id).unwrap_or(NO_STAGE).to_owned();
        let rows = &mut self.stage(&title)?.rows;
        if !rows.iter().any(|row| row.logical_id == logical_id) {
            rows.push(Row::new(logical_id, type_name));
        }
        rows.iter_mut().find(|row| row.logical_id == logical_id)
    }

    fn stage(&mut self, title: &str) -> Option<&mut Stage> {
        if !self.stages.iter().any(|stage| stage.title == title) {
            self.stages.push(Stage { title: title.to_owned(), rows: Vec::new() });
        }
        self.stages.iter_mut().find(|stage| stage.title == title)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.stages.iter().flat_map(|stage| &stage.rows)
    }

    /// How many resources are where they should be, and how many there are. On the way back: how many of
    /// those that were touched are back.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        match self.phase {
            Phase::Preparing | Phase::Forward(_) | Phase::Over => {
                (self.rows().filter(|row| row.state.is_over()).count(), self.announced.max(self.rows().count()))
            }
            Phase::Back => {
                let back = |state| matches!(state, State::Gone | State::Undone | State::Kept);
                let touched = |state| !matches!(state, State::Waiting | State::Cancelled);
                (
                    self.rows().filter(|row| back(row.state)).count(),
                    self.rows().filter(|row| touched(row.state)).count(),
                )
            }
        }
    }

    /// How many seconds pass for the service while one passes for whoever watches: one on AWS, more in the embedded
    /// cloud, which compresses time; nothing while that cannot be told yet.
    fn pace(&self) -> Option<f64> {
        if !self.scene.embedded {
            return Some(1.0);
        }
        let [first, latest] = self.seen?;
        let watched = latest.0.since(first.0);
        (watched >= SURE_OF_PACE).then(|| (latest.1.since(first.1).as_secs_f64() / watched.as_secs_f64()).max(1.0))
    }

    /// The time since the start and what may be left, in words.
    pub(super) fn times(&self, now: Timestamp) -> String {
        let Some(started) = self.started else { return String::new() };
        let elapsed = now.since(started);
        let so_far = short_duration(elapsed);
        match (self.phase, self.expected, self.pace()) {
            (Phase::Forward(_), Some(expected), Some(pace)) => {
                let expected = Duration::from_millis((expected.as_millis() as f64 / pace) as u64);
                if elapsed <= expected {
                    let left = expected.as_millis() - elapsed.as_millis();
                    format!("{so_far}, about {} left", short_duration(Duration::from_secs(left / 1_000)))
                } else {
                    format!("{so_far}, longer than the expected {}", short_duration(expected))
                }
            }
            (Phase::Preparing | Phase::Forward(_) | Phase::Back | Phase::Over, _, _) => so_far,
        }
    }

    /// How many resources of a stage are over, in words.
    pub(super) fn count(stage: &Stage) -> String {
        let over = stage.rows.iter().filter(|row| row.state.is_over()).count();
        if over == stage.rows.len() {
            plural(over, "resource")
        } else {
            format!("{over} of {}", plural(stage.rows.len(), "resource"))
        }
    }
}
