//! What `sluice release …` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::forms::Output;
use super::{environment, pipeline};

#[derive(Debug, Subcommand)]
pub(crate) enum ReleaseCommand {
    /// Make the release of a pipeline from its files: the same files give the same digest, on any machine
    Create(CreateArgs),
    /// List releases, the newest first
    List(ListArgs),
    /// Show what a release holds and where it comes from
    Show(ShowReleaseArgs),
    /// Show what two releases do not have in common
    Diff(DiffReleaseArgs),
    /// Hold a release against its digest, its provenance, and a key where one is given
    Verify(VerifyArgs),
}

/// Where releases are, besides `.sluice/releases`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// Environment (a file of `environments/`) whose artifact bucket is looked at too
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment)]
    pub(crate) environment: Option<String>,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Pipeline (a folder of `stacks/`); may be left out where there is only one
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    /// Environment (a file of `environments/`) whose artifact bucket gets the release and its artifacts too
    #[arg(short, long = "env", value_name = "ENV", env = "SLUICE_ENV", value_parser = environment)]
    pub(crate) environment: Option<String>,
    /// Region, where the environment has several
    #[arg(long, env = "SLUICE_REGION")]
    pub(crate) region: Option<String>,
    /// Private Ed25519 key (PEM, PKCS#8) that signs the provenance
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// File that the record is written to as well; its provenance goes beside it
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Pipeline (a folder of `stacks/`); all where none is named
    #[arg(value_name = "PIPELINE", value_parser = pipeline)]
    pub(crate) pipeline: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct ShowReleaseArgs {
    /// Digest of a release, or its first six digits or more
    #[arg(value_name = "DIGEST")]
    pub(crate) digest: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct DiffReleaseArgs {
    /// Digest of the one release
    #[arg(value_name = "DIGEST_A")]
    pub(crate) before: String,
    /// Digest of the other release
    #[arg(value_name = "DIGEST_B")]
    pub(crate) after: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Exit with 2 where they differ
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Digest of a release, or the file of its record
    #[arg(value_name = "DIGEST|FILE")]
    pub(crate) release: String,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Public Ed25519 key (PEM) that must have signed a provenance of it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Form of the result
    #[arg(short, long, value_enum, default_value_t, env = "SLUICE_OUTPUT")]
    pub(crate) output: Output,
}
