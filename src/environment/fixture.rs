//! Environments for tests of the rooms that come after reading.

use std::collections::BTreeMap;

use super::{Environment, Notify, Target, Tier};
use crate::diagnostic::FilePath;
use crate::units::{AccountId, EnvironmentName, Region};

impl Environment {
    /// An environment of a tier: `dev`, `staging` or `prod` in `eu-west-1`.
    pub(crate) fn fixture(tier: Tier) -> Self {
        let name = match tier {
            Tier::Development => "dev",
            Tier::Staging => "staging",
            Tier::Production => "prod",
        };
        Self {
            file: FilePath::new(&format!("environments/{name}.yaml")),
            name: EnvironmentName::new(name).expect("a name"),
            tier,
            target: Target::Aws,
            account: AccountId::new("123456789012").expect("an account"),
            regions: vec![Region::new("eu-west-1").expect("a region")],
            role: None,
            promotes_from: None,
            notify: Notify { email: Some("oncall@example.com".to_owned()) },
            max_monthly_increase: None,
            gates: crate::environment::Gates::default(),
            tags: BTreeMap::from([("cost-center".to_owned(), "42".to_owned())]),
            permissions_boundary: None,
            foundation: crate::environment::FoundationWish::default(),
            networks: BTreeMap::new(),
        }
    }

    /// The same with gates, taking releases from another one or from nowhere.
    pub(crate) fn gated(tier: Tier, from: Option<&str>, gates: super::Gates) -> Self {
        let promotes_from = from.map(|name| EnvironmentName::new(name).expect("a name"));
        Self { promotes_from, gates, ..Self::fixture(tier) }
    }
}
