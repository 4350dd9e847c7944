//! What of several deployments is going on right now, as a frame that is drawn again in place.

use super::{Ended, Member, names};
use crate::event::{Event, EventKind};
use crate::units::Timestamp;
use crate::view::events::is_step_done;
use crate::view::style::{Label, Look};
use crate::view::words::{columns, pad, plural, printable, short_duration};

/// Where one of several stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    Waiting,
    Running { since: Timestamp, doing: &'static str, done: usize, of: usize },
    Ended { well: bool },
}

/// How far each is.
#[derive(Clone, Debug)]
pub struct Frame {
    names: Vec<String>,
    standing: Vec<Standing>,
    began: Timestamp,
}

impl Frame {
    /// Everything waits.
    #[must_use]
    pub fn new(members: &[Member], began: Timestamp) -> Self {
        Self { names: names(members), standing: vec![Standing::Waiting; members.len()], began }
    }

    /// One begins.
    pub fn started(&mut self, member: usize, at: Timestamp) {
        self.set(member, Standing::Running { since: at, doing: "planning", done: 0, of: 0 });
    }

    /// Something happened in one.
    pub fn event(&mut self, member: usize, event: &Event) {
        let Some(Standing::Running { doing, done, of, .. }) = self.standing.get_mut(member) else { return };
        match &event.kind {
            EventKind::Artifact { .. } | EventKind::Uploading { .. } => *doing = "uploading",
            EventKind::ChangeSetCreating { .. } => *doing = "preparing",
            EventKind::OperationStarted { operation, resources, .. } => {
                (*doing, *done, *of) = (crate::view::events::doing(*operation), 0, *resources);
            }
            EventKind::Resource { event, .. } if is_step_done(event) => *done = (*done + 1).min(*of),
            EventKind::OperationFinished { .. } => *doing = "verifying",
            EventKind::Resource { .. }
            | EventKind::Reattached { .. }
            | EventKind::Verified { .. }
            | EventKind::Reader { .. }
            | EventKind::Waiting { .. } => {}
        }
    }

    /// One ended, or will never begin.
    pub fn ended(&mut self, member: usize, ended: &Ended) {
        self.set(
            member,
            Standing::Ended { well: matches!(ended.ending, super::Ending::Deployed | super::Ending::Unchanged) },
        );
    }

    /// The lines of the frame: how many are where, and each that is running, as far as `height` goes.
    #[must_use]
    pub fn lines(&self, look: &Look, height: usize, now: Timestamp) -> Vec<String> {
        let count = |is: fn(&Standing) -> bool| self.standing.iter().filter(|it| is(it)).count();
        let running: Vec<(&String, &Standing)> =
            self.names.iter().zip(&self.standing).filter(|(_, it)| matches!(it, Standing::Running { .. })).collect();
        let counts = [
            (count(|it| *it == Standing::Ended { well: true }), "done", Label::Good),
            (running.len(), "running", Label::Busy),
            (count(|it| *it == Standing::Waiting), "waiting", Label::Faint),
            (count(|it| *it == Standing::Ended { well: false }), "not deployed", Label::Bad),
        ];
        let counts: Vec<String> = counts
            .into_iter()
            .filter(|(count, _, _)| *count > 0)
            .map(|(count, word, label)| look.paint(label, format_args!("{count} {word}")))
            .collect();
        let elapsed = look.paint(Label::Faint, short_duration(now.since(self.began)));
        let title = look.paint(Label::Heading, plural(self.standing.len(), "stack"));
        let mut lines = vec![format!("{title}  {}  {elapsed}", counts.join(", "))];
        let room = height.saturating_sub(2).max(1);
        let width = running.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
        lines.extend(running.iter().take(room).map(|(name, standing)| row(look, name, width, standing, now)));
        if running.len() > room {
            lines.push(look.paint(Label::Faint, format_args!("  and {} more", running.len() - room)));
        }
        lines
    }

    fn set(&mut self, member: usize, standing: Standing) {
        if let Some(it) = self.standing.get_mut(member) {
            *it = standing;
        }
    }
}

fn row(look: &Look, name: &str, width: usize, standing: &Standing, now: Timestamp) -> String {
    let Standing::Running { since, doing, done, of } = standing else { return String::new() };
    let far = if *of > 0 { format!("{done}/{of}") } else { String::new() };
    let name = look.paint(Label::Heading, pad(&printable(name), width));
    let mark = look.paint(Label::Busy, look.symbol("●", "*"));
    format!(
        "  {mark} {name}  {}  {far:>7}  {}",
        pad(doing, 12),
        look.paint(Label::Faint, short_duration(now.since(*since)))
    )
}

#[cfg(test)]
mod tests {
    use super::super::Ending;
    use super::super::fixtures::{at, ended, failed_resource, members, started};
    use super::*;

    #[test]
    fn a_frame_says_how_many_are_where_and_what_each_running_one_does() {
        let mut frame = Frame::new(&members(), at(0));
        frame.started(0, at(1));
        frame.started(1, at(1));
        frame.event(0, &started(2));
        frame.event(0, &failed_resource(30));
        insta::assert_snapshot!(frame.lines(&Look::plain(), 24, at(31)).join("\n"));
        frame.ended(0, &ended(Ending::RolledBack, None));
        frame.ended(2, &ended(Ending::Skipped, None));
        assert_eq!(frame.lines(&Look::plain(), 24, at(90)).len(), 2);
    }

    #[test]
    fn a_low_screen_is_not_overrun() {
        let mut frame = Frame::new(&members(), at(0));
        (0..3).for_each(|member| frame.started(member, at(1)));
        assert_eq!(frame.lines(&Look::plain(), 4, at(2)).len(), 4);
        assert!(frame.lines(&Look::plain(), 4, at(2)).concat().contains("and 1 more"));
    }
}
