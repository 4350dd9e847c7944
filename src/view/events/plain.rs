//! One line per event, for logs.

use super::Scene;
use crate::event::{Event, EventKind, OperationKind, OperationResult, ReaderNow};
use crate::observed::{KnownCause, StackEvent};
use crate::units::{ByteSize, Timestamp};
use crate::view::EMBEDDED_NOTICE;
use crate::view::style::{Label, Look};
use crate::view::words::{clock_time, pad, plural, printable, short_duration};

/// Columns of the status; longer ones push the rest of their line.
const STATUS_WIDTH: usize = 18;

/// Renders events as lines: time of day (UTC), time since the start, status, name, and what else there is to say.
#[derive(Debug)]
pub struct PlainLines {
    look: Look,
    scene: Scene,
    started: Option<Timestamp>,
}

impl PlainLines {
    /// Returns a renderer that has seen nothing yet.
    #[must_use]
    pub fn new(look: Look, scene: Scene) -> Self {
        Self { look, scene, started: None }
    }

    /// What stands before the first event: the embedded cloud says what it is.
    #[must_use]
    pub fn opening(&self) -> Option<String> {
        self.scene.embedded.then(|| self.look.paint(Label::Warning, EMBEDDED_NOTICE))
    }

    /// Returns the event's line.
    pub fn line(&mut self, event: &Event) -> String {
        if self.started.is_none() || matches!(event.kind, EventKind::OperationStarted { .. }) {
            self.started = Some(event.at);
        }
        let elapsed = short_duration(event.at.since(self.started.unwrap_or(event.at)));
        let when =
            self.look.paint(Label::Faint, format_args!("{}  {:>7}", clock_time(event.at), format!("+{elapsed}")));
        format!("{when}  {}", self.what(&event.kind))
    }

    fn what(&self, kind: &EventKind) -> String {
        match kind {
            EventKind::Artifact { name, key, bytes, already_there } => {
                let status = if *already_there { "ARTIFACT_FOUND" } else { "ARTIFACT_UPLOADED" };
                let size = ByteSize::from_bytes(*bytes);
                self.entry(status, Label::Plain, name, &format!("{size:.1}  {}", printable(key)))
            }
            EventKind::Uploading { done, files, sent_bytes, all_bytes } => {
                let text = format!("{}, {done} of {}", portion(*sent_bytes, *all_bytes), plural(*files, "artifact"));
                self.entry("UPLOADING", Label::Busy, &self.scene.stack, &text)
            }
            EventKind::Reattached { stack, status } => {
                self.entry("REATTACHED", Label::Busy, stack, &format!("still running: {status}"))
            }
            EventKind::ChangeSetCreating { stack, name } => {
                self.entry("CHANGE_SET", Label::Busy, stack, &printable(name))
            }
            EventKind::OperationStarted { stack, operation, resources, expected } => {
                let (resources, expected) = (plural(*resources, "resource"), short_duration(*expected));
                self.entry(
                    "STARTED",
                    Label::Busy,
                    stack,
                    &format!("{} {resources}, about {expected}", doing(*operation)),
                )
            }
            EventKind::Resource { event, spec_place } => self.resource(event, spec_place.as_deref()),
            EventKind::OperationFinished { stack, outcome, status, took, .. } => {
                let status = status.as_ref().map_or("the stack is gone", |status| status.as_str());
                let (word, label) = result(outcome);
                let known = known(outcome).map(|known| format!("; known cause: {}", known.id)).unwrap_or_default();
                self.entry(word, label, stack, &format!("{status}, took {}{known}", short_duration(*took)))
            }
            EventKind::Verified { looked_at } => {
                let text = format!("{}, as deployed", plural(*looked_at, "thing"));
                self.entry("VERIFIED", Label::Good, &self.scene.stack, &text)
            }
            EventKind::Reader { logical_id, now, .. } => {
                let (word, label, more) = reader(*now);
                self.entry(word, label, logical_id, &more)
            }
            EventKind::Waiting { reason, pause } => {
                let text = format!("{}; waiting {}", printable(reason), short_duration(*pause));
                self.entry("WAITING", Label::Faint, &self.scene.stack, &text)
            }
        }
    }

    fn resource(&self, event: &StackEvent, place: Option<&str>) -> String {
        let (state, _) = super::step::read(&event.status, event.reason.as_deref());
        let mut more = printable(&event.type_name).into_owned();
        if let Some(reason) = &event.reason {
            more = format!("{more}  {}", printable(reason));
        }
        if let (super::step::State::Failed, Some(place)) = (state, place) {
            more = format!("{more}  at {}", printable(place));
        }
        self.entry(event.status.as_str(), state.label(), &event.logical_id, &more)
    }

    fn entry(&self, status: &str, label: Label, name: &str, more: &str) -> String {
        let status = self.look.paint(label, pad(&printable(status), STATUS_WIDTH));
        format!("{status}  {}  {more}", self.look.paint(Label::Heading, printable(name)))
    }
}

/// How much of some bytes is there, in words.
pub(super) fn portion(sent: u64, all: u64) -> String {
    format!("{:.1} of {:.1}", ByteSize::from_bytes(sent), ByteSize::from_bytes(all))
}

/// What became of a reader: a status, and what else there is to say.
pub(super) fn reader(now: ReaderNow) -> (&'static str, Label, String) {
    let behind = |lag, limit| format!("{} behind; under {} wanted", short_duration(lag), short_duration(limit));
    match now {
        ReaderNow::Pausing => ("READER_PAUSING", Label::Busy, "what was polled is worked off".to_owned()),
        ReaderNow::Paused => ("READER_PAUSED", Label::Busy, "it keeps its position".to_owned()),
        ReaderNow::StaysPaused => ("READER_PAUSED", Label::Warning, "it was paused before, and stays so".to_owned()),
        ReaderNow::Resumed => ("READER_RESUMED", Label::Good, "it reads on from where it was".to_owned()),
        ReaderNow::Behind { lag, limit } => ("READER_BEHIND", Label::Busy, behind(lag, limit)),
        ReaderNow::CaughtUp { lag: Some(lag), limit } => ("READER_CAUGHT_UP", Label::Good, behind(lag, limit)),
        ReaderNow::CaughtUp { lag: None, .. } => {
            ("READER_CAUGHT_UP", Label::Good, "nothing is there to read".to_owned())
        }
        ReaderNow::LeftPaused => {
            ("READER_PAUSED", Label::Warning, "it stays paused: the deployment goes on without us".to_owned())
        }
    }
}

/// What an operation is doing.
pub(crate) fn doing(operation: OperationKind) -> &'static str {
    match operation {
        OperationKind::Create => "creating",
        OperationKind::Update => "updating",
        OperationKind::Import => "importing",
        OperationKind::Delete => "deleting",
        OperationKind::Rollback => "rolling back",
    }
}

fn known(outcome: &OperationResult) -> Option<&'static KnownCause> {
    match outcome {
        OperationResult::RolledBack { root_cause } | OperationResult::Stuck { root_cause } => {
            root_cause.as_ref()?.known
        }
        OperationResult::Succeeded | OperationResult::NothingToDo | OperationResult::Detached => None,
    }
}

fn result(outcome: &OperationResult) -> (&'static str, Label) {
    match outcome {
        OperationResult::Succeeded => ("SUCCEEDED", Label::Good),
        OperationResult::RolledBack { .. } => ("ROLLED_BACK", Label::Bad),
        OperationResult::Stuck { .. } => ("STUCK", Label::Bad),
        OperationResult::NothingToDo => ("NOTHING_TO_DO", Label::Good),
        OperationResult::Detached => ("DETACHED", Label::Warning),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{failing_create, scene};
    use super::*;

    #[test]
    fn a_failed_create_reads_as_a_log() {
        let mut lines = PlainLines::new(Look::plain(), scene());
        let mut text: Vec<String> = lines.opening().into_iter().collect();
        text.extend(failing_create().iter().map(|event| lines.line(event)));
        insta::assert_snapshot!(text.join("\n"));
    }

    #[test]
    fn an_upload_says_how_far_it_is() {
        let mut lines = PlainLines::new(Look::plain(), scene());
        let kind =
            EventKind::Uploading { done: 1, files: 3, sent_bytes: 12 << 20, all_bytes: (210 << 20) + (300 << 10) };
        let line = lines.line(&super::super::fixtures::event(0, kind));
        assert!(
            line.ends_with("UPLOADING           fraud-detection-local  12.0 MiB of 210.3 MiB, 1 of 3 artifacts"),
            "{line}"
        );
    }

    #[test]
    fn one_event_is_one_line_whatever_is_in_it() {
        let mut lines = PlainLines::new(Look::plain(), scene());
        let event = super::super::fixtures::resource(0, "A", "AWS::X::Y", "CREATE_FAILED", Some("one\ntwo\u{1b}[2J"));
        assert_eq!(lines.line(&event).lines().count(), 1);
    }
}
