//! What is in the artifact bucket that nobody needs, and what became of it.

use serde::Serialize;

use super::style::{Label, Look};
use super::table::{Cell, Table};
use super::words::{json, plural, short_duration};
use super::{EMBEDDED_NOTICE, FORMAT_VERSION, TOOL_VERSION};
use crate::artifact::{ArtifactKind, Pile, Sweep, Unneeded};
use crate::units::{ByteSize, Duration, Money};

/// A bucket, and what of it can go.
#[derive(Clone, Debug, Serialize)]
pub struct Collected<'a> {
    /// The environment.
    pub environment: &'a str,
    /// The account.
    pub account: &'a str,
    /// The region.
    pub region: &'a str,
    /// Whether all of it is in the embedded cloud.
    pub embedded: bool,
    /// The bucket.
    pub bucket: &'a str,
    /// What was uploaded more recently stays.
    #[serde(rename = "keep_micros")]
    pub keep: Duration,
    /// How many stacks were asked what they need.
    pub stacks: usize,
    /// Its artifacts, told apart.
    #[serde(flatten)]
    pub sweep: &'a Sweep,
    /// What can go, counted.
    pub removable: Pile,
    /// Older versions and removed objects that S3 still keeps.
    pub waiting: Pile,
    /// What a month of storing what can go costs, in millionths of a dollar; none where no price of the region is known.
    #[serde(rename = "monthly_micro_usd")]
    pub monthly: Option<Money>,
    /// Who is at work, so that nothing can be removed now.
    pub busy: &'a [String],
    /// Whether what can go has gone.
    pub removed: bool,
    /// What to type to remove it.
    #[serde(skip)]
    pub command: &'a str,
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: &'static str,
    tool_version: &'static str,
    #[serde(flatten)]
    collected: &'a Collected<'a>,
}

/// Returns the document.
#[must_use]
pub fn to_json(collected: &Collected<'_>) -> serde_json::Value {
    json(&Document { format_version: FORMAT_VERSION, tool_version: TOOL_VERSION, collected })
}

/// Returns what is there, and what of it can go.
#[must_use]
pub fn to_text(look: &Look, collected: &Collected<'_>) -> String {
    let Collected { account, region, bucket, sweep, stacks, keep, .. } = collected;
    let mut out = format!("{}  {account} / {region}\n", look.paint(Label::Heading, bucket));
    if collected.embedded {
        out.push_str(&format!("{}\n", look.paint(Label::Warning, EMBEDDED_NOTICE)));
    }
    if !sweep.unneeded.is_empty() {
        let mut table = Table::with_headings(&["SIZE", "AGE", "WHAT", "KEY"]);
        for one in &sweep.unneeded {
            table.row([
                Cell::plain(format!("{:.1}", ByteSize::from_bytes(one.bytes))),
                Cell::plain(short_duration(one.age)),
                Cell::plain(what(one)),
                Cell::new(Label::Faint, one.key.replace(one.digest.as_str(), &shortened(look, one))),
            ]);
        }
        out.push_str(&format!("\n{}\n", table.render(look, 2)));
    }
    let keep = short_duration(*keep);
    let keep = keep.strip_suffix(" 0h").unwrap_or(&keep);
    let can = collected.removable;
    out.push_str(&match can.objects {
        0 => "Nothing can go.\n".to_owned(),
        _ => {
            let cost = collected.monthly.map(|money| format!("; storing it costs {money} a month")).unwrap_or_default();
            format!("{} that no stack needs, older than {keep}{cost}\n", counted(can))
        }
    });
    let needing = format!("{} {}", plural(*stacks, "stack"), if *stacks == 1 { "needs" } else { "need" });
    let mut rest = vec![format!("{} that {needing}", counted(sweep.needed))];
    if sweep.young.objects > 0 {
        rest.push(format!("{} younger than {keep}", counted(sweep.young)));
    }
    out.push_str(&format!("Stays: {}\n", rest.join(", ")));
    if collected.waiting.objects > 0 {
        out.push_str(&format!(
            "Removed or written over, kept by S3 until its lifecycle: {}\n",
            counted(collected.waiting)
        ));
    }
    for one in collected.busy {
        out.push_str(&look.paint(Label::Warning, format_args!("At work: {one}")));
        out.push('\n');
    }
    if can.objects > 0 && !collected.removed && collected.busy.is_empty() {
        let command = look.paint(Label::Command, collected.command);
        out.push_str(&format!("Nothing was removed: {command} does\n"));
    }
    out
}

/// Returns the last line of a removal.
#[must_use]
pub fn removed_to_text(look: &Look, pile: Pile) -> String {
    let text = format!("{} removed", counted(pile));
    format!("{}; S3 keeps them as old versions until the bucket's lifecycle ends\n", look.paint(Label::Good, text))
}

fn counted(pile: Pile) -> String {
    let objects = usize::try_from(pile.objects).unwrap_or(usize::MAX);
    format!("{} ({:.1})", plural(objects, "object"), ByteSize::from_bytes(pile.bytes))
}

fn what(one: &Unneeded) -> String {
    let of = one.of.as_deref();
    match (one.kind, of) {
        (ArtifactKind::Function, Some(stage)) => format!("code of {stage}"),
        (ArtifactKind::Function, None) => "code".to_owned(),
        (ArtifactKind::Model, Some(file)) => format!("model {file}"),
        (ArtifactKind::Model, None) => "model".to_owned(),
        (ArtifactKind::Template, _) => "template".to_owned(),
    }
}

fn shortened(look: &Look, one: &Unneeded) -> String {
    format!("{}{}", one.digest.short(), look.ellipsis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::Stored;
    use crate::units::Timestamp;

    #[test]
    fn a_long_key_is_shortened_for_people_and_whole_for_programs() {
        let digest = "93aa55291e35".repeat(6).chars().take(64).collect::<String>();
        let stored =
            |key: String, bytes| Stored { key, bytes: ByteSize::from_bytes(bytes), written: Timestamp::from_millis(0) };
        let objects = [
            stored(format!("functions/score/{digest}.zip"), 4_096),
            stored(format!("models/{}/fraud-v7.tar.gz", digest.replace('9', "8")), 40 << 20),
        ];
        let now = Timestamp::from_millis(41 * 86_400_000);
        let sweep = Sweep::of(&objects, &[], Duration::from_secs(30 * 86_400), now);
        let busy = ["fraud in prod: `deploy` of arn:aws:iam::1:user/jo since 2026".to_owned()];
        let collected = Collected {
            environment: "prod",
            account: "123456789012",
            region: "eu-west-1",
            embedded: false,
            bucket: "sluice-artifacts-123456789012-eu-west-1",
            keep: Duration::from_secs(30 * 86_400),
            stacks: 2,
            sweep: &sweep,
            removable: sweep.pile(),
            waiting: Pile { objects: 3, bytes: 1 << 20 },
            monthly: None,
            busy: &busy,
            removed: false,
            command: "sluice gc --env prod --delete",
        };
        insta::assert_snapshot!(to_text(&Look { width: 80, ..Look::plain() }, &collected));
        assert_eq!(to_json(&collected)["unneeded"][1]["key"], format!("functions/score/{digest}.zip"));
    }
}
