//! Widgets on CloudWatch's grid.

use serde_json::{Value, json};

use crate::units::Region;

/// Columns of CloudWatch's grid.
const GRID: u32 = 24;
/// Widgets of one row.
const PER_ROW: u32 = 4;
/// Height of a metric widget.
const HEIGHT: u32 = 6;
/// Most widgets of a dashboard (CloudWatch user guide, "CloudWatch service quotas").
const MOST_WIDGETS: usize = 500;

/// One metric of one thing, as several statistics may show it.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) namespace: &'a str,
    pub(super) dimensions: &'a [(&'a str, &'a str)],
}

pub(super) struct Page<'a> {
    region: &'a Region,
    widgets: Vec<Value>,
    y: u32,
    column: u32,
}

impl<'a> Page<'a> {
    pub(super) fn new(region: &'a Region) -> Self {
        Self { region, widgets: Vec::new(), y: 0, column: 0 }
    }

    /// The body of the dashboard. What CloudWatch would refuse is left out at the end, and said.
    pub(super) fn into_body(mut self) -> Value {
        let left_out = self.widgets.len().saturating_sub(MOST_WIDGETS - 1);
        if left_out > 0 {
            self.widgets.truncate(MOST_WIDGETS - 1);
            self.y += HEIGHT;
            self.text(&format!("{left_out} more graphs do not fit: a dashboard holds {MOST_WIDGETS}"));
        }
        with(json!({"periodOverride": "inherit"}), "widgets", self.widgets)
    }

    pub(super) fn heading(&mut self, text: &str) {
        if self.column > 0 {
            self.y += HEIGHT;
            self.column = 0;
        }
        self.text(&format!("## {text}"));
        self.y += 1;
    }

    fn text(&mut self, markdown: &str) {
        self.widgets.push(json!({
            "type": "text", "x": 0, "y": self.y, "width": GRID, "height": 1,
            "properties": {"markdown": markdown, "background": "transparent"},
        }));
    }

    fn graph(&mut self, title: &str, lines: Vec<Value>) {
        if self.column == PER_ROW {
            self.y += HEIGHT;
            self.column = 0;
        }
        let width = GRID / PER_ROW;
        let properties = with(
            json!({"title": title, "region": self.region, "view": "timeSeries", "stacked": false, "period": 60}),
            "metrics",
            lines,
        );
        let place = json!({"type": "metric", "x": self.column * width, "y": self.y, "width": width, "height": HEIGHT});
        self.widgets.push(with(place, "properties", properties));
        self.column += 1;
    }

    /// A graph of several metrics of one thing.
    pub(super) fn of_one(&mut self, title: &str, source: Source<'_>, metrics: &[(&str, &str)]) {
        self.of_each(title, &[("", source)], metrics);
    }

    /// A graph of several metrics of several things, each line with the thing's name.
    pub(super) fn of_each(&mut self, title: &str, sources: &[(&str, Source<'_>)], metrics: &[(&str, &str)]) {
        let lines: Vec<Value> = sources
            .iter()
            .flat_map(|(name, source)| {
                metrics.iter().map(move |(metric, statistic)| line(name, *source, metric, statistic))
            })
            .collect();
        self.graph(title, lines);
    }
}

/// Adds a member that was built before: `json!` would copy it, and a dashboard is the largest thing in a template.
fn with(mut object: Value, name: &str, member: impl Into<Value>) -> Value {
    if let Value::Object(members) = &mut object {
        members.insert(name.to_owned(), member.into());
    }
    object
}

/// A line of a widget: namespace, metric, dimensions, and how it is shown.
fn line(name: &str, source: Source<'_>, metric: &str, statistic: &str) -> Value {
    let mut parts = vec![json!(source.namespace), json!(metric)];
    for (dimension, value) in source.dimensions {
        parts.push(json!(dimension));
        parts.push(json!(value));
    }
    let label = if name.is_empty() { format!("{metric} {statistic}") } else { format!("{name} {metric} {statistic}") };
    parts.push(json!({"stat": statistic, "label": label}));
    Value::Array(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_a_dashboard_holds_is_left_out_and_said() {
        let region = Region::new("eu-west-1").expect("a region");
        let mut page = Page::new(&region);
        for _ in 0..520 {
            page.of_one("load", Source { namespace: "N", dimensions: &[] }, &[("M", "Sum")]);
        }
        let body = page.into_body();
        let widgets = body["widgets"].as_array().expect("widgets");
        assert_eq!(widgets.len(), 500);
        assert!(widgets[499]["properties"]["markdown"].as_str().is_some_and(|text| text.starts_with("21 more")));
    }
}
