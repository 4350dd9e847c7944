//! One file per rule.

mod age_threshold;
mod all_at_once;
mod batch_too_slow;
mod chaos_untested;
mod cold_start;
mod downstream_too_small;
mod drift_unwatched;
mod endless_retries;
mod endpoint_too_small;
mod failures_not_named;
mod failures_unwatched;
mod hot_key;
mod key_left;
mod late_records_lost;
mod latency_spent;
mod load_undeclared;
mod loss_silenced;
mod meaningless_age;
mod monolithic_consumer;
mod never_catches_up;
mod no_archive;
mod no_bisect;
mod no_fallback;
mod no_room_for_tenfold;
mod nobody_told;
mod not_idempotent;
mod on_demand_ceiling;
mod pages;
mod parallelism_ceiling;
mod per_record_calls;
mod quota_too_low;
mod report_items_off;
mod reserved_too_low;
mod shared_reads;
mod single_instance;
mod stream_too_small;
mod synchronous_inference;
mod timeouts_do_not_nest;
mod ttl_never_written;
mod unbounded_state;
mod watch_left_out;

pub(super) use drift_unwatched::tells_of_drift;

use super::rule::Rule;

/// Every rule, by its code.
pub const RULES: &[Rule] = &[
    load_undeclared::RULE,
    stream_too_small::RULE,
    hot_key::RULE,
    parallelism_ceiling::RULE,
    reserved_too_low::RULE,
    no_room_for_tenfold::RULE,
    on_demand_ceiling::RULE,
    endpoint_too_small::RULE,
    single_instance::RULE,
    downstream_too_small::RULE,
    quota_too_low::RULE,
    shared_reads::RULE,
    never_catches_up::RULE,
    latency_spent::RULE,
    batch_too_slow::RULE,
    synchronous_inference::RULE,
    per_record_calls::RULE,
    monolithic_consumer::RULE,
    cold_start::RULE,
    late_records_lost::RULE,
    endless_retries::RULE,
    no_bisect::RULE,
    report_items_off::RULE,
    failures_not_named::RULE,
    failures_unwatched::RULE,
    timeouts_do_not_nest::RULE,
    no_fallback::RULE,
    chaos_untested::RULE,
    all_at_once::RULE,
    not_idempotent::RULE,
    unbounded_state::RULE,
    ttl_never_written::RULE,
    age_threshold::RULE,
    loss_silenced::RULE,
    meaningless_age::RULE,
    nobody_told::RULE,
    drift_unwatched::RULE,
    watch_left_out::RULE,
    no_archive::RULE,
    key_left::RULE,
];
