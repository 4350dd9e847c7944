//! The dashboard: a section per stage, in the order in which records pass.

mod order;
mod page;
mod sections;

use serde::Serialize;

use super::scene::{Fragment, Scene};
use crate::pipeline::names;
use crate::units::LogicalId;
use page::Page;

#[derive(Serialize)]
struct View {
    id: LogicalId,
    name: String,
    body: String,
    url: String,
    outputs: Outputs<LogicalId>,
    descriptions: Outputs<&'static str>,
}

#[derive(Serialize)]
struct Outputs<T> {
    url: T,
}

pub(super) fn fragment(scene: &Scene<'_>) -> Fragment {
    let pipeline = scene.pipeline;
    let name = pipeline.dashboard_name();
    let region = pipeline.region();
    let domain = match scene.partition() {
        "aws-cn" => "console.amazonaws.cn".to_owned(),
        "aws-us-gov" => "console.amazonaws-us-gov.com".to_owned(),
        _ => format!("{region}.console.aws.amazon.com"),
    };
    let mut page = Page::new(region);
    for stage in order::in_flow(pipeline) {
        sections::add(&mut page, pipeline, &stage);
    }
    let view = View {
        id: names::shared_id(&["dashboard"]),
        body: page.into_body().to_string(),
        url: format!("https://{domain}/cloudwatch/home?region={region}#dashboards:name={name}"),
        name,
        outputs: Outputs { url: names::shared_id(&["dashboard", "url"]) },
        descriptions: Outputs { url: "Dashboard of the pipeline" },
    };
    Fragment::shared(pipeline, &view)
}
