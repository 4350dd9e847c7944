//! Endpoints.

use std::collections::BTreeMap;

use crate::units::{ByteSize, Duration, LocalName, Percent, StageName};

/// A SageMaker endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Its name in the pipeline.
    pub name: StageName,
    /// What it serves.
    pub model: Model,
    /// How it serves.
    pub serving: Serving,
    /// Measured service time of one invocation.
    pub latency: Option<ServiceTime>,
}

/// What an endpoint serves.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Many artifacts behind one container, loaded on demand.
    Multi {
        /// The container.
        image: Image,
        /// Artifact files by model name, relative to the pipeline's folder.
        models: BTreeMap<String, String>,
        /// The model that is asked for first.
        default: String,
        /// The model that is asked for when the first fails.
        fallback: Option<String>,
    },
    /// One artifact.
    Single {
        /// The container.
        image: Image,
        /// The artifact file, relative to the pipeline's folder.
        artifact: String,
        /// Another model that gets a copy of requests. Real-time endpoints only.
        shadow: Option<Shadow>,
    },
    /// 2 to 10 models between which requests are split by weight; at least one weight is above zero.
    Variants(BTreeMap<LocalName, Variant>),
}

/// A model that is tried on live requests and whose answers nobody sees.
#[derive(Clone, Debug, PartialEq)]
pub struct Shadow {
    /// The container.
    pub image: Image,
    /// The artifact file, relative to the pipeline's folder.
    pub artifact: String,
    /// Which share of requests it gets, above 0 % and up to 100 %.
    pub share: Percent,
}

/// One of several models of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// The container.
    pub image: Image,
    /// The artifact file, relative to the pipeline's folder.
    pub artifact: String,
    /// Its part of requests is its weight among all weights.
    pub weight: u32,
}

/// One model of an endpoint, with the name that tells it apart there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Artifact<'a> {
    /// The model's or variant's name; empty for the model of a single-model endpoint, `shadow` for its shadow.
    pub name: &'a str,
    /// The file, relative to the pipeline's folder.
    pub file: &'a str,
}

impl Model {
    /// Every model file of the endpoint.
    #[must_use]
    pub fn artifacts(&self) -> Vec<Artifact<'_>> {
        match self {
            Self::Multi { models, .. } => models.iter().map(|(name, file)| Artifact { name, file }).collect(),
            Self::Single { artifact, shadow, .. } => {
                let own = Artifact { name: "", file: artifact };
                let shadow = shadow.as_ref().map(|shadow| Artifact { name: "shadow", file: &shadow.artifact });
                [own].into_iter().chain(shadow).collect()
            }
            Self::Variants(variants) => variants
                .iter()
                .map(|(name, variant)| Artifact { name: name.as_str(), file: &variant.artifact })
                .collect(),
        }
    }
}

/// An inference container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Image {
    /// One of SageMaker's own, resolved per region.
    Builtin {
        /// Framework name, for instance `xgboost`.
        name: String,
        /// Tag, for instance `1.7-1`.
        version: String,
    },
    /// A registry address, used as it is.
    Uri(String),
}

/// How an endpoint serves.
#[derive(Clone, Debug, PartialEq)]
pub enum Serving {
    /// Instances that are always there.
    RealTime {
        /// For instance `ml.c5.xlarge`.
        instance: String,
        /// At least 1.
        min: u32,
        /// At least `min`.
        max: u32,
        /// How a new configuration takes over.
        rollout: EndpointRollout,
    },
    /// Requests wait in a queue of the endpoint's own, with input and output in S3.
    Async {
        /// For instance `ml.g5.xlarge`.
        instance: String,
        /// 0 or more.
        min: u32,
        /// At least `min`, and at least 1.
        max: u32,
        /// Requests that one instance works on at once, 1 to 1,000; `None` leaves it to SageMaker.
        parallel: Option<u32>,
        /// The bucket that requests are put into.
        input: StageName,
        /// The bucket that answers are put into.
        output: StageName,
        /// The topic that hears of answers.
        success: Option<StageName>,
        /// The topic that hears of failures.
        error: Option<StageName>,
        /// How long a request may wait, 60 s to 6 h. Part of each request, so the handler is told.
        expires: Duration,
    },
    /// No instances: SageMaker runs the container when it is asked.
    Serverless {
        /// 1 GiB to 6 GiB in whole gibibytes.
        memory: ByteSize,
        /// Requests at once, 1 to 200.
        max: u32,
        /// Containers that are kept warm, 1 to `max`.
        provisioned: Option<u32>,
    },
}

/// How a new endpoint configuration takes over.
#[derive(Clone, Debug, PartialEq)]
pub enum EndpointRollout {
    /// A few instances first, then the rest.
    Canary {
        /// Instances that take traffic first.
        instances: u32,
        /// How long they are watched.
        wait: Duration,
    },
    /// The whole fleet at once.
    AllAtOnce,
}

/// Measured service time.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceTime {
    /// Median.
    pub p50: Duration,
    /// 99th percentile; at least `p50`.
    pub p99: Duration,
}
