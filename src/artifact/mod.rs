//! Artifacts: deterministic zips and content addresses. Bytes in, bytes out.
//!
//! Files are read by `workspace` and uploaded by `cloud`. The same files give the same bytes on every machine,
//! so that an unchanged folder is an unchanged key and an unchanged template.

mod ignore;
mod key;
mod pack;
mod sweep;

pub use ignore::IgnoreRules;
pub use key::{
    Digesting, ModelFile, base64, base64_sha256, digest_of, function_key, model_key, model_set_prefix, template_key,
    unbase64,
};
pub use pack::{Artifact, ArtifactError, ArtifactFile, IGNORE_FILE, LARGE_ZIPPED, MAX_UNZIPPED, unzip, weigh, zip};
pub use sweep::{ArtifactKind, Pile, Stored, Sweep, Unneeded};
