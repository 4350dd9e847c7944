//! Releases: made, listed, shown, compared, verified.

use serde::Serialize;

use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::{json, plural, printable};
use super::{FORMAT_VERSION, TOOL_VERSION};
use crate::artifact::digest_of;
use crate::release::{Change, Content, Difference, Ingredient, Release};
use crate::render::TemplateName;
use crate::units::Timestamp;

/// How much of a digest people are shown.
const SHORT: usize = 12;

/// A release that was made.
#[derive(Clone, Debug, Serialize)]
pub struct Created<'a> {
    /// The release.
    pub digest: &'a str,
    /// The pipeline.
    pub pipeline: &'a str,
    /// Whether it is new in the project's folder.
    pub new: bool,
    /// Where its record is.
    pub records: &'a [String],
    /// Where provenances were written; none where those that were there say as much.
    pub provenances: &'a [String],
    /// The id of the key that signed them.
    pub signed_by: Option<&'a str>,
    /// Artifacts that were uploaded; none where there was no bucket.
    pub uploaded: Option<usize>,
    /// Artifacts that were there.
    pub already_there: Option<usize>,
}

/// A release of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Listed<'a> {
    /// The release.
    pub digest: &'a str,
    /// The pipeline.
    pub pipeline: &'a str,
    /// When it was made.
    pub made: Timestamp,
    /// The git commit that its files were at.
    pub commit: Option<&'a str>,
    /// Whether files differed from the commit.
    pub uncommitted: bool,
    /// Provenances that somebody signed; none are checked here.
    pub signed: usize,
    /// Whether it is in the project's folder.
    pub here: bool,
    /// Whether it is in the environment's bucket.
    pub in_bucket: bool,
}

/// A provenance.
#[derive(Clone, Debug, Serialize)]
pub struct Provenance<'a> {
    /// Where it lies.
    pub place: &'a str,
    /// Ids of the keys that it says signed it; empty where it is unsigned.
    pub keys: &'a [String],
    /// Whether the key signed it that was asked about; none where none was.
    pub verified: Option<bool>,
    /// When the release was made.
    pub made: Option<Timestamp>,
    /// The git commit that its files were at.
    pub commit: Option<&'a str>,
    /// Whether files differed from the commit.
    pub uncommitted: bool,
}

/// A release that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Shown<'a> {
    /// Its digest.
    pub digest: &'a str,
    /// What it is.
    pub content: &'a Content,
    /// Where its record is.
    pub records: &'a [String],
    /// What lies beside it.
    pub provenances: Vec<Provenance<'a>>,
}

/// A release that was verified.
#[derive(Clone, Debug, Serialize)]
pub struct Verified<'a> {
    /// The release.
    #[serde(flatten)]
    pub shown: Shown<'a>,
    /// The id of the key that signed a provenance of it; none where none was given.
    pub signed_by: Option<&'a str>,
    /// How many artifacts in the bucket are what they should be; none where there was no bucket to look at.
    pub artifacts: Option<usize>,
}

#[derive(Serialize)]
struct Document<T: Serialize> {
    format_version: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    told: T,
}

#[derive(Serialize)]
struct List<'a> {
    releases: &'a [Listed<'a>],
}

/// Returns anything of this page as a document.
#[must_use]
pub fn to_json(told: &impl Serialize) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, told })
}

/// Returns a list as a document.
#[must_use]
pub fn list_to_json(releases: &[Listed<'_>]) -> serde_json::Value {
    to_json(&List { releases })
}

fn short(digest: &str) -> &str {
    digest.get(..SHORT).unwrap_or(digest)
}

/// A key or a digest as people read it: every long digest in it shortened.
fn shortened(look: &Look, text: &str) -> String {
    let parts = text.split_inclusive(['/', '.']).map(|part| {
        let (body, end) = match part.strip_suffix(['/', '.']) {
            Some(body) => (body, part.get(body.len()..).unwrap_or_default()),
            None => (part, ""),
        };
        let long = body.len() == 64 && body.bytes().all(|byte| byte.is_ascii_hexdigit());
        if long { format!("{}{}{end}", short(body), look.ellipsis()) } else { part.to_owned() }
    });
    parts.collect()
}

/// Lines of a name and what belongs to it.
fn lines(look: &Look, rows: impl IntoIterator<Item = (String, String)>) -> String {
    let mut table = Table::new();
    for (name, text) in rows {
        table.row([Cell::new(Label::Faint, name), Cell::plain(text)]);
    }
    table.render(look, 2)
}

fn heading(look: &Look, digest: &str, pipeline: &str) -> String {
    format!("{}  {}\n", look.paint(Label::Heading, format!("release {}", short(digest))), printable(pipeline))
}

/// Names the first of several lines and none of the others.
fn named<'a>(
    name: &'a str,
    texts: impl IntoIterator<Item = String> + 'a,
) -> impl Iterator<Item = (String, String)> + 'a {
    texts.into_iter().enumerate().map(move |(at, text)| (if at == 0 { name.to_owned() } else { String::new() }, text))
}

/// Returns what was made.
#[must_use]
pub fn created_to_text(look: &Look, created: &Created<'_>) -> String {
    let Created { digest, pipeline, new, records, provenances, signed_by, uploaded, already_there } = created;
    let mut rows = vec![("digest".to_owned(), (*digest).to_owned())];
    rows.extend(named("record", records.iter().map(|place| shortened(look, place))));
    let signed = signed_by.map_or_else(|| "unsigned".to_owned(), |key| format!("signed with {}", short(key)));
    rows.extend(named("provenance", provenances.iter().map(|place| format!("{}, {signed}", shortened(look, place)))));
    if let (Some(uploaded), Some(there)) = (uploaded, already_there) {
        rows.push(("artifacts".to_owned(), format!("{uploaded} uploaded, {there} already there")));
    }
    let end = if *new { "" } else { "It was made before: the same files, the same release.\n" };
    format!("{}{}{end}", heading(look, digest, pipeline), lines(look, rows))
}

/// Returns a list as a table.
#[must_use]
pub fn list_to_text(look: &Look, releases: &[Listed<'_>]) -> String {
    if releases.is_empty() {
        return "There are no releases: `sluice release create PIPELINE` makes one\n".to_owned();
    }
    let mut table = Table::with_headings(&["RELEASE", "PIPELINE", "MADE", "COMMIT", "PROVENANCE", "KEPT"]);
    for one in releases {
        let commit = one.commit.map_or_else(|| "-".to_owned(), |commit| revision(commit, one.uncommitted));
        let kept = match (one.here, one.in_bucket) {
            (true, true) => "here, bucket",
            (true, false) => "here",
            (false, _) => "bucket",
        };
        table.row([
            Cell::new(Label::Heading, short(one.digest)),
            Cell::plain(one.pipeline),
            Cell::plain(one.made.to_string()),
            Cell::plain(commit),
            Cell::plain(if one.signed > 0 { "signed" } else { "unsigned" }),
            Cell::plain(kept),
        ]);
    }
    table.render(look, 0)
}

fn revision(commit: &str, uncommitted: bool) -> String {
    format!("{}{}", short(commit), if uncommitted { " + changes" } else { "" })
}

fn provenance(look: &Look, one: &Provenance<'_>) -> String {
    let keys: Vec<&str> = one.keys.iter().map(|key| short(key)).collect();
    let signed = match (one.verified, keys.as_slice()) {
        (_, []) => "unsigned".to_owned(),
        (Some(true), keys) => format!("signed with {}, which is the key", keys.join(", ")),
        (Some(false), keys) => format!("signed with {}, not with the key", keys.join(", ")),
        (None, keys) => format!("signed with {}, not checked: no key was given", keys.join(", ")),
    };
    let commit = one.commit.map(|commit| format!(", from {}", revision(commit, one.uncommitted))).unwrap_or_default();
    let made = one.made.map(|made| format!(", made {made}")).unwrap_or_default();
    format!("{}: {signed}{made}{commit}", shortened(look, one.place))
}

/// Returns what a release holds.
#[must_use]
pub fn shown_to_text(look: &Look, shown: &Shown<'_>) -> String {
    let content = shown.content;
    let mut rows = vec![
        ("digest".to_owned(), shown.digest.to_owned()),
        ("made by".to_owned(), content.tool.clone()),
        ("pipeline file".to_owned(), content.spec.short().to_owned()),
        ("templates".to_owned(), templates(content)),
    ];
    let key = |key: &str| shortened(look, key);
    rows.extend(named("code", content.code.iter().map(|(stage, at)| format!("{stage}: {}", key(at)))));
    let models = content.models.iter().flat_map(|(stage, keys)| {
        keys.iter().map(move |(name, at)| match name.as_str() {
            "" => format!("{stage}: {}", key(at)),
            name => format!("{stage} {name}: {}", key(at)),
        })
    });
    rows.extend(named("models", models));
    rows.push(("artifacts".to_owned(), plural(content.artifacts.len(), "object")));
    rows.extend(named("record", shown.records.iter().map(|place| shortened(look, place))));
    rows.extend(named("provenance", shown.provenances.iter().map(|one| provenance(look, one))));
    format!("{}{}", heading(look, shown.digest, content.pipeline.as_str()), lines(look, rows))
}

/// How many templates it has, and which are not as this Sluice has them built in.
fn templates(content: &Content) -> String {
    let built_in = |name: &str| {
        let known = TemplateName::ALL.iter().find(|known| known.file_name() == name);
        known.map(|known| digest_of(known.built_in().as_bytes()))
    };
    let own: Vec<&str> = content
        .templates
        .iter()
        .filter(|(name, digest)| built_in(name).as_ref() != Some(*digest))
        .map(|(name, _)| name.as_str())
        .collect();
    match own.as_slice() {
        [] => format!("{}, all built in", content.templates.len()),
        own => format!("{}, of its own: {}", content.templates.len(), own.join(", ")),
    }
}

/// Returns what two releases do not have in common.
#[must_use]
pub fn difference_to_text(look: &Look, difference: &Difference, before: &Release, after: &Release) -> String {
    let Difference { changes, .. } = difference;
    let name = |release: &Release| format!("{} ({})", release.digest.short(), release.content.pipeline);
    let head = format!("{} -> {}", name(before), name(after));
    let mut out = format!("{}\n", look.paint(Label::Heading, head));
    if changes.is_empty() {
        out.push_str("They are the same release.\n");
        return out;
    }
    let mut table = Table::with_headings(&["", "WHAT", "WHICH", "BEFORE", "AFTER"]);
    for Change { what, name, before, after } in changes {
        let (sign, label) = match (before, after) {
            (None, _) => ("+", Label::Added),
            (_, None) => ("-", Label::Removed),
            (Some(_), Some(_)) => ("~", Label::Changed),
        };
        let side =
            |side: &Option<String>| side.as_deref().map_or_else(|| "-".to_owned(), |text| told(look, *what, text));
        table.row([
            Cell::new(label, sign),
            Cell::plain(word(*what)),
            Cell::plain(if name.is_empty() { "-" } else { name }),
            Cell::plain(side(before)),
            Cell::plain(side(after)),
        ]);
    }
    out.push_str(&table.render(look, 2));
    out
}

/// What differs, as short as tells it apart: of a key its digest.
fn told(look: &Look, what: Ingredient, text: &str) -> String {
    match what {
        Ingredient::Pipeline | Ingredient::Tool => text.to_owned(),
        Ingredient::Spec | Ingredient::Template => short(text).to_owned(),
        Ingredient::Code | Ingredient::Model => {
            let digest = text.split(['/', '.']).find(|part| part.len() == 64);
            digest.map_or_else(|| shortened(look, text), |digest| short(digest).to_owned())
        }
    }
}

fn word(what: Ingredient) -> &'static str {
    match what {
        Ingredient::Pipeline => "pipeline",
        Ingredient::Tool => "tool",
        Ingredient::Spec => "pipeline file",
        Ingredient::Template => "template",
        Ingredient::Code => "code",
        Ingredient::Model => "models",
    }
}

/// Returns what was verified, and what was not.
#[must_use]
pub fn verified_to_text(look: &Look, verified: &Verified<'_>) -> String {
    let Verified { shown, signed_by, artifacts } = verified;
    let good = |text: String| look.paint(Label::Good, text);
    let mut rows = vec![("record".to_owned(), "is what its digest says".to_owned())];
    let beside = shown.provenances.iter().map(|one| provenance(look, one));
    rows.extend(named("provenance", beside));
    if shown.provenances.is_empty() {
        rows.push(("provenance".to_owned(), "none: nobody says where it comes from".to_owned()));
    }
    rows.push(match artifacts {
        Some(count) => {
            ("artifacts".to_owned(), format!("{} read, each is what its digest says", plural(*count, "object")))
        }
        None => ("artifacts".to_owned(), "not read: name an environment with --env".to_owned()),
    });
    let unsigned = shown.provenances.iter().all(|one| one.keys.is_empty());
    let end = match signed_by {
        Some(key) => good(format!("Verified, signed with {}", short(key))),
        None if unsigned => look.paint(Label::Warning, "Whole, and unsigned: nobody vouches for it"),
        None => look.paint(Label::Warning, "Whole; its signature was not checked: name the public key with --key"),
    };
    format!("{}{}{end}\n", heading(look, shown.digest, shown.content.pipeline.as_str()), lines(look, rows))
}
