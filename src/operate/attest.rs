//! Provenances beside releases: written once, never over one another, and held against the release before anything of them is
//! believed.

use super::failure::Failure;
use super::releases::Store;
use crate::diagnostic::{Code, Diagnostic};
use crate::release::{Envelope, Occasion, PublicKey, Release, SigningKey, Told, statement, told};
use crate::units::{EnvironmentName, Timestamp};
use crate::workspace::{Project, git_head, git_repository};

/// Most provenances of one release.
const MOST: usize = 1_000;

/// A provenance that lies beside a release and is about it.
#[derive(Clone, Debug)]
pub struct Attested {
    /// Where it lies.
    pub place: String,
    /// Ids of the keys that it says signed it; empty where it is unsigned.
    pub keys: Vec<String>,
    /// Whether the key signed it that was asked about; none where none was.
    pub signed: Option<bool>,
    /// What it tells.
    pub told: Told,
}

/// One making of a release.
pub(super) fn occasion(
    project: &Project,
    environment: Option<&EnvironmentName>,
    began: Timestamp,
    ended: Timestamp,
) -> Occasion {
    let revision = git_head(project.root()).map(|(commit, changed)| crate::release::Revision {
        commit,
        changed,
        origin: git_repository(project.root()).and_then(|repository| repository.origin),
    });
    Occasion { environment: environment.cloned(), revision, began, ended }
}

/// Puts the statement of a making into an envelope.
pub(super) fn sealed(release: &Release, occasion: &Occasion, key: Option<&SigningKey>) -> Result<Envelope, Failure> {
    Envelope::around(&statement(release, occasion), key).ok_or_else(|| {
        Failure::error(Diagnostic::error(Code::BadKey, "the key does not sign").help("make another one"))
    })
}

/// Writes a provenance beside a release, unless one is there that says as much: any, where nobody signs, or one that this key
/// signed. Returns where it was written.
///
/// # Errors
/// It cannot be written, or what is there cannot be read.
pub(super) async fn attest(
    store: Store<'_>,
    release: &Release,
    envelope: &Envelope,
    key: Option<&PublicKey>,
) -> Result<Option<String>, Failure> {
    let there = attested(store, release, key).await?;
    if there.iter().any(|one| one.signed.unwrap_or(true)) {
        return Ok(None);
    }
    let pipeline = &release.content.pipeline;
    for number in there.len() + 1..=MOST {
        let at = Store::provenance_key(pipeline, &release.digest, number);
        if store.write_new(&at, &envelope.to_bytes()).await? {
            return Ok(Some(store.place(&at)));
        }
    }
    let title = format!("the release {} has {MOST} provenances already", release.digest.short());
    Err(Failure::error(Diagnostic::error(Code::ReleaseTaken, title).help("remove those that nobody needs")))
}

/// The provenances beside a release, each held against it.
///
/// # Errors
/// One is about something else, or is none.
pub(super) async fn attested(
    store: Store<'_>,
    release: &Release,
    key: Option<&PublicKey>,
) -> Result<Vec<Attested>, Failure> {
    let mut found = Vec::new();
    for at in store.provenances(&release.content.pipeline, &release.digest).await? {
        if let Some(bytes) = store.read(&at).await? {
            found.push(read(&store.place(&at), &bytes, release, key)?);
        }
    }
    Ok(found)
}

/// Reads a provenance and holds it against a release.
pub(super) fn read(place: &str, bytes: &[u8], release: &Release, key: Option<&PublicKey>) -> Result<Attested, Failure> {
    let foreign = |why: String| {
        let title = format!("{place} is no provenance of the release {}: {why}", release.digest.short());
        Failure::error(
            Diagnostic::error(Code::BadProvenance, title)
                .note("nothing that it says was believed")
                .help("find out who wrote it, and remove it or bring back the one that was there"),
        )
    };
    let envelope = Envelope::read(bytes).map_err(|why| foreign(why.to_string()))?;
    let told = told(&envelope.statement(), release).map_err(|why| foreign(why.to_string()))?;
    Ok(Attested {
        place: place.to_owned(),
        keys: envelope.key_ids().into_iter().map(str::to_owned).collect(),
        signed: key.map(|key| envelope.is_signed_by(key)),
        told,
    })
}
