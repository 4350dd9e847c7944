//! The record of a release: what it holds, and the digest over that.
//!
//! The digest is the SHA-256 of [`Content`] in canonical JSON: keys sorted, no spaces, which for texts and small numbers is the
//! form of RFC 8785. Whoever has the record can reckon it with any other tool.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::digest::ReleaseDigest;
use crate::artifact::digest_of;
use crate::diagnostic::FilePath;
use crate::units::{Digest, PipelineName, StageName};

/// Version of the record.
pub const RELEASE_FORMAT: u32 = 1;

/// The tool that makes releases here, as a release names it.
pub const TOOL: &str = concat!("sluice ", env!("CARGO_PKG_VERSION"));

/// What a release is: everything that decides what is deployed, besides the environment. Its digest is the digest of this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// [`RELEASE_FORMAT`].
    pub format_version: u32,
    /// The pipeline.
    pub pipeline: PipelineName,
    /// The tool that made it: `sluice 0.1.0`.
    pub tool: String,
    /// SHA-256 of the pipeline file, byte for byte.
    pub spec: Digest,
    /// SHA-256 of the source of every template, the built-in ones and the project's own, by the name of its file.
    pub templates: BTreeMap<String, Digest>,
    /// The key of each function's archive, which holds the digest of its bytes.
    pub code: BTreeMap<StageName, String>,
    /// The keys of each endpoint's models, which hold their digests; as in [`crate::render::Assets`].
    pub models: BTreeMap<StageName, BTreeMap<String, String>>,
    /// Every object that `code` and `models` lead to, by its key: SHA-256 of its bytes.
    pub artifacts: BTreeMap<String, Digest>,
}

/// A release: immutable, and named by its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The digest of `content`.
    pub digest: ReleaseDigest,
    /// What it is.
    pub content: Content,
    /// The texts that `content` only has the digests of: the pipeline file and every template, so that another version of the
    /// tool, with other templates of its own, can still deploy it.
    pub sources: BTreeMap<FilePath, String>,
}

/// Why a record cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableRelease {
    /// A newer Sluice wrote it.
    #[error("it has format {0}, which is newer than this Sluice")]
    Newer(u32),
    /// It is no release.
    #[error("it is no release that Sluice wrote")]
    Foreign,
    /// Its end is missing.
    #[error("it ends in the middle: it was cut off")]
    Truncated,
    /// Its bytes are not what its name says.
    #[error("its content has the digest {0}, not the one that it is named by: it was altered")]
    Altered(ReleaseDigest),
    /// A text in it is not what its content says.
    #[error("`{0}` in it is not the file that was released: it was altered")]
    AlteredSource(FilePath),
    /// It says the same in other bytes than Sluice writes.
    #[error("its bytes are not as Sluice wrote them: it was altered")]
    Rewritten,
}

impl Content {
    /// The content in canonical JSON.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        // Names, texts and digests only: nothing that could not be written.
        canonical(&serde_json::to_value(self).unwrap_or_default(), &mut text);
        text
    }

    /// The name of a release of this content.
    #[must_use]
    pub fn digest(&self) -> ReleaseDigest {
        ReleaseDigest::of(&digest_of(self.canonical().as_bytes()))
    }

    /// The pipeline file among the sources.
    #[must_use]
    pub fn pipeline_file(&self) -> FilePath {
        FilePath::new(&format!("stacks/{}/pipeline.yaml", self.pipeline))
    }

    /// Every file whose text a record holds, with its digest.
    fn files(&self) -> impl Iterator<Item = (FilePath, &Digest)> {
        let templates = self.templates.iter().map(|(name, digest)| (FilePath::new(&template_file(name)), digest));
        templates.chain([(self.pipeline_file(), &self.spec)])
    }
}

fn template_file(name: &str) -> String {
    format!("{TEMPLATES}{name}")
}

/// Where templates lie in a project.
const TEMPLATES: &str = "templates/";

fn canonical(value: &Value, text: &mut String) {
    let separate = |text: &mut String, at: usize| {
        if at > 0 {
            text.push(',');
        }
    };
    match value {
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                separate(text, at);
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                canonical(value, text);
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for (at, value) in values.iter().enumerate() {
                separate(text, at);
                canonical(value, text);
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => text.push_str(&value.to_string()),
    }
}

impl Release {
    /// The release of a content and the texts it was made from.
    #[must_use]
    pub fn of(content: Content, sources: BTreeMap<FilePath, String>) -> Self {
        Self { digest: content.digest(), content, sources }
    }

    /// Reads a record: the one that is `named` so, or any. What is read is what was written, to the byte.
    ///
    /// # Errors
    /// It is none, a newer Sluice's, cut off, altered anywhere, or another one than was named.
    pub fn read(bytes: &[u8], named: Option<&ReleaseDigest>) -> Result<Self, UnreadableRelease> {
        #[derive(Deserialize)]
        struct Versioned {
            content: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            format_version: u32,
        }
        let foreign = |error: serde_json::Error| match error.is_eof() && !bytes.is_empty() {
            true => UnreadableRelease::Truncated,
            false => UnreadableRelease::Foreign,
        };
        let Versioned { content: Version { format_version } } = serde_json::from_slice(bytes).map_err(foreign)?;
        if format_version > RELEASE_FORMAT {
            return Err(UnreadableRelease::Newer(format_version));
        }
        let release: Self = serde_json::from_slice(bytes).map_err(foreign)?;
        let is = release.content.digest();
        if is != release.digest || named.is_some_and(|named| is != *named) {
            return Err(UnreadableRelease::Altered(is));
        }
        release.same_sources()?;
        if release.to_bytes() == bytes { Ok(release) } else { Err(UnreadableRelease::Rewritten) }
    }

    /// Holds the texts against their digests: all of them, and no others.
    fn same_sources(&self) -> Result<(), UnreadableRelease> {
        let files: BTreeMap<FilePath, &Digest> = self.content.files().collect();
        let same = |file: &FilePath| {
            let text = self.sources.get(file).map(|text| digest_of(text.as_bytes()));
            text.is_some() && text.as_ref() == files.get(file).copied()
        };
        match files.keys().chain(self.sources.keys()).find(|file| !same(file)) {
            Some(wrong) => Err(UnreadableRelease::AlteredSource(wrong.clone())),
            None => Ok(()),
        }
    }

    /// The record as it is written.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        // Names, texts and digests only: nothing that could not be written.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// The pipeline file.
    #[must_use]
    pub fn spec(&self) -> &str {
        self.sources.get(&self.content.pipeline_file()).map_or("", String::as_str)
    }

    /// The templates.
    pub fn templates(&self) -> impl Iterator<Item = (&FilePath, &str)> {
        let texts = self.sources.iter().map(|(file, text)| (file, text.as_str()));
        texts.filter(|(file, _)| file.as_str().starts_with(TEMPLATES))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A small release whose pipeline file is `spec`.
    pub(crate) fn release(spec: &str) -> Release {
        let (pipeline, template) = (PipelineName::new("fraud").expect("a name"), "Resources: {}\n");
        let (archive, model) = (digest_of(b"code"), digest_of(b"model"));
        let stage = |name: &str| StageName::new(name).expect("a name");
        let (code, set) = (format!("functions/score/{archive}.zip"), format!("models/{model}/"));
        let content = Content {
            format_version: RELEASE_FORMAT,
            pipeline,
            tool: TOOL.to_owned(),
            spec: digest_of(spec.as_bytes()),
            templates: BTreeMap::from([("stream.yaml.hbs".to_owned(), digest_of(template.as_bytes()))]),
            code: BTreeMap::from([(stage("score"), code.clone())]),
            models: BTreeMap::from([(stage("scoring"), BTreeMap::from([(String::new(), set.clone())]))]),
            artifacts: BTreeMap::from([(code, archive), (format!("{set}a.tar.gz"), model)]),
        };
        let sources = BTreeMap::from([
            (content.pipeline_file(), spec.to_owned()),
            (FilePath::new("templates/stream.yaml.hbs"), template.to_owned()),
        ]);
        Release::of(content, sources)
    }

    #[test]
    fn the_digest_is_that_of_the_content_with_sorted_keys_and_no_spaces() {
        let content = release("pipeline: fraud\n").content;
        let text = content.canonical();
        assert!(text.starts_with("{\"artifacts\":{\"functions/score/") && !text.contains(": ") && !text.contains('\n'));
        let keys = ["artifacts", "code", "format_version", "models", "pipeline", "spec", "templates", "tool"];
        let at: Vec<usize> = keys.iter().map(|key| text.find(&format!("\"{key}\":")).expect("is there")).collect();
        assert!(at.is_sorted(), "{at:?}");
        assert_eq!(content.digest().as_str(), digest_of(text.as_bytes()).as_str());
    }

    #[test]
    fn what_was_written_is_read() {
        let written = release("pipeline: fraud\n# é\n");
        assert_eq!(Release::read(&written.to_bytes(), Some(&written.digest)), Ok(written));
    }

    #[test]
    fn every_ingredient_changes_the_digest_and_no_two_alike() {
        let first = release("a").content;
        let other = digest_of(b"other");
        let changed = [
            Content { tool: "sluice 0.0.1".to_owned(), ..first.clone() },
            Content { spec: other.clone(), ..first.clone() },
            Content { pipeline: PipelineName::new("other").expect("a name"), ..first.clone() },
            Content { templates: BTreeMap::from([("stream.yaml.hbs".to_owned(), other.clone())]), ..first.clone() },
            Content { code: BTreeMap::new(), ..first.clone() },
            Content { models: BTreeMap::new(), ..first.clone() },
            Content { artifacts: BTreeMap::new(), ..first.clone() },
        ];
        let digests: std::collections::BTreeSet<_> = changed.iter().chain([&first]).map(Content::digest).collect();
        assert_eq!(digests.len(), changed.len() + 1);
    }

    #[test]
    fn each_way_of_being_wrong_is_told() {
        let good = release("pipeline: fraud\n");
        let text = String::from_utf8(good.to_bytes()).expect("is text");
        let read = |text: &str| Release::read(text.as_bytes(), None).expect_err("is wrong");
        assert_eq!(read(&text[..text.len() / 2]), UnreadableRelease::Truncated);
        assert_eq!(read(""), UnreadableRelease::Foreign);
        assert_eq!(read("{}"), UnreadableRelease::Foreign);
        assert_eq!(
            read(&text.replace("\"format_version\": 1", "\"format_version\": 7, \"new\": 1")),
            UnreadableRelease::Newer(7)
        );
        assert_eq!(read(&text.trim_end().replace("  ", " ")), UnreadableRelease::Rewritten);
        let source = text.replace("pipeline: fraud\\n", "pipeline: fraud\\n ");
        assert_eq!(read(&source), UnreadableRelease::AlteredSource(good.content.pipeline_file()));
        let tool = text.replace(TOOL, "sluice 9.9.9");
        assert!(matches!(read(&tool), UnreadableRelease::Altered(_)));
        let other = release("pipeline: other\n");
        assert_eq!(
            Release::read(&good.to_bytes(), Some(&other.digest)),
            Err(UnreadableRelease::Altered(good.digest.clone()))
        );
        let mut more = good;
        more.sources.insert(FilePath::new("templates/more.hbs"), String::new());
        assert_eq!(
            Release::read(&more.to_bytes(), None),
            Err(UnreadableRelease::AlteredSource(FilePath::new("templates/more.hbs")))
        );
    }

    proptest! {
        #[test]
        fn no_byte_can_be_altered_unnoticed(spec in "\\PC{0,40}", at in any::<prop::sample::Index>(), by in 1..=255_u8) {
            let good = release(&spec);
            let mut bytes = good.to_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            prop_assert!(Release::read(&bytes, Some(&good.digest)).is_err());
        }

        #[test]
        fn no_end_can_be_cut_off_unnoticed(spec in "\\PC{0,40}", at in any::<prop::sample::Index>()) {
            let bytes = release(&spec).to_bytes();
            prop_assert!(Release::read(&bytes[..at.index(bytes.len())], None).is_err());
        }
    }
}
