//! The rules of promotion: what is decided, and that nothing gets round them.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::staying::{deployed, digest, judged, ledger, minute};
use crate::environment::{Approval, Environment, Gates, Overridable, Tier};
use crate::release::{
    APPROVAL_FORMAT, Approved, Candidate, Decision, Ended, Fact, GateKind, GateResult, Ledger, Overridden, Proving,
    Refusal, ReleaseDigest, Subject, Verdict, decide, may_return, previous_good,
};
use crate::units::{Digest, Duration, PipelineName, Region};

const OWNER: &str = "arn:aws:iam::123456789012:role/release-owner";
const RISK: &str = "arn:aws:iam::123456789012:role/risk";
const STRANGER: &str = "arn:aws:iam::123456789012:role/stranger";

fn plan(number: u8) -> Digest {
    Digest::of_sha256(&[number; 32])
}

fn subject(release: &ReleaseDigest, target: &Environment, of: u8) -> Subject {
    Subject {
        pipeline: PipelineName::new("orders").expect("a name"),
        environment: target.name().clone(),
        region: Region::new("eu-west-1").expect("a region"),
        release: release.clone(),
        plan: plan(of),
    }
}

fn approved(subject: &Subject, by: &str) -> Approved {
    Approved {
        format_version: APPROVAL_FORMAT,
        subject: subject.clone(),
        by: by.to_owned(),
        at: minute(0),
        reason: None,
    }
}

fn overridden(gate: GateKind, reason: &str) -> Overridden {
    Overridden { gate, by: OWNER.to_owned(), reason: reason.to_owned() }
}

fn strict() -> Gates {
    Gates {
        approval: Some(Approval { by: vec![OWNER.to_owned(), RISK.to_owned()], count: 2 }),
        errors: Some(0),
        ..Gates::default()
    }
}

/// A case to decide, with everything in order.
struct Sound {
    source: Environment,
    target: Environment,
    ledger: Ledger,
    subject: Subject,
    approvals: Vec<Approved>,
    measured: Vec<GateResult>,
    overrides: Vec<Overridden>,
}

fn sound(gates: Gates) -> Sound {
    let a = digest('a');
    let target = Environment::gated(Tier::Production, Some("staging"), gates);
    let subject = subject(&a, &target, 1);
    Sound {
        source: Environment::fixture(Tier::Staging),
        ledger: ledger(&[deployed(&a, Ended::Succeeded, 10)]),
        approvals: vec![approved(&subject, OWNER), approved(&subject, RISK)],
        measured: vec![GateResult::new(GateKind::Errors, Verdict::Pass, "none")],
        overrides: Vec::new(),
        target,
        subject,
    }
}

impl Sound {
    fn decided(&self) -> Decision {
        decide(&Candidate {
            subject: &self.subject,
            target: &self.target,
            source: Some(Proving { environment: &self.source, ledger: &self.ledger, now: minute(60) }),
            measured: &self.measured,
            approvals: &self.approvals,
            overrides: &self.overrides,
            now: minute(60),
        })
    }
}

#[test]
fn what_is_proven_approved_and_measured_goes() {
    let Decision::Go { gates, approvals, overrides } = sound(strict()).decided() else { panic!("it goes") };
    assert_eq!(gates.iter().map(GateResult::called).collect::<Vec<_>>(), ["verified", "errors", "approval"]);
    assert_eq!((approvals, overrides), (vec![OWNER.to_owned(), RISK.to_owned()], Vec::new()));
}

#[test]
fn a_gate_that_nobody_measured_is_waited_for() {
    let unmeasured = Sound { measured: Vec::new(), ..sound(strict()) };
    assert!(matches!(unmeasured.decided(), Decision::Wait { until: None, .. }));
}

#[test]
fn the_worst_of_several_results_of_one_gate_counts() {
    let mut several = sound(strict());
    several.measured.push(GateResult::new(GateKind::Errors, Verdict::Fail, "7"));
    several.measured.push(GateResult::new(GateKind::Errors, Verdict::Inconclusive, "?"));
    let Decision::Refused { why, .. } = several.decided() else { panic!("it is refused") };
    assert_eq!(why, Refusal::Failed(vec![(GateKind::Errors, None)]));
}

#[test]
fn what_is_waited_for_is_over_when_the_last_of_it_is() {
    let soaking = Gates { soak: Some(Duration::from_secs(3_600)), ..Gates::default() };
    let Decision::Wait { until, .. } = sound(soaking.clone()).decided() else { panic!("it waits") };
    assert_eq!(until, Some(minute(70)));
    let open = Sound { measured: Vec::new(), ..sound(Gates { errors: Some(0), ..soaking }) };
    assert!(matches!(open.decided(), Decision::Wait { until: None, .. }), "nobody knows when errors are measured");
}

#[test]
fn an_override_takes_a_reason_and_is_kept_only_where_it_was_needed() {
    let failing = || Sound {
        measured: vec![GateResult::new(GateKind::Errors, Verdict::Fail, "7")],
        overrides: vec![overridden(GateKind::Errors, "a known bot"), overridden(GateKind::Soak, "hurry")],
        ..sound(strict())
    };
    let Decision::Go { overrides, .. } = failing().decided() else { panic!("it goes") };
    assert_eq!(overrides, [overridden(GateKind::Errors, "a known bot")]);
    let silent = Sound { overrides: vec![overridden(GateKind::Errors, " ")], ..failing() };
    assert!(matches!(silent.decided(), Decision::Refused { why: Refusal::NoReason(GateKind::Errors), .. }));
}

#[test]
fn proof_and_approval_are_overridden_only_where_the_environment_says_so() {
    let unproven = |gates: Gates| Sound {
        ledger: Ledger::default(),
        overrides: vec![overridden(GateKind::Verified, "it burns")],
        ..sound(gates)
    };
    let refused = unproven(strict()).decided();
    assert!(matches!(refused, Decision::Refused { why: Refusal::MayNotOverride(GateKind::Verified), .. }));
    let lenient = Gates { overridable: vec![Overridable::Verified], ..strict() };
    assert!(matches!(unproven(lenient.clone()).decided(), Decision::Go { .. }));
    let alone = Sound {
        approvals: Vec::new(),
        overrides: vec![overridden(GateKind::Approval, "nobody is awake")],
        ..sound(lenient)
    };
    assert!(matches!(alone.decided(), Decision::Refused { why: Refusal::MayNotOverride(GateKind::Approval), .. }));
}

#[test]
fn a_ledger_of_another_environment_proves_nothing() {
    let elsewhere = Sound { source: Environment::fixture(Tier::Development), ..sound(strict()) };
    assert!(matches!(elsewhere.decided(), Decision::Wait { .. }));
}

#[test]
fn one_goes_back_to_what_was_good_here() {
    let (a, b, c) = (digest('a'), digest('b'), digest('c'));
    let here = Environment::fixture(Tier::Production);
    let facts =
        [deployed(&a, Ended::Succeeded, 10), deployed(&b, Ended::Unverified, 20), deployed(&c, Ended::Succeeded, 30)];
    let kept = ledger(&facts);
    assert_eq!(previous_good(&here, &kept), Some(&a));
    assert!(may_return(&here, &kept, &a) && !may_return(&here, &kept, &b));
    let judges =
        Environment::gated(Tier::Production, None, Gates { bake: Some(Duration::from_secs(60)), ..Gates::default() });
    assert_eq!(previous_good(&judges, &kept), None, "none of them was judged good");
}

/// What can happen, to whichever release.
#[derive(Clone, Debug)]
enum Event {
    /// Something is deployed to the environment before, and ends so.
    Deploy(usize, Ended),
    /// It is judged there.
    Judge(usize, bool),
    /// It is removed there.
    Remove,
    /// Somebody approves a release with a plan.
    Approve(usize, u8, &'static str),
    /// Somebody takes the approval back.
    Withdraw(usize, u8, &'static str),
    /// Somebody tries to promote a release with a plan, with what gates measured and what is overridden.
    Promote(usize, u8, Verdict, Vec<(GateKind, bool)>),
    /// Somebody tries to go back to a release.
    Rollback(usize),
    /// What was promoted is judged.
    Bake(usize, bool),
}

const RELEASES: usize = 3;

fn event() -> impl Strategy<Value = Event> {
    let release = 0..RELEASES;
    let ended = prop::sample::select(vec![Ended::Succeeded, Ended::Unverified, Ended::RolledBack, Ended::Stuck]);
    let who = prop::sample::select(vec![OWNER, RISK, STRANGER]);
    let verdict = prop::sample::select(vec![Verdict::Pass, Verdict::Fail, Verdict::Inconclusive]);
    let overrides = prop::collection::vec((prop::sample::select(GateKind::ALL.to_vec()), any::<bool>()), 0..3);
    prop_oneof![
        4 => (release.clone(), ended).prop_map(|(release, ended)| Event::Deploy(release, ended)),
        2 => (release.clone(), any::<bool>()).prop_map(|(release, passed)| Event::Judge(release, passed)),
        1 => Just(Event::Remove),
        6 => (release.clone(), 0..2_u8, who.clone()).prop_map(|(release, plan, who)| Event::Approve(release, plan, who)),
        1 => (release.clone(), 0..2_u8, who).prop_map(|(release, plan, who)| Event::Withdraw(release, plan, who)),
        6 => (release.clone(), 0..2_u8, verdict, overrides)
            .prop_map(|(release, plan, verdict, overrides)| Event::Promote(release, plan, verdict, overrides)),
        2 => release.clone().prop_map(Event::Rollback),
        1 => (release, any::<bool>()).prop_map(|(release, passed)| Event::Bake(release, passed)),
    ]
}

/// What an onlooker knows, reckoned in another way than the rules do.
#[derive(Default)]
struct Onlooker {
    /// Releases that count as proven in the environment before, and now.
    proven: BTreeSet<usize>,
    /// Who approved what.
    agreed: BTreeMap<(usize, u8), BTreeSet<&'static str>>,
    /// Releases that once reached the target rightly.
    rightly: BTreeSet<usize>,
}

impl Onlooker {
    fn sees(&mut self, event: &Event, judges: bool) {
        match event {
            Event::Deploy(release, Ended::Succeeded) if !judges => {
                self.proven.insert(*release);
            }
            Event::Deploy(_, Ended::Succeeded) => {}
            Event::Deploy(release, _) | Event::Judge(release, false) => {
                self.proven.remove(release);
            }
            Event::Judge(release, true) => {
                self.proven.insert(*release);
            }
            Event::Approve(release, plan, who) => {
                self.agreed.entry((*release, *plan)).or_default().insert(who);
            }
            Event::Withdraw(release, plan, who) => {
                self.agreed.entry((*release, *plan)).or_default().remove(who);
            }
            Event::Remove | Event::Promote(..) | Event::Rollback(_) | Event::Bake(..) => {}
        }
    }

    fn both_agreed(&self, release: usize, plan: u8) -> bool {
        self.agreed.get(&(release, plan)).is_some_and(|who| who.contains(OWNER) && who.contains(RISK))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever is released, deployed, judged, approved, measured and overridden in whichever order: a release that is not
    /// proven in the environment before, or not approved with exactly this plan by both who must, never gets in; and what
    /// goes back there got in rightly before.
    #[test]
    fn no_sequence_lets_an_unapproved_or_unverified_release_in(
        events in prop::collection::vec(event(), 1..60),
        judges in any::<bool>(),
        bakes in any::<bool>(),
    ) {
        let releases: Vec<ReleaseDigest> = ['a', 'b', 'c'].map(digest).to_vec();
        let minutely = |asked: bool| asked.then(|| Duration::from_secs(60));
        let source = Environment::gated(Tier::Staging, None, Gates { bake: minutely(judges), ..Gates::default() });
        let target = Environment::gated(Tier::Production, Some("staging"), Gates { bake: minutely(bakes), ..strict() });
        let mut there: Vec<(i64, Fact)> = Vec::new();
        let mut here: Vec<(i64, Fact)> = Vec::new();
        let mut approvals: Vec<Approved> = Vec::new();
        let mut onlooker = Onlooker::default();
        for (event, at) in events.iter().zip(10_i64..) {
            onlooker.sees(event, judges);
            match event {
                Event::Deploy(release, ended) => there.push(deployed(&releases[*release], *ended, at)),
                Event::Judge(release, passed) => there.push(judged(&releases[*release], *passed, at)),
                Event::Remove => there.push((at, Fact::Removal { release: None })),
                Event::Approve(release, plan, who) => {
                    approvals.push(approved(&subject(&releases[*release], &target, *plan), who));
                }
                Event::Withdraw(release, plan, who) => {
                    let of = subject(&releases[*release], &target, *plan);
                    approvals.retain(|kept| kept.subject != of || kept.by != *who);
                }
                Event::Promote(release, plan, verdict, overrides) => {
                    let overrides: Vec<Overridden> = overrides
                        .iter()
                        .map(|(gate, reason)| overridden(*gate, if *reason { "because" } else { "" }))
                        .collect();
                    let decision = decide(&Candidate {
                        subject: &subject(&releases[*release], &target, *plan),
                        target: &target,
                        source: Some(Proving { environment: &source, ledger: &ledger(&there), now: minute(at) }),
                        // Even somebody who says that everything is passed gets nowhere.
                        measured: &GateKind::ALL.map(|kind| GateResult::new(kind, *verdict, "measured")),
                        approvals: &approvals,
                        overrides: &overrides,
                        now: minute(at),
                    });
                    let may = onlooker.proven.contains(release) && onlooker.both_agreed(*release, *plan);
                    if matches!(decision, Decision::Go { .. }) {
                        prop_assert!(may, "{event:?} got in at {at}");
                        onlooker.rightly.insert(*release);
                        here.push(deployed(&releases[*release], Ended::Succeeded, at));
                    } else {
                        // And nobody is kept out without a reason.
                        let clear = may && *verdict == Verdict::Pass && overrides.is_empty();
                        prop_assert!(!clear, "{event:?} was kept out at {at}");
                    }
                }
                Event::Rollback(release) => {
                    if may_return(&target, &ledger(&here), &releases[*release]) {
                        prop_assert!(onlooker.rightly.contains(release), "{event:?} came back at {at}");
                        here.push(deployed(&releases[*release], Ended::Succeeded, at));
                    }
                }
                Event::Bake(release, passed) => {
                    if ledger(&here).running() == Some(&releases[*release]) {
                        here.push(judged(&releases[*release], *passed, at));
                    }
                }
            }
        }
    }
}
