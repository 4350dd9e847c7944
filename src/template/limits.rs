//! CloudFormation's own limits (user guide, "Understand CloudFormation quotas"; `aws-facts.md` 2.6;
//! `cloudformation-behaviour.md` TV-30, CS-27).

/// Longest template that may be sent in a request, in bytes.
pub const BODY_BYTES: usize = 51_200;
/// Longest template that may be sent by way of S3, in bytes. The user guide writes "1 MB"; the service's own words are
/// "Template may not exceed 1000000 bytes in size." (formkiq-core issue 204; the same number in cfn-lint's E1002).
pub const S3_BODY_BYTES: usize = 1_000_000;
/// Most dynamic references (`{{resolve:…}}`) of a template.
pub const DYNAMIC_REFERENCES: usize = 60;
/// Most resources of a template.
pub const RESOURCES: usize = 500;
/// Most outputs of a template.
pub const OUTPUTS: usize = 200;
/// Most parameters of a template.
pub const PARAMETERS: usize = 200;
/// Most mappings of a template. Sluice writes none; other clients of the embedded cloud may.
pub const MAPPINGS: usize = 200;
/// Longest value of a parameter, in bytes.
pub const PARAMETER_VALUE_BYTES: usize = 4_096;
/// Longest description of a template, in bytes.
pub const DESCRIPTION_BYTES: usize = 1_024;
/// Longest logical id, in characters.
pub const LOGICAL_ID_CHARS: usize = 255;
/// Longest stack name and longest change set name, in characters.
pub const STACK_NAME_CHARS: usize = 128;
/// Most tags of a stack.
pub const TAGS: usize = 50;
/// Most rollback triggers of an operation.
pub const ROLLBACK_TRIGGERS: usize = 5;
/// Longest monitoring after an operation, in minutes.
pub const MONITORING_MINUTES: u32 = 180;
/// Topics that a stack may notify.
pub const NOTIFICATION_TOPICS: usize = 5;
/// Longest stack policy, in bytes.
pub const STACK_POLICY_BYTES: usize = 16_384;
/// Most resources that one change set may import.
pub const IMPORTS: usize = 200;

/// Whether a text may be the name of a stack or of a change set: a letter, then letters, digits and hyphens.
#[must_use]
pub fn is_stack_name(text: &str) -> bool {
    text.len() <= STACK_NAME_CHARS
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_name_begins_with_a_letter_and_has_at_most_128_characters() {
        assert!(is_stack_name("fraud-detection-prod"));
        for bad in ["", "1a", "-a", "a_b", "a.b", &"a".repeat(129)] {
            assert!(!is_stack_name(bad), "{bad}");
        }
    }
}
