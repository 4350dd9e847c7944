//! Checks the arrows of the house: a room may name only the rooms listed for it, and only the rooms that
//! may do so name the AWS SDK, winterbaume, the SDK's transport types, or Sluice's YAML readers.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads the sources and stops where it cannot"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Rooms and the rooms of this crate each may name besides itself.
const ALLOWED: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("units", &["diagnostic"]),
    ("spec", &["units", "diagnostic"]),
    ("environment", &["spec", "units", "diagnostic"]),
    ("pipeline", &["environment", "spec", "units", "diagnostic"]),
    ("readiness", &["pipeline", "environment", "capacity", "cost", "units", "diagnostic"]),
    ("capacity", &["pipeline", "environment", "units", "diagnostic"]),
    ("cost", &["capacity", "pipeline", "units", "diagnostic"]),
    ("simulate", &["capacity", "pipeline", "units", "diagnostic"]),
    ("template", &["units", "diagnostic"]),
    ("render", &["capacity", "pipeline", "environment", "template", "units", "diagnostic"]),
    ("artifact", &["units", "diagnostic"]),
    ("observed", &["template", "units", "diagnostic"]),
    ("plan", &["observed", "template", "pipeline", "environment", "capacity", "cost", "units", "diagnostic"]),
    ("rollout", &["plan", "observed", "event", "pipeline", "environment", "template", "units", "diagnostic"]),
    ("release", &["plan", "environment", "artifact", "event", "units", "diagnostic"]),
    ("event", &["observed", "units", "diagnostic"]),
    ("cloud", &["observed", "template", "units", "diagnostic"]),
    ("embedded", &["template", "units", "workspace", "diagnostic"]),
    ("import", &["spec", "template", "units", "diagnostic"]),
    ("ci", &["environment", "pipeline", "template", "units"]),
    ("foundation", &["ci", "environment", "pipeline", "render", "template", "units", "diagnostic"]),
    ("forge", &["units", "diagnostic"]),
    ("workspace", &["units", "diagnostic"]),
    (
        "operate",
        &[
            "artifact",
            "capacity",
            "ci",
            "cloud",
            "cost",
            "diagnostic",
            "environment",
            "event",
            "forge",
            "foundation",
            "import",
            "observed",
            "pipeline",
            "plan",
            "readiness",
            "release",
            "render",
            "rollout",
            "simulate",
            "spec",
            "template",
            "units",
            "workspace",
        ],
    ),
    (
        "view",
        &[
            "artifact",
            "capacity",
            "ci",
            "cost",
            "diagnostic",
            "environment",
            "event",
            "foundation",
            "import",
            "observed",
            "pipeline",
            "plan",
            "readiness",
            "release",
            "render",
            "rollout",
            "simulate",
            "spec",
            "template",
            "units",
        ],
    ),
];

/// Foreign crates (by the beginning of their name) and the rooms that may name them.
const FOREIGN: &[(&str, &[&str])] = &[
    ("aws_sdk_", &["cloud"]),
    ("aws_config", &["cloud"]),
    ("aws_lc_rs", &["release"]),
    ("aws_smithy_", &["cloud", "embedded", "forge"]),
    ("winterbaume_", &["embedded"]),
    ("hyper", &["embedded"]),
    ("granit_parser", &["spec"]),
    ("serde_yaml", &["template", "render", "embedded"]),
    ("handlebars", &["render"]),
    ("hcl", &["import"]),
    ("clap", &["cli"]),
    ("dagre", &["view"]),
    ("annotate_snippets", &["view"]),
    ("zip", &["artifact"]),
];

/// Collects what a file names: first segments after `crate`, and first segments of foreign paths.
#[derive(Default)]
struct Named {
    rooms: BTreeSet<String>,
    foreign: BTreeSet<String>,
    supers: bool,
}

impl Named {
    fn tree(&mut self, tree: &syn::UseTree, inside_crate: bool) {
        match tree {
            syn::UseTree::Path(path) if inside_crate => self.room(&path.ident),
            syn::UseTree::Path(path) if path.ident == "crate" => self.tree(&path.tree, true),
            syn::UseTree::Path(path) => self.first(&path.ident),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, inside_crate)),
            syn::UseTree::Name(name) if inside_crate => self.room(&name.ident),
            syn::UseTree::Rename(rename) if inside_crate => self.room(&rename.ident),
            syn::UseTree::Name(name) => self.first(&name.ident),
            syn::UseTree::Rename(rename) => self.first(&rename.ident),
            syn::UseTree::Glob(_) => {}
        }
    }

    fn room(&mut self, ident: &syn::Ident) {
        self.rooms.insert(ident.to_string());
    }

    fn first(&mut self, ident: &syn::Ident) {
        if ident == "super" {
            self.supers = true;
        }
        self.foreign.insert(ident.to_string());
    }
}

impl<'ast> Visit<'ast> for Named {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, false);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter();
        match segments.next() {
            Some(first) if first.ident == "crate" => {
                if let Some(room) = segments.next() {
                    self.room(&room.ident);
                }
            }
            Some(first) if path.segments.len() > 1 => self.first(&first.ident),
            _ => {}
        }
        visit::visit_path(self, path);
    }
}

fn sources() -> Vec<(String, PathBuf)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let inside = path.strip_prefix(&src).unwrap();
                let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
                found.push((first, path));
            }
        }
    }
    found.sort();
    found
}

fn named(path: &Path) -> Named {
    let file = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap();
    let mut named = Named::default();
    named.visit_file(&file);
    named
}

/// Everything in `files` that breaks the table, in words.
fn violations(files: &[(String, PathBuf)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (room, path) in files {
        if matches!(room.as_str(), "lib.rs" | "main.rs") {
            continue;
        }
        let named = named(path);
        let shown = path.display();
        if path.file_name().is_some_and(|name| name == "mod.rs")
            && path.parent().and_then(Path::parent).is_some_and(|p| p.ends_with("src"))
            && named.supers
        {
            wrong.push(format!("{shown}: `super` in a room's own mod.rs hides which room it means"));
        }
        if room != "cli" {
            match ALLOWED.iter().find(|(name, _)| name == room) {
                None => wrong.push(format!("{shown}: room `{room}` is not in the table")),
                Some((_, allowed)) => {
                    for other in named.rooms.iter().filter(|other| *other != room && !allowed.contains(&other.as_str()))
                    {
                        wrong.push(format!("{shown}: `{room}` may not use `{other}`"));
                    }
                }
            }
        }
        for (begins, rooms) in FOREIGN {
            if let Some(name) = named.foreign.iter().find(|name| name.starts_with(begins))
                && !rooms.contains(&room.as_str())
            {
                wrong.push(format!("{shown}: `{room}` may not name `{name}`"));
            }
        }
    }
    wrong
}

#[test]
fn every_arrow_between_rooms_is_in_the_table() {
    let wrong = violations(&sources());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_itself_has_no_circle() {
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = settled.len();
        for (room, uses) in ALLOWED {
            if uses.iter().all(|used| settled.contains(used)) {
                settled.insert(room);
            }
        }
        if settled.len() == before {
            break;
        }
    }
    let circular: Vec<_> = ALLOWED.iter().map(|(room, _)| room).filter(|room| !settled.contains(**room)).collect();
    assert!(circular.is_empty(), "rooms in a circle: {circular:?}");
}

#[test]
fn a_forbidden_arrow_is_seen_however_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    for (case, text) in [
        ("grouped", "use crate::{units::Duration, cloud::Cloud};"),
        ("renamed", "use crate::cloud as c;"),
        ("inline", "fn f() { let _ = crate::cloud::Cloud::new(); }"),
        ("foreign", "fn f() { aws_sdk_s3::Client::new(); }"),
    ] {
        let path = dir.path().join(format!("{case}.rs"));
        fs::write(&path, text).unwrap();
        let wrong = violations(&[("diagnostic".to_owned(), path)]);
        assert!(!wrong.is_empty(), "{case} went unseen");
    }
}
