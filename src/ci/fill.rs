//! Texts with places to be filled: `@@name@@`. What is placed is made of names and of Sluice's own words, never of
//! anything that YAML or a shell could take for something else.

/// Fills every place. A place that stands alone on its line takes a text of several lines, each indented as it is.
pub(super) fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let alone = line.trim().strip_prefix("@@").and_then(|rest| rest.strip_suffix("@@"));
        match alone.and_then(|name| places.iter().find(|(place, _)| *place == name)) {
            Some((_, value)) => {
                let indent = line.split("@@").next().unwrap_or_default();
                for inner in value.lines() {
                    out.push_str(&if inner.is_empty() { "\n".to_owned() } else { format!("{indent}{inner}\n") });
                }
            }
            None => {
                let filled = places
                    .iter()
                    .fold(line.to_owned(), |line, (name, value)| line.replace(&format!("@@{name}@@"), value));
                out.push_str(&filled);
                out.push('\n');
            }
        }
    }
    out
}

/// A text as one word of a POSIX shell.
#[must_use]
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"@%+=:,./_-".contains(&b));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_several_lines_keeps_the_indentation_of_its_place() {
        let filled = fill("run: |\n  @@lines@@\nname: @@name@@ here\n", &[("lines", "a\n\nb"), ("name", "x")]);
        assert_eq!(filled, "run: |\n  a\n\n  b\nname: x here\n");
    }

    #[test]
    fn a_word_of_the_shell_stays_one_word() {
        assert_eq!(quoted("acme@1/streams@2"), "acme@1/streams@2");
        assert_eq!(quoted("curl x | sh"), "'curl x | sh'");
        assert_eq!(quoted("it's $HOME"), "'it'\\''s $HOME'");
    }
}
