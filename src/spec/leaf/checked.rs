//! Texts of one form each: ARNs, addresses, names in other services' spelling.

use super::super::decode::{Decode, Reader};
use super::super::schema::Definitions;
use super::super::tree::Node;
use super::Text;
use crate::diagnostic::{Code, Diagnostic};

/// Declares texts that must pass a check: longest length, what it is, an example, its pattern for editors, the check.
macro_rules! checked_texts {
    ($($(#[$doc:meta])* $name:ident <= $longest:literal, $what:literal, $example:literal, $pattern:literal, $check:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

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
                serde_json::json!({"title": $what, "type": "string", "pattern": $pattern, "examples": [$example]})
            }
        }
    )*};
}

pub(crate) use checked_texts;

checked_texts! {
    /// A KMS key, by ARN.
    KmsArn <= 2048, "the ARN of a KMS key", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$",
        |text| matches!(arn(text), Some(("kms", resource)) if resource.strip_prefix("key/").is_some_and(hyphenated));
    /// A version of a Lambda layer, by ARN.
    LayerArn <= 2048, "the ARN of a layer's version", "arn:aws:lambda:eu-west-1:123456789012:layer:numpy:3",
        "^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$",
        |text| {
            let Some(("lambda", resource)) = arn(text) else { return false };
            let parts: Vec<&str> = resource.split(':').collect();
            matches!(parts.as_slice(), ["layer", name, version]
                if hyphenated(name) && !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()))
        };
    /// An address of mail.
    Email <= 254, "an e-mail address", "oncall@example.com", "^[^@\\s]+@[^@\\s]+$",
        |text| {
            let parts: Vec<&str> = text.split('@').collect();
            matches!(parts.as_slice(), [name, host] if !name.is_empty() && !host.is_empty())
                && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        };
    /// A namespace of CloudWatch metrics that is not AWS's own.
    Namespace <= 255, "a namespace of metrics (those that begin with `AWS/` are AWS's own)", "StreamingML/Production",
        "^(?!AWS/)[A-Za-z0-9._#/-][A-Za-z0-9._#/: -]*$",
        |text| {
            !text.starts_with("AWS/") && !text.starts_with([':', ' '])
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/#: ".contains(&b))
        };
    /// The name of a metric or of one of its dimensions.
    MetricText <= 255, "the name of a metric or dimension", "FraudScore", "^[\\x21-\\x39\\x3b-\\x7e][\\x20-\\x7e]*$",
        |text| !text.starts_with([':', ' ']) && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    /// The value of a dimension.
    DimensionText <= 1024, "the value of a dimension", "fraud", "^[\\x20-\\x7e]*[\\x21-\\x7e][\\x20-\\x7e]*$",
        |text| text.bytes().any(|b| b != b' ') && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    /// A column of a table of the Glue catalogue.
    ColumnName <= 255, "the name of a column", "card_id", "^[a-z_][a-z0-9_]*$",
        |text| {
            text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
    /// A type of a column of the Glue catalogue, in Hive's spelling.
    GlueTypeText <= 131_072, "a type of a Glue column", "double", "^[a-z][a-z0-9_<>:,() ]*$",
        |text| matches!(glue_type(&text.replace(' ', "")), Some(""));
    /// A field of a JSON record, perhaps inside another.
    RecordField <= 256, "a field of a record", "customer.tenant_id", "^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*$",
        |text| text.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        });
}

/// Service and resource of an ARN that names a region and an account.
fn arn(text: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, region, account, resource]
            if partition.starts_with("aws")
                && crate::units::Region::new(region).is_ok()
                && crate::units::AccountId::new(account).is_ok() =>
        {
            Some((service, resource))
        }
        _ => None,
    }
}

fn hyphenated(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Types without parameters that Firehose writes to Parquet.
const PLAIN_TYPES: [&str; 11] =
    ["string", "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "date", "timestamp", "binary"];

/// What is left of a text behind one type.
fn glue_type(text: &str) -> Option<&str> {
    let word = text.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(word)?;
    match word {
        plain if PLAIN_TYPES.contains(&plain) => Some(rest),
        "decimal" => {
            let (digits, rest) = rest.strip_prefix('(')?.split_once(')')?;
            let (precision, scale) = digits.split_once(',')?;
            let (precision, scale): (u32, u32) = (precision.parse().ok()?, scale.parse().ok()?);
            ((1..=38).contains(&precision) && scale <= precision).then_some(rest)
        }
        "array" => glue_type(rest.strip_prefix('<')?)?.strip_prefix('>'),
        "map" => {
            let values = glue_type(rest.strip_prefix('<')?)?.strip_prefix(',')?;
            glue_type(values)?.strip_prefix('>')
        }
        "struct" => {
            let mut rest = rest.strip_prefix('<')?;
            loop {
                let (name, of) = rest.split_once(':')?;
                if !hyphenated(name) {
                    return None;
                }
                rest = glue_type(of)?;
                match rest.strip_prefix(',') {
                    Some(next) => rest = next,
                    None => return rest.strip_prefix('>'),
                }
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glue_types_are_those_of_hive() {
        for good in
            ["string", "decimal(10,2)", "array<string>", "map<string,array<int>>", "struct<a:int,b:map<string,double>>"]
        {
            assert_eq!(glue_type(good), Some(""), "{good}");
        }
        for bad in ["text", "decimal(2,10)", "array<>", "array<string", "map<string>", "struct<a>", "int4", "String"] {
            assert_ne!(glue_type(bad), Some(""), "{bad}");
        }
    }
}
