//! Scores: how much of what is asked is as it should be, by framework and letter.

use std::collections::BTreeMap;

use serde::Serialize;

use super::report::Outcome;
use super::rule::{Framework, Letter};
use crate::diagnostic::Severity;

/// The score of one framework.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Score {
    /// The framework.
    pub framework: Framework,
    /// 0 to 100; `None` where nothing of the pipeline is asked.
    pub percent: Option<u32>,
    /// Its letters, each with its own score.
    pub letters: BTreeMap<Letter, Option<u32>>,
}

/// What is fulfilled and what is asked, weighed.
#[derive(Clone, Copy, Default)]
struct Tally {
    fulfilled: u64,
    asked: u64,
    /// Whether any of it is more than an information.
    serious: bool,
}

impl Tally {
    fn percent(self) -> Option<u32> {
        // Rounded down: a hundred means that nothing was found.
        let percent = (self.fulfilled * 100).checked_div(self.asked)?;
        u32::try_from(percent).ok()
    }

    fn add(&mut self, other: Self) {
        self.fulfilled += other.fulfilled;
        self.asked += other.asked;
        self.serious |= other.serious;
    }
}

/// Parts into which a rule's weight is divided among the things it looked at.
const PARTS: u64 = 10_000;

/// The score of every framework. A rule weighs by how bad its findings are; each thing that it looked at has an equal part
/// of that weight; what is suppressed is not counted at all.
pub(super) fn scores(outcomes: &[Outcome]) -> Vec<Score> {
    let of_letter = |letter: Letter| {
        let mut tally = Tally::default();
        for outcome in outcomes.iter().filter(|outcome| outcome.rule.serves.contains(&letter)) {
            tally.add(weighed(outcome));
        }
        tally
    };
    let of_framework = |framework: Framework| {
        let letters = Letter::ALL.iter().copied().filter(|letter| letter.framework() == framework);
        let tallies: BTreeMap<Letter, Tally> = letters.map(|letter| (letter, of_letter(letter))).collect();
        let mut whole = Tally::default();
        tallies.values().for_each(|tally| whole.add(*tally));
        let letters = tallies.into_iter().map(|(letter, tally)| (letter, tally.percent())).collect();
        // Informations alone make no score: a tier that asks nothing else has none.
        Score { framework, percent: whole.percent().filter(|_| whole.serious), letters }
    };
    Framework::ALL.into_iter().map(of_framework).collect()
}

fn weighed(outcome: &Outcome) -> Tally {
    let counted = (outcome.fine + outcome.found) as u64;
    let weight = PARTS
        * match outcome.severity {
            Severity::Error => 4,
            Severity::Warning => 2,
            Severity::Info => 1,
        };
    match (weight * outcome.fine as u64).checked_div(counted) {
        Some(fulfilled) => Tally { fulfilled, asked: weight, serious: outcome.severity < Severity::Info },
        None => Tally::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::RULES;
    use super::*;

    fn outcome(at: usize, severity: Severity, fine: usize, found: usize) -> Outcome {
        Outcome { rule: &RULES[at], severity, fine, found, suppressed: 0 }
    }

    #[test]
    fn nothing_found_is_a_hundred_and_nothing_asked_is_no_score() {
        let all: Vec<Outcome> = (0..RULES.len()).map(|at| outcome(at, Severity::Warning, 2, 0)).collect();
        assert!(scores(&all).iter().all(|score| score.percent == Some(100)));
        let none: Vec<Outcome> = (0..RULES.len()).map(|at| outcome(at, Severity::Warning, 0, 0)).collect();
        assert!(scores(&none).iter().all(|score| score.percent.is_none()));
    }

    #[test]
    fn an_error_weighs_more_than_a_warning_and_one_of_many_less_than_all() {
        let percent = |first: Outcome| {
            let rest = (1..RULES.len()).map(|at| outcome(at, Severity::Warning, 1, 0));
            let all: Vec<Outcome> = std::iter::once(first).chain(rest).collect();
            scores(&all)[1].percent.unwrap()
        };
        let (info, error) = (outcome(0, Severity::Info, 0, 1), outcome(0, Severity::Error, 0, 1));
        let one_of_many = outcome(0, Severity::Error, 9, 1);
        assert!(percent(error.clone()) < percent(info));
        assert!(percent(error) < percent(one_of_many));
    }

    #[test]
    fn every_letter_is_served_by_a_rule() {
        for letter in Letter::ALL {
            assert!(RULES.iter().any(|rule| rule.serves.contains(letter)), "{letter:?}");
        }
    }
}
