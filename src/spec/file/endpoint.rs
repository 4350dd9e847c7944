//! Endpoints.

use std::collections::BTreeMap;

use super::super::declare::{choice, record};
use super::super::leaf::{Gib, Instance, Positive, Seconds, Share, Text, Whole};
use crate::units::{Duration, LocalName, StageName};

record! {
    /// A SageMaker endpoint.
    "an endpoint" EndpointSpec {
        /// What it serves.
        model: ModelChoice,
        /// How it serves.
        serving: ServingChoice,
        /// Measured service time of one invocation; capacity uses it.
        latency: Option<ServiceTimeSpec>,
    }

    /// Many models behind one container, loaded on demand.
    "a multi-model" MultiModelSpec {
        /// The container.
        image: ImageChoice,
        /// Model files by name, relative to this file.
        models: BTreeMap<Text<63>, Text<512>>,
        /// The model that is asked for first.
        default: Text<63>,
        /// The model that is asked for when the first fails.
        fallback: Option<Text<63>>,
    }

    /// One model.
    "a single model" SingleModelSpec {
        /// The container.
        image: ImageChoice,
        /// The model file, relative to this file.
        artifact: Text<512>,
        /// Another model that gets a copy of requests and whose answers nobody sees. Real-time endpoints only.
        shadow: Option<ShadowSpec>,
    }

    /// A model that is tried on live requests.
    "a shadow" ShadowSpec {
        /// The model file, relative to this file.
        artifact: Text<512>,
        /// The container. Left out, the same.
        image: Option<ImageChoice>,
        /// Which share of requests it gets. Left out, 50%.
        share: Option<Share>,
    }

    /// One of several models between which requests are split.
    "a variant" VariantSpec {
        /// The container.
        image: ImageChoice,
        /// The model file, relative to this file.
        artifact: Text<512>,
        /// Its part of all requests is its weight among all weights.
        weight: Whole<0, 1_000_000>,
    }

    /// One of SageMaker's own containers.
    "a built-in image" ImageBuiltinSpec {
        /// Framework, for instance `xgboost`.
        name: Text<64>,
        /// Version, for instance "1.7-1".
        version: Text<64>,
    }

    /// Instances that are always there.
    "real-time serving" RealTimeSpec {
        /// For instance `ml.c5.xlarge`.
        instance: Instance,
        /// How many. Left out, 1 in development, 2 to 4 elsewhere.
        instances: Option<InstancesSpec>,
        /// How a new configuration takes over. Left out, a canary of one instance for 5 minutes, or all at once where there is one instance only.
        rollout: Option<RolloutChoice>,
    }

    /// Requests wait in a queue, with input and output in S3.
    "asynchronous serving" AsyncSpec {
        /// For instance `ml.g5.xlarge`.
        instance: Instance,
        /// How many; 0 to begin with costs nothing while nothing waits. Left out, 1 in development, 1 to 4 elsewhere.
        instances: Option<AsyncInstancesSpec>,
        /// Requests that one instance works on at once, 1 to 1,000
        /// (`MaxConcurrentInvocationsPerInstance`). Left out, SageMaker decides.
        parallel: Option<Whole<1, 1000>>,
        /// The bucket that requests are put into.
        input: StageName,
        /// The bucket that answers are put into.
        output: StageName,
        /// The topic that hears of answers.
        success: Option<StageName>,
        /// The topic that hears of failures.
        error: Option<StageName>,
        /// How long a request may wait, 1m to 6h (SageMaker's `RequestTTLSeconds`); callers send it along. Left out, 6h.
        expires: Option<Seconds<60, 21_600>>,
    }

    /// How many instances an asynchronous endpoint has.
    "a number of instances" AsyncInstancesSpec {
        /// At least so many, 0 or more.
        min: Whole<0, 1000>,
        /// At most so many. Left out, `min`, but at least 1.
        max: Option<Whole<1, 1000>>,
    }

    /// No instances: SageMaker runs the container when it is asked.
    "serverless serving" ServerlessSpec {
        /// Memory of one container, 1 GiB to 6 GiB (SageMaker's `MemorySizeInMB`).
        memory: Gib<1, 6>,
        /// How many requests run at once.
        concurrency: ServerlessConcurrencySpec,
    }

    /// How many requests a serverless endpoint works on at once.
    "a concurrency" ServerlessConcurrencySpec {
        /// At most so many, 1 to 200 (SageMaker's `MaxConcurrency`).
        max: Whole<1, 200>,
        /// So many containers are kept warm, at most `max`. Left out, none.
        provisioned: Option<Whole<1, 200>>,
    }

    /// How many instances there are.
    "a number of instances" InstancesSpec {
        /// At least so many.
        min: Whole<1, 1000>,
        /// At most so many. Left out, `min`.
        max: Option<Whole<1, 1000>>,
    }

    /// A few instances first, then the rest.
    "a canary" CanarySpec {
        /// Instances that take traffic first; fewer than `min`, at most half of them.
        instances: Whole<1, 500>,
        /// How long they are watched. Left out, 5m.
        wait: Option<Seconds<0, 3600>>,
    }

    /// Measured service time.
    "a service time" ServiceTimeSpec {
        /// Median.
        p50: Positive<Duration>,
        /// 99th percentile.
        p99: Positive<Duration>,
    }
}

choice! {
    /// What an endpoint serves.
    "a model" ModelChoice {
        /// Many models behind one container.
        "multi-model" => Multi(MultiModelSpec),
        /// One model.
        "single" => Single(SingleModelSpec),
        /// 2 to 10 models between which requests are split by weight.
        "variants" => Variants(BTreeMap<LocalName, VariantSpec>),
    }

    /// An inference container.
    "an image" ImageChoice {
        /// One of SageMaker's own, resolved per region.
        "builtin" => Builtin(ImageBuiltinSpec),
        /// A registry address, used as it is.
        "uri" => Uri(Text<255>),
    }

    /// How an endpoint serves.
    "a way of serving" ServingChoice {
        /// Instances that are always there.
        "real-time" => RealTime(RealTimeSpec),
        /// Requests wait in a queue, with input and output in S3.
        "async" => Async(AsyncSpec),
        /// No instances: SageMaker runs the container when it is asked.
        "serverless" => Serverless(ServerlessSpec),
    }

    /// How a new endpoint configuration takes over.
    "a rollout" RolloutChoice {
        /// A few instances first, then the rest.
        "canary" => Canary(CanarySpec),
        /// The whole fleet at once.
        "all-at-once" => AllAtOnce,
    }
}
