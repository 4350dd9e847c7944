//! What rolls a deployment back, gathered into as many composites as CloudFormation arms.

use super::model::Pipeline;
use super::stage::StageKind;

macro_rules! groups {
    ($($(#[$doc:meta])* $name:ident: $word:literal, $watches:literal;)*) => {
        /// Stages whose alarms roll a deployment back together. There are five, because CloudFormation takes five
        /// rollback triggers (aws-facts.md 2.6) and there are more kinds of stages than that.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RollbackGroup {
            $($(#[$doc])* $name,)*
        }

        impl RollbackGroup {
            /// Every group.
            pub const ALL: [Self; 5] = [$(Self::$name),*];

            /// The group in one lower-case word, as its composite alarm carries it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it watches, in words.
            #[must_use]
            pub fn watches(self) -> &'static str {
                match self { $(Self::$name => $watches,)* }
            }
        }
    };
}

groups! {
    /// What carries records and messages: streams, queues, topics.
    Transport: "transport", "streams, queues and topics";
    /// What keeps them: tables, buckets, archives, and the keys of everything.
    Storage: "storage", "tables, buckets, archives and keys";
    /// What answers: endpoints.
    Endpoints: "endpoints", "endpoints";
    /// What works: consumers and workers.
    Functions: "functions", "consumers and workers";
    /// What the handlers say of themselves: the file's own metrics.
    Metrics: "metrics", "metrics";
}

impl StageKind {
    /// The group in which the kind's alarms roll a deployment back.
    #[must_use]
    pub fn rollback_group(self) -> RollbackGroup {
        match self {
            Self::Stream | Self::Queue | Self::Topic => RollbackGroup::Transport,
            Self::Table | Self::Bucket | Self::Archive | Self::Key => RollbackGroup::Storage,
            Self::Endpoint => RollbackGroup::Endpoints,
            Self::Consumer | Self::Worker => RollbackGroup::Functions,
            Self::Metric => RollbackGroup::Metrics,
        }
    }
}

impl Pipeline {
    /// The composite alarm of a group.
    #[must_use]
    pub fn rollback_alarm_name(&self, group: RollbackGroup) -> String {
        format!("{}-{}-rollback", self.stack_name(), group.as_str())
    }
}
