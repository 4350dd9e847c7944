//! The two macros in which the language is declared. From one declaration come the Rust type, its decoder,
//! its merge shape and its JSON Schema.

/// Declares a mapping with fixed fields.
///
/// ```ignore
/// record! {
///     /// A Kinesis stream.
///     "a stream" StreamSpec {
///         /// How long records are kept.
///         retention: Option<Hours<24, 8760>>,
///     }
/// }
/// ```
///
/// A record may end with `..part: PartSpec`, another record whose fields it takes in as its own.
macro_rules! record {
    ($($(#[doc = $doc:literal])* $what:literal $name:ident {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
        $(..$part:ident: $part_type:ty,)?
    })*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)*
            $(
                /// The fields it shares with other records.
                pub $part: $part_type,
            )?
        }

        impl $crate::spec::Record for $name {
            fn fields() -> Vec<$crate::spec::FieldShape> {
                const OWN: &[$crate::spec::FieldShape] =
                    &[$((stringify!($field), <$type as $crate::spec::Decode>::shape),)*];
                [OWN.to_vec(), $(<$part_type as $crate::spec::Record>::fields(),)?].concat()
            }

            fn take(fields: &$crate::spec::Fields<'_>, reader: &mut $crate::spec::Reader) -> Option<Self> {
                $(let $field = reader.field::<$type>(fields, stringify!($field), concat!($($field_doc,)*));)*
                $(let $part = <$part_type as $crate::spec::Record>::take(fields, reader);)?
                Some(Self { $($field: $field?,)* $($part: $part?,)? })
            }

            fn describe(properties: &mut $crate::spec::Properties<'_>) {
                $(properties.add::<$type>(stringify!($field), concat!($($field_doc,)*));)*
                $(<$part_type as $crate::spec::Record>::describe(properties);)?
            }
        }

        impl $crate::spec::Decode for $name {
            fn decode(node: &$crate::spec::Node, reader: &mut $crate::spec::Reader) -> Option<Self> {
                reader.record(node, $what)
            }

            fn shape() -> $crate::spec::Shape {
                $crate::spec::Shape::Record(<Self as $crate::spec::Record>::fields)
            }

            fn schema(definitions: &mut $crate::spec::Definitions) -> serde_json::Value {
                definitions.record(stringify!($name), concat!($($doc,)*), <Self as $crate::spec::Record>::describe)
            }
        }
    )*};
}

/// Declares a choice: bare words, and words with details (externally tagged).
///
/// ```ignore
/// choice! {
///     /// How capacity is chosen.
///     "a capacity" CapacityChoice {
///         /// Kinesis scales by itself.
///         "on-demand" => OnDemand,
///         /// A fixed number of shards.
///         "provisioned" => Provisioned(ProvisionedSpec),
///     }
/// }
/// ```
macro_rules! choice {
    (@detail) => { false };
    (@detail $detail:ty) => { true };
    (@read $name:ident $variant:ident $word:literal $node:ident $reader:ident) => { Some($name::$variant) };
    (@read $name:ident $variant:ident $word:literal $node:ident $reader:ident $detail:ty) => {
        $reader.detail($word, $node).map($name::$variant)
    };
    (@schema $choices:ident $word:literal $doc:expr) => { $choices.word($word, $doc) };
    (@schema $choices:ident $word:literal $doc:expr, $detail:ty) => { $choices.detail::<$detail>($word, $doc) };
    ($($(#[doc = $doc:literal])* $what:literal $name:ident {
        $($(#[doc = $variant_doc:literal])* $word:literal => $variant:ident $(($detail:ty))?,)*
    })*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub enum $name {
            $($(#[doc = $variant_doc])* $variant $(($detail))?,)*
        }

        impl $crate::spec::Decode for $name {
            fn decode(node: &$crate::spec::Node, reader: &mut $crate::spec::Reader) -> Option<Self> {
                let choices =
                    [$(($word, $crate::spec::choice!(@detail $($detail)?), concat!($($variant_doc,)*)),)*];
                let (word, node) = reader.choice(node, $what, &choices)?;
                match word {
                    $($word => $crate::spec::choice!(@read $name $variant $word node reader $($detail)?),)*
                    _ => reader.wrong_type(node, $what),
                }
            }

            fn schema(definitions: &mut $crate::spec::Definitions) -> serde_json::Value {
                definitions.choice(stringify!($name), concat!($($doc,)*), |choices| {
                    $($crate::spec::choice!(@schema choices $word concat!($($variant_doc,)*) $(, $detail)?);)*
                })
            }
        }
    )*};
}

pub(crate) use {choice, record};
