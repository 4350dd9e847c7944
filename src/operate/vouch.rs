//! `sluice release verify`: whether a release is what it was, and who vouches for it; and the keys for that.

use std::path::Path;

use super::attest;
use super::carry::verify_artifacts;
use super::deploy::Tools;
use super::failure::Failure;
use super::load::Shelf;
use super::named::named_file;
use super::releases::unreadable;
use super::releasing::{Bucket, Found, PROVENANCE, RECORD, ReleasePlace, bucket, find_in, stores};
use crate::diagnostic::{Code, Diagnostic};
use crate::release::{PublicKey, Release, SigningKey, UnusableKey};
use crate::workspace::{ReadFile, Spot, list_folder, read_file_within, spot};

/// A key is a few lines; no more than this is read, in bytes.
const KEY: u64 = 1 << 16;

/// A release that was verified.
#[derive(Clone, Debug)]
pub struct Verified {
    /// What was found.
    pub found: Found,
    /// The id of the key that signed a provenance of it; none where none was given.
    pub key: Option<String>,
    /// How many artifacts were read in the bucket and are what they should be; none where there was no bucket to look at.
    pub artifacts: Option<usize>,
}

/// The private key in a file.
pub(super) fn signing_key(folder: &Path, file: &Path) -> Result<SigningKey, Failure> {
    let (name, text) = named_file(folder, file, "key", KEY)?;
    SigningKey::from_pem(&text).map_err(|why| bad_key(name.as_str(), why))
}

/// The public key in a file.
fn public_key(folder: &Path, file: &Path) -> Result<PublicKey, Failure> {
    let (name, text) = named_file(folder, file, "key", KEY)?;
    PublicKey::from_pem(&text).map_err(|why| bad_key(name.as_str(), why))
}

fn bad_key(file: &str, why: UnusableKey) -> Failure {
    let told = Diagnostic::error(Code::BadKey, format!("{file} {why}"));
    Failure::error(match why {
        UnusableKey::Private => told
            .note("encrypted keys and keys of other kinds are not read")
            .help("make one: `openssl genpkey -algorithm ed25519 -out release.pem`"),
        UnusableKey::Public => {
            told.help("take it from the private key: `openssl pkey -in release.pem -pubout -out release.pub.pem`")
        }
    })
}

/// Verifies a release: its record, its provenances, a signature where a key is given, and its artifacts where a bucket is.
///
/// # Errors
/// Anything of it is not what it should be, or the key signed none of its provenances.
pub async fn verify_release(
    shelf: &mut Shelf<'_>,
    folder: &Path,
    typed: &str,
    key: Option<&Path>,
    place: &ReleasePlace,
    tools: Tools<'_>,
) -> Result<Verified, Failure> {
    let key = key.map(|file| public_key(folder, file)).transpose()?;
    let bucket = bucket(shelf, place, tools).await?;
    let found = if is_file(folder, typed) {
        read_files(folder, typed, key.as_ref())?
    } else {
        find_in(&stores(shelf.project(), bucket.as_ref()), typed, key.as_ref()).await?
    };
    signed(&found, key.as_ref())?;
    let artifacts = match &bucket {
        Some(Bucket { cloud, name, .. }) => {
            verify_artifacts(cloud, name, &found.release).await?;
            Some(found.release.content.artifacts.len())
        }
        None => None,
    };
    Ok(Verified { found, key: key.map(|key| key.id().to_string()), artifacts })
}

/// Verifies the record in a file, with the provenances beside it; needs no project. None where a digest is meant.
///
/// # Errors
/// Anything of it is not what it should be, or the key signed none of its provenances.
pub fn verify_file(folder: &Path, typed: &str, key: Option<&Path>) -> Result<Option<Verified>, Failure> {
    if !is_file(folder, typed) {
        return Ok(None);
    }
    let key = key.map(|file| public_key(folder, file)).transpose()?;
    let found = read_files(folder, typed, key.as_ref())?;
    signed(&found, key.as_ref())?;
    Ok(Some(Verified { found, key: key.map(|key| key.id().to_string()), artifacts: None }))
}

/// Makes sure that a key, where one is given, signed a provenance of a release.
fn signed(found: &Found, key: Option<&PublicKey>) -> Result<(), Failure> {
    match key {
        Some(key) if !found.provenances.iter().any(|one| one.signed == Some(true)) => Err(not_signed(found, key)),
        Some(_) | None => Ok(()),
    }
}

/// A file is named by a path or by its ending; a digest has neither.
fn is_file(folder: &Path, typed: &str) -> bool {
    typed.contains(['/', '\\', '.']) || spot(&folder.join(typed)) == Spot::File
}

/// A record in a file, and the provenances beside it.
fn read_files(folder: &Path, typed: &str, key: Option<&PublicKey>) -> Result<Found, Failure> {
    let path = folder.join(typed);
    let missing = || Failure::error(Diagnostic::error(Code::FileTrouble, format!("there is no release {typed}")));
    let bytes = |path: &Path| match read_file_within(path, RECORD)? {
        ReadFile::Bytes(bytes) => Ok(Some(bytes)),
        ReadFile::Missing | ReadFile::TooLarge { .. } => Ok::<_, Failure>(None),
    };
    let release = Release::read(&bytes(&path)?.ok_or_else(missing)?, None).map_err(|why| unreadable(typed, &why))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = format!("{}.", name.strip_suffix(".json").unwrap_or(&name));
    let around = path.parent().unwrap_or(folder);
    let mut beside: Vec<String> = list_folder(around)?.into_iter().map(|(name, _)| name).collect();
    beside.retain(|name| is_beside(name, &stem));
    beside.sort_by_key(|name| (name.len(), name.clone()));
    let mut provenances = Vec::new();
    for name in beside {
        if let Some(bytes) = bytes(&around.join(&name))? {
            let shown = Path::new(typed).with_file_name(&name).display().to_string();
            provenances.push(attest::read(&shown, &bytes, &release, key)?);
        }
    }
    Ok(Found { release, records: vec![typed.to_owned()], provenances })
}

/// Whether a file is a provenance of the record with this stem, dot included: the first has no number.
fn is_beside(name: &str, stem: &str) -> bool {
    let first = name.strip_prefix(stem).is_some_and(|rest| format!(".{rest}") == PROVENANCE);
    let number = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(PROVENANCE));
    first || number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn not_signed(found: &Found, key: &PublicKey) -> Failure {
    let digest = found.release.digest.short();
    let title = format!("no provenance of the release {digest} is signed with the key {}", key.id().short());
    let mut told = Diagnostic::error(Code::NotSigned, title);
    if found.provenances.is_empty() {
        told = told.note("it has none at all");
    }
    for one in &found.provenances {
        told = told.note(match one.keys.as_slice() {
            [] => format!("{} is unsigned", one.place),
            keys => {
                let keys: Vec<&str> = keys.iter().map(|key| key.get(..12).unwrap_or(key)).collect();
                format!("{} says that it is signed with {}", one.place, keys.join(", "))
            }
        });
    }
    Failure::refused(told.help("do not take it for what was signed; find out who made it"))
}
