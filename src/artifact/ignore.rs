//! What does not belong into a handler's zip: leftovers of tools, and what `.sluiceignore` names.

/// The file that names more of it, one pattern a line; `#` begins a comment.
pub(super) const IGNORE_FILE: &str = ".sluiceignore";

/// Left behind by interpreters, editors and version control; never part of a handler.
const ALWAYS: [&str; 8] =
    ["__pycache__", "*.pyc", ".DS_Store", ".git", ".pytest_cache", ".venv", ".mypy_cache", IGNORE_FILE];

/// Patterns: a name (of a file or folder anywhere), or a path from the handler's folder; `*` stands for anything
/// within one step.
#[derive(Debug)]
pub(super) struct Ignored(Vec<String>);

impl Ignored {
    /// Reads a `.sluiceignore`.
    pub(super) fn read(text: &str) -> Self {
        let own = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let patterns = ALWAYS.iter().copied().chain(own);
        Self(patterns.map(|pattern| pattern.trim_matches('/').to_owned()).collect())
    }

    /// Whether a path, or a folder that it lies in, is named.
    pub(super) fn names(&self, path: &str) -> bool {
        let steps: Vec<&str> = path.split('/').collect();
        self.0.iter().any(|pattern| {
            let wanted: Vec<&str> = pattern.split('/').collect();
            match wanted.as_slice() {
                [name] => steps.iter().any(|step| fits(name, step)),
                several => several.len() <= steps.len() && several.iter().zip(&steps).all(|(p, s)| fits(p, s)),
            }
        })
    }
}

/// Whether one step fits a pattern with `*`.
fn fits(pattern: &str, step: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = step.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leftovers_and_named_paths_are_ignored_and_nothing_else() {
        let ignored = Ignored::read("# local\nnotes/*.md\ntests\n\n");
        for path in ["__pycache__/a.pyc", "a/b.pyc", "notes/x.md", "tests/test_a.py", "a/tests/b"] {
            assert!(ignored.names(path), "{path}");
        }
        for path in ["app.py", "notes/x.txt", "more/notes/x.md", "testsuite.py"] {
            assert!(!ignored.names(path), "{path}");
        }
    }
}
