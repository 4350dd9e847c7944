//! `sluice init`: a new project from a stack that is inside the binary.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::workspace::{is_empty_folder, write_file};

/// A file of a built-in stack: its path in the project, and its bytes.
type BuiltIn = (&'static str, &'static [u8]);

macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$((concat!($folder, $path), include_bytes!(concat!("../../", $folder, $path)))),*]
    };
}

/// What every new project gets.
const ENVIRONMENTS: &[BuiltIn] =
    files!["environments/": "dev.yaml", "local.yaml", "prod.yaml", "rehearsal.yaml", "staging.yaml"];

/// The schemas that the first line of every file tells editors of.
const SCHEMAS: &[BuiltIn] = files!["schemas/": "environment.schema.json", "pipeline.schema.json"];

/// The embedded cloud's state is nobody else's.
const IGNORED: BuiltIn = (".gitignore", b".sluice/\n");

/// A stack that is inside the binary.
struct Stack {
    name: &'static str,
    files: &'static [BuiltIn],
    /// Stacks whose streams it reads: without them it is not sound.
    with: &'static [&'static str],
}

/// The built-in stacks.
const STACKS: &[Stack] = &[
    Stack {
        name: "anomaly-detection",
        files: files!["stacks/anomaly-detection/":
            "README.md",
            "events/readings.json",
            "handlers/baseline/app.py",
            "handlers/detect/app.py",
            "handlers/ticket/app.py",
            "models/detector-v3.tar.gz",
            "models/detector-v4.tar.gz",
            "pipeline.yaml",
        ],
        with: &[],
    },
    Stack {
        name: "content-moderation",
        files: files!["stacks/content-moderation/":
            "README.md",
            "events/moderation-done.json",
            "events/uploads.json",
            "handlers/decide/app.py",
            "handlers/escalate/app.py",
            "handlers/open-review/app.py",
            "handlers/submit/app.py",
            "models/moderation-v2.tar.gz",
            "pipeline.yaml",
        ],
        with: &[],
    },
    Stack {
        name: "delivery-eta",
        files: files!["stacks/delivery-eta/":
            "README.md",
            "events/orders.json",
            "events/positions.json",
            "handlers/engineer/app.py",
            "handlers/score/app.py",
            "models/eta-v11.tar.gz",
            "models/eta-v12.tar.gz",
            "pipeline.yaml",
        ],
        with: &[],
    },
    Stack {
        name: "fraud-detection",
        files: files!["stacks/fraud-detection/":
            "README.md",
            "events/late-bad-and-repeated.json",
            "events/ordinary.json",
            "handlers/score/app.py",
            "models/fraud-v6.tar.gz",
            "models/fraud-v7.tar.gz",
            "pipeline.yaml",
        ],
        with: &[],
    },
    Stack {
        name: "multi-model-inference",
        files: files!["stacks/multi-model-inference/":
            "README.md",
            "events/requests.json",
            "handlers/infer/app.py",
            "handlers/route/app.py",
            "models/shared.tar.gz",
            "models/tenant-acme.tar.gz",
            "models/tenant-globex.tar.gz",
            "pipeline.yaml",
        ],
        with: &[],
    },
    Stack {
        name: "observability",
        files: files!["stacks/observability/":
            "README.md",
            "events/outcomes.json",
            "events/transactions.json",
            "handlers/drift/app.py",
            "handlers/quality/app.py",
            "handlers/request-retraining/app.py",
            "pipeline.yaml",
        ],
        with: &["fraud-detection"],
    },
    Stack {
        name: "personalization",
        files: files!["stacks/personalization/":
            "README.md",
            "events/interactions.json",
            "events/opens.json",
            "handlers/profile/app.py",
            "handlers/rank/app.py",
            "handlers/trend/app.py",
            "models/ranker-v31.tar.gz",
            "models/ranker-v32.tar.gz",
            "pipeline.yaml",
        ],
        with: &[],
    },
    Stack {
        name: "windowed-aggregation",
        files: files!["stacks/windowed-aggregation/":
            "README.md",
            "events/late.json",
            "events/purchases.json",
            "handlers/aggregate/app.py",
            "handlers/correct/app.py",
            "pipeline.yaml",
        ],
        with: &[],
    },
];

/// What stands for every built-in stack.
const ALL: &str = "all";

/// A project that was begun.
#[derive(Clone, Debug)]
pub struct Started {
    /// Its folder.
    pub folder: PathBuf,
    /// The stacks to deploy, in this order: first those whose streams are read, then the one it was begun from.
    pub stacks: Vec<&'static str>,
    /// The files that were written, by their path in the project.
    pub files: Vec<&'static str>,
}

/// Writes a new project from a built-in stack and those whose streams it reads, or from `all` of them.
///
/// # Errors
/// When the folder is not empty, there is no such stack, or a file cannot be written.
pub fn init(folder: &Path, stack: &str) -> Result<Started, Failure> {
    let chosen: Vec<&Stack> = if stack == ALL {
        STACKS.iter().collect()
    } else {
        let named = named(stack)?;
        STACKS.iter().filter(|other| other.name == named.name || named.with.contains(&other.name)).collect()
    };
    if !is_empty_folder(folder)? {
        return Err(Diagnostic::error(Code::FolderNotEmpty, format!("the folder `{}` is not empty", folder.display()))
            .help("name a new folder: `sluice init my-project`")
            .into());
    }
    let mut written = Vec::new();
    let always = ENVIRONMENTS.iter().chain(SCHEMAS).chain([&IGNORED]);
    for (path, bytes) in always.chain(chosen.iter().flat_map(|stack| stack.files)) {
        write_file(&folder.join(path), bytes)?;
        written.push(*path);
    }
    written.sort_unstable();
    // What is read from must be there first. Of all stacks, one is enough to begin with.
    let (mut stacks, after): (Vec<&Stack>, Vec<&Stack>) = chosen.iter().partition(|stack| stack.with.is_empty());
    stacks.extend(after);
    let most = if stack == ALL { 1 } else { stacks.len() };
    let stacks = stacks.into_iter().take(most).map(|stack| stack.name).collect();
    Ok(Started { folder: folder.to_owned(), stacks, files: written })
}

/// The built-in stack of a name.
fn named(stack: &str) -> Result<&'static Stack, Failure> {
    if let Some(found) = STACKS.iter().find(|other| other.name == stack) {
        return Ok(found);
    }
    let names: Vec<&str> = STACKS.iter().map(|stack| stack.name).chain([ALL]).collect();
    let diagnostic = Diagnostic::error(Code::UnknownStack, format!("there is no built-in stack `{stack}`"))
        .note(format!("there are: {}", names.join(", ")));
    Err(match closest(stack, names) {
        Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
        None => diagnostic,
    }
    .into())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every file below a folder of the repository, by its path from the root.
    #[expect(clippy::disallowed_methods, reason = "a test looks at the repository itself")]
    fn on_disk(folder: &str) -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (mut found, mut folders) = (BTreeSet::new(), vec![root.join(folder)]);
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() && !path.ends_with("__pycache__") {
                    folders.push(path);
                } else if path.is_file() {
                    found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/"));
                }
            }
        }
        found
    }

    fn paths(files: &[BuiltIn]) -> BTreeSet<String> {
        files.iter().map(|(path, _)| (*path).to_owned()).collect()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test looks at the repository itself")]
    fn every_stack_and_environment_of_the_repository_is_inside_with_every_file() {
        assert_eq!(paths(ENVIRONMENTS), on_disk("environments"));
        for stack in STACKS {
            assert_eq!(paths(stack.files), on_disk(&format!("stacks/{}", stack.name)));
        }
        let folders = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks")).unwrap();
        let mut there: Vec<String> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        there.sort_unstable();
        assert_eq!(STACKS.iter().map(|stack| stack.name).collect::<Vec<_>>(), there);
    }

    #[test]
    fn a_stack_that_reads_another_ones_stream_brings_it_along_to_be_deployed_first() {
        let reads: Vec<(&str, &str)> = STACKS
            .iter()
            .flat_map(|stack| {
                let pipeline = stack.files.iter().find(|(path, _)| path.ends_with("/pipeline.yaml")).unwrap().1;
                let text = std::str::from_utf8(pipeline).unwrap();
                let sources = text.lines().filter_map(|line| line.trim().strip_prefix("from: ")?.split_once('/'));
                sources.map(|(other, _)| (stack.name, other)).collect::<Vec<_>>()
            })
            .collect();
        let along: Vec<(&str, &str)> =
            STACKS.iter().flat_map(|stack| stack.with.iter().map(|other| (stack.name, *other))).collect();
        assert_eq!(reads, along);
        let dir = tempfile::tempdir().unwrap();
        let started = init(&dir.path().join("new"), "observability").unwrap();
        assert_eq!(started.stacks, ["fraud-detection", "observability"]);
        assert!(started.files.contains(&"stacks/fraud-detection/pipeline.yaml"));
        assert!(!started.files.iter().any(|file| file.contains("personalization")));
        let all = init(&dir.path().join("all"), ALL).unwrap().files.len();
        assert_eq!(
            all,
            ENVIRONMENTS.len() + SCHEMAS.len() + 1 + STACKS.iter().map(|stack| stack.files.len()).sum::<usize>()
        );
    }

    #[test]
    fn a_folder_that_holds_something_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        write_file(&dir.path().join("mine"), b"x").unwrap();
        let refused = init(dir.path(), "fraud-detection").unwrap_err();
        assert_eq!(refused.diagnostics.iter().next().unwrap().code, Code::FolderNotEmpty);
    }
}
