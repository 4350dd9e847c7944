//! `sluice producer`: what somebody needs who puts records into a pipeline's streams.

use serde_json::Value;

use super::failure::Failure;
use super::load::{Resolved, Shelf};
use crate::capacity;
use crate::diagnostic::Diagnostics;
use crate::render::{self, Producer};
use crate::units::Region;
use crate::workspace::Project;

/// What producers need, by stream.
#[derive(Clone, Debug)]
pub struct Producers {
    /// One for each stream that takes records from outside.
    pub producers: Vec<Producer>,
    /// Warnings, never errors.
    pub warnings: Diagnostics,
}

/// Folder of a pipeline's sample events.
const EVENTS: &str = "events";

/// Collects what producers of a pipeline need, without rendering or deploying it. Where the pipeline's folder holds sample
/// events of a stream, one of their records is the example.
///
/// # Errors
/// Everything that is wrong with the files.
pub fn producers(
    shelf: &mut Shelf<'_>,
    pipeline: &str,
    environment: &str,
    region: Option<&Region>,
) -> Result<Producers, Failure> {
    let Resolved { pipeline: resolved, warnings } = shelf.resolve(pipeline, environment, region)?;
    let mut producers = render::producers(&capacity::size(resolved));
    let samples = samples(shelf.project(), pipeline);
    let alone = producers.len() == 1;
    for producer in &mut producers {
        // A record tells its stream by ARN, whatever the environment; one that does not can only belong to the one
        // stream there is.
        let of_stream = |sample: &&Sample| match &sample.stream {
            Some(name) => stage_of(name, pipeline) == Some(producer.stream.as_str()),
            None => alone,
        };
        producer.example = samples.iter().find(of_stream).map(|sample| sample.record.clone());
    }
    Ok(Producers { producers, warnings })
}

/// The stage in the name of a stream, `<pipeline>-<environment>-<stage>`; environments hold no hyphen.
fn stage_of<'a>(name: &'a str, pipeline: &str) -> Option<&'a str> {
    let (_, stage) = name.strip_prefix(pipeline)?.strip_prefix('-')?.split_once('-')?;
    Some(stage)
}

/// A record of a sample event.
struct Sample {
    /// Name of the stream it came from, if the event says.
    stream: Option<String>,
    record: Value,
}

/// The records of all sample events, in the order of the files. Samples are for people to look at: what cannot be read is
/// no example, and no error.
fn samples(project: &Project, pipeline: &str) -> Vec<Sample> {
    let Ok(files) = project.read_tree(pipeline, EVENTS) else { return Vec::new() };
    files
        .iter()
        .filter(|file| file.path.ends_with(".json"))
        .filter_map(|file| serde_json::from_slice::<Value>(&file.bytes).ok())
        .flat_map(|event| records(&event))
        .collect()
}

fn records(event: &Value) -> Vec<Sample> {
    let record = |record: &Value| {
        let bytes = from_base64(record.pointer("/kinesis/data")?.as_str()?)?;
        let arn = record.get("eventSourceARN").and_then(Value::as_str);
        Some(Sample {
            stream: arn.and_then(|arn| arn.rsplit_once("stream/")).map(|(_, name)| name.to_owned()),
            record: serde_json::from_slice(&bytes).ok()?,
        })
    };
    event.get("Records").and_then(Value::as_array).into_iter().flatten().filter_map(record).collect()
}

/// Bytes of standard base64 (RFC 4648), with or without padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for digit in text.trim_end_matches('=').bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        held = held << 6 | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
            held &= (1 << bits) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_record_of_an_event_is_decoded_and_knows_its_stream() {
        let event = json!({"Records": [
            {"kinesis": {"data": "eyJpZCI6IDF9"}, "eventSourceARN": "arn:aws:kinesis:eu-west-1:1:stream/orders-dev-orders"},
            {"kinesis": {"data": "bm90IGpzb24"}},
            {"body": "{}"},
        ]});
        let found = records(&event);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].stream.as_deref(), &found[0].record), (Some("orders-dev-orders"), &json!({"id": 1})));
    }

    #[test]
    fn base64_is_read_as_its_standard_says() {
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9vYmFy", "foobar")] {
            assert_eq!(from_base64(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(from_base64("+/8="), Some(vec![0xfb, 0xff]));
        assert_eq!(from_base64("a b"), None);
    }

    #[test]
    fn a_stream_of_another_name_is_another_stage() {
        assert_eq!(stage_of("orders-dev-late-orders", "orders"), Some("late-orders"));
        assert_eq!(stage_of("other-dev-orders", "orders"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = from_base64(&text);
        }
    }
}
