//! The topology as one SVG file: no script, nothing from the network, fonts by generic family, light and dark.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::layout::{Direction, Link, Picture, Point, Rect, Route, Size, lay_out};
use super::outline::{inset, outline, text_shift};
use super::value::{Class, Flow, FlowKind, Graph, Node};
use crate::view::words::markup;

/// Sizes of text, in pixels: the name of a node, a line about it, the words on an arrow; as the style has them.
const NAME: f64 = 14.0;
const DETAIL: f64 = 11.0;
const WORDS: f64 = 11.0;
/// Height of a box, and the least width.
const BOX_HEIGHT: f64 = 64.0;
const BOX_WIDTH: f64 = 104.0;
/// Free space beside the text of a box, and round the words on an arrow.
const PADDING: f64 = 20.0;
const WORDS_PADDING: f64 = 5.0;
/// Height of the line above the picture.
const HEADING: f64 = 30.0;
/// Most characters of a name and of a line about it; the whole text is in the tooltip.
const LONGEST_NAME: usize = 40;
const LONGEST_DETAIL: usize = 44;
/// The width of a page of a code host; a picture that is wider is shown smaller.
const PAGE_WIDTH: f64 = 1_100.0;

/// What is said of a node in the picture of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The sign beside it, for instance `~ 3`.
    pub sign: String,
    /// What its ring is called in style sheets.
    pub class: &'static str,
    /// The same in words, for its tooltip.
    pub words: String,
}

/// What a picture stands in.
struct Frame<'a> {
    /// Put before every id, so that several pictures fit into one page.
    prefix: &'a str,
    /// What is said of nodes, by their ids; none where the picture shows no change.
    marks: Option<&'a BTreeMap<String, Mark>>,
}

/// Returns the whole file.
#[must_use]
pub fn to_svg(graph: &Graph) -> String {
    let picture = picture(graph);
    let (width, height) = (picture.size.width.ceil(), picture.size.height.ceil() + HEADING);
    let frame = Frame { prefix: "", marks: None };
    let mut out = opening(graph, &frame, width, height);
    out.push_str(&format!(
        "<style>\n{}</style>\n{}<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n\
         <text class=\"heading\" x=\"16\" y=\"24\">{}</text>\n<g transform=\"translate(0 {HEADING})\">\n",
        style("", "@media (prefers-color-scheme: dark)"),
        markers(&frame),
        width - 1.0,
        height - 1.0,
        markup(&graph.title()),
    ));
    draw(&mut out, graph, &picture, &frame);
    out.push_str("</g>\n</svg>\n");
    out
}

/// Returns the picture of a change for inside an HTML page, which brings [`figure_style`]: marked nodes have a ring and a
/// sign, and lead to the part of the page whose id is the prefix and their own; the others step back.
#[must_use]
pub fn to_figure(graph: &Graph, marks: &BTreeMap<String, Mark>, prefix: &str) -> String {
    let picture = picture(graph);
    let frame = Frame { prefix, marks: Some(marks) };
    let mut out = opening(graph, &frame, picture.size.width.ceil(), picture.size.height.ceil());
    out.push_str(&markers(&frame));
    draw(&mut out, graph, &picture, &frame);
    out.push_str("</svg>\n");
    out
}

/// Returns the style of pictures inside elements of the class `topology`.
#[must_use]
pub fn figure_style() -> String {
    style(".topology ", "@media screen and (prefers-color-scheme: dark)")
}

/// Places everything. A picture runs from left to right, unless it would then be too wide to be read in a page.
pub(super) fn picture(graph: &Graph) -> Picture {
    let boxes: Vec<Size> = graph.nodes.iter().map(size_of_box).collect();
    let links: Vec<Link> = graph.edges.iter().map(link).collect();
    let across = lay_out(&boxes, &links, Direction::Right);
    if across.size.width <= PAGE_WIDTH {
        return across;
    }
    let down = lay_out(&boxes, &links, Direction::Down);
    if down.size.width < across.size.width { down } else { across }
}

fn size_of_box(node: &Node) -> Size {
    let name = text_width(&clipped(&node.label, LONGEST_NAME), NAME) * 1.06;
    let detail = text_width(&clipped(&node.detail, LONGEST_DETAIL), DETAIL);
    Size { width: (name.max(detail) + 2.0 * PADDING).max(BOX_WIDTH).ceil(), height: BOX_HEIGHT }
}

fn link(flow: &Flow) -> Link {
    let label = match flow.label.as_str() {
        "" => Size::default(),
        words => Size { width: (text_width(words, WORDS) + 2.0 * WORDS_PADDING).ceil(), height: WORDS + 4.0 },
    };
    Link { from: flow.from, to: flow.to, label }
}

fn opening(graph: &Graph, frame: &Frame<'_>, width: f64, height: f64) -> String {
    let prefix = frame.prefix;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"{}\" aria-labelledby=\"{prefix}title {prefix}desc\">\n<title id=\"{prefix}title\">{}</title>\n\
         <desc id=\"{prefix}desc\">{}</desc>\n",
        // In a page its links are for everybody.
        if frame.marks.is_some() { "group" } else { "img" },
        markup(&graph.title()),
        markup(&description(graph))
    )
}

fn draw(out: &mut String, graph: &Graph, picture: &Picture, frame: &Frame<'_>) {
    for (flow, route) in graph.edges.iter().zip(&picture.routes) {
        arrow(out, graph, flow, route, picture, frame);
    }
    for (node, rect) in graph.nodes.iter().zip(&picture.boxes) {
        stage(out, node, rect, frame);
    }
    // Words last, so that no arrow lies over them.
    for (flow, route) in graph.edges.iter().zip(&picture.routes).filter(|(flow, _)| !flow.label.is_empty()) {
        words(out, flow, &route.label);
    }
}

/// The picture in sentences, for whoever cannot see it.
fn description(graph: &Graph) -> String {
    let name =
        |at: usize| graph.node(at).map(|node| format!("{} {}", node.kind.caption(), node.label)).unwrap_or_default();
    let told = graph.edges.iter().map(|flow| {
        let words = if flow.label.is_empty() { String::new() } else { format!(" ({})", flow.label) };
        format!("{} to {}{words}.", name(flow.from), name(flow.to))
    });
    told.collect::<Vec<_>>().join(" ")
}

/// What things look like on a light page.
const LIGHT: [(&str, &str); 17] = [
    ("text", "font-family: system-ui, -apple-system, \"Segoe UI\", \"Noto Sans\", Helvetica, Arial, sans-serif;"),
    (".page", "fill: #ffffff; stroke: #d0d7de;"),
    (".behind", "fill: #ffffff;"),
    (".heading", "font-size: 13px; fill: #57606a;"),
    (".caption", "font-size: 10px; letter-spacing: 0.06em; opacity: 0.8;"),
    (".name", "font-size: 14px; font-weight: 600;"),
    (".detail", "font-size: 11px; opacity: 0.9;"),
    (".node text", "text-anchor: middle;"),
    (".node .dashed", "stroke-dasharray: 4 3;"),
    (".node .inner", "fill: none;"),
    (".flow", "fill: none; stroke: #6e7781; stroke-width: 1.4;"),
    (".flow.aside", "stroke-dasharray: 5 4;"),
    (".flow.failure", "stroke: #cf222e;"),
    (".tip", "fill: #6e7781;"),
    (".tip.failure", "fill: #cf222e;"),
    (".words", "font-size: 11px; text-anchor: middle; fill: #57606a;"),
    (".words.failure", "fill: #a40e26;"),
];

/// What looks otherwise on a dark page.
const DARK: [(&str, &str); 9] = [
    (".page", "fill: #0d1117; stroke: #30363d;"),
    (".behind", "fill: #0d1117;"),
    (".heading", "fill: #8b949e;"),
    (".flow", "stroke: #8b949e;"),
    (".flow.failure", "stroke: #ff7b72;"),
    (".tip", "fill: #8b949e;"),
    (".tip.failure", "fill: #ff7b72;"),
    (".words", "fill: #9da7b3;"),
    (".words.failure", "fill: #ffa198;"),
];

/// The style of whatever is inside `scope`.
fn style(scope: &str, dark: &str) -> String {
    let mut out = String::new();
    rules(&mut out, scope, &LIGHT, Class::light);
    out.push_str(&format!("{dark} {{\n"));
    rules(&mut out, scope, &DARK, Class::dark);
    out.push_str("}\n");
    out
}

fn rules(out: &mut String, scope: &str, list: &[(&str, &str)], colours: fn(Class) -> [&'static str; 3]) {
    for (what, looks) in list {
        // Writing into a String cannot fail.
        let _ = writeln!(out, "{scope}{what} {{ {looks} }}");
    }
    for class in Class::ALL {
        let (name, [fill, stroke, text]) = (class.name(), colours(class));
        let _ = writeln!(
            out,
            "{scope}.{name} path {{ fill: {fill}; stroke: {stroke}; }} {scope}.{name} text {{ fill: {text}; }}"
        );
    }
}

fn markers(frame: &Frame<'_>) -> String {
    let marker = |id: &str, class: &str| {
        format!(
            "<marker id=\"{}{id}\" viewBox=\"0 0 8 8\" refX=\"7.4\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path class=\"tip {class}\" d=\"M0 0.6 L8 4 L0 7.4 Z\"/></marker>\n",
            frame.prefix
        )
    };
    format!("<defs>\n{}{}</defs>\n", marker("tip", ""), marker("tip-failure", "failure"))
}

fn arrow(out: &mut String, graph: &Graph, flow: &Flow, route: &Route, picture: &Picture, frame: &Frame<'_>) {
    let failure = flow.kind == FlowKind::Failure;
    let mut classes = "flow".to_owned();
    if flow.kind.is_aside() {
        classes.push_str(" aside");
    }
    if failure {
        classes.push_str(" failure");
    }
    let mut points = route.points.clone();
    // Outlines are not rectangles: an arrow begins inside its box, which hides that, and ends on the outline.
    let ends = [(flow.from, points.first().copied()), (flow.to, points.last().copied())];
    let [start, end] = ends.map(|(at, point)| {
        let (node, rect, point) = (graph.node(at)?, picture.boxes.get(at)?, point?);
        Some(inset(node.kind, rect, point, picture.direction))
    });
    if let (Some(first), Some(start)) = (points.first_mut(), start) {
        *first = start;
    }
    if let (Some(last), Some(end)) = (points.last_mut(), end) {
        *last = end;
    }
    let tip = if failure { "tip-failure" } else { "tip" };
    let _ = writeln!(
        out,
        "<path class=\"{classes}\" marker-end=\"url(#{}{tip})\" d=\"{}\"/>",
        frame.prefix,
        curve(&points, picture.direction)
    );
}

/// A path that leaves and arrives everywhere along the main axis.
fn curve(points: &[Point], direction: Direction) -> String {
    let mut out = String::new();
    for (at, point) in points.iter().enumerate() {
        let Some(before) = at.checked_sub(1).and_then(|before| points.get(before)) else {
            out.push_str(&format!("M{}", pair(*point)));
            continue;
        };
        let straight = match direction {
            Direction::Right => (before.y - point.y).abs() < 0.05,
            Direction::Down => (before.x - point.x).abs() < 0.05,
        };
        if straight {
            out.push_str(&format!(" L{}", pair(*point)));
            continue;
        }
        let (first, second) = match direction {
            Direction::Right => {
                let middle = f64::midpoint(before.x, point.x);
                (Point { x: middle, y: before.y }, Point { x: middle, y: point.y })
            }
            Direction::Down => {
                let middle = f64::midpoint(before.y, point.y);
                (Point { x: before.x, y: middle }, Point { x: point.x, y: middle })
            }
        };
        out.push_str(&format!(" C{} {} {}", pair(first), pair(second), pair(*point)));
    }
    out
}

fn stage(out: &mut String, node: &Node, rect: &Rect, frame: &Frame<'_>) {
    let (aside, below) = text_shift(node.kind);
    let (x, y) = (number(rect.x + rect.size.width / 2.0 + aside), rect.y + below);
    let mark = frame.marks.and_then(|marks| marks.get(&node.id));
    let back = if frame.marks.is_some() && mark.is_none() { " unmarked" } else { "" };
    let marked = mark.map_or("", |mark| mark.words.as_str());
    let told = [node.kind.caption(), &node.label, &node.detail, marked];
    let told: Vec<&str> = told.into_iter().filter(|text| !text.is_empty()).collect();
    if mark.is_some() {
        out.push_str(&format!("<a href=\"#{}{}\">", frame.prefix, markup(&node.id)));
    }
    let _ = writeln!(
        out,
        "<g class=\"node {}{back}\"><title>{}</title>{}",
        node.kind.class().name(),
        markup(&told.join(" · ")),
        outline(node.kind, rect)
    );
    // Without a third line the other two stand lower.
    let lower = if node.detail.is_empty() { 7.0 } else { 0.0 };
    let mut line = |class: &str, base: f64, text: &str| {
        let base = number(y + base);
        let _ = writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{base}\">{}</text>", markup(text));
    };
    line("caption", 19.0 + lower, &node.kind.caption().to_uppercase());
    line("name", 36.0 + lower, &clipped(&node.label, LONGEST_NAME));
    if !node.detail.is_empty() {
        line("detail", 52.0, &clipped(&node.detail, LONGEST_DETAIL));
    }
    out.push_str("</g>");
    if let Some(mark) = mark {
        ring(out, rect, mark);
        out.push_str("</a>");
    }
    out.push('\n');
}

/// A ring round a box, and a sign on its upper right corner.
fn ring(out: &mut String, rect: &Rect, mark: &Mark) {
    const APART: f64 = 4.0;
    let (width, height) = (rect.size.width + 2.0 * APART, rect.size.height + 2.0 * APART);
    let wide = (text_width(&mark.sign, WORDS) * 1.1 + 2.0 * WORDS_PADDING).max(20.0).ceil();
    let (left, top) = (rect.x + rect.size.width - wide + APART + 4.0, rect.y - 13.0);
    let _ = write!(
        out,
        "<g class=\"mark {}\"><rect class=\"ring\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"13\"/>\
         <rect class=\"sign\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"18\" rx=\"9\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
        mark.class,
        number(rect.x - APART),
        number(rect.y - APART),
        number(width),
        number(height),
        number(left),
        number(top),
        number(wide),
        number(left + wide / 2.0),
        number(top + 13.0),
        markup(&mark.sign)
    );
}

fn words(out: &mut String, flow: &Flow, label: &Rect) {
    let class = if flow.kind == FlowKind::Failure { "words failure" } else { "words" };
    let x = number(label.x + label.size.width / 2.0);
    let y = number(label.y + label.size.height / 2.0 + WORDS * 0.32);
    let (left, top, size) = (number(label.x), number(label.y), label.size);
    let _ = writeln!(
        out,
        "<rect class=\"behind\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\"/>\
         <text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>",
        number(size.width),
        number(size.height),
        markup(&flow.label)
    );
}

/// About as wide as the text will be, whatever sans-serif font is there; rather too much than too little.
fn text_width(text: &str, pixels: f64) -> f64 {
    let ems = text.chars().map(|c| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | '(' | ')' | '[' | ']'
        | ' ' | '·' | '-' | '/' => 0.38,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.95,
        c if c.is_ascii_uppercase() => 0.72,
        c if c.is_ascii() => 0.6,
        c => 0.6 * unicode_width::UnicodeWidthChar::width(c).unwrap_or(1) as f64,
    });
    ems.sum::<f64>() * pixels
}

/// The beginning of a text, with a mark where something is left out.
fn clipped(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest - 1).chain(['…']).collect()
}

fn pair(point: Point) -> String {
    format!("{} {}", number(point.x), number(point.y))
}

/// A number with at most one decimal: enough for a picture, and the same everywhere.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
