//! A line for each thing that matters in several deployments, and the table of how each ended.

use super::{Ended, Ending, Member, names};
use crate::event::{Event, EventKind};
use crate::plan::Plan;
use crate::units::{Duration, Timestamp};
use crate::view::events::{PlainLines, Scene, is_failure};
use crate::view::style::{Label, Look};
use crate::view::table::{Cell, Table};
use crate::view::words::{clock_time, pad, plural, printable, short_duration};

/// Columns of the status in a line.
const STATUS_WIDTH: usize = 18;

/// Renders what happens, each line under the name of its deployment.
#[derive(Debug)]
pub struct Lines {
    look: Look,
    names: Vec<String>,
    width: usize,
    each: Vec<PlainLines>,
    began: Timestamp,
}

impl Lines {
    /// Returns a renderer for these deployments, which begin at `began`.
    #[must_use]
    pub fn new(look: Look, members: &[Member], began: Timestamp) -> Self {
        let names = names(members);
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let each = members.iter().map(|_| PlainLines::new(look, Scene::default())).collect();
        Self { look, names, width, each, began }
    }

    /// The plan of one is made.
    #[must_use]
    pub fn planned(&self, member: usize, at: Timestamp, plan: &Plan) -> String {
        let text = if plan.is_empty() { "no changes".to_owned() } else { plan.summary.to_string() };
        self.line(member, at, "PLANNED", Label::Plain, &text)
    }

    /// Something happened in one; none where it is of no interest among many.
    pub fn event(&mut self, member: usize, event: &Event) -> Option<String> {
        let told = match &event.kind {
            EventKind::Reattached { .. }
            | EventKind::OperationStarted { .. }
            | EventKind::Reader { .. }
            | EventKind::Waiting { .. } => true,
            EventKind::Resource { event, .. } => is_failure(event),
            // How it ended is told of the deployment as a whole.
            EventKind::OperationFinished { .. }
            | EventKind::Artifact { .. }
            | EventKind::ChangeSetCreating { .. }
            | EventKind::Uploading { .. }
            | EventKind::Verified { .. } => false,
        };
        let line = self.each.get_mut(member)?.line(event);
        told.then(|| format!("{}  {line}", self.name(member)))
    }

    /// One ended, or will never begin.
    #[must_use]
    pub fn ended(&self, member: usize, at: Timestamp, ended: &Ended) -> String {
        self.line(member, at, ended.ending.word(), ended.ending.label(), &outcome(ended))
    }

    fn line(&self, member: usize, at: Timestamp, status: &str, label: Label, text: &str) -> String {
        let elapsed = format!("+{}", short_duration(at.since(self.began)));
        let when = self.look.paint(Label::Faint, format_args!("{}  {elapsed:>7}", clock_time(at)));
        let status = self.look.paint(label, pad(status, STATUS_WIDTH));
        format!("{}  {when}  {status}  {}", self.name(member), printable(text))
    }

    fn name(&self, member: usize) -> String {
        let name = self.names.get(member).map_or("", String::as_str);
        self.look.paint(Label::Heading, pad(&printable(name), self.width))
    }
}

fn outcome(ended: &Ended) -> String {
    let code = ended.code.map(|code| code.to_string());
    let why = [code.as_deref(), ended.why.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match (ended.took, why.is_empty()) {
        (Some(took), true) => format!("took {}", short_duration(took)),
        (Some(took), false) => format!("{why}, took {}", short_duration(took)),
        (None, _) => why,
    }
}

/// Returns how each ended, and how many ended how.
#[must_use]
pub fn table(look: &Look, members: &[Member], ends: &[Ended], took: Duration) -> String {
    let mut table = Table::with_headings(&["PIPELINE", "ENV", "REGION", "WAVE", "RESULT", "TOOK", "WHY"]);
    for (member, ended) in members.iter().zip(ends) {
        let code = ended.code.map(|code| code.to_string());
        let why = [code.as_deref(), ended.why.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let result = ended.ending.word().to_lowercase().replace('_', " ");
        table.row([
            Cell::new(Label::Heading, &member.pipeline),
            Cell::plain(&member.environment),
            Cell::new(Label::Faint, &member.region),
            Cell::new(Label::Faint, member.wave.to_string()),
            Cell::new(ended.ending.label(), result),
            Cell::new(Label::Faint, ended.took.map_or_else(|| "-".to_owned(), short_duration)),
            Cell::plain(why),
        ]);
    }
    format!("{}\n{}\n", table.render(look, 0), tally(ends, took))
}

/// `12 stacks: 10 deployed, 1 unchanged, 1 skipped, in 4m 10s.`
fn tally(ends: &[Ended], took: Duration) -> String {
    let all = [
        Ending::Deployed,
        Ending::Unchanged,
        Ending::Refused,
        Ending::Failed,
        Ending::RolledBack,
        Ending::NeedsAttention,
        Ending::Detached,
        Ending::Skipped,
    ];
    let counted = all.into_iter().filter_map(|ending| {
        let count = ends.iter().filter(|ended| ended.ending == ending).count();
        (count > 0).then(|| format!("{count} {}", ending.word().to_lowercase().replace('_', " ")))
    });
    let counted: Vec<String> = counted.collect();
    format!("{}: {}, in {}.", plural(ends.len(), "stack"), counted.join(", "), short_duration(took))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, ended, failed_resource, finished, members, started};
    use super::*;

    #[test]
    fn a_log_says_of_whom_each_line_is_and_leaves_out_what_only_one_would_tell() {
        let mut lines = Lines::new(Look::plain(), &members(), at(0));
        let mut text: Vec<String> = Vec::new();
        text.extend(lines.event(0, &started(2)));
        text.extend(lines.event(0, &failed_resource(30)));
        text.extend(lines.event(0, &finished(61)));
        text.push(lines.ended(0, at(61), &ended(Ending::RolledBack, Some("the deployment failed"))));
        text.push(lines.ended(2, at(61), &ended(Ending::Skipped, Some("orders staging failed"))));
        insta::assert_snapshot!(text.join("\n"));
    }

    #[test]
    fn the_table_says_how_each_ended_and_why() {
        let ends = [
            ended(Ending::RolledBack, Some("the deployment failed")),
            ended(Ending::Deployed, None),
            ended(Ending::Skipped, Some("orders staging failed")),
        ];
        insta::assert_snapshot!(table(&Look::plain(), &members(), &ends, Duration::from_secs(125)));
    }
}
