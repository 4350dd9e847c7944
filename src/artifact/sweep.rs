//! Which artifacts nobody needs any more: what is in the bucket, held against what is deployed.
//!
//! A key holds the digest of its content, and a template names what it needs by key, so an artifact is needed where a
//! deployed template has its digest in it, in whatever form it names it.

use serde::Serialize;

use crate::units::{ByteSize, Digest, Duration, Timestamp};

/// What an artifact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    /// A function's archive.
    Function,
    /// A model's file.
    Model,
    /// A template that was too long for a request. CloudFormation keeps its own copy of it, so no stack needs it.
    Template,
}

impl ArtifactKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Function, Self::Model, Self::Template];

    /// Where they lie in the bucket. Nothing else in it is an artifact: leases and the ledger are beside them.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Function => "functions/",
            Self::Model => "models/",
            Self::Template => "templates/",
        }
    }
}

/// An object of the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: ByteSize,
    /// When it was uploaded, by the server's clock.
    pub written: Timestamp,
}

/// Some objects, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pile {
    /// How many.
    pub objects: u64,
    /// Their size together, in bytes.
    pub bytes: u64,
}

impl Pile {
    /// Counts one more.
    pub fn add(&mut self, bytes: ByteSize) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes.as_bytes());
    }
}

/// An artifact that nobody needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unneeded {
    /// Its key.
    pub key: String,
    /// What it is.
    pub kind: ArtifactKind,
    /// Of what: the stage of a function, the file of a model; none where the key does not tell.
    pub of: Option<String>,
    /// The digest in its key.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was uploaded.
    pub uploaded: Timestamp,
    /// How long ago that is.
    #[serde(rename = "age_micros")]
    pub age: Duration,
}

/// The artifacts of a bucket, told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sweep {
    /// Those that a deployed template names.
    pub needed: Pile,
    /// Those that none names, and that are too young to be judged.
    pub young: Pile,
    /// Those that can go, the largest first.
    pub unneeded: Vec<Unneeded>,
}

impl Sweep {
    /// Tells artifacts apart. `deployed` are the texts of all deployed templates; what was uploaded less than `keep` ago
    /// stays, because somebody may be about to deploy it, or to go back to it. What is no artifact is left out.
    #[must_use]
    pub fn of(stored: &[Stored], deployed: &[String], keep: Duration, now: Timestamp) -> Self {
        let mut sweep = Self::default();
        for object in stored {
            let Some((kind, digest)) = told(&object.key) else { continue };
            let age = now.since(object.written);
            if deployed.iter().any(|template| template.contains(digest.as_str())) {
                sweep.needed.add(object.bytes);
            } else if age < keep {
                sweep.young.add(object.bytes);
            } else {
                sweep.unneeded.push(Unneeded {
                    of: of(kind, &object.key),
                    key: object.key.clone(),
                    kind,
                    digest,
                    bytes: object.bytes.as_bytes(),
                    uploaded: object.written,
                    age,
                });
            }
        }
        sweep.unneeded.sort_by(|one, other| other.bytes.cmp(&one.bytes).then_with(|| one.key.cmp(&other.key)));
        sweep
    }

    /// What can go, counted.
    #[must_use]
    pub fn pile(&self) -> Pile {
        let mut pile = Pile::default();
        self.unneeded.iter().for_each(|one| pile.add(ByteSize::from_bytes(one.bytes)));
        pile
    }
}

/// The kind of an artifact and the digest in its key; none of a key that Sluice did not write.
fn told(key: &str) -> Option<(ArtifactKind, Digest)> {
    let kind = ArtifactKind::ALL.into_iter().find(|kind| key.starts_with(kind.prefix()))?;
    let digest = key.split(['/', '.']).find_map(|part| Digest::new(part).ok())?;
    Some((kind, digest))
}

fn of(kind: ArtifactKind, key: &str) -> Option<String> {
    let mut parts = key.split('/').skip(1);
    match kind {
        ArtifactKind::Function => parts.next().map(str::to_owned),
        ArtifactKind::Model => parts.nth(1).filter(|file| *file != "model.tar.gz").map(str::to_owned),
        ArtifactKind::Template => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn digit(digit: char) -> String {
        std::iter::repeat_n(digit, 64).collect()
    }

    fn stored(key: String, days: u64) -> Stored {
        let now = 100 * DAY * 1_000;
        let written = Timestamp::from_millis(i64::try_from(now - days * DAY * 1_000).unwrap());
        Stored { key, bytes: ByteSize::from_bytes(days), written }
    }

    fn sweep(stored: &[Stored], deployed: &[&str]) -> Sweep {
        let now = Timestamp::from_millis(i64::try_from(100 * DAY * 1_000).unwrap());
        let deployed: Vec<String> = deployed.iter().map(|text| (*text).to_owned()).collect();
        Sweep::of(stored, &deployed, Duration::from_secs(30 * DAY), now)
    }

    #[test]
    fn what_a_template_names_in_any_form_is_needed_however_old_it_is() {
        let (a, b, c) = (digit('a'), digit('b'), digit('c'));
        let objects = [
            stored(format!("functions/score/{a}.zip"), 90),
            stored(format!("models/{b}/fraud-v7.tar.gz"), 80),
            stored(format!("functions/score/{c}.zip"), 70),
        ];
        let template = format!("{{\"S3Key\": \"functions/score/{a}.zip\", \"Prefix\": \"s3://b/models/{b}/\"}}");
        let sweep = sweep(&objects, &["{}", &template]);
        assert_eq!(sweep.needed, Pile { objects: 2, bytes: 170 });
        let [only] = sweep.unneeded.as_slice() else { panic!("{sweep:?}") };
        assert_eq!((only.kind, only.of.as_deref(), only.bytes), (ArtifactKind::Function, Some("score"), 70));
    }

    #[test]
    fn what_is_younger_than_the_window_stays_and_the_rest_goes_largest_first() {
        let names = ['1', '2', '3'].map(digit);
        let objects = [
            stored(format!("templates/{}.json", names[0]), 29),
            stored(format!("templates/{}.json", names[1]), 30),
            stored(format!("models/{}/model.tar.gz", names[2]), 31),
        ];
        let sweep = sweep(&objects, &[]);
        assert_eq!(sweep.young, Pile { objects: 1, bytes: 29 });
        let sizes: Vec<u64> = sweep.unneeded.iter().map(|one| one.bytes).collect();
        assert_eq!((sizes, sweep.pile()), (vec![31, 30], Pile { objects: 2, bytes: 61 }));
        assert!(sweep.unneeded.iter().all(|one| one.of.is_none()));
    }

    #[test]
    fn leases_the_ledger_and_what_others_put_there_are_not_artifacts() {
        let digest = digit('d');
        let keys = ["locks/prod/fraud", "ledger/prod/1", "functions/readme.txt", "models/", &format!("x/{digest}.zip")]
            .map(str::to_owned);
        let objects: Vec<Stored> = keys.into_iter().map(|key| stored(key, 99)).collect();
        assert_eq!(sweep(&objects, &[]), Sweep::default());
    }
}
