//! Assets of a pipeline whose files nobody reads: every key has the same digest.

use std::collections::BTreeMap;

use sluicegate::pipeline::{self, Endpoint, Model, Pipeline, StageRef};
use sluicegate::render::Assets;

/// Under fixed digests.
pub fn assets(pipeline: &Pipeline) -> Assets {
    let digest = "0123456789abcdef".repeat(4);
    let keys = |endpoint: &Endpoint| -> BTreeMap<String, String> {
        if let Model::Multi { .. } = endpoint.model {
            return BTreeMap::from([(String::new(), format!("models/{digest}/"))]);
        }
        let key = format!("models/{digest}/model.tar.gz");
        endpoint.model.artifacts().iter().map(|artifact| (artifact.name.to_owned(), key.clone())).collect()
    };
    let code = |stage: StageRef| {
        let key = format!("functions/{}/{digest}.zip", stage.name);
        (stage.name, key)
    };
    Assets {
        bucket: pipeline::names::artifact_bucket(pipeline.account(), pipeline.region()),
        code: pipeline.functions().map(|(stage, _)| code(stage)).collect(),
        models: pipeline.endpoints().values().map(|endpoint| (endpoint.name.clone(), keys(endpoint))).collect(),
    }
}
