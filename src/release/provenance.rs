//! Where a release comes from, as an in-toto statement v1 (<https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>)
//! with the predicate of SLSA provenance v1 (<https://slsa.dev/provenance/v1>).
//!
//! The subject is the release, by its digest. What differs from one making to the next by design (the git revision, the
//! moment, the environment that it was resolved in) stands here and not in the release.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::{Release, TOOL};
use crate::artifact::digest_of;
use crate::units::{EnvironmentName, Timestamp};

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";
/// What `sluice release create` does, and what runs it. Both must be URIs; nothing has to be found there.
const BUILD_TYPE: &str = "urn:sluice:release:v1";
const BUILDER: &str = "urn:sluice:cli";
/// How a git commit is named among digests (in-toto attestation, digest sets).
const GIT_COMMIT: &str = "gitCommit";
const SHA256: &str = "sha256";
/// Says that files differed from the commit.
const UNCOMMITTED: &str = "uncommittedChanges";

/// The git revision that the files were at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The commit, in full.
    pub commit: String,
    /// Where the repository came from.
    pub origin: Option<String>,
    /// Whether files of the project differed from the commit.
    pub changed: bool,
}

/// One making of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The environment it was made for.
    pub environment: Option<EnvironmentName>,
    /// The git revision, where there is one.
    pub revision: Option<Revision>,
    /// When it began.
    pub began: Timestamp,
    /// When it was over.
    pub ended: Timestamp,
}

/// What a provenance tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When the release was made.
    pub made: Option<Timestamp>,
    /// The git commit that the files were at.
    pub commit: Option<String>,
    /// Whether files differed from it.
    pub changed: bool,
}

/// Why a provenance is none of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForeignProvenance {
    /// It is no such statement.
    #[error("it is no SLSA provenance in an in-toto statement")]
    Unknown,
    /// It is about something else.
    #[error("its subject is another one")]
    OtherSubject,
    /// It says that the release was made of other things.
    #[error("what it says it was made of is not what the release holds")]
    OtherIngredients,
}

#[derive(Serialize, Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Resource>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Predicate,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Predicate {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
    external_parameters: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    internal_parameters: BTreeMap<String, String>,
    resolved_dependencies: Vec<Resource>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunDetails {
    builder: Builder,
    metadata: Metadata,
}

#[derive(Serialize, Deserialize)]
struct Builder {
    id: String,
    version: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    started_on: String,
    finished_on: String,
}

/// A resource descriptor of in-toto.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Resource {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    uri: String,
    digest: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<String, bool>,
}

impl Resource {
    fn of(name: &str, sha256: &str) -> Self {
        let digest = BTreeMap::from([(SHA256.to_owned(), sha256.to_owned())]);
        Self { name: name.to_owned(), uri: String::new(), digest, annotations: BTreeMap::new() }
    }

    fn at(revision: &Revision) -> Self {
        Self {
            name: "git".to_owned(),
            uri: revision.origin.as_deref().map(|origin| format!("git+{}", nameless(origin))).unwrap_or_default(),
            digest: BTreeMap::from([(GIT_COMMIT.to_owned(), revision.commit.clone())]),
            annotations: BTreeMap::from([(UNCOMMITTED.to_owned(), revision.changed)]),
        }
    }
}

/// An address without whoever signs in there: it may hold a token.
fn nameless(origin: &str) -> String {
    match origin.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}/{path}")
        }
        // As in `git@host:path`, which is no URI: the same over ssh.
        None => match origin.split_once(':') {
            Some((host, path)) if !host.contains('/') => {
                let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
                format!("ssh://{host}/{}", path.trim_start_matches('/'))
            }
            Some(_) | None => format!("file://{origin}"),
        },
    }
}

/// What a release is made of, each with its digest.
fn ingredients(release: &Release) -> Vec<Resource> {
    let sources = release.sources.iter().map(|(file, text)| (file.as_str(), digest_of(text.as_bytes())));
    let artifacts = release.content.artifacts.iter().map(|(key, digest)| (key.as_str(), digest.clone()));
    sources.chain(artifacts).map(|(name, digest)| Resource::of(name, digest.as_str())).collect()
}

/// The statement that a release was made on an occasion.
#[must_use]
pub fn statement(release: &Release, occasion: &Occasion) -> Vec<u8> {
    let pipeline = release.content.pipeline.as_str();
    let record = digest_of(&release.to_bytes());
    let environment = occasion.environment.iter().map(|name| ("environment".to_owned(), name.to_string()));
    let mut resolved = ingredients(release);
    resolved.extend(occasion.revision.iter().map(Resource::at));
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject: vec![
            Resource::of(pipeline, release.digest.as_str()),
            // So that tools that know files only find theirs too.
            Resource::of(&format!("{}.json", release.digest), record.as_str()),
        ],
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: Predicate {
            build_definition: BuildDefinition {
                build_type: BUILD_TYPE.to_owned(),
                external_parameters: BTreeMap::from([("pipeline".to_owned(), pipeline.to_owned())]),
                internal_parameters: environment.collect(),
                resolved_dependencies: resolved,
            },
            run_details: RunDetails {
                builder: Builder {
                    id: BUILDER.to_owned(),
                    version: TOOL
                        .split_once(' ')
                        .map(|(name, version)| (name.to_owned(), version.to_owned()))
                        .into_iter()
                        .collect(),
                },
                metadata: Metadata { started_on: occasion.began.to_string(), finished_on: occasion.ended.to_string() },
            },
        },
    };
    // Texts only: nothing that could not be written.
    serde_json::to_vec(&statement).unwrap_or_default()
}

/// Reads a statement and holds it against a release.
///
/// # Errors
/// It is none, or not about this release.
pub fn told(statement: &[u8], release: &Release) -> Result<Told, ForeignProvenance> {
    let read: Statement = serde_json::from_slice(statement).map_err(|_| ForeignProvenance::Unknown)?;
    let Predicate { build_definition, run_details } = read.predicate;
    if read.kind != STATEMENT_TYPE || read.predicate_type != PREDICATE_TYPE || build_definition.build_type != BUILD_TYPE
    {
        return Err(ForeignProvenance::Unknown);
    }
    let sha256 = |resource: &Resource| resource.digest.get(SHA256).cloned();
    let is_release = |resource: &Resource| sha256(resource).as_deref() == Some(release.digest.as_str());
    if !read.subject.iter().any(is_release) {
        return Err(ForeignProvenance::OtherSubject);
    }
    let (git, made_of): (Vec<Resource>, Vec<Resource>) =
        build_definition.resolved_dependencies.into_iter().partition(|one| one.digest.contains_key(GIT_COMMIT));
    if made_of != ingredients(release) {
        return Err(ForeignProvenance::OtherIngredients);
    }
    let git = git.first();
    Ok(Told {
        made: Timestamp::parse(&run_details.metadata.finished_on),
        commit: git.and_then(|git| git.digest.get(GIT_COMMIT).cloned()),
        changed: git.is_some_and(|git| git.annotations.get(UNCOMMITTED) == Some(&true)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::record::tests::release;
    use super::*;

    fn occasion() -> Occasion {
        let at = Timestamp::from_millis(1_767_323_045_000);
        let revision = Revision {
            commit: "c0ffee".to_owned(),
            origin: Some("https://me:token@example.com/acme/streams.git".to_owned()),
            changed: true,
        };
        Occasion { environment: None, revision: Some(revision), began: at, ended: at }
    }

    #[test]
    fn a_statement_names_the_release_its_ingredients_and_its_making() {
        let release = release("a");
        let written: Value = serde_json::from_slice(&statement(&release, &occasion())).expect("is JSON");
        assert_eq!(written["_type"], "https://in-toto.io/Statement/v1");
        assert_eq!(written["predicateType"], "https://slsa.dev/provenance/v1");
        assert_eq!(written["subject"][0], json!({"name": "fraud", "digest": {"sha256": release.digest.as_str()}}));
        let made = &written["predicate"]["buildDefinition"];
        let names: Vec<&str> = made["resolvedDependencies"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|one| one["name"].as_str())
            .collect();
        assert_eq!(names.len(), 5, "{names:?}");
        assert_eq!(names[..2], ["stacks/fraud/pipeline.yaml", "templates/stream.yaml.hbs"]);
        let git = &made["resolvedDependencies"][4];
        assert_eq!(
            (&git["digest"]["gitCommit"], &git["uri"]),
            (&json!("c0ffee"), &json!("git+https://example.com/acme/streams.git"))
        );
        assert_eq!(written["predicate"]["runDetails"]["metadata"]["finishedOn"], "2026-01-02T03:04:05Z");
    }

    #[test]
    fn what_a_statement_says_is_held_against_the_release() {
        let release = release("a");
        let good = statement(&release, &occasion());
        let read = told(&good, &release).expect("is its own");
        assert_eq!((read.made, read.commit.as_deref(), read.changed), (Some(occasion().ended), Some("c0ffee"), true));
        let text = String::from_utf8(good).expect("is text");
        let with = |from: &str, to: &str| told(text.replacen(from, to, 1).as_bytes(), &release);
        assert_eq!(with("slsa.dev/provenance/v1", "slsa.dev/provenance/v9"), Err(ForeignProvenance::Unknown));
        assert_eq!(with("urn:sluice:release", "urn:other:release"), Err(ForeignProvenance::Unknown));
        assert_eq!(with(release.digest.as_str(), &"0".repeat(64)), Err(ForeignProvenance::OtherSubject));
        assert_eq!(with(release.content.spec.as_str(), &"0".repeat(64)), Err(ForeignProvenance::OtherIngredients));
        assert_eq!(told(b"{}", &release), Err(ForeignProvenance::Unknown));
        assert_eq!(
            told(text.as_bytes(), &super::super::record::tests::release("b")),
            Err(ForeignProvenance::OtherSubject)
        );
    }

    #[test]
    fn no_name_and_no_token_of_an_address_is_told() {
        assert_eq!(nameless("https://me:token@example.com/a/b.git"), "https://example.com/a/b.git");
        assert_eq!(nameless("git@example.com:a/b.git"), "ssh://example.com/a/b.git");
        assert_eq!(nameless("/srv/git/b.git"), "file:///srv/git/b.git");
    }
}
