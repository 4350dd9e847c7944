//! Tags of the stack, which CloudFormation puts on every resource that takes tags.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::pipeline::Pipeline;
use crate::template::limits;

/// The tag that names the pipeline.
pub const PIPELINE: &str = "sluice:pipeline";
/// The tag that names the environment.
pub(super) const ENVIRONMENT: &str = "sluice:environment";
/// The tag that names the team.
const OWNER: &str = "sluice:owner";
/// Longest key and value, in characters, that every service of the stack takes.
const LONGEST_KEY: usize = 128;
const LONGEST_VALUE: usize = 256;

/// The tags, Sluice's own winning over the environment's. They are the same from release to release.
pub(super) fn tags(pipeline: &Pipeline) -> Result<BTreeMap<String, String>, Diagnostics> {
    let environment = pipeline.environment();
    let mut tags = environment.tags().clone();
    tags.insert(PIPELINE.to_owned(), pipeline.name().to_string());
    tags.insert(ENVIRONMENT.to_owned(), environment.name().to_string());
    tags.insert(OWNER.to_owned(), pipeline.owner().to_owned());

    let mut found = Diagnostics::new();
    for (key, value) in &tags {
        if let Some(why) = refused(key, value) {
            let told = Diagnostic::error(Code::BadTag, format!("AWS refuses the tag `{}`: {why}", key.escape_debug()));
            let owner = (key == OWNER).then(|| pipeline.origin("owner").place).flatten();
            found.push(told.at_maybe(owner, "this is its value").help("use letters, digits, spaces and `_.:/=+-@`"));
        }
    }
    if tags.len() > limits::TAGS {
        found.push(Diagnostic::error(
            Code::BadTag,
            format!("{} tags are more than the {} a stack takes", tags.len(), limits::TAGS),
        ));
    }
    found.into_result(tags).map(|(tags, _)| tags)
}

/// The strictest of the services' rules (SageMaker's, resource schema).
fn refused(key: &str, value: &str) -> Option<String> {
    let plain = |text: &str| {
        text.chars().all(|c| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c))
    };
    if key.is_empty() || key.chars().count() > LONGEST_KEY || value.chars().count() > LONGEST_VALUE {
        Some(format!("a key has 1 to {LONGEST_KEY} characters, a value at most {LONGEST_VALUE}"))
    } else if key.to_lowercase().starts_with("aws:") {
        Some("keys that begin with `aws:` are AWS's own".to_owned())
    } else if !plain(key) || !plain(value) {
        Some("it has a character that tags may not have".to_owned())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_service_would_refuse_is_refused() {
        assert_eq!(refused("cost-center", "Größe 42 @ a/b"), None);
        for (key, value) in [("", "x"), ("aws:x", "x"), ("k", "a,b"), ("k", "a\nb"), ("k", "{{x}}")] {
            assert!(refused(key, value).is_some(), "{key} {value}");
        }
        assert!(refused("k", &"v".repeat(257)).is_some());
    }
}
