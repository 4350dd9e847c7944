//! Each kind of gate: passed, failed, and inconclusive where nobody can say.

use crate::environment::{Bound, Day, Freeze, ReadinessLevel, Window};
use crate::release::judge::{self, Answered, Dearer, Of, Reading, Taken, Traffic};
use crate::release::{GateKind, GateResult, Stay, Verdict};
use crate::units::{Duration, Money, Timestamp};

fn busy() -> Traffic {
    Traffic { records: Ok(5_000), least: 1_000 }
}

fn quiet() -> Traffic {
    Traffic { records: Ok(999), least: 1_000 }
}

fn of(name: &str, points: &[f64]) -> Of {
    (name.to_owned(), Reading::Points(points.to_vec()))
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect(text)
}

#[track_caller]
fn is(result: &GateResult, verdict: Verdict, why: &str) {
    assert_eq!((result.verdict, result.why.as_str()), (verdict, why));
}

#[test]
fn soak_waits_until_it_is_over_and_is_remembered() {
    let (noon, hour) = (at("2026-01-02T12:00:00Z"), Duration::from_secs(3_600));
    let stay = |since: &str, until: Option<&str>| Some(Stay { since: at(since), until: until.map(at) });
    let running = judge::soak(hour, stay("2026-01-02T11:48:20Z", None), noon);
    is(&running, Verdict::Inconclusive, "11m40s of 1h");
    assert_eq!(running.until, Some(at("2026-01-02T12:48:20Z")));
    is(&judge::soak(hour, stay("2026-01-02T11:00:00Z", None), noon), Verdict::Pass, "1h of 1h");
    let replaced = stay("2026-01-02T08:00:00Z", Some("2026-01-02T09:00:00Z"));
    is(&judge::soak(hour, replaced, noon), Verdict::Pass, "1h of 1h");
    let short = stay("2026-01-02T08:00:00Z", Some("2026-01-02T08:59:59Z"));
    is(&judge::soak(hour, short, noon), Verdict::Fail, "59m59s of 1h, and another release runs there now");
    is(&judge::soak(hour, None, noon), Verdict::Fail, "it never ran verified; 1h are asked for");
}

#[test]
fn counts_fail_above_their_limit_whatever_the_traffic() {
    let count = |readings: &[Of], traffic: &Traffic| judge::count(GateKind::Errors, "errors", readings, 2, traffic);
    let (fine, bad) = ([of("score", &[1.0, 1.0])], [of("score", &[1.0, 1.0]), of("rank", &[0.0, 1.0])]);
    is(&count(&fine, &busy()), Verdict::Pass, "2 errors, at most 2 may be");
    is(&count(&bad, &busy()), Verdict::Fail, "3 errors, at most 2 may be: score 2, rank 1");
    is(&count(&bad, &quiet()), Verdict::Fail, "3 errors, at most 2 may be: score 2, rank 1");
    let few = "only 999 of 1000 records came in that a judgement needs";
    is(&count(&fine, &quiet()), Verdict::Inconclusive, few);
    is(&count(&[("score".to_owned(), Reading::Silent)], &quiet()), Verdict::Inconclusive, few);
    is(&count(&[("score".to_owned(), Reading::Silent)], &busy()), Verdict::Pass, "0 errors, at most 2 may be");
    let refused = ("score".to_owned(), Reading::Refused("AWS denied GetMetricData".to_owned()));
    is(&count(&[refused], &busy()), Verdict::Inconclusive, "score cannot be read: AWS denied GetMetricData");
    let unknown = Traffic { records: Err("AWS denied GetMetricData".to_owned()), least: 1 };
    assert_eq!(count(&fine, &unknown).verdict, Verdict::Inconclusive);
    is(&count(&[], &quiet()), Verdict::Pass, "the pipeline has nothing of the kind");
}

#[test]
fn levels_allow_one_minute_in_a_hundred_and_silence_is_no_pass() {
    let ten = Duration::from_secs(10);
    let level = |readings: &[Of], traffic: &Traffic| {
        judge::level(GateKind::IteratorAge, readings, Taken::P99, 1_000, ten, traffic)
    };
    let mut minutes = vec![2_000.0; 99];
    minutes.push(60_000.0);
    is(&level(&[of("score", &minutes)], &busy()), Verdict::Pass, "p99 2s, 10s are allowed");
    minutes[0] = 60_000.0;
    is(&level(&[of("score", &minutes)], &busy()), Verdict::Fail, "p99 1m of score, 10s are allowed");
    is(&level(&[of("score", &minutes)], &quiet()), Verdict::Fail, "p99 1m of score, 10s are allowed");
    let one_silent = [of("score", &[1.0]), ("rank".to_owned(), Reading::Silent)];
    is(&level(&one_silent, &busy()), Verdict::Inconclusive, "rank published nothing");
    let unknown = [("rank".to_owned(), Reading::Unknown("AWS/Lambda IteratorAge".to_owned()))];
    is(&level(&unknown, &busy()), Verdict::Inconclusive, "there is no metric AWS/Lambda IteratorAge (W6020)");
    assert_eq!(level(&[of("score", &[1.0])], &quiet()).verdict, Verdict::Inconclusive);
    let most =
        judge::level(GateKind::ArchiveFreshness, &[of("a", &[1.0, 900.0])], Taken::Most, 1_000_000, ten, &busy());
    is(&most, Verdict::Fail, "at most 15m of a, 10s are allowed");
}

#[test]
fn a_metric_of_ones_own_keeps_its_bound_at_every_point() {
    let metric = |points: &[f64], keep| judge::metric("drift", &Reading::Points(points.to_vec()), keep, &busy());
    is(&metric(&[0.1, 0.15], Bound::Below(0.2)), Verdict::Pass, "0.15 is below 0.2");
    is(&metric(&[0.1, 0.2], Bound::Below(0.2)), Verdict::Fail, "0.2 is not below 0.2");
    is(&metric(&[5.0, 3.0], Bound::Above(3.0)), Verdict::Fail, "3 is not above 3");
    let missing = Reading::Unknown("Sluice/orders ScoreDrft".to_owned());
    let told = judge::metric("drift", &missing, Bound::Below(1.0), &busy());
    is(&told, Verdict::Inconclusive, "there is no metric Sluice/orders ScoreDrft (W6020)");
    is(
        &judge::metric("drift", &Reading::Silent, Bound::Below(1.0), &busy()),
        Verdict::Inconclusive,
        "it published nothing",
    );
    let few = judge::metric("drift", &Reading::Points(vec![0.0]), Bound::Below(1.0), &quiet());
    assert_eq!(few.verdict, Verdict::Inconclusive);
}

#[test]
fn one_alarm_that_rings_fails_and_none_that_could_says_nothing() {
    is(&judge::alarms(&Ok(Vec::new()), 12), Verdict::Pass, "none of 12 is in ALARM");
    is(&judge::alarms(&Ok(vec!["a".to_owned()]), 12), Verdict::Fail, "in ALARM: a");
    assert_eq!(judge::alarms(&Ok(Vec::new()), 0).verdict, Verdict::Inconclusive);
    assert_eq!(judge::alarms(&Err("denied".to_owned()), 0).verdict, Verdict::Inconclusive);
}

#[test]
fn readiness_drift_and_budget_say_what_is_missing() {
    is(&judge::readiness(ReadinessLevel::Stateful, 2, &[]), Verdict::Pass, "level 2 of 2");
    let low = judge::readiness(ReadinessLevel::FeatureStore, 1, &["a table with `ttl`"]);
    is(&low, Verdict::Fail, "level 1 of 3; the next one needs a table with `ttl`");
    is(&judge::drift(&["staging", "prod"], &Ok(Vec::new())), Verdict::Pass, "as deployed: staging and prod");
    is(&judge::drift(&["staging"], &Ok(vec!["Role".to_owned()])), Verdict::Fail, "1 in staging drifted: Role");
    assert_eq!(judge::drift(&["staging"], &Err("denied".to_owned())).verdict, Verdict::Inconclusive);
    let most = Money(250_000_000);
    let dearer = |cents: i64, above, unknown| Ok(Dearer { by: Money(cents * 10_000), above, unknown });
    is(
        &judge::budget(most, &dearer(4_000, false, 0)),
        Verdict::Pass,
        "a month becomes dearer by 40.00 USD, 250 USD are allowed",
    );
    assert_eq!(judge::budget(most, &dearer(40_000, true, 0)).verdict, Verdict::Fail);
    assert_eq!(judge::budget(most, &dearer(4_000, false, 2)).verdict, Verdict::Inconclusive);
    assert_eq!(judge::budget(most, &Err("no release".to_owned())).verdict, Verdict::Inconclusive);
}

#[test]
fn a_closed_window_and_a_freeze_are_waited_for() {
    let office = Window { days: vec![Day::Friday], from: 9 * 60, to: 17 * 60, offset: 0 };
    let noon = at("2026-01-02T12:00:00Z");
    is(&judge::window(std::slice::from_ref(&office), &[], noon), Verdict::Pass, "open until 2026-01-02T17:00:00.000Z");
    let night = judge::window(std::slice::from_ref(&office), &[], at("2026-01-02T20:00:00Z"));
    is(&night, Verdict::Inconclusive, "the next window opens at 2026-01-09T09:00:00.000Z");
    assert_eq!(night.until, Some(at("2026-01-09T09:00:00Z")));
    let freeze = Freeze { from: at("2026-01-01"), to: at("2026-01-05"), reason: "audit".to_owned() };
    let frozen = judge::window(&[office], std::slice::from_ref(&freeze), noon);
    is(&frozen, Verdict::Inconclusive, "frozen until 2026-01-05T00:00:00.000Z: audit");
    assert_eq!(frozen.until, Some(freeze.to));
    is(&judge::window(&[], &[freeze], at("2026-01-05")), Verdict::Pass, "nothing is frozen");
}

#[test]
fn a_command_says_yes_no_or_not_yet() {
    let code = |code, said: &str| judge::command("ticket", &Answered::Code(code, said.to_owned()));
    is(&code(0, "CHG-7 is approved"), Verdict::Pass, "CHG-7 is approved");
    is(&code(1, ""), Verdict::Fail, "it ended with 1");
    is(&code(2, "no ticket yet"), Verdict::Inconclusive, "no ticket yet");
    assert_eq!(code(127, "not found").verdict, Verdict::Inconclusive);
    let other =
        [Answered::Signal, Answered::TooLong(Duration::from_secs(60)), Answered::NotRun("no program".to_owned())];
    assert!(other.iter().all(|ended| judge::command("ticket", ended).verdict == Verdict::Inconclusive));
    assert_eq!(code(0, "").called(), "command ticket");
}

#[test]
fn only_who_was_proven_is_verified() {
    let since = at("2026-01-02T12:00:00Z");
    is(
        &judge::verified("staging", Some(since), false),
        Verdict::Pass,
        "verified in staging since 2026-01-02T12:00:00.000Z",
    );
    is(&judge::verified("staging", None, true), Verdict::Fail, "it runs in staging and has not proven itself there");
    is(&judge::verified("staging", None, false), Verdict::Fail, "it was never verified in staging");
}
