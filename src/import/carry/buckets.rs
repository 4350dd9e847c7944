//! Buckets, and how long objects are kept.

use super::{Carry, days};
use crate::import::document::{Block, Out};
use crate::import::world::{Kind, Resource, View};

impl<'w> Carry<'w> {
    pub(super) fn buckets(&self) -> Block {
        let mut section = Block::default();
        for resource in self.world.of(Kind::Bucket) {
            let Some(name) = self.parts.stage(resource) else { continue };
            let view = resource.view();
            view.skip(&[
                "BucketName",
                "Tags",
                "ForceDestroy",
                "PublicAccessBlockConfiguration",
                "OwnershipControls",
                "BucketEncryption",
            ]);
            let mut bucket = Block::default();
            bucket.put_some("keep", self.keep(resource).map(Out::Map));
            let versioned = self.bucket_part(Kind::BucketVersioning, resource).unwrap_or(view);
            let status = self.text(&versioned, "VersioningConfiguration.Status");
            bucket.put_unless("versioned", Some(status.as_deref() == Some("Enabled")), false, Out::word);
            self.stage(&mut section, "bucket", name, bucket, resource);
        }
        section
    }

    /// How long objects of a bucket are kept: its first rule that moves or deletes them.
    pub(super) fn keep(&self, bucket: &'w Resource) -> Option<Block> {
        let own = bucket.view();
        let rules = match self.bucket_part(Kind::BucketLifecycle, bucket) {
            Some(part) => part.each("Rules"),
            None => own.each("LifecycleConfiguration.Rules"),
        };
        let mut kept = None;
        for rule in rules {
            rule.skip(&["Id", "Prefix", "Filter", "AbortIncompleteMultipartUpload"]);
            if self.text(&rule, "Status").is_some_and(|status| status != "Enabled") {
                rule.skip(&["Transitions", "ExpirationInDays", "Expiration"]);
                continue;
            }
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
