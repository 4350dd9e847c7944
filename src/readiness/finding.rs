//! What a rule says of one thing that it looked at.

use crate::diagnostic::Place;
use crate::pipeline::StageRef;

/// What a rule says of one thing: nothing where it is as it should be.
pub type Verdict = Option<Finding>;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stage that it is about; `None` for the whole pipeline.
    pub stage: Option<StageRef>,
    /// The dotted path in the pipeline file that causes it; the closest line that somebody wrote is shown.
    pub path: String,
    /// The fact, in one sentence without a full stop.
    pub title: String,
    /// Places besides that of the path, for instance a line of a handler.
    pub also: Vec<(Place, String)>,
    /// Background: sums, limits.
    pub notes: Vec<String>,
    /// What to do next.
    pub help: Vec<String>,
    /// What `check --fix` would write.
    pub fix: Option<Fix>,
    /// Whether it is only likely, or tolerable: one step less bad than the rule's findings are.
    pub mild: bool,
}

/// A value that `check --fix` writes into the pipeline file, or into the overlay that set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Dotted path in the pipeline file.
    pub path: String,
    /// The value as YAML on one line.
    pub to: String,
}

impl Finding {
    /// A finding about a field of a stage; an empty field is the stage itself.
    #[must_use]
    pub fn of(stage: &StageRef, field: &str, title: impl Into<String>) -> Self {
        let path = if field.is_empty() { stage.path() } else { format!("{}.{field}", stage.path()) };
        Self { stage: Some(stage.clone()), ..Self::at(path, title) }
    }

    /// A finding about the pipeline, at a dotted path.
    #[must_use]
    pub fn at(path: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            stage: None,
            path: path.into(),
            title: title.into(),
            also: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fix: None,
            mild: false,
        }
    }

    /// Adds a place besides that of the path.
    #[must_use]
    pub fn also(mut self, place: Place, text: impl Into<String>) -> Self {
        self.also.push((place, text.into()));
        self
    }

    /// Adds background.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds what to do next.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Says what `check --fix` would write.
    #[must_use]
    pub fn fix(mut self, path: impl Into<String>, to: impl Into<String>) -> Self {
        self.fix = Some(Fix { path: path.into(), to: to.into() });
        self
    }

    /// Makes it one step less bad than the rule's findings are.
    #[must_use]
    pub fn mild_if(mut self, mild: bool) -> Self {
        self.mild |= mild;
        self
    }
}
