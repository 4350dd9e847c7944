//! Where releases are kept: in the artifact bucket of an account and region, and in `.sluice/releases` of the project. Both
//! hold the same names and the same bytes, written once.

use std::path::PathBuf;

use super::failure::Failure;
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::pipeline::names::{self, RELEASES};
use crate::release::{Release, ReleaseDigest, UnreadableRelease};
use crate::units::{PipelineName, Timestamp};
use crate::workspace::{Project, ReadFile, list_folder, read_file_within, write_new_file};

/// Ends the name of a record.
const RECORD: &str = ".json";
/// Ends the name of a provenance.
const PROVENANCE: &str = ".intoto.json";
/// How many releases are named to somebody who named one that is not there.
const NAMED: usize = 5;
/// The largest record that is read from a file: a pipeline file and every template fit many times.
const MOST: u64 = 32 << 20;

/// A place where releases are kept.
#[derive(Clone, Copy)]
pub(super) enum Store<'a> {
    /// The project's folder.
    Folder(&'a Project),
    /// A bucket.
    Bucket(&'a Cloud, &'a str),
}

/// A record that is there, not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Which release.
    pub(super) digest: ReleaseDigest,
    /// When it was put there.
    pub(super) written: Timestamp,
    /// Keys of its provenances, in order.
    pub(super) provenances: Vec<String>,
}

impl Store<'_> {
    /// How a person finds an object of it.
    pub(super) fn place(&self, key: &str) -> String {
        match self {
            Self::Folder(_) => format!(".sluice/{key}"),
            Self::Bucket(_, bucket) => format!("s3://{bucket}/{key}"),
        }
    }

    /// What is there below a prefix that ends in a slash, with the moments at which it was written.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, Timestamp)>, Failure> {
        match self {
            Self::Folder(project) => {
                let found = list_folder(&path(project, prefix))?;
                Ok(found.into_iter().map(|(name, at)| (format!("{prefix}{name}"), at)).collect())
            }
            Self::Bucket(cloud, bucket) => Ok(cloud.list_written(bucket, prefix).await?),
        }
    }

    /// The bytes of an object; none where it is not there.
    pub(super) async fn read(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Folder(project) => match read_file_within(&path(project, key), MOST)? {
                ReadFile::Bytes(bytes) => Ok(Some(bytes)),
                ReadFile::Missing => Ok(None),
                ReadFile::TooLarge { .. } => Err(altered(&self.place(key), "it is larger than any release")),
            },
            Self::Bucket(cloud, bucket) => Ok(cloud.read_guarded(bucket, key).await?.map(|found| found.bytes)),
        }
    }

    /// Writes an object that must not be there yet; false where it is, and then it is left alone.
    pub(super) async fn write_new(&self, key: &str, bytes: &[u8]) -> Result<bool, Failure> {
        match self {
            Self::Folder(project) => Ok(write_new_file(&path(project, key), bytes)?),
            Self::Bucket(cloud, bucket) => Ok(cloud.write_guarded(bucket, key, bytes.to_vec(), None).await?.is_some()),
        }
    }

    /// The pipelines that have releases here.
    pub(super) async fn pipelines(&self) -> Result<Vec<PipelineName>, Failure> {
        let all = self.list(RELEASES).await?;
        let name = |key: &str| {
            let below = key.strip_prefix(RELEASES)?;
            PipelineName::new(below.split_once('/').map_or(below, |(first, _)| first)).ok()
        };
        let mut found: Vec<PipelineName> = all.iter().filter_map(|(key, _)| name(key)).collect();
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// The releases of a pipeline, the newest first.
    pub(super) async fn kept(&self, pipeline: &PipelineName) -> Result<Vec<Kept>, Failure> {
        let prefix = names::release_prefix(pipeline);
        let all = self.list(&prefix).await?;
        let digest = |key: &str| key.strip_prefix(&prefix)?.strip_suffix(RECORD)?.parse::<ReleaseDigest>().ok();
        let kept = all.iter().filter_map(|(key, written)| {
            let digest = digest(key)?;
            let provenances = beside(&prefix, &digest, all.iter().map(|(key, _)| key.as_str()));
            Some(Kept { digest, written: *written, provenances })
        });
        let mut found: Vec<Kept> = kept.collect();
        found.sort_by(|a, b| b.written.cmp(&a.written).then_with(|| a.digest.cmp(&b.digest)));
        Ok(found)
    }

    /// Keys of the provenances of a release, in order.
    pub(super) async fn provenances(
        &self,
        pipeline: &PipelineName,
        digest: &ReleaseDigest,
    ) -> Result<Vec<String>, Failure> {
        let prefix = names::release_prefix(pipeline);
        let all = self.list(&prefix).await?;
        Ok(beside(&prefix, digest, all.iter().map(|(key, _)| key.as_str())))
    }

    /// Where a release's provenance lies, or its next one.
    pub(super) fn provenance_key(pipeline: &PipelineName, digest: &ReleaseDigest, number: usize) -> String {
        let prefix = names::release_prefix(pipeline);
        match number {
            0 | 1 => format!("{prefix}{digest}{PROVENANCE}"),
            number => format!("{prefix}{digest}.{number}{PROVENANCE}"),
        }
    }

    /// Keeps a release: once, and never over anything else.
    ///
    /// # Errors
    /// It cannot be written, or something else lies there.
    pub(super) async fn keep(&self, release: &Release) -> Result<(), Failure> {
        let key = names::release_key(&release.content.pipeline, release.digest.as_str());
        let bytes = release.to_bytes();
        if self.write_new(&key, &bytes).await? || self.read(&key).await?.is_none_or(|there| there == bytes) {
            return Ok(());
        }
        let title = format!("{} is not the release {}", self.place(&key), release.digest.short());
        Err(Failure::error(
            Diagnostic::error(Code::ReleaseTaken, title)
                .note("its name is the digest of what should be in it, and something else is; it was left alone")
                .help("find out who wrote it, remove it, then run the command again"),
        ))
    }

    /// The release that is meant by a digest or its beginning; none where nothing here is.
    ///
    /// # Errors
    /// Several are meant, or it is not what it was.
    pub(super) async fn find(&self, pipeline: &PipelineName, typed: &str) -> Result<Option<Release>, Failure> {
        let digest = match typed.parse::<ReleaseDigest>() {
            Ok(digest) => digest,
            Err(_) => {
                let kept = self.kept(pipeline).await?.into_iter();
                let meant: Vec<ReleaseDigest> =
                    kept.map(|kept| kept.digest).filter(|digest| digest.is_meant_by(typed)).collect();
                match meant.as_slice() {
                    [] => return Ok(None),
                    [one] => one.clone(),
                    several => return Err(ambiguous(typed, several)),
                }
            }
        };
        let key = names::release_key(pipeline, digest.as_str());
        let Some(bytes) = self.read(&key).await? else { return Ok(None) };
        Release::read(&bytes, Some(&digest)).map(Some).map_err(|why| unreadable(&self.place(&key), &why))
    }
}

/// Those of some keys that are provenances of a release; the first has no number.
fn beside<'k>(prefix: &str, digest: &ReleaseDigest, keys: impl Iterator<Item = &'k str>) -> Vec<String> {
    let own = format!("{prefix}{digest}.");
    let mut found: Vec<String> =
        keys.filter(|key| key.starts_with(&own) && key.ends_with(PROVENANCE)).map(str::to_owned).collect();
    found.sort_by_key(|key| (key.len(), key.clone()));
    found
}

fn path(project: &Project, key: &str) -> PathBuf {
    project.root().join(".sluice").join(key)
}

/// Several are meant.
pub(super) fn ambiguous(typed: &str, several: &[ReleaseDigest]) -> Failure {
    let open = Diagnostic::error(Code::Ambiguous, format!("`{typed}` is the beginning of several releases"));
    let all: Vec<&str> = several.iter().map(ReleaseDigest::as_str).collect();
    Failure::usage(open.note(all.join("\n")).help("type more of the digest"))
}

/// There is none of that name in any of these places.
pub(super) async fn unknown(stores: &[Store<'_>], pipeline: &PipelineName, typed: &str) -> Result<Failure, Failure> {
    let mut kept = Vec::new();
    for store in stores {
        kept.extend(store.kept(pipeline).await?);
    }
    let places: Vec<String> = stores.iter().map(|store| store.place(&names::release_prefix(pipeline))).collect();
    let title = format!("there is no release `{typed}` of {pipeline} in {}", places.join(" nor in "));
    Ok(no_such(title, typed, kept, &format!(" {pipeline}")))
}

/// There is none of that name, whatever the pipeline.
pub(super) async fn nowhere(stores: &[Store<'_>], typed: &str) -> Result<Failure, Failure> {
    let mut kept = Vec::new();
    for store in stores {
        for pipeline in store.pipelines().await? {
            kept.extend(store.kept(&pipeline).await?);
        }
    }
    let places: Vec<String> = stores.iter().map(|store| store.place(RELEASES)).collect();
    let title = format!("there is no release `{typed}` in {}", places.join(" nor in "));
    Ok(no_such(title, typed, kept, ""))
}

/// `of` is what follows the command that lists releases.
fn no_such(title: String, typed: &str, mut kept: Vec<Kept>, of: &str) -> Failure {
    kept.sort_by(|a, b| b.written.cmp(&a.written).then_with(|| a.digest.cmp(&b.digest)));
    let mut newest: Vec<&str> = Vec::new();
    for kept in &kept {
        if !newest.contains(&kept.digest.short()) {
            newest.push(kept.digest.short());
        }
    }
    newest.truncate(NAMED);
    let told = Diagnostic::error(Code::UnknownRelease, title);
    let told = match newest.as_slice() {
        [] => told.note("there is none there at all"),
        some => told.note(format!("the newest are: {}", some.join(", "))),
    };
    let short = typed.len() < 6 || !typed.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    let told = if short { told.help("a release is named by six or more of its digits, in lower case") } else { told };
    let listing = format!("`sluice release list{of}` lists them, with `--env` those of an environment's bucket too");
    Failure::error(told.help(listing))
}

/// A record that is not to be used.
pub(super) fn unreadable(place: &str, why: &UnreadableRelease) -> Failure {
    match why {
        UnreadableRelease::Newer(_) => Failure::error(
            Diagnostic::error(Code::ReleaseNewer, format!("{place} cannot be read: {why}"))
                .help("run the Sluice that made it, or a newer one"),
        ),
        UnreadableRelease::Foreign
        | UnreadableRelease::Truncated
        | UnreadableRelease::Altered(_)
        | UnreadableRelease::AlteredSource(_)
        | UnreadableRelease::Rewritten => altered(place, &why.to_string()),
    }
}

fn altered(place: &str, why: &str) -> Failure {
    Failure::error(
        Diagnostic::error(Code::ReleaseAltered, format!("{place} cannot be used: {why}"))
            .note("nothing of it was used")
            .help("a bucket keeps older versions of it; or make the release again from the files it was made from"),
    )
}

/// Keeps a release in a bucket: once, and never over anything else.
///
/// # Errors
/// It cannot be written, or something else lies there.
pub(super) async fn keep(cloud: &Cloud, bucket: &str, release: &Release) -> Result<(), Failure> {
    Store::Bucket(cloud, bucket).keep(release).await
}

/// The release of a bucket that is meant by a digest or its beginning.
///
/// # Errors
/// There is none, several are meant, or it is not what it was.
pub(super) async fn fetch(
    cloud: &Cloud,
    bucket: &str,
    pipeline: &PipelineName,
    typed: &str,
) -> Result<Release, Failure> {
    let store = Store::Bucket(cloud, bucket);
    match store.find(pipeline, typed).await? {
        Some(release) => Ok(release),
        None => Err(unknown(&[store], pipeline, typed).await?),
    }
}
