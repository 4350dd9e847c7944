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
macro_rules! record {
    ($($(#[doc = $doc:literal])* $what:literal $name:ident {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
    })*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $($(#[doc = $field_doc])* pub $field: $type,)*
        }

        impl $crate::spec::Decode for $name {
            fn decode(node: &$crate::spec::Node, reader: &mut $crate::spec::Reader) -> Option<Self> {
                let fields = reader.fields(node, $what, &[$(stringify!($field)),*])?;
                $(let $field = reader.field::<$type>(&fields, stringify!($field));)*
                Some(Self { $($field: $field?,)* })
            }

            fn shape() -> $crate::spec::Shape {
                const FIELDS: &[(&str, fn() -> $crate::spec::Shape)] =
                    &[$((stringify!($field), <$type as $crate::spec::Decode>::shape),)*];
                $crate::spec::Shape::Record(FIELDS)
            }

            fn schema(definitions: &mut $crate::spec::Definitions) -> serde_json::Value {
                definitions.record(stringify!($name), concat!($($doc,)*), |fields| {
                    $(fields.add::<$type>(stringify!($field), concat!($($field_doc,)*));)*
                })
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
    (@read $name:ident $variant:ident $node:ident $reader:ident) => { Some($name::$variant) };
    (@read $name:ident $variant:ident $node:ident $reader:ident $detail:ty) => {
        $reader.entire(|reader| <$detail as $crate::spec::Decode>::decode($node, reader)).map($name::$variant)
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
                let choices = [$(($word, $crate::spec::choice!(@detail $($detail)?)),)*];
                let (word, node) = reader.choice(node, $what, &choices)?;
                match word {
                    $($word => $crate::spec::choice!(@read $name $variant node reader $($detail)?),)*
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
