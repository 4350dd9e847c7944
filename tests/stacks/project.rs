//! The stacks and environments of this repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn listed(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The names of the stacks.
pub fn stacks() -> Vec<String> {
    listed("stacks").iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

/// Every pipeline file as plain data, by stack.
pub fn pipelines() -> BTreeMap<String, Value> {
    stacks().into_iter().map(|stack| (stack.clone(), yaml(&format!("stacks/{stack}/pipeline.yaml")))).collect()
}

/// Every environment file as plain data, by environment.
pub fn environments() -> BTreeMap<String, Value> {
    let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    listed("environments").iter().map(|path| (name(path), yaml(&format!("environments/{}.yaml", name(path))))).collect()
}

/// A file of the repository as plain data.
pub fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).unwrap();
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}
