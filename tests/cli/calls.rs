//! How many calls a deployment makes; `docs/deploying.md` says so, and is held to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::reads::{calls, deployed};

/// Calls of CloudFormation that are not made again and again while something runs.
fn once(called: &[String]) -> usize {
    let polled = ["DescribeStacks", "DescribeStackEvents", "DescribeChangeSet"];
    let formation = ["CreateChangeSet", "ExecuteChangeSet", "GetTemplate", "ListStackResources"];
    called.iter().filter(|call| formation.contains(&call.as_str()) && !polled.contains(&call.as_str())).count()
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

    let formation = ["DescribeStacks", "GetTemplate", "ListStackResources", "DescribeStackEvents", "CreateChangeSet"];
    let idle_formation = idle.iter().filter(|call| formation.contains(&call.as_str())).count();
    assert!(idle_formation <= 3, "{idle:?}");
    assert!(once(&update) <= 5, "{update:?}");

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
