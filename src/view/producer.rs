//! What a producer needs, as text, Markdown and JSON; all three read the same sections.

use serde_json::{Value, json};

use super::FORMAT_VERSION;
use super::style::{Label, Look};
use super::words::{plural, printable, wrap};
use crate::capacity::{HotKey, KeyVerdict, SizedStream};
use crate::render::Producer;
use crate::units::ByteSize;

/// A part of the page: what is said, then what is shown.
struct Section {
    title: &'static str,
    says: Vec<String>,
    shows: Option<Value>,
}

/// Returns the page as text.
#[must_use]
pub fn to_text(look: &Look, pipeline: &str, producers: &[Producer]) -> String {
    if producers.is_empty() {
        return format!("{}\n", none(pipeline));
    }
    let mut out = String::new();
    for producer in producers {
        out.push_str(&format!("{}\n", look.paint(Label::Heading, heading(producer))));
        for section in sections(producer) {
            out.push_str(&format!("\n{}\n", look.paint(Label::Heading, section.title.to_uppercase())));
            for line in &section.says {
                let wrapped = wrap(&printable(line), look.columns().saturating_sub(4));
                for (at, part) in wrapped.iter().enumerate() {
                    out.push_str(&format!("{} {part}\n", if at == 0 { "-" } else { " " }));
                }
            }
            if let Some(shown) = &section.shows {
                out.extend(format!("{shown:#}").lines().map(|line| format!("    {}\n", printable(line))));
            }
        }
        out.push('\n');
    }
    out
}

/// Returns the page as Markdown, to be kept beside a producer's code.
#[must_use]
pub fn to_markdown(pipeline: &str, producers: &[Producer]) -> String {
    let mut out = format!("# Producers of {pipeline}\n");
    if producers.is_empty() {
        out.push_str(&format!("\n{}\n", none(pipeline)));
    }
    for producer in producers {
        out.push_str(&format!("\n## {}\n", heading(producer)));
        for section in sections(producer) {
            out.push_str(&format!("\n### {}\n\n", section.title));
            out.extend(section.says.iter().map(|line| format!("- {}\n", printable(line))));
            if let Some(shown) = &section.shows {
                out.push_str(&format!("\n```json\n{shown:#}\n```\n"));
            }
        }
    }
    out
}

/// Returns the same as JSON: `pipeline` and `producers`, each as it was found, with `advice` in words.
#[must_use]
pub fn to_json(pipeline: &str, producers: &[Producer]) -> Value {
    let one = |producer: &Producer| {
        let mut value = serde_json::to_value(producer).unwrap_or_default();
        if let Some(members) = value.as_object_mut() {
            let advice: Vec<String> = sections(producer).into_iter().flat_map(|section| section.says).collect();
            members.insert("advice".to_owned(), json!(advice));
        }
        value
    };
    json!({
        "format_version": FORMAT_VERSION,
        "pipeline": pipeline,
        "producers": producers.iter().map(one).collect::<Vec<_>>(),
    })
}

fn none(pipeline: &str) -> String {
    format!("{pipeline} takes no records from outside: its own functions write to every stream it has")
}

fn heading(producer: &Producer) -> String {
    format!("stream {} is {} in {}", producer.stream, producer.name, producer.region)
}

fn sections(producer: &Producer) -> Vec<Section> {
    let mut sections = vec![
        Section {
            title: "Policy",
            says: vec![
                format!("attach the policy in the stack's output `{}` to the producer's role", producer.policy_output),
                "or allow the same yourself:".to_owned(),
            ],
            shows: Some(producer.policy.clone()),
        },
        Section { title: "Partition key", says: key(producer), shows: None },
        Section { title: "Batches", says: batches(producer), shows: None },
        Section {
            title: "Retries",
            says: vec![
                "`PutRecords` succeeds although some of its records failed: look at `FailedRecordCount`".to_owned(),
                "send only the records with an `ErrorCode` again, after a wait that doubles from 100 ms and varies by \
                 chance"
                    .to_owned(),
                "records that are sent again come later than those after them, and may come twice: give each an id of \
                 its own and its event time"
                    .to_owned(),
            ],
            shows: None,
        },
    ];
    sections.extend(producer.example.as_ref().map(|record| Section {
        title: "A record",
        says: vec!["the data of one record, as the handlers of this pipeline read it:".to_owned()],
        shows: Some(record.clone()),
    }));
    sections
}

fn key(producer: &Producer) -> Vec<String> {
    let Some(key) = &producer.key else {
        return vec![
            "the pipeline file does not say which field it is: take one of many evenly used values".to_owned(),
            "records of one key stay in order; `traffic` in the pipeline file says how keys spread".to_owned(),
        ];
    };
    let HotKey { field, distinct, percent_of_records, records_per_second, bytes_per_second, .. } = key;
    let share = key.percent_of_shard;
    let mut says = vec![
        format!("use `{field}`, of which there are about {distinct}; records of one value stay in order"),
        format!(
            "the busiest value has {percent_of_records}% of all records: {records_per_second:.0} records/s and \
             {:.1} KB/s at the peak, {share:.1}% of what its shard takes (1,000 records/s or 1 MB/s)",
            bytes_per_second / 1e3
        ),
    ];
    says.extend(match key.verdict {
        KeyVerdict::Fits => None,
        KeyVerdict::Tight => Some(format!(
            "that is more than half of a shard, and more shards do not help: watch it, or add a number to the busiest \
             values of `{field}`"
        )),
        KeyVerdict::Exceeds => Some(format!(
            "that is more than a shard takes: its records will be throttled however many shards there are; add a \
             number to the busiest values of `{field}`, which gives up their order"
        )),
    });
    says
}

fn batches(producer: &Producer) -> Vec<String> {
    let limits = &producer.limits;
    let mut says = vec![format!(
        "a `PutRecords` request holds at most {} records and {}, partition keys included; a record at most {}, a \
         partition key {} characters",
        limits.records,
        ByteSize::from_bytes(limits.request_bytes),
        ByteSize::from_bytes(limits.record_bytes),
        limits.key_chars
    )];
    says.extend(producer.batch.map(|batch| format!("of the declared size, {batch} records fit into one request")));
    says.push(match producer.capacity {
        SizedStream::OnDemand => {
            "the stream scales by itself, to twice its highest load of the last 30 days; growing faster than that \
             within 15 minutes is throttled"
                .to_owned()
        }
        SizedStream::Provisioned { shards } => format!(
            "{} take {} records/s or {shards} MB/s together, if keys spread evenly",
            plural(usize::try_from(shards).unwrap_or(usize::MAX), "shard"),
            u64::from(shards) * 1_000
        ),
    });
    says
}
