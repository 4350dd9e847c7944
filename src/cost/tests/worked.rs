//! Examples worked by hand, to the cent. Each sum stands beside its case; the rates are those of the price table.
//!
//! Unless a case says otherwise the load is 1,000 records/s, 4,000 at peak, of 2 KiB: 2,628,000,000 records and
//! 5,382,144,000,000 bytes (5,012.51 GB) in a month of 2,628,000 s, four times as many at peak.

use super::*;

struct Case {
    /// The region.
    region: &'static str,
    /// What the pipeline file says besides name, owner and traffic.
    file: &'static str,
    /// Owner and meter.
    line: &'static str,
    /// Dollars at the steady and at the peak load; none where there is no such line.
    costs: Option<(&'static str, &'static str)>,
}

const fn case(region: &'static str, file: &'static str, line: &'static str, at: (&'static str, &'static str)) -> Case {
    Case { region, file, line, costs: Some(at) }
}

const TRAFFIC: &str = "traffic:\n  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 2 KiB}\n";

const TEN: &str = "streams:\n  orders: {capacity: {provisioned: {shards: 10}}, retention: 24h}\n";
const TEN_2D: &str = "streams:\n  orders: {capacity: {provisioned: {shards: 10}}, retention: 48h}\n";
const TEN_7D: &str = "streams:\n  orders: {capacity: {provisioned: {shards: 10}}, retention: 7d}\n";
const TEN_30D: &str = "streams:\n  orders: {capacity: {provisioned: {shards: 10}}, retention: 30d}\n";
const OPEN: &str = "streams:\n  orders: {capacity: on-demand, retention: 24h}\n";
const OPEN_2D: &str = "streams:\n  orders: {capacity: on-demand, retention: 2d}\n";
const OPEN_7D: &str = "streams:\n  orders: {capacity: on-demand, retention: 7d}\n";
const OPEN_30D: &str = "streams:\n  orders: {capacity: on-demand, retention: 30d}\n";
const SMALL: &str = "traffic:\n  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 300 bytes}\nstreams:\n  orders: {capacity: on-demand, retention: 24h}\n";
const ODD: &str = "traffic:\n  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 1.2 KiB}\nstreams:\n  orders: {capacity: on-demand, retention: 24h}\n";
const LARGE: &str = "traffic:\n  orders: {steady: 100/s, peak: 100/s, burst: 10m, record: 30 KiB}\nstreams:\n  orders: {capacity: {provisioned: {shards: 10}}}\n";
const BYTES: &str = "traffic:\n  orders: {steady: 20 MiB/s, peak: 20 MiB/s, burst: 10m, record: 100 KiB}\nstreams:\n  orders: {capacity: {provisioned: {shards: 40}}}\n";

macro_rules! consumer {
    ($streams:literal, $fields:literal) => {
        concat!(
            "streams:\n  orders: {capacity: ",
            $streams,
            "}\n",
            "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, ",
            $fields,
            "}\n"
        )
    };
}

const FAN_OUT: &str = consumer!("{provisioned: {shards: 10}}", "read: fan-out");
const OPEN_FAN_OUT: &str = consumer!("on-demand", "read: fan-out");
const OPEN_SHARED: &str = consumer!("on-demand", "read: shared");
const HUNDREDS: &str = consumer!(
    "{provisioned: {shards: 10}}",
    "memory: 1 GiB, read: shared, batch: {size: 100, window: 0s, parallel: 1}, work: {fixed: 20ms, per_record: 1ms}"
);
const SINGLES: &str = consumer!(
    "{provisioned: {shards: 10}}",
    "memory: 512 MiB, read: shared, batch: {size: 1, window: 0s, parallel: 1}, work: {fixed: 20ms, per_record: 1ms}"
);
const WARM: &str = consumer!(
    "{provisioned: {shards: 10}}",
    "memory: 1 GiB, read: shared, batch: {size: 100, window: 0s, parallel: 1}, work: {fixed: 20ms, per_record: 1ms}, concurrency: {provisioned: 10}"
);
const TUMBLING: &str = consumer!(
    "{provisioned: {shards: 10}}",
    "memory: 1 GiB, read: shared, batch: {size: 100, window: 0s, tumbling: 60s}, timeout: 30s"
);
const HUGE: &str = concat!(
    "traffic:\n  orders: {steady: 1M/s, peak: 1M/s, burst: 10m, record: 100 bytes}\n",
    "streams:\n  orders: {capacity: {provisioned: {shards: 1000}}}\n",
    "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, memory: 10 GiB, read: shared, ",
    "batch: {size: 100, window: 0s, parallel: 1}, work: {fixed: 20ms, per_record: 1ms}}\n"
);
const SLOW: &str = concat!(
    "traffic:\n  orders: {steady: 1/s, peak: 1/s, burst: 10m, record: 100 bytes}\n",
    "streams:\n  orders: {capacity: {provisioned: {shards: 1}}}\n",
    "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, read: shared, batch: {size: 100, window: 0s, parallel: 1}}\n"
);
const WINDOW: &str = concat!(
    "traffic:\n  orders: {steady: 5/s, peak: 5/s, burst: 10m, record: 100 bytes}\n",
    "streams:\n  orders: {capacity: {provisioned: {shards: 1}}}\n",
    "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, read: shared, batch: {size: 100, window: 10s, parallel: 1}}\n"
);
const ARCHIVE: &str = concat!(
    "streams:\n  orders: {capacity: on-demand, retention: 24h}\n",
    "archive:\n  orders: {format: json, compress: gzip, buffer: {size: 64 MiB, every: 5m}, keep: {standard: 90d, then: glacier}}\n"
);
const BUSY_ARCHIVE: &str = concat!(
    "traffic:\n  orders: {steady: 100k/s, peak: 100k/s, burst: 10m, record: 2 KiB}\n",
    "streams:\n  orders: {capacity: on-demand, retention: 24h}\n",
    "archive:\n  orders: {format: json, compress: gzip, buffer: {size: 64 MiB, every: 5m}, keep: {standard: 90d, then: delete}}\n"
);
const PARQUET: &str = concat!(
    "streams:\n  orders: {capacity: on-demand, retention: 24h}\n",
    "archive:\n  orders: {format: {parquet: {columns: {id: string, amount: double}}}, partition_by: {shop: shop}, ",
    "buffer: {size: 128 MiB, every: 15m}, keep: {standard: 90d, then: delete}}\n"
);
const TABLE: &str = concat!(
    "streams:\n  orders: {capacity: on-demand}\n",
    "tables:\n  results: {key: id, ttl: {attribute: e, after: 30d}}\n  features: {key: id, ttl: {attribute: e, after: 30d}}\n",
    "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, features: [features], writes: [results]}\n"
);
const INDEXED: &str = concat!(
    "streams:\n  orders: {capacity: on-demand}\n",
    "tables:\n  results: {key: id, ttl: {attribute: e, after: 30d}, indexes: {by-shop: {key: shop, project: all}}}\n",
    "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, writes: [results]}\n"
);
const FIXED_TABLE: &str = "streams:\n  orders: {capacity: on-demand}\ntables:\n  results: {key: id, ttl: {attribute: e, after: 30d}, capacity: {provisioned: {read: 100, write: 50}}}\n";
const SCALED_TABLE: &str = concat!(
    "streams:\n  orders: {capacity: on-demand}\n",
    "tables:\n  results: {key: id, ttl: {attribute: e, after: 30d}, ",
    "capacity: {autoscaled: {read: {min: 1000, max: 8000}, write: {min: 500, max: 4000}, target: 70%}}}\n"
);
const SCALED_INDEXED: &str = concat!(
    "streams:\n  orders: {capacity: on-demand}\n",
    "tables:\n  results: {key: id, ttl: {attribute: e, after: 30d}, indexes: {by-shop: {key: shop, project: all}}, ",
    "capacity: {autoscaled: {read: {min: 1000, max: 8000}, write: {min: 500, max: 4000}, target: 70%}}}\n"
);

macro_rules! endpoint {
    ($model:literal, $serving:literal) => {
        concat!(
            "streams:\n  orders: {capacity: on-demand}\nbuckets:\n  inbox: {}\n  outbox: {}\n",
            "endpoints:\n  scoring:\n    model: ",
            $model,
            "\n    serving: ",
            $serving,
            "\n",
            "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13, scores_with: scoring}\n"
        )
    };
}

const FLEET: &str = endpoint!(
    "{single: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: m/a.tar.gz}}",
    "{real-time: {instance: ml.c5.xlarge, instances: {min: 2, max: 8}}}"
);
const SHADOWED: &str = endpoint!(
    "{single: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: m/a.tar.gz, shadow: {artifact: m/b.tar.gz, share: 50%}}}",
    "{real-time: {instance: ml.c5.xlarge, instances: {min: 2, max: 8}}}"
);
const VARIANTS: &str = endpoint!(
    "{variants: {old: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: m/a.tar.gz, weight: 90}, new: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: m/b.tar.gz, weight: 10}}}",
    "{real-time: {instance: ml.m5.xlarge, instances: {min: 2, max: 6}}}"
);
const ASYNC: &str = endpoint!(
    "{single: {image: {builtin: {name: xgboost, version: \"1.7-1\"}}, artifact: m/a.tar.gz}}",
    "{async: {instance: ml.g5.xlarge, instances: {min: 0, max: 1}, input: inbox, output: outbox}}"
);
const METRICS_70: &str = "streams:\n  orders: {capacity: {provisioned: {shards: 10}}, shard_metrics: all}\n";
const METRICS_14000: &str = "streams:\n  orders: {capacity: {provisioned: {shards: 2000}}, shard_metrics: all}\n";
const KEY: &str =
    "keys:\n  data: {description: everything}\nstreams:\n  orders: {capacity: on-demand, encryption: {key: data}}\n";
const OWN_METRIC: &str = concat!(
    "streams:\n  orders: {capacity: on-demand}\n",
    "consumers:\n  score: {from: orders, code: h, handler: a.h, runtime: python3.13}\n",
    "metrics:\n  score: {namespace: Shop, by: score, alarms: {unusual: {when: {outside: {band: 3}}, statistic: average, period: 5m, datapoints: 3, of: 3, missing: missing}}}\n"
);

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Provisioned streams. 10 shards x 730 h = 7,300 shard-hours.
    case("us-east-1", TEN, "stream orders kinesis.shard_hour", ("109.50", "109.50")), // 7,300 x 0.015
    case("eu-west-1", TEN, "stream orders kinesis.shard_hour", ("124.10", "124.10")), // 7,300 x 0.017
    case("sa-east-1", TEN, "stream orders kinesis.shard_hour", ("219.00", "219.00")), // 7,300 x 0.03
    case("us-east-1", TEN_7D, "stream orders kinesis.extended_retention_shard_hour", ("146.00", "146.00")), // 7,300 x 0.02
    case("us-east-1", TEN_2D, "stream orders kinesis.extended_retention_shard_hour", ("146.00", "146.00")), // whatever the days
    case("eu-west-1", TEN_7D, "stream orders kinesis.extended_retention_shard_hour", ("167.90", "167.90")), // 7,300 x 0.023
    Case { region: "us-east-1", file: TEN, line: "stream orders kinesis.extended_retention_shard_hour", costs: None }, // 24 h are free
    case("us-east-1", TEN_30D, "stream orders kinesis.extended_retention_shard_hour", ("146.00", "146.00")), // and by the GB besides:
    case("us-east-1", TEN_30D, "stream orders kinesis.long_term_retention_gb_month", ("87.18", "348.71")), // 5,012.51 GB x 552 h / 730 h x 0.023
    Case { region: "us-east-1", file: TEN_7D, line: "stream orders kinesis.long_term_retention_gb_month", costs: None },
    case("us-east-1", TEN, "stream orders kinesis.put_payload_unit", ("36.79", "147.17")), // 2,628 M x 0.014
    case("ap-south-1", TEN, "stream orders kinesis.put_payload_unit", ("48.62", "194.47")), // 2,628 M x 0.0185
    case("us-east-1", LARGE, "stream orders kinesis.put_payload_unit", ("7.36", "7.36")), // 262.8 M x 2 units x 0.014
    case("us-east-1", BYTES, "stream orders kinesis.put_payload_unit", ("30.14", "30.14")), // 538.2144 M x 4 units x 0.014
    case("us-east-1", FAN_OUT, "consumer score kinesis.fan_out_consumer_shard_hour", ("109.50", "109.50")), // 7,300 x 0.015
    case("us-east-1", FAN_OUT, "consumer score kinesis.fan_out_gb", ("65.16", "260.65")), // 5,012.51 x 0.013
    // On-demand streams.
    case("us-east-1", OPEN, "stream orders kinesis.on_demand_stream_hour", ("29.20", "29.20")), // 730 x 0.04
    case("eu-west-1", OPEN, "stream orders kinesis.on_demand_stream_hour", ("32.85", "32.85")), // 730 x 0.045
    case("us-east-1", OPEN, "stream orders kinesis.on_demand_gb_in", ("401.00", "1604.00")), // 5,012.51 x 0.08
    case("us-east-1", ODD, "stream orders kinesis.on_demand_gb_in", ("401.00", "1604.00")), // 1,229 bytes are 2 KiB
    case("us-east-1", SMALL, "stream orders kinesis.on_demand_gb_in", ("200.50", "802.00")), // 300 bytes are 1 KiB
    case("us-east-1", OPEN_SHARED, "consumer score kinesis.on_demand_gb_out", ("200.50", "802.00")), // 5,012.51 x 0.04
    case("us-east-1", OPEN_FAN_OUT, "consumer score kinesis.on_demand_fan_out_gb", ("250.63", "1002.50")), // 5,012.51 x 0.05
    case("us-east-1", OPEN_2D, "stream orders kinesis.on_demand_extended_retention_gb_month", ("16.48", "65.92")), // x 24 / 730 x 0.10
    case("us-east-1", OPEN_7D, "stream orders kinesis.on_demand_extended_retention_gb_month", ("98.88", "395.51")), // x 144 / 730 x 0.10
    case("us-east-1", OPEN_30D, "stream orders kinesis.on_demand_long_term_retention_gb_month", ("87.18", "348.71")), // x 552 / 730 x 0.023
    // Functions. 10 lanes of 100 records/s gather 100 in the second between two polls; 400 at peak, cut at 100.
    case("us-east-1", HUNDREDS, "consumer score lambda.request", ("5.26", "21.02")), // 26.28 M x 0.20
    case("us-east-1", HUNDREDS, "consumer score lambda.gb_second", ("52.56", "210.24")), // 26.28 M x 0.120 s x 1 GB x 0.0000166667
    case("us-east-1", SINGLES, "consumer score lambda.request", ("525.60", "2102.40")), // 2,628 M x 0.20: an invocation a record
    case("us-east-1", SINGLES, "consumer score lambda.gb_second", ("459.90", "1839.60")), // 2,628 M x 0.021 s x 0.5 GB x 0.0000166667
    case("us-east-1", SLOW, "consumer score lambda.request", ("0.53", "0.53")), // one a second: 2.628 M x 0.20
    case("us-east-1", WINDOW, "consumer score lambda.request", ("0.05", "0.05")), // 5/s x 10 s = 50 in a batch: 0.2628 M x 0.20
    case("us-east-1", TUMBLING, "consumer score lambda.request", ("5.34", "21.11")), // and 10 x 43,800 ends of windows
    case("us-east-1", HUGE, "consumer score lambda.gb_second", ("455481.30", "455481.30")), // 31,536 M GB-s: 100,000.20 + 135,000 + 220,481.10
    case("us-east-1", WARM, "consumer score lambda.provisioned_gb_second", ("109.50", "109.50")), // 10 x 2,628,000 s x 0.0000041667
    case("us-east-1", WARM, "consumer score lambda.provisioned_duration_gb_second", ("30.66", "122.64")), // 3,153,600 x 0.0000097222
    Case { region: "us-east-1", file: WARM, line: "consumer score lambda.gb_second", costs: None }, // ten are never all busy
    // Archives. 2 KiB are 5 KiB to Firehose: 12,531.28 GB.
    case("us-east-1", ARCHIVE, "archive orders firehose.gb", ("363.41", "1453.63")), // x 0.029
    case("eu-west-2", ARCHIVE, "archive orders firehose.gb", ("438.59", "1754.38")), // x 0.035
    case("us-east-1", BUSY_ARCHIVE, "archive orders firehose.gb", ("33376.20", "33376.20")), // 512,000 x 0.029 + 741,128.05 x 0.025
    case("us-east-1", PARQUET, "archive orders firehose.conversion_gb", ("225.56", "902.25")), // x 0.018
    case("us-east-1", PARQUET, "archive orders firehose.partitioning_gb", ("100.25", "401.00")), // 5,012.51 x 0.02
    case("us-east-1", ARCHIVE, "archive orders kinesis.on_demand_gb_out", ("200.50", "802.00")), // Firehose reads too
    case("us-east-1", ARCHIVE, "archive orders s3.standard_gb_month", ("341.13", "1356.38")), // x 2,160 / 730 h x 0.023; 51,200 x 0.023 + 8,126.17 x 0.022
    case("us-east-1", ARCHIVE, "archive orders s3.put_request", ("0.40", "1.60")), // 80,201 and 320,801 objects x 0.000005
    case("eu-west-1", ARCHIVE, "archive orders s3.glacier_transition", ("2.65", "10.59")), // x 0.000033
    case("eu-west-1", ARCHIVE, "archive orders s3.glacier_gb_month", ("216.54", "866.16")), // 60,150.15 GB after a year x 0.0036
    // Tables.
    case("us-east-1", TABLE, "table results dynamodb.write_request_unit", ("3285.00", "13140.00")), // 2,628 M x 2 KiB x 0.625
    case("us-east-1", INDEXED, "table results dynamodb.write_request_unit", ("6570.00", "26280.00")), // and in the index
    case("us-east-1", TABLE, "table features dynamodb.read_request_unit", ("164.25", "657.00")), // 2,628 M x 0.5 x 0.125
    case("us-east-1", FIXED_TABLE, "table results dynamodb.read_capacity_unit_hour", ("9.49", "9.49")), // 100 x 730 x 0.00013
    case("us-east-1", FIXED_TABLE, "table results dynamodb.write_capacity_unit_hour", ("23.73", "23.73")), // 50 x 730 x 0.00065 = 23.725
    case("eu-west-1", SCALED_TABLE, "table results dynamodb.read_capacity_unit_hour", ("107.31", "858.48")), // 1,000 to 8,000 x 730 x 0.000147
    case("eu-west-1", SCALED_INDEXED, "table results dynamodb.write_capacity_unit_hour", ("536.55", "4292.40")), // 2 x 500 to 4,000 x 730 x 0.000735
    // Endpoints.
    case("us-east-1", FLEET, "endpoint scoring sagemaker.hosting.ml.c5.xlarge", ("297.84", "1191.36")), // 2 to 8 x 730 x 0.204
    case("us-east-1", SHADOWED, "endpoint scoring sagemaker.hosting.ml.c5.xlarge", ("595.68", "1489.20")), // 4 to 10 x 730 x 0.204
    case("us-east-1", VARIANTS, "endpoint scoring sagemaker.hosting.ml.m5.xlarge", ("671.60", "2014.80")), // 2 x (2 to 6) x 730 x 0.23
    case("us-east-1", ASYNC, "endpoint scoring sagemaker.hosting.ml.g5.xlarge", ("0.00", "1028.13")), // 0 to 1 x 730 x 1.4084
    // What watches, and keys.
    case("us-east-1", OPEN, "stream orders cloudwatch.alarm_metric_month", ("0.50", "0.50")), // 5 x 0.10
    case("sa-east-1", OPEN, "stream orders cloudwatch.alarm_metric_month", ("0.68", "0.68")), // 5 x 0.135 = 0.675
    case("us-east-1", INDEXED, "table results cloudwatch.alarm_metric_month", ("0.50", "0.50")), // 2 x 2 throttles + 1 fault
    case("us-east-1", SCALED_TABLE, "table results cloudwatch.alarm_metric_month", ("0.70", "0.70")), // 3, and 2 x 2 of the autoscaling
    case("us-east-1", OPEN, "pipeline cloudwatch.composite_alarm_month", ("0.50", "0.50")), // 1 group x 0.50
    case("us-east-1", OPEN, "pipeline cloudwatch.dashboard_month", ("3.00", "3.00")),
    case("us-east-1", METRICS_70, "stream orders cloudwatch.metric_month", ("21.00", "21.00")), // 10 x 7 x 0.30
    case("us-east-1", METRICS_14000, "stream orders cloudwatch.metric_month", ("3400.00", "3400.00")), // 10,000 x 0.30 + 4,000 x 0.10
    case("us-east-1", OWN_METRIC, "metric score cloudwatch.metric_month", ("0.30", "0.30")),
    case("us-east-1", OWN_METRIC, "metric score cloudwatch.alarm_metric_month", ("0.30", "0.30")), // a band counts as three
    case("us-gov-west-1", KEY, "key data kms.key_month", ("1.00", "1.00")),
];

#[test]
fn every_example_worked_by_hand_comes_to_the_same_cent() {
    let mut wrong = Vec::new();
    for Case { region, file, line, costs } in CASES {
        let whole = if file.contains("traffic:") { (*file).to_owned() } else { format!("{TRAFFIC}{file}") };
        let total = total_of(&estimated(region, &whole), line);
        let told = total.map(|total| (total.known.steady.to_cents(), total.known.peak.to_cents(), total.unknown));
        let meant = costs.map(|(steady, peak)| (grouped_cents(steady), grouped_cents(peak), 0));
        if told != meant {
            wrong.push(format!("{region} {line}: {told:?} instead of {meant:?} of\n{file}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

/// The form in which amounts are shown.
fn grouped_cents(text: &str) -> String {
    crate::units::Money::parse(&format!("{text} USD")).expect("an amount").to_cents()
}

#[test]
fn there_are_more_than_forty_examples() {
    assert!(CASES.len() >= 40, "{}", CASES.len());
}
