//! What environment files say, and what is said about bad ones.

use proptest::prelude::*;

use super::*;
use crate::diagnostic::{Code, Diagnostics, FilePath};

fn read_text(text: &str) -> Result<EnvironmentFile, Diagnostics> {
    read(&FilePath::new("environments/prod.yaml"), text.as_bytes())
}

fn codes(text: &str) -> Vec<Code> {
    read_text(text).expect_err("must be refused").iter().map(|d| d.code).collect()
}

const PROD: &str = include_str!("../../environments/prod.yaml");

#[test]
fn the_example_keeps_gates_budget_and_overlay() {
    let file = read_text(PROD).expect("is well formed");
    let environment = file.environment();
    assert_eq!(environment.tier(), Tier::Production);
    assert_eq!(environment.max_monthly_increase().map(|money| money.to_string()).as_deref(), Some("250 USD"));
    assert_eq!(environment.gates().iterator_age_p99.map(|age| age.as_secs()), Some(10));
    assert_eq!(environment.gates().approval.as_ref().map(|approval| (approval.by.len(), approval.count)), Some((1, 1)));
    assert_eq!(environment.promotes_from().map(|name| name.as_str()), Some("staging"));
    let overlaid: Vec<&str> = file.overlaid().map(|(name, _)| name.as_str()).collect();
    assert_eq!(overlaid, ["fraud-detection", "observability"]);
}

#[test]
fn an_embedded_environment_needs_only_name_and_tier() {
    let file = read_text("environment: prod\ntier: staging\ntarget: embedded\n").expect("is enough");
    assert_eq!(file.environment().target(), &Target::Embedded);
    assert_eq!(file.environment().regions().len(), 1);
}

#[test]
fn an_aws_environment_needs_account_and_regions() {
    assert_eq!(codes("environment: prod\ntier: production\n"), [Code::MissingSetting, Code::MissingSetting]);
}

#[test]
fn bad_input_is_refused_as_in_pipeline_files() {
    let head = "environment: prod\ntier: staging\ntarget: embedded\n";
    let cases: &[(&str, Code)] = &[
        ("tiers: x\n", Code::UnknownField),
        ("tier: staging\n", Code::DuplicateField),
        ("account: 12345\n", Code::BadName),
        ("regions: [Ireland]\n", Code::BadName),
        ("regions: [eu-west-1, eu-west-1]\n", Code::DuplicateField),
        ("role: me\n", Code::BadName),
        ("budget: {max_monthly_increase: $250}\n", Code::BadUnit),
        ("notify: {email: nobody}\n", Code::BadName),
        ("gates: {approval: {by: [], count: 1}}\n", Code::Conflict),
        ("tags: {\"aws:x\": y}\n", Code::BadName),
        ("pipelines: {fraud: {streams: {a: {retentoin: 1d}}}}\n", Code::UnknownField),
        ("pipelines: {fraud: {streams: {a: {retention: 1y}}}}\n", Code::BadUnit),
        ("pipelines: {fraud: {pipeline: other}}\n", Code::Conflict),
        ("pipelines: {fraud: 3}\n", Code::WrongType),
        ("sluice: 9\n", Code::NewerFormat),
        ("tags: {a: !Ref B}\n", Code::YamlTag),
    ];
    for (line, code) in cases {
        let found = read_text(&format!("{head}{line}")).expect_err(line);
        assert!(found.iter().any(|d| d.code == *code), "{line}: {found:?}");
        assert!(found.iter().all(|d| d.place().is_some()), "{line}: {found:?}");
    }
}

#[test]
fn a_file_is_named_after_its_environment() {
    assert_eq!(codes("environment: dev\ntier: staging\ntarget: embedded\n"), [Code::NameMismatch]);
}

#[test]
fn account_ids_keep_their_leading_zeros() {
    let file =
        read_text("environment: prod\ntier: staging\naccount: 000011112222\nregions: [eu-west-1]\n").expect("reads");
    assert_eq!(file.environment().account().as_str(), "000011112222");
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&FilePath::new("environments/prod.yaml"), &bytes);
    }
}
