//! Words and measures that all views share: plurals, times for people, text made safe to print.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::Look;
use crate::units::{Duration, Timestamp};

/// Returns `1 error`, `2 errors`.
#[must_use]
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Returns a number with a comma between every three digits: `60,480,000`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Whether printing a character could move the cursor, start an escape sequence or turn text around.
pub(super) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Returns the text with everything that a terminal would act upon written out (`\u{1b}`, `\n`).
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unprintable(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Returns a text for inside HTML or XML, attributes included; what a terminal would act upon, or XML does not allow, is
/// written out.
pub(super) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Columns that a text takes on a terminal; escape sequences must not be in it.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Returns the text cut to at most `limit` columns, its end replaced by an ellipsis where something was cut.
pub(super) fn clip<'a>(look: &Look, text: &'a str, limit: usize) -> Cow<'a, str> {
    if columns(text) <= limit {
        return Cow::Borrowed(text);
    }
    let mark = look.ellipsis();
    let Some(room) = limit.checked_sub(columns(mark)) else {
        return Cow::Borrowed(mark.get(..limit).unwrap_or_default());
    };
    let mut used = 0;
    let mut kept = String::new();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > room {
            break;
        }
        kept.push(c);
    }
    kept.push_str(mark);
    Cow::Owned(kept)
}

/// Returns the text with blanks up to `width` columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Breaks a text into lines of at most `width` columns at its blanks; a longer word stays whole.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Returns a time as people say it: `0.4s`, `42s`, `3m 05s`, `2h 07m`, `3d 4h`.
#[must_use]
pub fn short_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    if days > 0 {
        format!("{days}d {}h", hours % 24)
    } else if hours > 0 {
        format!("{hours}h {:02}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m {:02}s", seconds % 60)
    } else if seconds >= 10 || duration == Duration::ZERO {
        format!("{seconds}s")
    } else {
        format!("{}.{}s", seconds, duration.as_millis() % 1_000 / 100)
    }
}

/// Returns the time of day of a moment in UTC: `03:04:05`.
#[must_use]
pub fn clock_time(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.get(11..19).map_or_else(|| text.clone(), str::to_owned)
}

/// Returns data as a JSON value. What views serialise has string keys and finite numbers, so this succeeds; were
/// it ever not to, the reader is told why instead of getting half a document.
pub(super) fn json(data: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(data).unwrap_or_else(|error| serde_json::json!({"unwritable": error.to_string()}))
}

/// What a resource costs by being there, at the prices of us-east-1 (aws-facts.md 3.1, 3.4, 3.5).
#[must_use]
pub(crate) fn keeping_costs(type_name: &str) -> Option<&'static str> {
    match type_name {
        "AWS::KMS::Key" => Some("1.00 USD a month"),
        "AWS::Kinesis::Stream" => Some("0.015 USD an hour for each shard; on demand 0.04 USD an hour"),
        "AWS::DynamoDB::Table" => Some("0.25 USD a month for each GB; provisioned capacity as before"),
        "AWS::S3::Bucket" => Some("0.023 USD a month for each GB"),
        "AWS::SQS::Queue" => Some("nothing while nobody uses it"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_not_many() {
        assert_eq!((plural(1, "error"), plural(0, "error"), plural(2, "error")), {
            ("1 error".into(), "0 errors".into(), "2 errors".into())
        });
    }

    #[test]
    fn what_a_terminal_would_act_upon_is_written_out() {
        assert_eq!(printable("a\u{1b}[31mb\u{9b}c\u{202e}d\r\n"), "a\\u{1b}[31mb\\u{9b}c\\u{202e}d\\r\\n");
        assert_eq!(printable("Größe 表"), "Größe 表");
    }

    #[test]
    fn a_clipped_text_says_so_and_fits_even_with_wide_characters() {
        let look = Look::plain();
        assert_eq!(clip(&look, "abcdefgh", 6), "abc...");
        assert_eq!(columns(&clip(&look, "表表表表表表", 9)), 9);
        assert_eq!(clip(&look, "abc", 3), "abc");
    }

    #[test]
    fn times_are_as_exact_as_people_say_them() {
        let said: Vec<String> = [0, 400, 9_900, 42_000, 185_000, 7_620_000, 273_600_000]
            .map(|ms| short_duration(Duration::from_millis(ms)))
            .into();
        assert_eq!(said, ["0s", "0.4s", "9.9s", "42s", "3m 05s", "2h 07m", "3d 4h"]);
    }

    #[test]
    fn wrapping_never_cuts_a_word() {
        assert_eq!(
            wrap("one ConsumerScoreEventSourceMapping two", 10),
            ["one", "ConsumerScoreEventSourceMapping", "two"]
        );
    }
}
