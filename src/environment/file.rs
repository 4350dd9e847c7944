//! The environment file, declared (see `spec::declare` for what follows from a declaration).

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::spec::{
    Decode, Definitions, FormatVersion, Node, PipelineFile, Positive, Reader, Seconds, TagKey, TagText, Text, Whole,
    choice, record,
};
use crate::units::{AccountId, Duration, EnvironmentName, Money, PipelineName, Region};

record! {
    /// An environment that pipelines are deployed to.
    "an environment file" EnvironmentSpec {
        /// The version of this file's format; left out, it is 1.
        sluice: Option<FormatVersion>,
        /// The environment's name, which is also the file's: letters and digits.
        environment: EnvironmentName,
        /// Decides defaults and how strict the rules are.
        tier: TierChoice,
        /// Where its AWS is. Left out, `aws`.
        target: Option<TargetChoice>,
        /// The account, twelve digits in quotes. Embedded environments may leave it out.
        account: Option<AccountId>,
        /// The regions, the default one first. Embedded environments may leave it out.
        regions: Vec<Region>,
        /// The role that deploys; left out, whoever calls.
        role: Option<RoleArn>,
        /// The environment that a release must have passed before.
        promotes_from: Option<EnvironmentName>,
        /// Who hears of alarms.
        notify: Option<NotifySpec>,
        /// What changes may cost.
        budget: Option<BudgetSpec>,
        /// What a promotion to this environment must pass.
        gates: Option<GatesSpec>,
        /// Tags put on every resource.
        tags: BTreeMap<TagKey, TagText>,
        /// What differs here, by pipeline: an overlay on the pipeline file.
        pipelines: BTreeMap<PipelineName, Overlay>,
    }

    /// Who hears of alarms.
    "`notify`" NotifySpec {
        /// An address that is subscribed to the pipeline's topic.
        email: Option<Email>,
    }

    /// What changes may cost.
    "a budget" BudgetSpec {
        /// The most a change may add to a month, for instance `250 USD`.
        max_monthly_increase: Money,
    }

    /// What a promotion must pass.
    "gates" GatesSpec {
        /// How long a release must have run in the environment before.
        soak: Option<Positive<Duration>>,
        /// How far consumers may be behind.
        iterator_age: Option<IteratorAgeGateSpec>,
        /// How many records may have failed.
        failed_records: Option<Whole<0, 1_000_000>>,
        /// Who must have agreed.
        approval: Option<ApprovalSpec>,
    }

    /// How far consumers may be behind.
    "an iterator age gate" IteratorAgeGateSpec {
        /// 99th percentile over the soak time.
        p99: Seconds<1, 604_800>,
    }

    /// Who must have agreed.
    "an approval gate" ApprovalSpec {
        /// Roles or users, by ARN.
        by: Vec<RoleArn>,
        /// How many of them. Left out, 1.
        count: Option<Whole<1, 20>>,
    }

    /// A server that speaks AWS's protocols.
    "an endpoint target" EndpointTargetSpec {
        /// Its address, for instance `http://127.0.0.1:5000`.
        url: Url,
    }
}

choice! {
    /// How strict the rules are, and what survives.
    "a tier" TierChoice {
        /// Nothing is kept, nothing is protected.
        "development" => Development,
        /// Like production, but the stack may be deleted.
        "staging" => Staging,
        /// Everything is kept and protected.
        "production" => Production,
    }

    /// Where an environment's AWS is.
    "a target" TargetChoice {
        /// Amazon's.
        "aws" => Aws,
        /// The one inside Sluice.
        "embedded" => Embedded,
        /// A server that speaks AWS's protocols.
        "endpoint" => Endpoint(EndpointTargetSpec),
    }
}

/// What an environment changes in one pipeline's file. Checked field by field when the environment is read, and
/// again as a whole when it is merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlay(pub(super) Node);

impl Decode for Overlay {
    fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
        let (_, found) = Reader::overlay().read::<PipelineFile>(node);
        let refused = found.has_errors();
        reader.absorb(found);
        for entry in node.entries().iter().filter(|entry| entry.key == "pipeline" || entry.key == "sluice") {
            let title = format!("an overlay cannot change `{}`", entry.key);
            let place = entry.key_place.clone();
            reader.error(Diagnostic::error(Code::Conflict, title).at(place, "").help("remove it"));
        }
        if refused { None } else { Some(Self(node.clone())) }
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        definitions.overlay::<PipelineFile>()
    }
}

macro_rules! checked_texts {
    ($($(#[$doc:meta])* $name:ident <= $longest:literal, $what:literal, $example:literal, $pattern:literal, $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(pub(super) String);

        impl Decode for $name {
            fn decode(node: &Node, reader: &mut Reader) -> Option<Self> {
                let Text(text) = Text::<$longest>::decode(node, reader)?;
                let check: fn(&str) -> bool = $check;
                if check(&text) {
                    return Some(Self(text));
                }
                let title = format!("{} is not {}", node.describe(), $what);
                let help = concat!("write one such as `", $example, "`");
                reader.error(Diagnostic::error(Code::BadName, title).at(node.place.clone(), "").help(help));
                None
            }

            fn schema(_: &mut Definitions) -> serde_json::Value {
                serde_json::json!({"type": "string", "pattern": $pattern})
            }
        }
    )*};
}

checked_texts! {
    /// A role or user, by ARN.
    RoleArn <= 2048, "the ARN of a role or user", "arn:aws:iam::123456789012:role/release-owner",
        "^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:.+$",
        |text| {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            matches!(parts.as_slice(), ["arn", partition, "iam" | "sts", "", account, rest]
                if partition.starts_with("aws") && AccountId::new(account).is_ok()
                    && !rest.is_empty() && !rest.contains(char::is_whitespace))
        };
    /// An address of mail.
    Email <= 254, "an e-mail address", "oncall@example.com", "^[^@\\s]+@[^@\\s]+$",
        |text| {
            let parts: Vec<&str> = text.split('@').collect();
            matches!(parts.as_slice(), [name, host] if !name.is_empty() && !host.is_empty())
                && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        };
    /// The address of a server.
    Url <= 2048, "the address of a server", "http://127.0.0.1:5000", "^https?://[^\\s]+$",
        |text| {
            let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
            host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
                && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        };
}
