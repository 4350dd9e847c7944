//! The live tree as lines that fit a screen.
//!
//! A frame never has more lines than the screen is high nor wider lines than it is wide, because the caller
//! draws the next frame over it. What is finished or has not begun is folded first; what is going on or has
//! failed is shown to the last.

use super::LiveTree;
use super::step::State;
use super::tree::{Row, Stage};
use crate::units::Timestamp;
use crate::view::EMBEDDED_NOTICE;
use crate::view::style::{Label, Look};
use crate::view::words::{clip, columns, pad, plural, printable, short_duration};

/// Cells of the progress bar.
const BAR: usize = 24;
/// A turn of the busy symbol.
const TICK_MILLIS: i64 = 125;
/// Columns of "creating 12.3s".
const STEP_WIDTH: usize = 18;

/// Text pieces, each with its meaning; clipped before it is painted.
#[derive(Default)]
struct Line(Vec<(Label, String)>);

impl Line {
    fn with(mut self, label: Label, text: impl AsRef<str>) -> Self {
        self.0.push((label, printable(text.as_ref()).into_owned()));
        self
    }

    /// Paints as much as the screen holds; the last column stays free, where some terminals wrap.
    fn paint(mut self, look: &Look) -> String {
        if let Some((_, text)) = self.0.last_mut() {
            text.truncate(text.trim_end().len());
        }
        let mut room = look.width.saturating_sub(1);
        let mut out = String::new();
        for (label, text) in &self.0 {
            let shown = clip(look, text, room);
            out.push_str(&look.paint(*label, &shown));
            if shown != text.as_str() {
                break;
            }
            room = room.saturating_sub(columns(&shown));
        }
        out
    }
}

/// How much is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fold {
    Nothing,
    Finished,
    Waiting,
    AllButActive,
}

impl LiveTree {
    /// Returns the lines to show at `now`, at most `height` of them and none wider than the screen.
    #[must_use]
    pub fn frame(&self, look: &Look, height: usize, now: Timestamp) -> Vec<String> {
        let head = self.head(look, now);
        let foot = self.notice.as_ref().map(|notice| Line::default().with(Label::Warning, format!("  {notice}")));
        let room = height.saturating_sub(head.len() + usize::from(foot.is_some()));
        let folds = [Fold::Nothing, Fold::Finished, Fold::Waiting, Fold::AllButActive];
        let mut body = Vec::new();
        for fold in folds {
            body = self.body(look, fold, now);
            if body.len() <= room {
                break;
            }
        }
        if body.len() > room {
            let hidden = body.len() - room.saturating_sub(1);
            body.truncate(room.saturating_sub(1));
            if room > 0 {
                body.push(Line::default().with(Label::Faint, format!("  {} {hidden} more", look.ellipsis())));
            }
        }
        head.into_iter().chain(body).chain(foot).take(height).map(|line| line.paint(look)).collect()
    }

    fn head(&self, look: &Look, now: Timestamp) -> Vec<Line> {
        let (done, all) = self.progress();
        // Before the first resource moves, the bar is that of the bytes that are sent.
        let (word, bar, count) = match self.uploading {
            Some((sent, bytes)) => ("uploading", bar(look, sent, bytes), percent(sent, bytes)),
            None => (self.phase.word(), bar(look, done as u64, all as u64), format!("{done} of {all}")),
        };
        let mut head = vec![
            Line::default()
                .with(Label::Heading, &self.scene.stack)
                .with(Label::Busy, format!("  {word}"))
                .with(Label::Plain, format!("  {bar}  {count}"))
                .with(Label::Faint, format!("  {}", self.times(now))),
        ];
        if self.scene.embedded {
            head.push(Line::default().with(Label::Warning, EMBEDDED_NOTICE));
        }
        head.push(Line::default());
        head
    }

    fn body(&self, look: &Look, fold: Fold, now: Timestamp) -> Vec<Line> {
        let widest = self.rows().map(|row| columns(&row.logical_id)).max().unwrap_or(0);
        let mut lines = Vec::new();
        let (mut finished, mut waiting) = (0, 0);
        for stage in &self.stages {
            let all = |test: fn(&Row) -> bool| stage.rows.iter().all(test);
            if fold == Fold::AllButActive && !stage.rows.iter().any(is_active) {
                if all(is_waiting) { waiting += 1 } else { finished += 1 }
            } else if (fold >= Fold::Finished && all(is_finished)) || (fold >= Fold::Waiting && all(is_waiting)) {
                lines.push(folded(look, stage));
            } else {
                lines.push(heading(stage));
                let shown = stage.rows.iter().filter(|row| fold < Fold::AllButActive || is_active(row));
                lines.extend(shown.map(|row| resource(look, row, widest, now)));
            }
        }
        if finished + waiting > 0 {
            let text = format!("  {} finished, {waiting} waiting", plural(finished, "stage"));
            lines.push(Line::default().with(Label::Faint, text));
        }
        lines
    }
}

fn bar(look: &Look, done: u64, all: u64) -> String {
    let filled = (done.min(all) * BAR as u64).checked_div(all).and_then(|cells| usize::try_from(cells).ok());
    let filled = filled.unwrap_or(0).min(BAR);
    format!(
        "{}{}{}{}",
        look.symbol("", "["),
        look.symbol("█", "#").repeat(filled),
        look.symbol("░", ".").repeat(BAR - filled),
        look.symbol("", "]")
    )
}

fn percent(done: u64, all: u64) -> String {
    format!("{}%", (done.min(all) * 100).checked_div(all).unwrap_or(100))
}

fn is_active(row: &Row) -> bool {
    matches!(row.state, State::Busy | State::Failed)
}

fn is_finished(row: &Row) -> bool {
    row.state.is_over() && row.state != State::Failed
}

fn is_waiting(row: &Row) -> bool {
    row.state == State::Waiting
}

fn heading(stage: &Stage) -> Line {
    Line::default()
        .with(Label::Heading, format!("  {}", stage.title))
        .with(Label::Faint, format!("  {}", LiveTree::count(stage)))
}

fn folded(look: &Look, stage: &Stage) -> Line {
    let first = stage.rows.first().map_or(State::Waiting, |row| row.state);
    let state = if stage.rows.iter().all(|row| row.state == first) { first } else { State::Done };
    let word = if state == State::Waiting { "waiting" } else { "finished" };
    Line::default()
        .with(state.label(), format!("  {} ", state.symbol(look, 0)))
        .with(Label::Heading, &stage.title)
        .with(Label::Faint, format!("  {} {word}", plural(stage.rows.len(), "resource")))
}

fn resource(look: &Look, row: &Row, widest: usize, now: Timestamp) -> Line {
    let tick = usize::try_from(now.as_millis() / TICK_MILLIS).unwrap_or(0);
    let step = match row.time(now) {
        Some(time) => format!("{} {}", row.word, short_duration(time)),
        None => row.word.to_owned(),
    };
    let line = Line::default()
        .with(row.state.label(), format!("    {} ", row.state.symbol(look, tick)))
        .with(Label::Plain, pad(&row.logical_id, widest))
        .with(row.state.label(), format!("  {}", pad(&step, STEP_WIDTH)));
    match (&row.reason, row.state) {
        (Some(reason), State::Failed) => {
            let place = row.spec_place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            line.with(Label::Bad, format!("  {place}{reason}"))
        }
        _ => line.with(Label::Faint, format!("  {}", row.type_name)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{at, event, failing_create, first_half, good_create, scene};
    use super::super::{Scene, SceneResource};
    use super::*;
    use crate::event::{Event, EventKind};
    use crate::view::style::{Palette, Symbols};

    fn after(events: &[Event]) -> LiveTree {
        let mut tree = LiveTree::new(scene());
        events.iter().for_each(|event| tree.on(event));
        tree
    }

    fn unicode() -> Look {
        Look { symbols: Symbols::Unicode, ..Look::plain() }
    }

    #[test]
    fn half_way_the_tree_shows_what_is_done_going_on_and_waiting() {
        insta::assert_snapshot!(after(&first_half()).frame(&unicode(), 24, at(19_000)).join("\n"));
    }

    #[test]
    fn a_rollback_counts_back_and_keeps_the_failure_on_the_screen() {
        let events = failing_create();
        let tree = after(events.get(..events.len() - 2).unwrap());
        insta::assert_snapshot!(tree.frame(&unicode(), 24, at(26_000)).join("\n"));
    }

    #[test]
    fn while_artifacts_are_sent_the_bar_is_theirs() {
        let mut tree = LiveTree::new(scene());
        let uploading = |done, sent_bytes| EventKind::Uploading { done, files: 2, sent_bytes, all_bytes: 100 << 20 };
        tree.on(&event(0, uploading(0, 25 << 20)));
        let frame = tree.frame(&unicode(), 24, at(100));
        let first = frame.first().unwrap();
        assert!(first.contains("uploading  ██████░░░░░░░░░░░░░░░░░░  25%"), "{first}");
        assert!(frame.last().unwrap().contains("25.0 MiB of 100.0 MiB, 0 of 2 artifacts"), "{frame:#?}");
        tree.on(&event(200, uploading(2, 100 << 20)));
        assert!(tree.frame(&unicode(), 24, at(200)).first().unwrap().contains("100%"));
        first_half().iter().for_each(|event| tree.on(event));
        assert!(tree.frame(&unicode(), 24, at(19_000)).first().unwrap().contains("creating"));
    }

    #[test]
    fn a_short_screen_folds_what_is_finished_first() {
        let frame = after(&first_half()).frame(&unicode(), 8, at(19_000));
        assert!(frame.iter().any(|line| line.contains("stream transactions  1 resource finished")), "{frame:#?}");
        assert!(frame.iter().any(|line| line.contains("ConsumerScoreFunction  creating 1.5s")), "{frame:#?}");
    }

    #[test]
    fn colour_repeats_what_symbols_and_words_say() {
        let tree = after(&failing_create());
        let painted = tree.frame(&Look { palette: Palette::Ansi, ..unicode() }, 24, at(34_000)).join("\n");
        let plain = tree.frame(&unicode(), 24, at(34_000)).join("\n");
        assert_eq!(anstream::adapter::strip_str(&painted).to_string(), plain);
        assert_ne!(painted, plain);
    }

    #[test]
    fn in_a_cloud_whose_clock_runs_ahead_what_is_left_is_told_in_the_watchers_time() {
        let mut events = first_half();
        for event in &mut events {
            // Ten seconds of the service are one of the watcher.
            event.at = at((event.at.as_millis() - at(0).as_millis()) / 10);
        }
        let frame = after(&events).frame(&unicode(), 24, at(2_000));
        assert!(frame.iter().any(|line| line.ends_with("2.0s, about 4.0s left")), "{frame:#?}");
    }

    #[test]
    fn the_end_of_a_good_operation_is_complete() {
        assert_eq!(after(&good_create()).progress(), (4, 4));
    }

    #[test]
    fn a_resource_that_nobody_planned_still_shows() {
        let mut tree = LiveTree::new(Scene::default());
        first_half().iter().for_each(|event| tree.on(event));
        let frame = tree.frame(&Look::plain(), 40, at(18_000)).join("\n");
        assert!(frame.contains("  other  2 of 3 resources\n    + StreamTransactions     created 8.0s"), "{frame}");
    }

    proptest::proptest! {
        #[test]
        fn no_frame_is_higher_or_wider_than_the_screen(
            width in 1usize..160, height in 0usize..40, stages in 0usize..8, rows in 0usize..12, seen in 0usize..20,
        ) {
            let resources = (0..stages).flat_map(|stage| (0..rows).map(move |row| SceneResource {
                logical_id: format!("ResourceNumber{row}OfStage{stage}"),
                type_name: "AWS::Kinesis::Stream".to_owned(),
                stage: format!("stream 表{stage}"),
            })).collect();
            let mut tree = LiveTree::new(Scene { stack: "表-local".to_owned(), embedded: true, resources });
            failing_create().iter().take(seen).for_each(|event| tree.on(event));
            let frame = tree.frame(&Look { width, ..unicode() }, height, at(60_000));
            proptest::prop_assert!(frame.len() <= height);
            for line in &frame {
                proptest::prop_assert!(columns(line) < width.max(2), "{line:?} on {width}");
            }
        }
    }
}
