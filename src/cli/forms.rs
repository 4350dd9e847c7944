//! The forms of results: each command offers those that it has, and refuses any other.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde_json::Value;

/// Every form that some command has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One JSON document
    Json,
    /// JSON, a document per line, as things happen
    Jsonl,
    /// For a pull request
    Markdown,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// A page for a browser, in one file
    Html,
    /// JUnit XML, a case for each rule
    Junit,
}

macro_rules! forms {
    ($($(#[$what:meta])* $name:ident: $($form:ident)+;)*) => {$(
        $(#[$what])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) enum $name {
            /// For people.
            #[default]
            Text,
            $(#[doc = stringify!($form)] $form,)+
        }

        impl ValueEnum for $name {
            fn value_variants<'a>() -> &'a [Self] {
                &[Self::Text, $(Self::$form),+]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                match self {
                    Self::Text => Form::Text.to_possible_value(),
                    $(Self::$form => Form::$form.to_possible_value(),)+
                }
            }
        }
    )*};
}

forms! {
    /// Of most commands.
    Output: Json Jsonl;
    /// Of what is only followed.
    EventOutput: Jsonl;
    /// Of what is read on a code host too.
    PageOutput: Json Jsonl Markdown;
    /// Of a plan.
    PlanOutput: Json Jsonl Markdown Sarif Html;
    /// Of a check.
    CheckOutput: Json Jsonl Sarif Junit;
    /// Of a history.
    HistoryOutput: Json Jsonl Html;
    /// Of what is written as a file too.
    FileOutput: Json;
    /// Of an import's report.
    ImportOutput: Json Jsonl Sarif;
}

impl From<EventOutput> for Output {
    fn from(output: EventOutput) -> Self {
        match output {
            EventOutput::Text => Self::Text,
            EventOutput::Jsonl => Self::Jsonl,
        }
    }
}

/// How a document is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Indented, over many lines.
    Indented,
    /// On one line.
    Line,
}

impl Layout {
    /// Returns a document as it is printed.
    pub(crate) fn of(self, document: &Value) -> String {
        match self {
            Self::Indented => format!("{document:#}\n"),
            Self::Line => format!("{document}\n"),
        }
    }
}
