//! How many calls a deployment makes; `docs/deploying.md` says so, and is held to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::reads::{calls, deployed};

const FORMATION: [&str; 7] = [
    "CreateChangeSet",
    "DescribeChangeSet",
    "DescribeStackEvents",
    "DescribeStacks",
    "ExecuteChangeSet",
    "GetTemplate",
    "ListStackResources",
];

/// Calls of CloudFormation that are not looks at something that is under way: at the change set while it is made, at the events
/// once it was told to begin.
fn once(called: &[String]) -> usize {
    let begun = called.iter().position(|call| call == "ExecuteChangeSet").expect("it is executed");
    let look = |(at, call): &(usize, &String)| {
        call.as_str() == "DescribeChangeSet" || (*at > begun && call.as_str() == "DescribeStackEvents")
    };
    let formation = called.iter().enumerate().filter(|(_, call)| FORMATION.contains(&call.as_str()));
    formation.filter(|call| !look(call)).count()
}

fn counted(called: &[String]) -> BTreeMap<&str, usize> {
    let mut counted = BTreeMap::new();
    for call in called {
        *counted.entry(call.as_str()).or_default() += 1;
    }
    counted
}

#[test]
fn the_page_says_how_many_calls_a_deployment_makes() {
    let project = deployed();
    let idle = calls(&project, "deploy orders --env local --yes", 0);
    project.edit("stacks/orders/pipeline.yaml", "retention: 24h", "retention: 25h");
    let update = calls(&project, "deploy orders --env local --yes", 0);

    let idle_formation = idle.iter().filter(|call| FORMATION.contains(&call.as_str())).count();
    assert!(idle_formation <= 3, "{idle:?}");
    assert!(once(&update) <= 8, "{update:?}");

    let (idle, update) = (counted(&idle), counted(&update));
    let mut names: Vec<&&str> = idle.keys().chain(update.keys()).collect();
    names.sort();
    names.dedup();
    let mut table = String::from("| call | nothing to do | one property |\n|---|---|---|\n");
    for name in names {
        let of = |counted: &BTreeMap<&str, usize>| counted.get(*name).copied().unwrap_or(0);
        writeln!(table, "| `{name}` | {} | {} |", of(&idle), of(&update)).expect("a string takes it");
    }
    let sum = |counted: &BTreeMap<&str, usize>| counted.values().sum::<usize>();
    writeln!(table, "| all | {} | {} |", sum(&idle), sum(&update)).expect("a string takes it");
    let page = include_str!("../../docs/deploying.md");
    assert!(page.contains(&table), "docs/deploying.md should say:\n{table}");
}
