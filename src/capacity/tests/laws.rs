//! Laws: more traffic never needs less, faster work never needs more, `auto` passes its own check, nothing is absurd.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
struct Made {
    steady: f64,
    peak: f64,
    record: u32,
    hottest: f64,
    size: u32,
    parallel: u32,
    window: u32,
    fixed: u32,
    per_record: u32,
    fan_out: bool,
    capacity: &'static str,
}

fn made() -> impl Strategy<Value = Made> {
    let load = (1.0f64..5_000.0, 1.0f64..20.0, 10_u32..20_000, 0.001f64..2.0);
    let work = (1_u32..2_000, 1_u32..=10, 0_u32..5, 1_u32..200, 1_u32..20_000, any::<bool>());
    let capacity = prop_oneof![Just("on-demand"), Just("{provisioned: {shards: 7}}"), Just("auto")];
    (load, work, capacity).prop_map(|((steady, times, record, hottest), work, capacity)| {
        let (size, parallel, window, fixed, per_record, fan_out) = work;
        let peak = steady * times;
        Made { steady, peak, record, hottest, size, parallel, window, fixed, per_record, fan_out, capacity }
    })
}

impl Made {
    fn assessed(&self) -> Assessment {
        super::assessed_text("eu-west-1", &self.text())
    }

    fn text(&self) -> String {
        let read = if self.fan_out { "fan-out" } else { "shared" };
        let traffic = format!(
            "{{steady: {:.3}/s, peak: {:.3}/s, record: {} bytes, key: {{field: k, distinct: 100k, hottest: {:.3}%}}}}",
            self.steady, self.peak, self.record, self.hottest
        );
        let consumer = format!(
            "read: {read}, timeout: 900s, batch: {{size: {}, parallel: {}, window: {}s}}, \
             work: {{fixed: {}ms, per_record: {}us}}, scores_with: e, writes: [t]",
            self.size, self.parallel, self.window, self.fixed, self.per_record
        );
        let more = "tables: {t: {key: k, no_ttl: {reason: kept}}} ;; endpoints: {e: {model: {single: {image: {builtin: \
                    {name: xgboost, version: \"1.7-1\"}}, artifact: m.tar.gz}}, serving: {real-time: {instance: \
                    ml.c5.xlarge, instances: {min: 2, max: 8}}}, latency: {p50: 30ms, p99: 90ms}}} ;; archive: {s: {}}";
        text(&traffic, &format!("{{capacity: {}}}", self.capacity), &consumer, more)
    }
}

/// Every need at every level, by stage and resource.
fn needs(found: &Assessment) -> Vec<(String, Resource, Level, f64)> {
    let stages = found.stages.iter();
    stages
        .flat_map(|stage| {
            stage.needs.iter().flat_map(|need| {
                Level::ALL.map(|level| (stage.stage.to_string(), need.resource, level, need.at(level)))
            })
        })
        .collect()
}

/// Whether no need of `more` is smaller than the same one of `less`.
fn never_less(less: &Assessment, more: &Assessment) -> Result<(), TestCaseError> {
    let (less, more) = (needs(less), needs(more));
    prop_assert_eq!(less.len(), more.len());
    for (one, other) in less.iter().zip(&more) {
        prop_assert_eq!((&one.0, one.1, one.2), (&other.0, other.1, other.2));
        prop_assert!(other.3 >= one.3 * (1.0 - 1e-9), "{one:?} became {other:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn more_traffic_never_needs_less(made in made(), times in 1.0f64..50.0) {
        // What `auto` chooses changes with the traffic, and needs are reckoned for what there is.
        prop_assume!(made.capacity != "auto");
        let more = Made { steady: made.steady * times, peak: made.peak * times, ..made.clone() };
        never_less(&made.assessed(), &more.assessed())?;
    }

    #[test]
    fn halving_the_work_on_a_record_never_needs_more(made in made()) {
        prop_assume!(made.capacity != "auto");
        // A call for each record, where work on one is as long as a call, is another design, not a faster handler.
        prop_assume!((made.per_record < 30_000) == (made.per_record / 2 < 30_000));
        let less = Made { per_record: made.per_record / 2, ..made.clone() };
        never_less(&less.assessed(), &made.assessed())?;
    }

    #[test]
    fn auto_satisfies_its_own_check(made in made()) {
        let found = Made { capacity: "auto", ..made }.assessed();
        let name = |text| StageRef::new(StageKind::Stream, &crate::pipeline::fixture::name(text));
        let stream = found.stage(&name("s")).expect("known");
        let parallelism = found.stage(&stage("consumer c")).and_then(|c| c.need(Resource::Parallelism)).expect("known");
        // One key beyond three quarters of a shard, or of what is worked on at once, is no question of shards.
        let key = |need: &Need| need.resource == Resource::HottestShard && need.peak > 0.75;
        let hottest = found.stage(&stage("consumer c")).and_then(|c| c.need(Resource::HottestKey)).expect("known");
        for need in &stream.needs {
            prop_assert!(need.fits(Level::Peak) || key(need), "{need:?}");
        }
        prop_assert!(parallelism.fits(Level::Peak) || hottest.peak > 0.5, "{parallelism:?}");
        let advised = found.advice.iter().any(|advice| advice.spec_path == "streams.s.capacity");
        prop_assert!(!advised, "{:?}", found.advice);
    }

    #[test]
    fn what_is_advised_can_be_written_down_and_is_enough(made in made()) {
        let mut text = made.text();
        let advice = super::assessed_text("eu-west-1", &text).advice;
        for Advice { spec_path, to, .. } in &advice {
            text = crate::spec::set(&text, spec_path, to).map_err(|error| TestCaseError::fail(format!("{spec_path}: {error}")))?;
        }
        let after = super::assessed_text("eu-west-1", &text).advice;
        prop_assert!(after.is_empty(), "after {advice:?} still {after:?}");
    }

    #[test]
    fn what_could_be_smaller_is_not_asked_for_again(made in made()) {
        let text = made.text();
        let sized = size(written(&text, &environment("eu-west-1"), &[]));
        let asked: Vec<String> = made.assessed().advice.into_iter().map(|advice| advice.spec_path).collect();
        for Spare { advice, .. } in spare(&sized, &Surroundings::default()) {
            let smaller = crate::spec::set(&text, &advice.spec_path, &advice.to).expect("a setting");
            let after = super::assessed_text("eu-west-1", &smaller).advice;
            prop_assert!(after.iter().all(|new| asked.contains(&new.spec_path)), "{advice:?} then {after:?}");
        }
    }

    #[test]
    fn absurd_magnitudes_give_finite_numbers(steady in 1e9f64..1e19, made in made()) {
        let made = Made { steady, peak: steady * 3.0, ..made };
        let found = made.assessed();
        let text = found.advice.iter().fold(made.text(), |text, one| crate::spec::set(&text, &one.spec_path, &one.to).expect("a setting"));
        // Panics where the language does not take it.
        super::assessed_text("eu-west-1", &text);
        for (stage, resource, level, need) in needs(&found) {
            prop_assert!(need.is_finite() && need >= 0.0, "{stage} {resource:?} {level:?} {need}");
        }
        let all = found.stages.iter().flat_map(|stage| &stage.needs);
        for need in all {
            prop_assert!(need.utilisation(Level::Peak).is_finite() && need.headroom().is_finite());
        }
        prop_assert!(found.quotas.iter().any(|quota| quota.raise));
        prop_assert!(found.bottleneck.is_some_and(|bottleneck| bottleneck.multiple.is_finite()));
    }
}
