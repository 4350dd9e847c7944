//! Metric expressions of alarms: arithmetic, comparison, AND, OR, and the functions IF, FILL, MAX, MIN, SUM, ABS.

/// The value of an expression where `value_of` gives its metrics' values; `None` if something that it needs is
/// missing, or if it is more than is understood here.
#[must_use]
pub(crate) fn evaluate(text: &str, value_of: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
    let mut reader = Reader { rest: text, value_of };
    let value = reader.any()?;
    if reader.rest.trim().is_empty() { value } else { None }
}

/// A value may be missing (inner `None`); an expression may be malformed (outer `None`).
type Value = Option<Option<f64>>;
/// What a sign between two numbers says.
type Comparison = fn(f64, f64) -> bool;

struct Reader<'a> {
    rest: &'a str,
    value_of: &'a dyn Fn(&str) -> Option<f64>,
}

fn both(left: Option<f64>, right: Option<f64>, f: impl Fn(f64, f64) -> f64) -> Option<f64> {
    Some(f(left?, right?))
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

impl Reader<'_> {
    fn sign(&mut self, sign: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(sign) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let rest = self.rest.trim_start();
        let whole =
            rest.strip_prefix(word).filter(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        match whole {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    fn any(&mut self) -> Value {
        let mut left = self.all()?;
        while self.word("OR") || self.sign("||") {
            let right = self.all()?;
            left = both(left, right, |a, b| truth(a != 0.0 || b != 0.0));
        }
        Some(left)
    }

    fn all(&mut self) -> Value {
        let mut left = self.compared()?;
        while self.word("AND") || self.sign("&&") {
            let right = self.compared()?;
            left = both(left, right, |a, b| truth(a != 0.0 && b != 0.0));
        }
        Some(left)
    }

    fn compared(&mut self) -> Value {
        let left = self.sum()?;
        let signs: [(&str, Comparison); 6] = [
            ("==", |a, b| a == b),
            ("!=", |a, b| a != b),
            (">=", |a, b| a >= b),
            ("<=", |a, b| a <= b),
            (">", |a, b| a > b),
            ("<", |a, b| a < b),
        ];
        for (sign, holds) in signs {
            if self.sign(sign) {
                let right = self.sum()?;
                return Some(both(left, right, |a, b| truth(holds(a, b))));
            }
        }
        Some(left)
    }

    fn sum(&mut self) -> Value {
        let mut left = self.product()?;
        loop {
            if self.sign("+") {
                let right = self.product()?;
                left = both(left, right, |a, b| a + b);
            } else if self.sign("-") {
                let right = self.product()?;
                left = both(left, right, |a, b| a - b);
            } else {
                return Some(left);
            }
        }
    }

    fn product(&mut self) -> Value {
        let mut left = self.one()?;
        loop {
            if self.sign("*") {
                let right = self.one()?;
                left = both(left, right, |a, b| a * b);
            } else if self.sign("/") {
                let right = self.one()?;
                // CloudWatch gives no point where it would divide by zero.
                left = both(left, right, |a, b| a / b).filter(|value| value.is_finite());
            } else {
                return Some(left);
            }
        }
    }

    fn one(&mut self) -> Value {
        if self.sign("-") {
            return self.one().map(|value| value.map(|value| -value));
        }
        if self.sign("(") || self.sign("[") {
            let value = self.any()?;
            return (self.sign(")") || self.sign("]")).then_some(value);
        }
        self.rest = self.rest.trim_start();
        let end =
            self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        if word.is_empty() {
            return None;
        }
        if let Ok(number) = word.parse::<f64>() {
            return Some(Some(number));
        }
        if self.sign("(") {
            return self.function(word);
        }
        Some((self.value_of)(word))
    }

    fn function(&mut self, name: &str) -> Value {
        let list = self.sign("[");
        let mut arguments = vec![self.any()?];
        while self.sign(",") {
            arguments.push(self.any()?);
        }
        if (list && !self.sign("]")) || !self.sign(")") {
            return None;
        }
        let present = || arguments.iter().copied().flatten();
        Some(match (name, arguments.as_slice()) {
            ("IF", [condition, then, otherwise]) => match condition {
                Some(value) if *value != 0.0 => *then,
                Some(_) => *otherwise,
                None => None,
            },
            ("IF", [condition, then]) => condition.filter(|value| *value != 0.0).and(*then),
            ("FILL", [value, filler]) => value.or(*filler),
            ("MAX", _) => present().reduce(f64::max),
            ("MIN", _) => present().reduce(f64::min),
            ("SUM", _) => present().reduce(|a, b| a + b),
            ("ABS", [value]) => value.map(f64::abs),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        evaluate(text, &|name| match name {
            "incoming" => Some(600.0),
            "errors" => Some(3.0),
            _ => None,
        })
    }

    #[test]
    fn expressions_give_what_cloudwatch_gives() {
        assert_eq!(value("IF(FILL(incoming, 0) > 0 AND FILL(polled, 0) + FILL(invoked, 0) == 0, 1, 0)"), Some(1.0));
        assert_eq!(value("errors / incoming * 100"), Some(0.5));
        assert_eq!(value("MAX([errors, incoming]) - -1"), Some(601.0));
        assert_eq!(value("(incoming + 1) / 0"), None);
        assert_eq!(value("polled + 1"), None);
        assert_eq!(value("IF(incoming >"), None);
        assert_eq!(value("ANOMALY_DETECTION_BAND(incoming, 2)"), None);
    }
}
