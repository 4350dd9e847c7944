//! The view of a bucket: one of the pipeline's own, or the one that an archive writes to.

use serde::Serialize;
use serde_json::Value;

use super::access::key_arn;
use super::scene::{Fragment, Protection, Scene, main_id};
use crate::pipeline::{AfterStandard, Archive, Bucket, StageKind, StageRef, names};
use crate::units::{Duration, LogicalId, StageName};

#[derive(Serialize)]
struct View {
    ids: Ids,
    name: String,
    key: Option<Value>,
    versioned: bool,
    lifecycle: Option<Lifecycle>,
    protection: Protection,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<String>,
}

#[derive(Serialize)]
struct Ids {
    bucket: LogicalId,
    policy: LogicalId,
}

#[derive(Serialize)]
struct Lifecycle {
    id: &'static str,
    prefix: &'static str,
    days: u64,
    transition_class: Option<&'static str>,
}

#[derive(Serialize)]
struct Outputs<T> {
    name: T,
}

/// The logical id of an archive's bucket.
pub(super) fn archive_id(stream: &StageName) -> LogicalId {
    names::logical_id(&StageRef::new(StageKind::Archive, stream), "Bucket")
}

pub(super) fn fragment(scene: &Scene<'_>, bucket: &Bucket) -> Fragment {
    let stage = StageRef::new(StageKind::Bucket, &bucket.name);
    let view = View {
        ids: Ids { bucket: main_id(StageKind::Bucket, &bucket.name), policy: names::logical_id(&stage, "Policy") },
        name: scene.pipeline.bucket_name(&bucket.name),
        key: key_arn(&bucket.encryption),
        versioned: bucket.versioned,
        lifecycle: bucket.keep.as_ref().map(|keep| lifecycle("keep", "", keep.standard, keep.then)),
        protection: scene.protection(),
        outputs: Outputs { name: names::logical_id(&stage, "Name") },
        descriptions: Outputs { name: format!("Name of bucket {}", bucket.name) },
    };
    Fragment::of(scene.pipeline, &stage, &view, &[])
}

/// The bucket of an archive. Only what was archived moves on; errors stay where somebody can look at them.
pub(super) fn of_archive(scene: &Scene<'_>, archive: &Archive) -> Fragment {
    let stage = StageRef::new(StageKind::Archive, &archive.stream);
    let view = View {
        ids: Ids { bucket: archive_id(&archive.stream), policy: names::logical_id(&stage, "BucketPolicy") },
        name: scene.pipeline.bucket_name(&archive.stream),
        key: key_arn(&archive.encryption),
        versioned: false,
        lifecycle: Some(lifecycle("archive", "data/", archive.keep_standard, archive.then)),
        protection: scene.protection(),
        outputs: Outputs { name: names::logical_id(&stage, "BucketName") },
        descriptions: Outputs { name: format!("Bucket that archives stream {}", archive.stream) },
    };
    Fragment::of(scene.pipeline, &stage, &view, &[(&view.ids.bucket, "keep"), (&view.ids.policy, "keep")])
}

fn lifecycle(id: &'static str, prefix: &'static str, standard: Duration, then: AfterStandard) -> Lifecycle {
    let transition_class = match then {
        AfterStandard::Glacier => Some("GLACIER"),
        AfterStandard::DeepArchive => Some("DEEP_ARCHIVE"),
        AfterStandard::Delete => None,
    };
    Lifecycle { id, prefix, days: standard.as_days().max(1), transition_class }
}
