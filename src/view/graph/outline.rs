//! The outlines of boxes: the kind of a node by its shape.

use super::layout::{Direction, Point, Rect};
use super::svg::number;
use super::value::NodeKind;

/// How deep ends, slants and cut corners are, in pixels.
const DEPTH: f64 = 8.0;
/// Height of the ellipse at the top of what stores things, halved.
const LID: f64 = 5.0;

/// Shapes that kinds share.
#[derive(Clone, Copy)]
enum Shape {
    /// Round ends, dashed: not ours.
    Stadium,
    /// A pipe lying on its side.
    Pipe,
    /// A standing cylinder.
    Cylinder,
    /// A cylinder that is narrower at its foot.
    Bucket,
    /// A box with slots at its left.
    Slots,
    /// Pointed ends.
    Hexagon,
    /// Cut corners.
    Octagon,
    /// Round corners.
    Card,
    /// A folded corner.
    Note,
}

fn shape(kind: NodeKind) -> Shape {
    match kind {
        NodeKind::Producers | NodeKind::Outside => Shape::Stadium,
        NodeKind::Stream | NodeKind::OtherStream => Shape::Pipe,
        NodeKind::Table => Shape::Cylinder,
        NodeKind::Bucket | NodeKind::Archive => Shape::Bucket,
        NodeKind::Queue | NodeKind::DeadLetters => Shape::Slots,
        NodeKind::Topic => Shape::Hexagon,
        NodeKind::Endpoint => Shape::Octagon,
        NodeKind::Consumer | NodeKind::Worker => Shape::Card,
        NodeKind::Metric => Shape::Note,
    }
}

/// The paths of a node's outline.
pub(super) fn outline(kind: NodeKind, rect: &Rect) -> String {
    let (x, y, w, h) = (rect.x, rect.y, rect.size.width, rect.size.height);
    let n = number;
    let (right, foot) = (x + w, y + h);
    let dashed = match kind {
        NodeKind::Producers | NodeKind::Outside | NodeKind::OtherStream => " class=\"dashed\"",
        _ => "",
    };
    let (path, inner) = match shape(kind) {
        Shape::Stadium => (rounded(rect, h / 2.0), String::new()),
        Shape::Card => (rounded(rect, 10.0), String::new()),
        Shape::Pipe => {
            let arc = format!("A{} {} 0 0 1", n(DEPTH), n(h / 2.0));
            let (left, end) = (n(x + DEPTH), n(right - DEPTH));
            (
                format!("M{left} {} H{end} {arc} {end} {} H{left} {arc} {left} {} Z", n(y), n(foot), n(y)),
                format!("M{end} {} A{} {} 0 0 0 {end} {}", n(y), n(DEPTH), n(h / 2.0), n(foot)),
            )
        }
        Shape::Cylinder => stored(rect, 0.0),
        Shape::Bucket => stored(rect, DEPTH),
        Shape::Slots => (
            rounded(rect, 3.0),
            format!("M{} {} V{} M{} {} V{}", n(x + 6.0), n(y), n(foot), n(x + 11.0), n(y), n(foot)),
        ),
        Shape::Hexagon => (
            format!(
                "M{} {} H{} L{} {} L{} {} H{} L{} {} Z",
                n(x + DEPTH),
                n(y),
                n(right - DEPTH),
                n(right),
                n(y + h / 2.0),
                n(right - DEPTH),
                n(foot),
                n(x + DEPTH),
                n(x),
                n(y + h / 2.0)
            ),
            String::new(),
        ),
        Shape::Octagon => (
            format!(
                "M{} {} H{} L{} {} V{} L{} {} H{} L{} {} V{} Z",
                n(x + DEPTH),
                n(y),
                n(right - DEPTH),
                n(right),
                n(y + DEPTH),
                n(foot - DEPTH),
                n(right - DEPTH),
                n(foot),
                n(x + DEPTH),
                n(x),
                n(foot - DEPTH),
                n(y + DEPTH)
            ),
            String::new(),
        ),
        Shape::Note => (
            format!("M{} {} H{} L{} {} V{} H{} Z", n(x), n(y), n(right - 10.0), n(right), n(y + 10.0), n(foot), n(x)),
            format!("M{} {} V{} H{}", n(right - 10.0), n(y), n(y + 10.0), n(right)),
        ),
    };
    let inner = if inner.is_empty() { inner } else { format!("<path class=\"inner\" d=\"{inner}\"/>") };
    format!("<path{dashed} d=\"{path}\"/>{inner}")
}

fn rounded(rect: &Rect, radius: f64) -> String {
    let n = number;
    let (x, y, right, foot) = (rect.x, rect.y, rect.x + rect.size.width, rect.y + rect.size.height);
    let arc = format!("A{r} {r} 0 0 1", r = n(radius));
    format!(
        "M{} {} H{} {arc} {} {} V{} {arc} {} {} H{} {arc} {} {} V{} {arc} {} {} Z",
        n(x + radius),
        n(y),
        n(right - radius),
        n(right),
        n(y + radius),
        n(foot - radius),
        n(right - radius),
        n(foot),
        n(x + radius),
        n(x),
        n(foot - radius),
        n(y + radius),
        n(x + radius),
        n(y)
    )
}

/// A cylinder whose foot is narrower by `slant` at each side, and its lid.
fn stored(rect: &Rect, slant: f64) -> (String, String) {
    let n = number;
    let (x, y, right, foot) = (rect.x, rect.y, rect.x + rect.size.width, rect.y + rect.size.height);
    let half = rect.size.width / 2.0;
    let lid = format!("A{} {} 0 0", n(half), n(LID));
    let bottom = format!("A{} {} 0 0", n(half - slant), n(LID));
    (
        format!(
            "M{} {} {lid} 1 {} {} L{} {} {bottom} 1 {} {} Z",
            n(x),
            n(y + LID),
            n(right),
            n(y + LID),
            n(right - slant),
            n(foot - LID),
            n(x + slant),
            n(foot - LID)
        ),
        format!("M{} {} {lid} 0 {} {}", n(x), n(y + LID), n(right), n(y + LID)),
    )
}

/// How far the text stands to the right of the middle, and how far below, so that it does not lie on inner lines.
pub(super) fn text_shift(kind: NodeKind) -> (f64, f64) {
    match shape(kind) {
        Shape::Pipe => (-DEPTH / 2.0, 0.0),
        Shape::Slots => (5.5, 0.0),
        Shape::Cylinder | Shape::Bucket => (0.0, LID - 1.0),
        Shape::Stadium | Shape::Hexagon | Shape::Octagon | Shape::Card | Shape::Note => (0.0, 0.0),
    }
}

/// The place on the outline for an end of an arrow at the side of the box.
pub(super) fn inset(kind: NodeKind, rect: &Rect, end: Point, direction: Direction) -> Point {
    let (half_width, half_height) = (rect.size.width / 2.0, rect.size.height / 2.0);
    // From the middle of the side, between -1 and 1.
    let off = match direction {
        Direction::Right => (end.y - rect.y - half_height) / half_height,
        Direction::Down => (end.x - rect.x - half_width) / half_width,
    };
    let round = |depth: f64, off: f64| depth * (1.0 - (1.0 - off * off).max(0.0).sqrt());
    let deep = match (shape(kind), direction) {
        (Shape::Pipe, Direction::Right) => round(DEPTH, off),
        (Shape::Stadium, Direction::Right) => round(half_height, off),
        (Shape::Hexagon, Direction::Right) => DEPTH * off.abs(),
        (Shape::Bucket, Direction::Right) => DEPTH * (off + 1.0) / 2.0,
        (Shape::Cylinder | Shape::Bucket, Direction::Down) => round(LID, off),
        (_, Direction::Right | Direction::Down) => 0.0,
    };
    match direction {
        Direction::Right if end.x < rect.x + half_width => Point { x: end.x + deep, ..end },
        Direction::Right => Point { x: end.x - deep, ..end },
        Direction::Down if end.y < rect.y + half_height => Point { y: end.y + deep, ..end },
        Direction::Down => Point { y: end.y - deep, ..end },
    }
}
