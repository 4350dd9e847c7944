//! Buckets: how long objects are kept, and with which key they are encrypted.

use super::{Carry, days};
use crate::diagnostic::{Code, Diagnostic};
use crate::import::document::{Block, Out};
use crate::import::value::{Field, Item, Value};
use crate::import::world::{Kind, Resource, View};

impl<'w> Carry<'w> {
    pub(super) fn buckets(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Bucket) {
            let Some(name) = self.parts.stage(resource) else { continue };
            let view = resource.view();
            view.skip(&["BucketName", "ForceDestroy"]);
            self.openness(&view);
            let mut bucket = Block::default();
            bucket.put_some("keep", self.keep(resource, "").map(Out::Map));
            let versioned = self.bucket_part(Kind::BucketVersioning, resource).unwrap_or(view);
            let status = self.text(&versioned, "VersioningConfiguration.Status");
            bucket.put_unless("versioned", Some(status.as_deref() == Some("Enabled")), false, Out::word);
            bucket.put_some("encryption", self.bucket_encryption(resource));
            self.stage(&mut section, "bucket", name, bucket, resource);
        }
        section
    }

    /// Whatever opens a bucket to others stays behind.
    fn openness(&self, view: &View<'_>) {
        for flag in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            let path = format!("PublicAccessBlockConfiguration.{flag}");
            self.lost_unless(view, &path, "true", "buckets of a pipeline are private");
        }
        let path = "OwnershipControls.Rules.ObjectOwnership";
        self.lost_unless(view, path, "BucketOwnerEnforced", "objects belong to the owner of their bucket");
    }

    /// The key of a bucket; `None` for the ones that AWS keeps.
    pub(super) fn bucket_encryption(&self, bucket: &'w Resource) -> Option<Out> {
        let rule = match self.bucket_part(Kind::BucketEncryption, bucket) {
            Some(part) => part.part("ServerSideEncryptionConfiguration"),
            None => bucket.view().part("BucketEncryption.ServerSideEncryptionConfiguration"),
        }?;
        let key = self.encryption(&rule, "ServerSideEncryptionByDefault.KMSMasterKeyID");
        let algorithm = "ServerSideEncryptionByDefault.SSEAlgorithm";
        if key.is_some() {
            self.anew_unless(&rule, algorithm, "aws:kms", "objects are encrypted with the key once (aws:kms)");
            self.anew_unless(&rule, "BucketKeyEnabled", "true", "objects share the data keys of their bucket");
        } else {
            rule.skip(&["BucketKeyEnabled"]);
            let how = "without a key of the pipeline's, objects are encrypted with one that S3 keeps (AES256)";
            self.anew_unless(&rule, algorithm, "AES256", how);
        }
        key
    }

    /// How long objects below a prefix of a bucket are kept: the first rule for all of them that moves or deletes
    /// them.
    pub(super) fn keep(&self, bucket: &'w Resource, below: &str) -> Option<Block> {
        let rules = match self.bucket_part(Kind::BucketLifecycle, bucket) {
            Some(part) => part.each("Rules"),
            None => bucket.view().each("LifecycleConfiguration.Rules"),
        };
        let mut kept = None;
        for rule in rules.into_iter().filter(|rule| self.is_on(rule)) {
            if let Some(narrowing) = narrowing(&rule, below) {
                self.lose_rule(&rule, narrowing);
                continue;
            }
            let unfinished = "AbortIncompleteMultipartUpload.DaysAfterInitiation";
            self.anew_unless(&rule, unfinished, "7", "uploads that were never finished are removed after 7d");
            let found = self.kept_by(&rule);
            match (&kept, &found) {
                (None, _) => kept = found,
                (Some(_), Some(_)) => {
                    self.lost(&rule, "Status", "objects of a bucket are kept by one rule; the first one is taken")
                }
                (Some(_), None) => {}
            }
        }
        kept
    }

    /// Whether a rule is in force. One of which that cannot be told must delete nothing: it is left unread, and
    /// listed so.
    fn is_on(&self, rule: &View<'_>) -> bool {
        rule.skip(&["Id"]);
        match self.text(rule, "Status").as_deref() {
            Some("Enabled") => true,
            Some(_) => {
                rule.skip(&rule.names());
                false
            }
            None => false,
        }
    }

    /// Says that a rule for a part of a bucket is not carried over: `keep` would move or delete everything else too.
    fn lose_rule(&self, rule: &View<'_>, narrowing: &Field) {
        let called = rule.get("Id").and_then(Item::as_text);
        let called = called.map_or_else(|| "a lifecycle rule".to_owned(), |id| format!("the lifecycle rule `{id}`"));
        rule.skip(&rule.names());
        let title = format!(
            "`{}`: {called} is not carried over: `{}` narrows it to a part of the objects, and `keep` holds for all of \
             them",
            rule.resource.address, narrowing.written
        );
        let place = narrowing.place.clone().or_else(|| rule.resource.place.clone());
        self.tell(Diagnostic::warning(Code::NotCarriedOver, title), place);
    }

    fn kept_by(&self, rule: &View<'w>) -> Option<Block> {
        let mut moved = rule.each("Transitions").into_iter();
        let expires = ["ExpirationInDays", "Expiration.ExpirationInDays"]
            .iter()
            .find_map(|path| self.whole(rule, path, 1..=3650));
        if let Some(transition) = moved.next() {
            let then = match self.text(&transition, "StorageClass")?.as_str() {
                "GLACIER" => "glacier",
                "DEEP_ARCHIVE" => "deep-archive",
                other => {
                    self.lost(
                        &transition,
                        "StorageClass",
                        &format!("objects go to Glacier or Deep Archive, not to `{other}`"),
                    );
                    return None;
                }
            };
            if moved.next().is_some() || expires.is_some() {
                self.lost(rule, "Transitions", "objects change once; the first change is taken");
            }
            let standard = self.whole(&transition, "TransitionInDays", 1..=3650)?;
            return Some(Block::default().with("standard", days(standard)).with("then", Out::word(then)));
        }
        Some(Block::default().with("standard", days(expires?)).with("then", Out::word("delete")))
    }

    /// A part of a bucket that Terraform writes as a resource of its own.
    fn bucket_part(&self, kind: Kind, bucket: &Resource) -> Option<View<'w>> {
        let part = self.world.of(kind).find(|part| {
            let of = part.view().get("Bucket").and_then(|item| self.world.meant(item, &[Kind::Bucket]));
            of.is_some_and(|of| of.address == bucket.address)
        })?;
        Some(part.view())
    }
}

/// What keeps a rule from holding for every object below a prefix.
fn narrowing<'w>(rule: &View<'w>, below: &str) -> Option<&'w Field> {
    // Without a value that can be told, any prefix narrows.
    let covers = |field: &Field| field.item.as_text().is_some_and(|prefix| below.starts_with(&prefix));
    let prefixes = ["Prefix", "Filter.Prefix", "Filter.And.Prefix"];
    let prefix = prefixes.iter().filter_map(|path| rule.field(path)).find(|field| !covers(field));
    let others = ["TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"];
    let other = || others.iter().filter_map(|name| rule.field(name)).find(|field| !is_blank(&field.item));
    prefix.or_else(other).or_else(|| condition(rule.field("Filter")?))
}

/// The first condition of a filter besides its prefix.
fn condition(filter: &Field) -> Option<&Field> {
    let Some(conditions) = filter.item.fields() else { return Some(filter) };
    conditions
        .0
        .iter()
        .filter(|field| field.name != "Prefix" && !is_blank(&field.item))
        .find_map(|field| if field.name == "And" { condition(field) } else { Some(field) })
}

fn is_blank(item: &Item) -> bool {
    match &item.value {
        Value::Null => true,
        Value::List(members) => members.is_empty(),
        Value::Map(fields) => fields.0.is_empty(),
        _ => false,
    }
}
