//! The tables: `tests/edits/cases/*.txt`.
//!
//! The first line of a file that is no comment says which stack it is about and in which environment. Each case is a title,
//! and below it, indented, the edits and then what is expected, every line of it:
//!
//! ```text
//! stack fraud-detection rehearsal
//!
//! parallelism of a consumer
//!   set consumers.score.batch.parallel 8
//!   ~ ConsumerScoreMapping ParallelizationFactor
//!   reader ConsumerScoreMapping Continues V-1 Untouched
//! ```
//!
//! Edits are `set PATH YAML`, `unset PATH`, `move PATH NAME`, the same after `environment` for the environment's file, and
//! `wait SPAN` for time that passes before. What watches and permits, and is neither refused nor replaced, is only counted.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sluicegate::units::Duration;

/// Where the tables are.
const CASES: &str = "tests/edits/cases";

pub struct Table {
    pub stack: String,
    pub environment: String,
    pub cases: Vec<Case>,
}

pub struct Case {
    pub title: String,
    /// The edits as written.
    pub head: Vec<String>,
    pub edits: Vec<Edit>,
    pub wait: Option<Duration>,
    pub expected: Vec<String>,
}

pub struct Edit {
    /// Whether it is the environment's file and not the pipeline's.
    pub environment: bool,
    pub path: Vec<String>,
    pub what: What,
}

pub enum What {
    Set(Value),
    Unset,
    /// Gives the last member of the path another name.
    Move(String),
}

impl Table {
    /// The names of all tables.
    pub fn files() -> Vec<String> {
        let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(CASES)).unwrap();
        let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
        entries.map(|entry| stem(&entry.unwrap().path())).collect()
    }

    pub fn read(file: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(CASES).join(format!("{file}.txt"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
        let head: Vec<&str> = lines.next().expect("a first line").split_whitespace().collect();
        let [_, stack, environment] = head.as_slice() else { panic!("{file}: `stack NAME ENVIRONMENT` comes first") };
        let mut cases: Vec<Case> = Vec::new();
        for line in lines {
            match line.strip_prefix("  ") {
                None => cases.push(Case::titled(line)),
                Some(line) => cases.last_mut().expect("a title comes first").take(line.trim_end()),
            }
        }
        Self { stack: (*stack).to_owned(), environment: (*environment).to_owned(), cases }
    }
}

impl Case {
    fn titled(title: &str) -> Self {
        Self { title: title.to_owned(), head: Vec::new(), edits: Vec::new(), wait: None, expected: Vec::new() }
    }

    fn take(&mut self, line: &str) {
        let (environment, rest) = match line.strip_prefix("environment ") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let (path, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let what = match verb {
            "set" => What::Set(serde_yaml::from_str(value).unwrap_or_else(|error| panic!("`{line}`: {error}"))),
            "unset" => What::Unset,
            "move" => What::Move(value.to_owned()),
            "wait" => {
                self.wait = Some(Duration::parse(path).unwrap());
                return self.head.push(line.to_owned());
            }
            _ => return self.expected.push(line.to_owned()),
        };
        self.head.push(line.to_owned());
        self.edits.push(Edit { environment, path: path.split('.').map(str::to_owned).collect(), what });
    }
}

impl Edit {
    /// Makes the edit in a file as plain data.
    pub fn apply(&self, file: &mut Value) {
        let (last, above) = self.path.split_last().unwrap();
        let place = above.iter().fold(file, |place, step| match step.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[step.as_str()],
        });
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        let members = place.as_object_mut().unwrap_or_else(|| panic!("{} is no map", above.join(".")));
        match &self.what {
            What::Set(value) => drop(members.insert(last.clone(), value.clone())),
            What::Unset => assert!(members.remove(last).is_some(), "there is no {}", self.path.join(".")),
            What::Move(to) => {
                let value = members.remove(last).unwrap_or_else(|| panic!("there is no {}", self.path.join(".")));
                members.insert(to.clone(), value);
            }
        }
    }
}
