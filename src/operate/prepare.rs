//! Everything that can be made ready without AWS: resolve, size, pack, render.

use std::sync::Arc;

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use super::pack::Packs;
use crate::capacity::{self, Sized};
use crate::diagnostic::Diagnostics;
use crate::readiness::Handlers;
use crate::render::{self, Rendered};
use crate::units::{Digest, Region};

/// A file that must be in the artifact bucket before the stack is deployed.
#[derive(Clone, Debug)]
pub struct Upload {
    /// What it is, for instance `handlers/score`.
    pub name: String,
    /// Its content-addressed key.
    pub key: String,
    /// Where its bytes are.
    pub source: UploadSource,
}

/// Where the bytes of an upload are.
#[derive(Clone, Debug)]
pub enum UploadSource {
    /// Here.
    Packed(Arc<[u8]>),
    /// In a file of the pipeline's folder.
    File {
        /// Path from that folder.
        path: String,
        /// What its content was when it was addressed.
        digest: Digest,
    },
}

/// A pipeline that is ready to be compared and deployed.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// With every sizing decided.
    pub sized: Sized,
    /// Its template.
    pub rendered: Rendered,
    /// The artifact bucket.
    pub bucket: String,
    /// What must be in it.
    pub uploads: Vec<Upload>,
    /// What its handlers are written like, for whoever judges them.
    pub handlers: Handlers,
    /// Warnings of resolving and rendering, never errors.
    pub warnings: Diagnostics,
}

/// Makes a pipeline ready for an environment.
///
/// # Errors
/// Everything that is wrong with the files, the handlers, the models or the rendered template.
pub fn prepare(
    shelf: &mut Shelf<'_>,
    name: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Prepared, Failure> {
    // Asked for first: they compile while the files are read.
    let templates = shelf.templates();
    let Resolved { pipeline, mut warnings } = shelf.resolve(name, environment, region)?;
    let Packs { assets, uploads, handlers, warnings: packing } = shelf.pack(name, &pipeline)?;
    warnings.extend(packing);
    let sized = capacity::size(pipeline);
    let rendered = render::render(&sized, &*templates?, &assets)?;
    warnings.extend(rendered.warnings.iter().cloned());
    Ok(Prepared { sized, rendered, bucket: assets.bucket, uploads, handlers, warnings })
}
