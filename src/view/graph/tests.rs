//! What a picture must hold, whatever the pipeline.

use proptest::prelude::*;

use super::layout::{Direction, Link, Picture, Point, Rect, Size, lay_out};
use super::*;
use crate::capacity;
use crate::environment::Tier;
use crate::pipeline::Pipeline;

fn fraud_detection() -> Graph {
    topology(&capacity::size(Pipeline::fixture(Tier::Production)))
}

/// A graph of nodes with these names, each joined to the next.
fn chain(names: &[&str]) -> Graph {
    let node = |(at, label): (usize, &&str)| Node {
        id: format!("outside-{at}"),
        kind: NodeKind::ALL[at % NodeKind::ALL.len()],
        label: (*label).to_owned(),
        detail: (*label).to_owned(),
    };
    let flow = |at: usize| Flow { from: at - 1, to: at, kind: FlowKind::Failure, label: names[at].to_owned() };
    Graph {
        pipeline: names[0].to_owned(),
        environment: "prod".to_owned(),
        nodes: names.iter().enumerate().map(node).collect(),
        edges: (1..names.len()).map(flow).collect(),
    }
}

const AWKWARD: [&str; 9] = [
    "plain",
    "\"]; click x \"javascript:alert(1)\"",
    "<script>alert('x')</script>",
    "`**markdown**` #quot; #35;",
    "end",
    "a\nb\\nc\t\u{1b}[31m",
    "größe-表-🚰",
    "|pipe| {curly} [square] (round)",
    "a-name-that-goes-on-and-on-and-on-until-nobody-reads-it-any-more@example.com",
];

#[test]
fn the_example_as_mermaid_and_as_dot() {
    insta::assert_snapshot!("fraud_detection_mermaid", to_mermaid(&fraud_detection()));
    insta::assert_snapshot!("fraud_detection_dot", to_dot(&fraud_detection()));
}

#[test]
fn json_names_both_ends_of_every_edge_by_id() {
    let json = to_json(&fraud_detection());
    let ids: Vec<&str> = json["nodes"].as_array().unwrap().iter().filter_map(|node| node["id"].as_str()).collect();
    for edge in json["edges"].as_array().unwrap() {
        for end in ["from", "to"] {
            assert!(ids.contains(&edge[end].as_str().unwrap()), "{edge}");
        }
    }
    assert!(json["edges"].as_array().unwrap().contains(&serde_json::json!({
        "from": "consumer-score", "to": "stream-late-transactions", "kind": "late", "label": "late",
    })));
}

#[test]
fn only_a_stream_that_nothing_of_the_pipeline_feeds_has_producers() {
    let graph = fraud_detection();
    let from = graph.nodes.iter().position(|node| node.kind == NodeKind::Producers).unwrap();
    let fed: Vec<&str> = graph
        .edges
        .iter()
        .filter(|flow| flow.from == from)
        .filter_map(|flow| graph.node(flow.to))
        .map(|node| node.label.as_str())
        .collect();
    assert_eq!(fed, ["transactions"]);
}

#[test]
fn an_svg_stands_alone_and_speaks_to_those_who_cannot_see_it() {
    let svg = to_svg(&fraud_detection());
    assert!(well_formed(&svg).is_ok(), "{:?}", well_formed(&svg));
    assert!(!svg.contains("<script") && !svg.contains("href") && !svg.contains("@import") && !svg.contains("url(h"));
    assert_eq!(svg.matches("http").count(), 1, "only the namespace");
    assert!(svg.contains("<title id=\"title\">Topology of fraud-detection in prod</title>"));
    assert!(svg.contains("stream transactions to consumer score (fan-out)."));
    assert!(svg.contains("@media (prefers-color-scheme: dark)"));
}

#[test]
fn no_name_breaks_out_of_its_place() {
    let graph = chain(&AWKWARD);
    let svg = to_svg(&graph);
    assert!(well_formed(&svg).is_ok(), "{:?}", well_formed(&svg));
    let mermaid = to_mermaid(&graph);
    assert_eq!(mermaid.lines().filter(|line| line.contains(":::")).count(), AWKWARD.len());
    assert_eq!(mermaid.lines().filter(|line| line.contains("-.->")).count(), AWKWARD.len() - 1);
    for line in mermaid.lines().filter(|line| line.contains(":::")) {
        assert_eq!(line.matches('"').count(), 2, "{line}");
        assert!(!line.contains('`') && !line.contains("<script"), "{line}");
    }
    for line in to_dot(&graph).lines().filter(|line| line.contains("label=")) {
        let quotes = line.replace("\\\\", "").replace("\\\"", "").matches('"').count();
        assert!(quotes.is_multiple_of(2), "{line}");
    }
}

#[test]
fn a_page_keeps_everything_but_what_stands_between_its_markers() {
    let page = "# a\n<!-- topology -->\nold\n<!-- /topology -->\nrest\n";
    let new = placed(page, "flowchart LR\n").unwrap();
    assert_eq!(new, "# a\n<!-- topology -->\n\n```mermaid\nflowchart LR\n```\n\n<!-- /topology -->\nrest\n");
    assert_eq!(placed(&new, "flowchart LR\n").as_ref(), Some(&new), "placing it twice is placing it once");
    for page in ["none", "<!-- topology -->", "<!-- /topology --><!-- topology -->", &format!("{page}{page}")] {
        assert_eq!(placed(page, "x"), None, "{page}");
    }
}

#[test]
fn a_pipeline_that_is_too_long_for_a_page_runs_downwards() {
    let names: Vec<String> = (0..12).map(|at| format!("stage-{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    assert!(to_mermaid(&chain(&names[..3])).starts_with("flowchart LR\n"));
    assert!(to_mermaid(&chain(&names)).starts_with("flowchart TB\n"));
}

// ---- layout -----------------------------------------------------------------------------------------------------

/// A few boxes and arrows between them, circles and double arrows included.
fn drawing() -> impl Strategy<Value = (Vec<Size>, Vec<Link>)> {
    (2_usize..14).prop_flat_map(|count| {
        let boxes = prop::collection::vec((60.0..240.0_f64).prop_map(|width| Size { width, height: 64.0 }), count);
        let words = prop_oneof![Just(Size::default()), (20.0..90.0_f64).prop_map(|width| Size { width, height: 15.0 })];
        let link = (0..count, 1..count, words).prop_map(move |(from, step, label)| Link {
            from,
            to: (from + step) % count,
            label,
        });
        (boxes, prop::collection::vec(link, 0..24))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn boxes_and_words_keep_apart_and_no_arrow_crosses_them((boxes, links) in drawing(), across in any::<bool>()) {
        let direction = if across { Direction::Right } else { Direction::Down };
        let picture = lay_out(&boxes, &links, direction);
        prop_assert_eq!(&picture, &lay_out(&boxes, &links, direction), "the same picture every time");
        let labels: Vec<Rect> =
            picture.routes.iter().map(|route| route.label).filter(|label| label.size.width > 0.0).collect();
        let all: Vec<Rect> = picture.boxes.iter().copied().chain(labels).collect();
        for (at, one) in all.iter().enumerate() {
            prop_assert!(inside(one, &picture), "{one:?} in {:?}", picture.size);
            for other in &all[at + 1..] {
                prop_assert!(!overlap(one, other), "{one:?} {other:?}");
            }
        }
        for (link, route) in links.iter().zip(&picture.routes) {
            for (at, rect) in picture.boxes.iter().enumerate().filter(|(at, _)| *at != link.from && *at != link.to) {
                let hit = along(&route.points, direction).into_iter().find(|point| within(rect, *point));
                prop_assert!(hit.is_none(), "{link:?} crosses box {at} at {hit:?}: {rect:?} {:?}", route.points);
            }
        }
    }
}

fn inside(rect: &Rect, picture: &Picture) -> bool {
    rect.x >= 0.0
        && rect.y >= 0.0
        && rect.x + rect.size.width <= picture.size.width
        && rect.y + rect.size.height <= picture.size.height
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    let apart = |a: f64, along: f64, b: f64, b_along: f64| a + along <= b + 0.5 || b + b_along <= a + 0.5;
    !apart(a.x, a.size.width, b.x, b.size.width) && !apart(a.y, a.size.height, b.y, b.size.height)
}

fn within(rect: &Rect, point: Point) -> bool {
    point.x > rect.x + 0.5
        && point.x < rect.x + rect.size.width - 0.5
        && point.y > rect.y + 0.5
        && point.y < rect.y + rect.size.height - 0.5
}

/// Many points of the curve through the points of a route, as the SVG draws it.
fn along(points: &[Point], direction: Direction) -> Vec<Point> {
    let mut all = Vec::new();
    for pair in points.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        let (first, second) = match direction {
            Direction::Right => {
                let middle = f64::midpoint(a.x, b.x);
                (Point { x: middle, y: a.y }, Point { x: middle, y: b.y })
            }
            Direction::Down => {
                let middle = f64::midpoint(a.y, b.y);
                (Point { x: a.x, y: middle }, Point { x: b.x, y: middle })
            }
        };
        for step in 0..=24 {
            let t = f64::from(step) / 24.0;
            let weigh = |a: f64, b: f64, c: f64, d: f64| {
                let s = 1.0 - t;
                s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d
            };
            all.push(Point { x: weigh(a.x, first.x, second.x, b.x), y: weigh(a.y, first.y, second.y, b.y) });
        }
    }
    all
}

/// Whether every element is closed and nothing but elements and known entities uses XML's own signs.
fn well_formed(text: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        for (at, _) in rest[..at].match_indices('&') {
            let entity = &rest[at..];
            if !["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"].iter().any(|known| entity.starts_with(known)) {
                return Err(format!("entity {}", entity.chars().take(6).collect::<String>()));
            }
        }
        let end = at + rest[at..].find('>').ok_or("an element without an end")?;
        let element = &rest[at + 1..end];
        let name = element.trim_matches('/').split_whitespace().next().unwrap_or_default();
        if element.matches('"').count() % 2 == 1 || element.contains('<') {
            return Err(format!("element {element}"));
        }
        if element.starts_with('/') {
            if open.pop() != Some(name) {
                return Err(format!("{name} closes something else"));
            }
        } else if !element.ends_with('/') {
            open.push(name);
        }
        rest = &rest[end + 1..];
    }
    if open.is_empty() { Ok(()) } else { Err(format!("open: {open:?}")) }
}
