//! How long a release ran after it was proven.

use crate::release::{
    DeploymentId, Ended, Entry, Fact, LEDGER_FORMAT, Ledger, ReleaseDigest, Stay, Via, longest, stays,
};
use crate::units::{AccountId, Digest, Duration, EnvironmentName, PipelineName, Region, Timestamp};

pub(super) fn digest(letter: char) -> ReleaseDigest {
    letter.to_string().repeat(64).parse().expect("a digest")
}

pub(super) fn minute(at: i64) -> Timestamp {
    Timestamp::from_millis(at * 60_000)
}

/// A deployment that took the minute before.
pub(super) fn deployed(release: &ReleaseDigest, outcome: Ended, at: i64) -> (i64, Fact) {
    let fact = Fact::Deployment {
        id: DeploymentId(at.to_string()),
        release: release.clone(),
        previous: None,
        via: Via::Deploy,
        began: minute(at - 1),
        ended: minute(at),
        outcome,
        plan: Digest::of_sha256(&[0; 32]),
        environment_file: Digest::of_sha256(&[0; 32]),
        change_set: None,
        gates: Vec::new(),
        approvals: Vec::new(),
        overrides: Vec::new(),
        reconciled: false,
    };
    (at, fact)
}

pub(super) fn judged(release: &ReleaseDigest, passed: bool, at: i64) -> (i64, Fact) {
    let id = DeploymentId(at.to_string());
    (at, Fact::Judged { id, release: release.clone(), passed, gates: Vec::new() })
}

pub(super) fn ledger(facts: &[(i64, Fact)]) -> Ledger {
    let entries = facts.iter().zip(1..).map(|((at, fact), number)| Entry {
        format_version: LEDGER_FORMAT,
        number,
        at: minute(*at),
        by: "arn:aws:iam::123456789012:role/deploy".to_owned(),
        pipeline: PipelineName::new("orders").expect("a name"),
        environment: EnvironmentName::new("staging").expect("a name"),
        account: AccountId::new("123456789012").expect("an account"),
        region: Region::new("eu-west-1").expect("a region"),
        running: None,
        fact: fact.clone(),
    });
    Ledger::of(entries.collect())
}

fn stay(since: i64, until: Option<i64>) -> Stay {
    Stay { since: minute(since), until: until.map(minute) }
}

#[test]
fn a_release_stays_from_its_deployment_until_another_begins() {
    let (a, b) = (digest('a'), digest('b'));
    let facts = [
        deployed(&a, Ended::Succeeded, 10),
        deployed(&b, Ended::RolledBack, 20),
        deployed(&a, Ended::Succeeded, 25),
        deployed(&b, Ended::Succeeded, 40),
    ];
    assert_eq!(
        stays(&ledger(&facts), &a, false),
        [stay(10, Some(39))],
        "a failed one takes no place, the same again is no break"
    );
    assert_eq!(stays(&ledger(&facts), &b, false), [stay(40, None)], "and its earlier failure is made up for");
}

#[test]
fn where_releases_are_judged_the_stay_begins_with_the_judgement() {
    let a = digest('a');
    let facts = [deployed(&a, Ended::Succeeded, 10), judged(&a, true, 30)];
    assert_eq!(stays(&ledger(&facts[..1]), &a, true), []);
    assert_eq!(stays(&ledger(&facts), &a, true), [stay(30, None)]);
    let failed = [facts.as_slice(), &[judged(&a, false, 50)]].concat();
    assert_eq!(stays(&ledger(&failed), &a, true), [], "a failed judgement takes it all back");
}

#[test]
fn the_longest_stay_counts_and_a_removal_ends_one() {
    let (a, b) = (digest('a'), digest('b'));
    let facts = [
        deployed(&a, Ended::Succeeded, 10),
        (60, Fact::Removal { release: Some(a.clone()) }),
        deployed(&b, Ended::Succeeded, 70),
        deployed(&a, Ended::Succeeded, 80),
    ];
    let found = stays(&ledger(&facts), &a, false);
    assert_eq!(found, [stay(10, Some(60)), stay(80, None)]);
    assert_eq!(longest(&found, minute(90)), Some(stay(10, Some(60))));
    assert_eq!(longest(&found, minute(131)), Some(stay(80, None)));
    let (from, until) = stay(10, Some(60)).window(Duration::from_secs(600), minute(90));
    assert_eq!((from, until), (minute(50), minute(60)), "the last of it is measured");
}

#[test]
fn whatever_is_verified_has_a_stay_and_nothing_else_has_one() {
    // Every ledger of four of these facts, in every order.
    let (a, b) = (digest('a'), digest('b'));
    let kinds: [&dyn Fn(i64) -> (i64, Fact); 8] = [
        &|at| deployed(&a, Ended::Succeeded, at),
        &|at| deployed(&a, Ended::Unverified, at),
        &|at| deployed(&a, Ended::RolledBack, at),
        &|at| deployed(&b, Ended::Succeeded, at),
        &|at| deployed(&b, Ended::Stuck, at),
        &|at| judged(&a, true, at),
        &|at| judged(&a, false, at),
        &|at| (at, Fact::Removal { release: None }),
    ];
    for number in 0..kinds.len().pow(4) {
        let facts: Vec<(i64, Fact)> = (0..4_u32)
            .map(|place| kinds[number / kinds.len().pow(place) % kinds.len()](10 * (i64::from(place) + 1)))
            .collect();
        let ledger = ledger(&facts);
        for judges in [false, true] {
            let found = stays(&ledger, &a, judges);
            let verified = ledger.verified(&a, judges).is_some();
            assert!(verified || found.is_empty(), "{judges} {facts:?} {found:?}");
            let runs = ledger.running() == Some(&a);
            let open = found.last().is_some_and(|stay| stay.until.is_none());
            assert!(!open || runs, "{judges} {facts:?} {found:?}");
        }
    }
}
