//! What stayed behind when a stack let go of it, and what that costs as long as it is there.

use super::story::Kept;
use crate::view::style::{Label, Look};
use crate::view::table::{Cell, Table};
use crate::view::words::keeping_costs;
use std::collections::BTreeMap;

/// Returns one line per resource: its name, its identity, what it costs.
pub(super) fn to_text(look: &Look, kept: &BTreeMap<String, Kept>) -> String {
    let mut table = Table::new();
    for (name, kept) in kept {
        table.row([
            Cell::plain(name),
            Cell::new(Label::Place, &kept.physical_id),
            Cell::plain(keeping_costs(&kept.type_name).unwrap_or_default()),
        ]);
    }
    let mut out = table.render(look, 2);
    if kept.values().any(|kept| keeping_costs(&kept.type_name).is_some()) {
        out.push_str("  Prices are those of us-east-1; other regions differ.\n");
    }
    // A key has no name under which a later deployment could find it.
    for key in kept.values().filter(|kept| kept.type_name == "AWS::KMS::Key") {
        out.push_str(&format!(
            "  No later deployment takes the key in again. Once nothing is encrypted with it any more:\n    aws kms \
             schedule-key-deletion --key-id {}\n",
            key.physical_id
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_says_what_it_costs_and_a_key_how_it_goes() {
        let kept = |type_name: &str, id: &str| Kept { type_name: type_name.to_owned(), physical_id: id.to_owned() };
        let all = BTreeMap::from([
            ("AlarmTopicKey".to_owned(), kept("AWS::KMS::Key", "1234-5678")),
            ("Other".to_owned(), kept("AWS::Logs::LogGroup", "/g")),
        ]);
        let text = to_text(&Look::plain(), &all);
        assert!(text.contains("1.00 USD a month"), "{text}");
        assert!(text.contains("aws kms schedule-key-deletion --key-id 1234-5678"), "{text}");
    }
}
