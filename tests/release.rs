//! Releases between two accounts: artifacts cross by digest, nothing else does, and nothing that was altered does.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test makes files and stops where it cannot"
)]

#[path = "support/company.rs"]
mod company;

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use company::{Clouds, Nobody, clock, settings};
use sluicegate::cloud::Cloud;
use sluicegate::diagnostic::Code;
use sluicegate::embedded::{EmbeddedCloud, Settings};
use sluicegate::environment::Environment;
use sluicegate::operate::{
    self, BootstrapOrder, Carried, Connecting, Connector, Failure, Interrupt, ReleaseOrder, ReleasePlace, Shelf, Tools,
};
use sluicegate::release::{Release, UnreadableRelease};
use sluicegate::units::{AccountId, Region};
use sluicegate::workspace::{Project, StandingClock, StateStore};

const STAGING: &str = "sluice-artifacts-123456789012-eu-west-1";
const PROD: &str = "sluice-artifacts-210987654321-eu-west-1";

const ORDERS: &str = "pipeline: orders
owner: commerce-ml
streams:
  orders: {capacity: on-demand}
endpoints:
  scoring:
    model:
      multi-model:
        image: {builtin: {name: xgboost, version: \"1.7-1\"}}
        models: {small: models/small.tar.gz, large: models/large.tar.gz}
        default: small
    serving: {real-time: {instance: ml.m5.large, instances: {min: 1, max: 2}}}
consumers:
  score: {from: orders, code: handlers/score, handler: app.handler, scores_with: scoring}
";

/// Two accounts, each with a cloud of its own.
struct Two {
    folder: tempfile::TempDir,
    clock: Arc<StandingClock>,
    staging: Clouds,
    prod: Clouds,
}

impl Connector for Two {
    fn connect<'a>(&'a self, environment: &'a Environment, region: &'a Region) -> Connecting<'a> {
        match environment.name().as_str() {
            "staging" => self.staging.connect(environment, region),
            _ => self.prod.connect(environment, region),
        }
    }
}

impl Two {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: &[u8]| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        write("stacks/orders/pipeline.yaml", ORDERS.as_bytes());
        write("stacks/orders/handlers/score/app.py", b"def handler(event, context):\n    return {}\n");
        write("stacks/orders/models/small.tar.gz", b"small");
        // Larger than what goes in one request.
        write("stacks/orders/models/large.tar.gz", &vec![7; (9 << 20) + 5]);
        for (name, account) in [("staging", "123456789012"), ("prod", "210987654321")] {
            let text = format!("environment: {name}\ntier: staging\ntarget: embedded\naccount: \"{account}\"\n");
            write(&format!("environments/{name}.yaml"), format!("{text}regions: [eu-west-1]\n").as_bytes());
        }
        let clock = clock();
        let opened = |account: &str, name: &str| {
            let settings = Settings { account: AccountId::new(account).unwrap(), ..settings(name) };
            let cloud = EmbeddedCloud::open(StateStore::memory(), settings, Arc::<StandingClock>::clone(&clock));
            Clouds { http: cloud.http_client(), clock: Arc::clone(&clock) }
        };
        let (staging, prod) = (opened("123456789012", "staging"), opened("210987654321", "prod"));
        let two = Self { folder, clock, staging, prod };
        for environment in ["staging", "prod"] {
            let order = BootstrapOrder {
                environment: environment.to_owned(),
                region: None,
                yes: true,
                given: BTreeSet::default(),
            };
            let interrupt = Interrupt::new();
            operate::bootstrap(&mut Shelf::new(&two.project()), &order, two.tools(&interrupt), &mut Nobody)
                .await
                .unwrap();
        }
        two
    }

    fn project(&self) -> Project {
        Project::find(self.folder.path()).unwrap()
    }

    fn tools<'a>(&'a self, interrupt: &'a Interrupt) -> Tools<'a> {
        Tools { connector: self, clock: &*self.clock, interrupt }
    }

    /// Makes the release and keeps it in the bucket of staging.
    async fn made(&self) -> Release {
        let order = ReleaseOrder { pipeline: "orders".to_owned(), place: place("staging"), key: None, out: None };
        let (project, interrupt) = (self.project(), Interrupt::new());
        let mut shelf = Shelf::new(&project);
        let (tools, tell) = (self.tools(&interrupt), &mut |_| ());
        operate::create_release(&mut shelf, self.folder.path(), &order, tools, tell).await.unwrap().release
    }

    async fn copied(&self, digest: &str) -> Result<Carried, Failure> {
        let (project, interrupt) = (self.project(), Interrupt::new());
        let mut shelf = Shelf::new(&project);
        let (from, to) = (place("staging"), place("prod"));
        operate::carry_release(&mut shelf, digest, (&from, &to), self.tools(&interrupt), &mut |_| ()).await
    }

    async fn clouds(&self) -> (Cloud, Cloud) {
        let region = Region::new("eu-west-1").unwrap();
        (self.staging.open(&region).await, self.prod.open(&region).await)
    }

    async fn keys(&self, of: &Cloud, bucket: &str) -> BTreeSet<String> {
        of.list_artifacts(bucket, "").await.unwrap().into_iter().map(|(key, _)| key).collect()
    }
}

fn place(environment: &str) -> ReleasePlace {
    ReleasePlace { environment: Some(environment.to_owned()), region: None }
}

fn record(release: &Release) -> String {
    format!("releases/orders/{}.json", release.digest)
}

/// The one code of a failure, and its title.
fn said(failed: &Failure) -> (Code, String) {
    let told: Vec<_> = failed.diagnostics.iter().map(|told| (told.code, told.title.clone())).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    told.into_iter().next().unwrap()
}

/// Puts other bytes in an object's place.
async fn overwrite(cloud: &Cloud, bucket: &str, key: &str, alter: impl FnOnce(Vec<u8>) -> Vec<u8>) {
    let found = cloud.read_guarded(bucket, key).await.unwrap().expect("is there");
    let written = cloud.write_guarded(bucket, key, alter(found.bytes), Some(&found.etag)).await.unwrap();
    assert!(written.is_some());
}

fn flipped(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    bytes
}

#[tokio::test]
async fn artifacts_and_the_record_cross_and_nothing_else_does() {
    let two = Two::set().await;
    let release = two.made().await;
    assert_eq!(release.content.artifacts.len(), 3);
    let (staging, prod) = two.clouds().await;
    let before = two.keys(&prod, PROD).await;
    let copied = two.copied(release.digest.short()).await.unwrap();
    assert_eq!((copied.sent, copied.there), (3, 0));
    let new: BTreeSet<String> = two.keys(&prod, PROD).await.difference(&before).cloned().collect();
    let wanted = release.content.artifacts.keys().cloned();
    let provenance = record(&release).replace(".json", ".intoto.json");
    assert_eq!(new, wanted.chain([record(&release), provenance]).collect());
    for key in &new {
        let [there, here] = [staging.read_guarded(STAGING, key), prod.read_guarded(PROD, key)];
        assert_eq!(there.await.unwrap().unwrap().bytes, here.await.unwrap().unwrap().bytes, "{key}");
    }
    // Once more there is nothing to do.
    let again = two.copied(release.digest.as_str()).await.unwrap();
    assert_eq!((again.sent, again.there, again.bytes, again.provenances.len()), (0, 3, 0, 0));
}

#[tokio::test]
async fn what_was_altered_in_the_source_is_named_and_never_becomes_an_object_of_the_target() {
    let two = Two::set().await;
    let release = two.made().await;
    let (staging, prod) = two.clouds().await;
    for key in release.content.artifacts.keys() {
        overwrite(&staging, STAGING, key, flipped).await;
        let (code, title) = said(&two.copied(release.digest.as_str()).await.unwrap_err());
        assert_eq!(code, Code::ArtifactAltered);
        assert!(title.contains(key), "{title}");
        assert_eq!(prod.head_artifact(PROD, key).await.unwrap(), None, "{key}");
        assert!(prod.read_guarded(PROD, &record(&release)).await.unwrap().is_none());
        overwrite(&staging, STAGING, key, flipped).await;
    }
    assert!(two.copied(release.digest.as_str()).await.is_ok());
}

#[tokio::test]
async fn what_was_cut_off_or_is_missing_in_the_source_is_named() {
    let two = Two::set().await;
    let release = two.made().await;
    let (staging, _) = two.clouds().await;
    let keys: Vec<&String> = release.content.artifacts.keys().collect();
    overwrite(&staging, STAGING, keys[0], |bytes| bytes[..bytes.len() - 1].to_vec()).await;
    let (code, title) = said(&two.copied(release.digest.as_str()).await.unwrap_err());
    assert!(code == Code::ArtifactAltered && title.contains(keys[0].as_str()), "{title}");
    let (hidden, refused) = staging.hide_objects(STAGING, &[keys[0].clone()]).await;
    assert!(refused.is_none() && hidden.len() == 1);
    let (code, title) = said(&two.copied(release.digest.as_str()).await.unwrap_err());
    assert!(code == Code::ArtifactMissing && title.contains(keys[0].as_str()), "{title}");
}

#[tokio::test]
async fn a_record_that_was_altered_cut_off_or_written_by_a_newer_sluice_is_not_used() {
    let two = Two::set().await;
    let release = two.made().await;
    let (staging, _) = two.clouds().await;
    let newer = |bytes: Vec<u8>| {
        String::from_utf8(bytes).unwrap().replacen("\"format_version\": 1", "\"format_version\": 2", 1).into_bytes()
    };
    type Alter = Box<dyn Fn(Vec<u8>) -> Vec<u8>>;
    let cases: [(Alter, Code, UnreadableRelease); 2] = [
        (Box::new(|bytes| bytes[..bytes.len() / 2].to_vec()), Code::ReleaseAltered, UnreadableRelease::Truncated),
        (Box::new(newer), Code::ReleaseNewer, UnreadableRelease::Newer(2)),
    ];
    for (alter, wanted, why) in cases {
        overwrite(&staging, STAGING, &record(&release), alter).await;
        let (code, title) = said(&two.copied(release.digest.as_str()).await.unwrap_err());
        assert_eq!(code, wanted);
        assert!(title.contains(&record(&release)) && title.ends_with(&why.to_string()), "{title}");
        overwrite(&staging, STAGING, &record(&release), |_| release.to_bytes()).await;
    }
    let tool = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        text.replacen(&release.content.tool, "sluice 0.0.1", 1).into_bytes()
    };
    overwrite(&staging, STAGING, &record(&release), tool).await;
    assert_eq!(said(&two.copied(release.digest.as_str()).await.unwrap_err()).0, Code::ReleaseAltered);
}

#[tokio::test]
async fn nothing_takes_the_place_of_what_somebody_else_put_there() {
    let two = Two::set().await;
    let release = two.made().await;
    let (_, prod) = two.clouds().await;
    prod.write_guarded(PROD, &record(&release), b"theirs".to_vec(), None).await.unwrap().expect("is free");
    let (code, title) = said(&two.copied(release.digest.as_str()).await.unwrap_err());
    assert!(code == Code::ReleaseTaken && title.contains(&record(&release)), "{title}");
    assert_eq!(prod.read_guarded(PROD, &record(&release)).await.unwrap().unwrap().bytes, b"theirs");
}

#[tokio::test]
async fn what_nobody_knows_is_told_with_what_there_is() {
    let two = Two::set().await;
    let release = two.made().await;
    let failed = two.copied("0000000").await.unwrap_err();
    assert_eq!(said(&failed).0, Code::UnknownRelease);
    let notes = failed.diagnostics.iter().flat_map(|told| told.notes.clone()).collect::<Vec<_>>().join("; ");
    assert!(notes.contains(release.digest.short()), "{notes}");
}
