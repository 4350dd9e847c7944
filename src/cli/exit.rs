//! Exit codes, one meaning each (DESIGN section 9).

/// How a command ended, as the shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// An error, a declined question, or `check` found errors.
    Error,
    /// There are changes; only with `--detailed-exitcode`.
    Changes,
    /// A gate, a policy, missing consent, a stale plan or somebody's lock stands in the way.
    Refused,
    /// The deployment failed and what was there before is live again.
    RolledBack,
    /// A state that needs a person, or deployed but not verified.
    NeedsAttention,
    /// Wrong arguments.
    Usage,
    /// A bug in Sluice.
    Bug,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Changes => 2,
            Self::Refused => 3,
            Self::RolledBack => 4,
            Self::NeedsAttention => 5,
            Self::Usage => 64,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }

    /// The worse of two, for several pipelines: 130, 70, 64, 5, 4, 1, 3, 2, 0.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if self.rank() >= other.rank() { self } else { other }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Changes => 1,
            Self::Refused => 2,
            Self::Error => 3,
            Self::RolledBack => 4,
            Self::NeedsAttention => 5,
            Self::Usage => 6,
            Self::Bug => 7,
            Self::Interrupted => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_outcomes_the_worst_is_told() {
        let order =
            [Exit::Bug, Exit::NeedsAttention, Exit::RolledBack, Exit::Error, Exit::Refused, Exit::Changes, Exit::Done];
        for pair in order.windows(2) {
            assert_eq!(pair[1].worse(pair[0]), pair[0]);
        }
    }
}
