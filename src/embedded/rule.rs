//! The rules of composite alarms: `ALARM("a") OR (ALARM(b) AND NOT OK(c))`.

use super::metrics::AlarmState;

/// Whether a rule holds; `None` if it is malformed or names an alarm that is not there.
#[must_use]
pub(crate) fn holds(rule: &str, state_of: &dyn Fn(&str) -> Option<AlarmState>) -> Option<bool> {
    let mut parser = Parser { rest: rule.trim(), state_of };
    let value = parser.either()?;
    parser.rest.trim().is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    state_of: &'a dyn Fn(&str) -> Option<AlarmState>,
}

impl Parser<'_> {
    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let Some(after) = rest.strip_prefix(word) else { return false };
        let ends = !word.ends_with(|c: char| c.is_ascii_alphabetic())
            || !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if ends {
            self.rest = after;
        }
        ends
    }

    fn either(&mut self) -> Option<bool> {
        let mut value = self.both()?;
        while self.word("OR") {
            value |= self.both()?;
        }
        Some(value)
    }

    fn both(&mut self) -> Option<bool> {
        let mut value = self.one()?;
        while self.word("AND") {
            value &= self.one()?;
        }
        Some(value)
    }

    fn one(&mut self) -> Option<bool> {
        if self.word("NOT") {
            return self.one().map(|value| !value);
        }
        if self.word("TRUE") {
            return Some(true);
        }
        if self.word("FALSE") {
            return Some(false);
        }
        for (word, state) in
            [("ALARM", AlarmState::Alarm), ("OK", AlarmState::Ok), ("INSUFFICIENT_DATA", AlarmState::InsufficientData)]
        {
            if self.word(word) {
                let name = self.argument()?;
                return (self.state_of)(&name).map(|current| current == state);
            }
        }
        if self.word("(") {
            let value = self.either()?;
            return self.word(")").then_some(value);
        }
        None
    }

    /// An alarm's name or ARN in parentheses, quoted or not.
    fn argument(&mut self) -> Option<String> {
        if !self.word("(") {
            return None;
        }
        let end = self.rest.find(')')?;
        let name = self.rest.get(..end)?.trim().trim_matches(['"', '\'']).to_owned();
        self.rest = self.rest.get(end + 1..)?;
        Some(name.split(":alarm:").nth(1).unwrap_or(&name).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_combine_states() {
        let states = |name: &str| match name {
            "a" => Some(AlarmState::Alarm),
            "b" => Some(AlarmState::Ok),
            _ => None,
        };
        assert_eq!(holds("ALARM(\"a\") AND NOT ALARM(b)", &states), Some(true));
        assert_eq!(holds("ALARM(b) OR (OK(b) AND ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:a))", &states), Some(true));
        assert_eq!(holds("ALARM(b)", &states), Some(false));
        assert_eq!(holds("ALARM(c)", &states), None);
        assert_eq!(holds("ALARM(a) OR", &states), None);
        assert_eq!(holds("FALSE", &states), Some(false));
    }
}
