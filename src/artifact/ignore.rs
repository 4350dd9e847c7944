//! Which files of a handler folder stay out of its archive.

/// The rules of a folder: what is never packed, and what its `.sluiceignore` adds.
///
/// A line of the file is a pattern: `*` stands for any characters but `/`, `**` for any characters, `?` for one. A
/// pattern without `/` matches the name of a file or folder at any depth; one with `/` matches from the top of the
/// folder. What lies below a matching folder is left out too. A closing `/` says that only a folder is meant, which
/// it says for people. Blank lines and lines that begin with `#` say nothing. There is no negation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IgnoreRules(Vec<String>);

/// Left out whatever the folder says: by-products of running and editing, which differ from machine to machine.
const ALWAYS: [&str; 8] =
    ["__pycache__", "*.pyc", "*.pyo", ".DS_Store", ".git", ".pytest_cache", ".mypy_cache", ".sluiceignore"];

impl IgnoreRules {
    /// Reads the rules of a `.sluiceignore`; an empty text adds none.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(lines.map(|line| line.trim_end_matches('/').to_owned()).collect())
    }

    /// Whether a file stays out, by its path from the top of the folder with forward slashes.
    #[must_use]
    pub fn excludes(&self, path: &str) -> bool {
        let mut rules = ALWAYS.iter().copied().chain(self.0.iter().map(String::as_str));
        rules.any(|rule| excluded_by(rule, path))
    }
}

fn excluded_by(rule: &str, path: &str) -> bool {
    match rule.strip_prefix('/').or_else(|| rule.contains('/').then_some(rule)) {
        // Anchored: the path itself, or one of the folders above it.
        Some(anchored) => ancestors(path).any(|ancestor| matches(anchored.as_bytes(), ancestor.as_bytes())),
        None => path.split('/').any(|name| matches(rule.as_bytes(), name.as_bytes())),
    }
}

/// `a/b/c` gives `a`, `a/b`, `a/b/c`.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').filter_map(|(at, _)| path.get(..at)).chain([path])
}

/// Glob matching with one point to go back to per kind of star; linear in practice, at worst quadratic.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut p) = (0, 0);
    // Where to go on after a mismatch: the pattern behind the last star, the text it had reached, and whether
    // the star may run over a slash.
    let mut back: Option<(usize, usize, bool)> = None;
    while let Some(&byte) = text.get(at) {
        if pattern.get(p) == Some(&b'*') {
            let wide = pattern.get(p + 1) == Some(&b'*');
            p += if wide { 2 } else { 1 };
            // `**/` also stands for no folder at all.
            if wide && pattern.get(p) == Some(&b'/') && (at == 0 || text.get(at - 1) == Some(&b'/')) {
                p += 1;
            }
            back = Some((p, at, wide));
        } else if pattern.get(p).is_some_and(|&wanted| wanted == byte || (wanted == b'?' && byte != b'/')) {
            at += 1;
            p += 1;
        } else if let Some((star, from, wide)) = back.filter(|(_, from, wide)| *wide || text.get(*from) != Some(&b'/'))
        {
            back = Some((star, from + 1, wide));
            at = from + 1;
            p = star;
        } else {
            return false;
        }
    }
    pattern.get(p..).is_none_or(|rest| rest.iter().all(|&byte| byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_products_are_always_left_out() {
        let rules = IgnoreRules::parse("");
        for path in ["__pycache__/a.cpython-313.pyc", "a/__pycache__/b", "a/b.pyc", ".DS_Store", "x/.git/config"] {
            assert!(rules.excludes(path), "{path}");
        }
        for path in ["app.py", "pyc/app.py", "git/a", "a.pyc.txt"] {
            assert!(!rules.excludes(path), "{path}");
        }
    }

    #[test]
    fn patterns_match_names_anywhere_and_paths_from_the_top() {
        let rules = IgnoreRules::parse("# tests\n*.md\ntests/\n/data/*.csv\ndocs/**\na?c\n**/deep/x\n");
        for path in [
            "README.md",
            "a/b.md",
            "tests/t.py",
            "x/tests/t.py",
            "data/a.csv",
            "docs/a/b",
            "abc",
            "p/q/deep/x",
            "deep/x",
        ] {
            assert!(rules.excludes(path), "{path}");
        }
        for path in ["md", "data/x/a.csv", "x/data/a.csv", "abbc", "testsuite/a", "docs"] {
            assert!(!rules.excludes(path), "{path}");
        }
    }
}
