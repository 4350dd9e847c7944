//! `sluice cost` and `sluice prices`, seen from outside.

use super::support::Project;

const SPEC: &str = "stacks/orders/pipeline.yaml";

/// A pipeline of one stream, one consumer and one table.
const ORDERS: &str = "pipeline: orders
owner: commerce-ml

traffic:
  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 2 KiB}

streams:
  orders: {capacity: {provisioned: {shards: 10}}, retention: 7d}

tables:
  results: {key: order_id, ttl: {attribute: expires_at, after: 30d}}

consumers:
  score:
    from: orders
    code: handlers/score
    handler: app.handler
    runtime: python3.13
    memory: 1 GiB
    read: shared
    batch: {size: 100, parallel: 1}
    writes: [results]
    work: {fixed: 20ms, per_record: 1ms}
";

fn environment(name: &str, more: &str) -> String {
    format!("environment: {name}\ntier: development\ntarget: aws\naccount: \"123456789012\"\n{more}")
}

/// Returns a project with the pipeline in two environments: `small` has one shard and is in another region.
fn orders() -> Project {
    let project = Project::empty();
    project.write(SPEC, ORDERS);
    project.write("stacks/orders/handlers/score/app.py", "def handler(event, context):\n    return {}\n");
    project.write(
        "environments/prod.yaml",
        environment("prod", "regions: [us-east-1, eu-west-1]\nbudget: {max_monthly_increase: 100 USD}\n"),
    );
    let overlay =
        "regions: [us-east-1]\npipelines: {orders: {streams: {orders: {capacity: {provisioned: {shards: 1}}}}}}\n";
    project.write("environments/small.yaml", environment("small", overlay));
    project
}

#[test]
fn a_month_is_told_line_by_line() {
    snapshot!(orders().sluice("cost orders --env prod"));
}

#[test]
fn two_environments_differ_in_what_changes_and_the_increase_is_judged() {
    snapshot!(orders().sluice("cost --env prod --against env:small --output markdown"));
}

#[test]
fn another_folder_is_compared_with() {
    let project = orders();
    for (path, bytes) in orders().files() {
        let path = path.to_string_lossy().into_owned();
        let inside = path.split_once("/project/").map_or(path.as_str(), |(_, inside)| inside).to_owned();
        project.write(&format!("before/{inside}"), bytes);
    }
    project.edit("before/stacks/orders/pipeline.yaml", "retention: 7d", "retention: 24h");
    let outcome = project.sluice("cost orders --env prod --against before --output json");
    assert_eq!(outcome.code, Some(0), "{outcome}");
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    let delta = json.pointer("/against/delta").expect("a delta");
    assert_eq!(delta.pointer("/known/steady"), Some(&serde_json::json!(146_000_000)), "{delta:#}");
    assert_eq!(delta.pointer("/changes").and_then(|changes| changes.as_array()).map(Vec::len), Some(1), "{delta:#}");
}

#[test]
fn json_has_its_version_and_unknown_amounts_are_no_numbers() {
    let project = orders();
    project.edit(SPEC, "    work: {fixed: 20ms, per_record: 1ms}\n", "");
    let outcome = project.sluice("cost orders --env prod --region eu-west-1 --output json");
    let json: serde_json::Value = serde_json::from_str(&outcome.stdout).expect("is JSON");
    assert_eq!(json.get("format_version"), Some(&serde_json::json!("1.0")));
    let stages = json.get("stages").and_then(|stages| stages.as_array()).expect("stages");
    let items: Vec<_> = stages.iter().flat_map(|stage| stage["items"].as_array().expect("items")).collect();
    let duration = items.iter().find(|item| item["meter"] == "lambda.gb_second").expect("a line");
    let why = duration["amount"]["unknown"].as_str().expect("a reason");
    assert!(why.contains("`consumers.score.work`"), "{duration:#}");
}

mod wrong_input {
    use super::*;

    #[test]
    fn a_pipeline_that_is_not_there() {
        snapshot!(orders().sluice("cost order --env prod"));
    }

    #[test]
    fn a_region_that_the_environment_does_not_list() {
        snapshot!(orders().sluice("cost orders --env prod --region ap-south-1"));
    }

    #[test]
    fn an_environment_given_as_a_folder() {
        snapshot!(orders().sluice("cost orders --env prod --against small"));
    }

    #[test]
    fn a_price_file_that_is_not_there() {
        snapshot!(orders().sluice("cost orders --env prod --prices prices.json"));
    }

    #[test]
    fn a_price_file_with_a_negative_rate() {
        let project = orders();
        project.write(
            "prices.json",
            "{\"format_version\": \"1.0\", \"currency\": \"USD\", \"publications\": [\n  {\"published\": \"2026-08-13\", \
             \"source\": \"https://aws.amazon.com/kinesis/data-streams/pricing/\", \"regions\": {\n    \"us-east-1\": \
             {\"kinesis.shard_hour\": \"-0.015\"}\n  }}\n]}\n",
        );
        snapshot!(project.sluice("cost orders --env prod --prices prices.json"));
    }

    #[test]
    fn a_load_beyond_everything_that_exists() {
        let project = orders();
        project.edit(SPEC, "steady: 1000/s, peak: 4000/s", "steady: 1000000T/s, peak: 1000000T/s");
        snapshot!(project.sluice("cost orders --env prod"));
    }

    #[test]
    fn a_budget_in_another_currency() {
        let project = orders();
        project.edit(SPEC, "traffic:", "budget: {monthly: 300 EUR}\ntraffic:");
        snapshot!(project.sluice("cost orders --env prod"));
    }

    #[test]
    fn no_traffic_at_all() {
        let project = orders();
        project.edit(SPEC, "traffic:\n  orders: {steady: 1000/s, peak: 4000/s, burst: 10m, record: 2 KiB}\n", "");
        snapshot!(project.sluice("cost orders --env prod"));
    }
}

#[test]
fn an_estimate_above_the_budget_is_told_and_is_no_error() {
    let project = orders();
    project.edit(SPEC, "traffic:", "budget: {monthly: 200 USD}\ntraffic:");
    let outcome = project.sluice("cost orders --env prod");
    assert_eq!(outcome.code, Some(0), "{outcome}");
    assert!(outcome.stderr.contains("W2202") && outcome.stdout.contains("above it"), "{outcome}");
}

#[test]
fn what_is_shown_as_json_is_a_price_file() {
    let project = orders();
    let shown = project.sluice("prices show --output json");
    project.write("prices.json", &shown.stdout);
    let (own, given) =
        (project.sluice("cost orders --env prod"), project.sluice("cost orders --env prod --prices prices.json"));
    assert_eq!((own.stdout, own.stderr), (given.stdout, given.stderr));
    snapshot!(project.sluice("prices show --region eu-west-1"));
}

/// A stand-in of AWS's price list on loopback: it answers `GetProducts` in two pages, and keeps what was asked.
mod price_list {
    use serde_json::{Value, json};

    use super::*;
    use crate::stand_in::{Answer, Asked, StandIn};

    fn start(answer: fn(&Value) -> (u16, Value)) -> StandIn {
        StandIn::start(move |asked: &Asked| {
            let (status, body) = answer(&asked.body);
            Answer {
                headers: vec![("content-type", "application/x-amz-json-1.1".to_owned())],
                ..Answer::json(status, &body)
            }
        })
    }

    fn product(usage: &str, rate: &str) -> Value {
        let document = json!({
            "product": {"productFamily": "Kinesis Streams", "attributes": {"usagetype": usage, "regionCode": "eu-west-1"}, "sku": "S"},
            "serviceCode": "AmazonKinesis",
            "terms": {"OnDemand": {"S.J": {"priceDimensions": {"S.J.6": {
                "unit": "ShardHour", "beginRange": "0", "endRange": "Inf", "description": "", "appliesTo": [],
                "rateCode": "S.J.6", "pricePerUnit": {"USD": rate},
            }}, "sku": "S", "effectiveDate": "2026-08-01T00:00:00Z", "offerTermCode": "J", "termAttributes": {}}}},
            "version": "20260813164512",
            "publicationDate": "2026-08-13T16:45:12Z",
        });
        json!(document.to_string())
    }

    fn ireland(request: &Value) -> (u16, Value) {
        let page = |products: Vec<Value>, next: Option<&str>| {
            (200, json!({"FormatVersion": "aws_v1", "PriceList": products, "NextToken": next}))
        };
        match (request["ServiceCode"].as_str(), request["NextToken"].as_str()) {
            (Some("AmazonKinesis"), None) => page(vec![product("EU-Storage-ShardHour", "0.0190000000")], Some("more")),
            (Some("AmazonKinesis"), Some("more")) => page(vec![product("EU-Extended-ShardHour", "0.0250000000")], None),
            _ => page(Vec::new(), None),
        }
    }

    fn refresh(project: &Project, stand_in: &StandIn) -> super::super::support::Outcome {
        let variables = [
            ("AWS_ENDPOINT_URL", stand_in.address.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ];
        project.sluice_with("prices refresh --region eu-west-1 --out prices.json", &variables)
    }

    #[test]
    fn every_page_of_every_service_is_read_and_the_file_is_one_that_cost_takes() {
        let (project, stand_in) = (orders(), start(ireland));
        let outcome = refresh(&project, &stand_in);
        assert_eq!(outcome.code, Some(0), "{outcome}");
        assert!(outcome.stderr.starts_with("wrote 2 rates of eu-west-1 to prices.json\n"), "{outcome}");
        let asked: Vec<Value> = stand_in.asked().into_iter().map(|asked| asked.body).collect();
        assert_eq!(asked.iter().filter(|request| request["ServiceCode"] == "AmazonKinesis").count(), 2);
        let filter = json!([{"Type": "TERM_MATCH", "Field": "regionCode", "Value": "eu-west-1"}]);
        assert!(asked.len() > 10 && asked.iter().all(|request| request["Filters"] == filter), "{asked:?}");
        let cost = project.sluice("cost orders --env prod --region eu-west-1 --prices prices.json");
        // 7,300 shard-hours x 0.019 and x 0.025; of everything else there is no rate.
        assert!(cost.stdout.contains(" 138.70 ") && cost.stdout.contains(" 182.50 "), "{cost}");
        assert!(cost.stdout.contains("its rate in eu-west-1 is not known"), "{cost}");
    }

    #[test]
    fn an_empty_list_writes_nothing() {
        let (project, stand_in) = (orders(), start(|_| (200, json!({"PriceList": []}))));
        let outcome = refresh(&project, &stand_in);
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(outcome.stderr.contains("E8203") && !project.path("prices.json").exists(), "{outcome}");
    }

    #[test]
    fn a_refusal_says_who_refused() {
        let denied = |_: &Value| {
            (400, json!({"__type": "AccessDeniedException", "message": "not allowed to perform pricing:GetProducts"}))
        };
        let (project, stand_in) = (orders(), start(denied));
        let outcome = refresh(&project, &stand_in);
        assert_eq!(outcome.code, Some(1), "{outcome}");
        assert!(outcome.stderr.contains("E7002") && outcome.stderr.contains("pricing:GetProducts"), "{outcome}");
    }
}
