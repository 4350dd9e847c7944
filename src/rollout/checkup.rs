//! What must hold before the first write: checks with their results, as data.

use std::fmt;

use serde::Serialize;

use crate::diagnostic::Code;

/// What a check is about, in the order in which they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckArea {
    /// Who is calling, and how long that lasts.
    Credentials,
    /// The region.
    Region,
    /// This machine's clock against AWS's.
    Clock,
    /// What deployments to the environment need.
    Foundation,
    /// Pipeline file, handlers, models.
    Code,
    /// The stack's state.
    Stack,
    /// Who is at work.
    Lease,
    /// What the caller may do.
    Permissions,
    /// What the account may have.
    Quotas,
    /// Names that are taken.
    Names,
}

impl CheckArea {
    /// The word people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Region => "region",
            Self::Clock => "clock",
            Self::Foundation => "foundation",
            Self::Code => "code",
            Self::Stack => "stack",
            Self::Lease => "lease",
            Self::Permissions => "permissions",
            Self::Quotas => "quotas",
            Self::Names => "names",
        }
    }
}

impl fmt::Display for CheckArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How a check came out, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As it should be.
    Ok,
    /// It could not be told, and why is said.
    Unknown,
    /// A deployment would go on, and somebody should look.
    Warning,
    /// A deployment would fail.
    Failed,
}

impl Health {
    /// The word people read.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is about.
    pub area: CheckArea,
    /// How it came out.
    pub health: Health,
    /// What was found, a line.
    pub found: String,
    /// More of it, a line each.
    pub details: Vec<String>,
    /// What to type or do about it.
    pub help: Vec<String>,
    /// What `sluice explain` tells more of.
    #[serde(serialize_with = "as_text")]
    pub code: Option<Code>,
}

fn as_text<S: serde::Serializer>(code: &Option<Code>, serializer: S) -> Result<S::Ok, S::Error> {
    code.map(Code::as_str).serialize(serializer)
}

impl Check {
    fn new(area: CheckArea, health: Health, found: impl Into<String>) -> Self {
        Self { area, health, found: found.into(), details: Vec::new(), help: Vec::new(), code: None }
    }

    /// It is as it should be.
    #[must_use]
    pub fn ok(area: CheckArea, found: impl Into<String>) -> Self {
        Self::new(area, Health::Ok, found)
    }

    /// It could not be told; `why` says why.
    #[must_use]
    pub fn unknown(area: CheckArea, why: impl Into<String>) -> Self {
        Self::new(area, Health::Unknown, why)
    }

    /// Somebody should look.
    #[must_use]
    pub fn warning(area: CheckArea, found: impl Into<String>) -> Self {
        Self::new(area, Health::Warning, found)
    }

    /// A deployment would fail.
    #[must_use]
    pub fn failed(area: CheckArea, code: Code, found: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::new(area, Health::Failed, found) }
    }

    /// Adds a line of more.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds several lines of more.
    #[must_use]
    pub fn details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// All checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checkup {
    /// In the order of their areas.
    pub checks: Vec<Check>,
}

impl Checkup {
    /// Whether a deployment would fail for something that was found.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.checks.iter().any(|check| check.health == Health::Failed)
    }

    /// How many checks came out so.
    #[must_use]
    pub fn count(&self, health: Health) -> usize {
        self.checks.iter().filter(|check| check.health == health).count()
    }

    /// Puts them in order.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.checks.sort_by_key(|check| check.area);
        self
    }
}
