//! The text's maturity model: on which of four levels a pipeline is, and what the next one needs.

use serde::Serialize;

use super::case::Case;
use super::rules::tells_of_drift;
use crate::pipeline::{Model, Ttl};

/// A level of the maturity model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// 1: records are worked on, one by one.
    Reactive,
    /// 2: state is kept over time, and forgotten again.
    Stateful,
    /// 3: features are kept for models, and records for their training.
    FeatureStore,
    /// 4: a model that drifts is seen, and the next one proves itself on live records.
    Continuous,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::Reactive, Self::Stateful, Self::FeatureStore, Self::Continuous];

    /// 1 to 4.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Reactive => 1,
            Self::Stateful => 2,
            Self::FeatureStore => 3,
            Self::Continuous => 4,
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Reactive => "reactive streaming",
            Self::Stateful => "stateful processing",
            Self::FeatureStore => "feature store integration",
            Self::Continuous => "continuous learning",
        }
    }
}

/// Where a pipeline is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Maturity {
    /// The highest level of which it has everything, and of all below; `None` where nothing reads a stream.
    pub level: Option<Level>,
    /// The next level; `None` above the fourth.
    pub next: Option<Level>,
    /// What it lacks for the next level.
    pub needs: Vec<&'static str>,
}

/// Where a pipeline is, as far as its file can show it.
pub(super) fn maturity(case: &Case<'_>) -> Maturity {
    let mut level = None;
    for step in Level::ALL {
        let needs: Vec<&'static str> =
            asked(case, step).into_iter().filter(|(has, _)| !has).map(|(_, what)| what).collect();
        if !needs.is_empty() {
            return Maturity { level, next: Some(step), needs };
        }
        level = Some(step);
    }
    Maturity { level, next: None, needs: Vec::new() }
}

fn asked(case: &Case<'_>, level: Level) -> Vec<(bool, &'static str)> {
    let pipeline = case.pipeline();
    let functions = || pipeline.functions().map(|(_, function)| function);
    match level {
        Level::Reactive => vec![(!pipeline.consumers().is_empty(), "a consumer of a stream")],
        Level::Stateful => {
            let windows = pipeline.consumers().values().any(|consumer| consumer.batch.tumbling.is_some());
            let expires =
                |name| pipeline.tables().get(name).is_some_and(|table| matches!(table.ttl, Ttl::Expires { .. }));
            let keeps = functions().flat_map(|function| &function.writes).any(expires);
            vec![(
                windows || keeps,
                "state that is kept and expires: `batch.tumbling`, or a table with `ttl` in `writes`",
            )]
        }
        Level::FeatureStore => {
            let features = functions().any(|function| function.scores_with.is_some() && !function.features.is_empty());
            vec![
                (features, "features that are read for a model: `features` beside `scores_with`"),
                (!pipeline.archives().is_empty(), "records for training that are those of serving: `archive`"),
            ]
        }
        Level::Continuous => {
            let drift = pipeline.metrics().values().any(tells_of_drift);
            let proves = pipeline.endpoints().values().any(|endpoint| match &endpoint.model {
                Model::Variants(_) => true,
                Model::Single { shadow, .. } => shadow.is_some(),
                Model::Multi { .. } => false,
            });
            vec![
                (drift, "an alarm on drift: a metric of a score or a feature with `{when: {outside: {band: …}}}`"),
                (proves, "a next model that proves itself on live requests: `shadow` or `variants`"),
            ]
        }
    }
}
