//! `sluice release …`: making, listing, showing, comparing and verifying releases.

use std::path::{Path, PathBuf};

use super::attest::{self, Attested, attested};
use super::carry::verify_artifacts;
use super::connect::same_account;
use super::deploy::Tools;
use super::earlier::EarlierFiles;
use super::failure::{Failure, FailureKind};
use super::foundation;
use super::load::{Shelf, region_of};
use super::named::named_file;
use super::release::{Made, released};
use super::releases::{Kept, Store, ambiguous, nowhere, unreadable};
use super::upload::{Load, Sent, send};
use crate::cloud::Cloud;
use crate::diagnostic::{Code, Diagnostic};
use crate::environment::Target;
use crate::event::{Event, EventKind};
use crate::pipeline::names;
use crate::release::{Difference, PublicKey, Release, ReleaseDigest, SigningKey, UnusableKey, difference};
use crate::units::{EnvironmentName, PipelineName, Region, Timestamp};
use crate::workspace::{Project, ReadFile, Spot, list_folder, read_file_within, spot, write_new_file};

/// A key is a few lines; no more than this is read, in bytes.
const KEY: u64 = 1 << 16;
/// A record, as in `releases`.
const RECORD: u64 = 32 << 20;
/// Ends the name of a provenance.
const PROVENANCE: &str = ".intoto.json";

/// Where releases are looked for besides the project's folder.
#[derive(Clone, Debug, Default)]
pub struct ReleasePlace {
    /// The environment whose bucket is looked at too.
    pub environment: Option<String>,
    /// Its region, where it has several.
    pub region: Option<Region>,
}

/// What is to be released, and how.
#[derive(Clone, Debug)]
pub struct ReleaseOrder {
    /// Pipeline.
    pub pipeline: String,
    /// Where it is kept besides the project's folder.
    pub place: ReleasePlace,
    /// The file of the private key that signs its provenance, as typed.
    pub key: Option<PathBuf>,
    /// A file that the record is written to as well, as typed; its provenance goes beside it.
    pub out: Option<PathBuf>,
}

/// A release that was made.
#[derive(Clone, Debug)]
pub struct Created {
    /// The release.
    pub release: Release,
    /// Whether it was in the project's folder before.
    pub was_there: bool,
    /// Where its record is.
    pub records: Vec<String>,
    /// Where provenances were written.
    pub provenances: Vec<String>,
    /// The id of the key that signed them.
    pub signed_by: Option<String>,
    /// Artifacts that were uploaded, and those that were there; none where there was no bucket to upload to.
    pub uploaded: Option<(usize, usize)>,
}

/// A release as a list tells it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The release.
    pub digest: ReleaseDigest,
    /// When it was made, as its first provenance here tells; else when its record was written.
    pub made: Timestamp,
    /// The commit that its files were at, and whether they differed from it.
    pub commit: Option<(String, bool)>,
    /// How many provenances are signed by somebody; none are checked.
    pub signed: usize,
    /// Whether it is in the project's folder.
    pub here: bool,
    /// Whether it is in the environment's bucket.
    pub in_bucket: bool,
}

/// A release that was found, and what lies beside it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The release.
    pub release: Release,
    /// Where its record is.
    pub records: Vec<String>,
    /// Its provenances.
    pub provenances: Vec<Attested>,
}

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

/// An environment's bucket, opened.
struct Bucket {
    cloud: Cloud,
    name: String,
    environment: EnvironmentName,
}

/// Opens the bucket of an environment, where one was named.
async fn bucket(shelf: &mut Shelf<'_>, place: &ReleasePlace, tools: Tools<'_>) -> Result<Option<Bucket>, Failure> {
    let Some(named) = &place.environment else { return Ok(None) };
    let environment = shelf.environment(named)?.environment().clone();
    let region = region_of(&environment, place.region.as_ref())?;
    let cloud = tools.connector.connect(&environment, &region).await?;
    same_account(&cloud, &environment).await?;
    let name = names::artifact_bucket(environment.account(), &region);
    // A server that stands in for AWS begins empty, and nobody bootstraps it.
    if matches!(environment.target(), Target::Endpoint { .. }) && !cloud.bucket_exists(&name).await? {
        cloud.make_bucket(&name).await?;
    }
    foundation::needed(&cloud, &environment, &name).await?;
    Ok(Some(Bucket { cloud, name, environment: environment.name().clone() }))
}

/// The project's folder, and the bucket where there is one.
fn stores<'a>(project: &'a Project, bucket: Option<&'a Bucket>) -> Vec<Store<'a>> {
    let bucket = bucket.map(|bucket| Store::Bucket(&bucket.cloud, &bucket.name));
    [Store::Folder(project)].into_iter().chain(bucket).collect()
}

/// Makes the release of a pipeline and keeps it.
///
/// # Errors
/// What is wrong with the files or the key, or something cannot be written.
pub async fn create_release(
    shelf: &mut Shelf<'_>,
    folder: &Path,
    order: &ReleaseOrder,
    tools: Tools<'_>,
    tell: &mut dyn FnMut(Event),
) -> Result<Created, Failure> {
    let began = tools.clock.now();
    let project = shelf.project();
    let key = order.key.as_deref().map(|file| signing_key(folder, file)).transpose()?;
    let environment = match &order.place.environment {
        Some(environment) => environment.clone(),
        None => first_environment(project)?,
    };
    let Made { release, uploads } = released(shelf, &order.pipeline, &environment, order.place.region.as_ref())?;
    let bucket = bucket(shelf, &order.place, tools).await?;
    let mut uploaded = None;
    if let Some(Bucket { cloud, name, .. }) = &bucket {
        let (mut sent, mut there) = (0, 0);
        let mut count = |event: Event| {
            if let EventKind::Artifact { already_there, .. } = &event.kind {
                let one = if *already_there { &mut there } else { &mut sent };
                *one += 1;
            }
            tell(event);
        };
        let load = Load { project, name: &order.pipeline, cloud, bucket: name, uploads: &uploads };
        match send(load, tools, &mut count, None).await? {
            Sent::All => uploaded = Some((sent, there)),
            Sent::Left | Sent::LeaseLost => return Err(left()),
        }
    }
    let occasion =
        attest::occasion(project, bucket.as_ref().map(|bucket| &bucket.environment), began, tools.clock.now());
    let envelope = attest::sealed(&release, &occasion, key.as_ref())?;
    let public = key.as_ref().and_then(SigningKey::public);
    let was_there = Store::Folder(project).find(&release.content.pipeline, release.digest.as_str()).await?.is_some();
    let (mut records, mut provenances) = (Vec::new(), Vec::new());
    // The record comes after its artifacts: whoever finds one finds the others.
    for store in stores(project, bucket.as_ref()) {
        store.keep(&release).await?;
        records.push(store.place(&names::release_key(&release.content.pipeline, release.digest.as_str())));
        provenances.extend(attest::attest(store, &release, &envelope, public.as_ref()).await?);
    }
    if let Some(out) = &order.out {
        records.push(write_out(folder, out, &release.to_bytes())?);
        provenances.push(write_out(folder, &beside(out), &envelope.to_bytes())?);
    }
    let signed_by = public.map(|key| key.id().to_string());
    Ok(Created { release, was_there, records, provenances, signed_by, uploaded })
}

/// Somebody pressed Ctrl-C before the record was written.
fn left() -> Failure {
    let told = Diagnostic::error(Code::Declined, "interrupted: no release was written");
    let told = told.note("artifacts that were uploaded stay, and are found the next time");
    Failure { kind: FailureKind::Interrupted, diagnostics: told.into() }
}

/// The environment that a pipeline is resolved in where none is named: the first, which is as good as any.
fn first_environment(project: &Project) -> Result<String, Failure> {
    project.environments()?.into_iter().next().ok_or_else(|| {
        Failure::error(
            Diagnostic::error(Code::Ambiguous, "this project has no environment yet")
                .help("write one: a file in `environments/`"),
        )
    })
}

/// The provenance beside a record: `x.json` has `x.intoto.json`.
fn beside(record: &Path) -> PathBuf {
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    record.with_file_name(format!("{}{PROVENANCE}", name.strip_suffix(".json").unwrap_or(&name)))
}

fn write_out(folder: &Path, file: &Path, bytes: &[u8]) -> Result<String, Failure> {
    let (path, shown) = (folder.join(file), file.display().to_string());
    let same = || matches!(read_file_within(&path, RECORD), Ok(ReadFile::Bytes(there)) if there == bytes);
    if write_new_file(&path, bytes)? || same() {
        return Ok(shown);
    }
    let taken = Diagnostic::error(Code::WouldOverwrite, format!("{shown} is there already, and is something else"));
    Err(Failure::error(taken.help("name another file, or remove it")))
}

fn signing_key(folder: &Path, file: &Path) -> Result<SigningKey, Failure> {
    let (name, text) = named_file(folder, file, "key", KEY)?;
    SigningKey::from_pem(&text).map_err(|why| bad_key(name.as_str(), why))
}

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

/// Lists releases, by pipeline, the newest first.
///
/// # Errors
/// A place cannot be listed, or a provenance is not what it should be.
pub async fn list_releases(
    shelf: &mut Shelf<'_>,
    pipeline: Option<&PipelineName>,
    place: &ReleasePlace,
    tools: Tools<'_>,
) -> Result<Vec<Listed>, Failure> {
    let bucket = bucket(shelf, place, tools).await?;
    let mut all: Vec<Listed> = Vec::new();
    for store in stores(shelf.project(), bucket.as_ref()) {
        let pipelines = match pipeline {
            Some(pipeline) => vec![pipeline.clone()],
            None => store.pipelines().await?,
        };
        for pipeline in pipelines {
            for Kept { digest, written } in store.kept(&pipeline).await? {
                let same = |one: &&mut Listed| one.pipeline == pipeline && one.digest == digest;
                if let Some(known) = all.iter_mut().find(same) {
                    known.in_bucket = true;
                    continue;
                }
                all.push(listed(store, &pipeline, &digest, written).await?);
            }
        }
    }
    all.sort_by(|a, b| (&a.pipeline, b.made, &a.digest).cmp(&(&b.pipeline, a.made, &b.digest)));
    Ok(all)
}

async fn listed(
    store: Store<'_>,
    pipeline: &PipelineName,
    digest: &ReleaseDigest,
    written: Timestamp,
) -> Result<Listed, Failure> {
    let here = matches!(store, Store::Folder(_));
    let release = store.find(pipeline, digest.as_str()).await?;
    let provenances = match &release {
        Some(release) => attested(store, release, None).await?,
        None => Vec::new(),
    };
    let first = provenances.first();
    Ok(Listed {
        pipeline: pipeline.clone(),
        digest: digest.clone(),
        made: first.and_then(|one| one.told.made).unwrap_or(written),
        commit: first.and_then(|one| one.told.commit.clone().map(|commit| (commit, one.told.changed))),
        signed: provenances.iter().filter(|one| !one.keys.is_empty()).count(),
        here,
        in_bucket: !here,
    })
}

/// Finds the release that a digest or its beginning means, in the project's folder and in the bucket where there is one.
///
/// # Errors
/// There is none, several are meant, or it is not what it was.
pub async fn find_release(
    shelf: &mut Shelf<'_>,
    typed: &str,
    place: &ReleasePlace,
    tools: Tools<'_>,
) -> Result<Found, Failure> {
    let bucket = bucket(shelf, place, tools).await?;
    find_in(&stores(shelf.project(), bucket.as_ref()), typed, None).await
}

async fn find_in(stores: &[Store<'_>], typed: &str, key: Option<&PublicKey>) -> Result<Found, Failure> {
    match look_in(stores, typed, key).await? {
        Some(found) => Ok(found),
        None => Err(nowhere(stores, typed).await?),
    }
}

async fn look_in(stores: &[Store<'_>], typed: &str, key: Option<&PublicKey>) -> Result<Option<Found>, Failure> {
    let mut found: Option<Found> = None;
    for store in stores {
        for pipeline in store.pipelines().await? {
            let Some(release) = store.find(&pipeline, typed).await? else { continue };
            let provenances = attested(*store, &release, key).await?;
            let record = store.place(&names::release_key(&pipeline, release.digest.as_str()));
            match &mut found {
                None => found = Some(Found { release, records: vec![record], provenances }),
                Some(known) if known.release == release => {
                    known.records.push(record);
                    known.provenances.extend(provenances);
                }
                Some(other) => return Err(ambiguous(typed, &[other.release.digest.clone(), release.digest])),
            }
        }
    }
    Ok(found)
}

/// The release of the project's folder that something is compared with.
///
/// # Errors
/// There is none there, several are meant, or it is not what it was.
pub async fn kept_release(project: &Project, typed: &str) -> Result<EarlierFiles, Failure> {
    let found = find_in(&[Store::Folder(project)], typed, None).await?;
    Ok(EarlierFiles::of_release(project, found.release))
}

/// The release that a plan is compared with: the project's folder is looked in first, and only where it is not there the
/// buckets of these environments, one after another.
///
/// # Errors
/// There is none, several are meant, or it is not what it was.
pub async fn earlier_release(
    project: &Project,
    typed: &str,
    places: &[ReleasePlace],
    tools: Tools<'_>,
) -> Result<EarlierFiles, Failure> {
    let mut shelf = Shelf::new(project);
    if let Some(found) = look_in(&[Store::Folder(project)], typed, None).await? {
        return Ok(EarlierFiles::of_release(project, found.release));
    }
    let mut opened = Vec::new();
    for place in places {
        opened.extend(bucket(&mut shelf, place, tools).await?);
        let newest = stores(project, opened.last());
        if let Some(found) = look_in(&newest, typed, None).await? {
            return Ok(EarlierFiles::of_release(project, found.release));
        }
    }
    let all = opened.iter().map(|bucket| Store::Bucket(&bucket.cloud, &bucket.name));
    let all: Vec<Store<'_>> = [Store::Folder(project)].into_iter().chain(all).collect();
    Err(nowhere(&all, typed).await?)
}

/// Compares two releases.
///
/// # Errors
/// One of them is not found.
pub async fn compare_releases(
    shelf: &mut Shelf<'_>,
    (before, after): (&str, &str),
    place: &ReleasePlace,
    tools: Tools<'_>,
) -> Result<(Difference, Found, Found), Failure> {
    let bucket = bucket(shelf, place, tools).await?;
    let stores = stores(shelf.project(), bucket.as_ref());
    let (before, after) = (find_in(&stores, before, None).await?, find_in(&stores, after, None).await?);
    Ok((difference(&before.release, &after.release), before, after))
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
    if let Some(key) = &key
        && !found.provenances.iter().any(|one| one.signed == Some(true))
    {
        return Err(not_signed(&found, key));
    }
    let artifacts = match &bucket {
        Some(Bucket { cloud, name, .. }) => {
            verify_artifacts(cloud, name, &found.release).await?;
            Some(found.release.content.artifacts.len())
        }
        None => None,
    };
    Ok(Verified { found, key: key.map(|key| key.id().to_string()), artifacts })
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
    beside.retain(|name| name.starts_with(&stem) && name.ends_with(PROVENANCE));
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
