//! "Did you mean": the known name closest to a mistyped one.

/// Below this Jaro-Winkler similarity a suggestion confuses more than it helps.
const CLOSE_ENOUGH: f64 = 0.75;

/// Returns the candidate closest to `name`, if one is close enough to be what was meant.
#[must_use]
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lowered = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&lowered, &candidate.to_lowercase()), candidate))
        .filter(|(score, _)| *score >= CLOSE_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typo_finds_its_name_and_nonsense_finds_none() {
        assert_eq!(closest("retentoin", ["retention", "capacity"]), Some("retention"));
        assert_eq!(closest("zzz", ["retention", "capacity"]), None);
    }
}
