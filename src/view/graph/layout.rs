//! Where boxes, arrows and their words stand: ranks, order and positions by `dagre` (network simplex, barycentres,
//! Brandes-Köpf), the arrows' ways by ourselves.
//!
//! Everything is computed along two axes: the main one, in which ranks follow each other, and the cross one. Boxes of a
//! rank are equally long along the main axis, so a rank is a band; an arrow goes straight through a band, beside the
//! boxes, and bends only between bands. That is why no arrow ever crosses a box.

use std::collections::BTreeMap;

use dagre::graph::{Graph, GraphOptions};
use dagre::layout::types::LabelPos;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir, layout};

/// Free space between boxes of a rank, between arrows, and between ranks.
const BETWEEN_BOXES: f64 = 22.0;
const BETWEEN_ARROWS: f64 = 10.0;
const BETWEEN_RANKS: f64 = 52.0;
/// Free space around the picture.
const MARGIN: f64 = 16.0;
/// Widest distance between arrows at the side of a box.
const BETWEEN_PORTS: f64 = 16.0;

/// Which way a picture runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// From left to right.
    Right,
    /// From top to bottom.
    Down,
}

/// Width and height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A rectangle by its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) size: Size,
}

/// An arrow to be placed; indices of boxes. A label without size is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: Size,
}

/// An arrow that was placed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Route {
    /// Start, then every place where the arrow goes into or out of a band, then the end. From each to the next it goes
    /// as a curve that leaves and arrives along the main axis.
    pub(super) points: Vec<Point>,
    /// Where its words stand.
    pub(super) label: Rect,
}

/// A finished picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Picture {
    pub(super) direction: Direction,
    pub(super) size: Size,
    pub(super) boxes: Vec<Rect>,
    pub(super) routes: Vec<Route>,
}

/// A place along main and cross axis, and a stretch along both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct At {
    main: f64,
    cross: f64,
}

impl Direction {
    /// As Mermaid and Graphviz spell it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Right => "LR",
            Self::Down => "TB",
        }
    }

    fn at(self, x: f64, y: f64) -> At {
        match self {
            Self::Right => At { main: x, cross: y },
            Self::Down => At { main: y, cross: x },
        }
    }

    fn of(self, size: Size) -> At {
        self.at(size.width, size.height)
    }

    fn point(self, at: At) -> Point {
        match self {
            Self::Right => Point { x: at.main, y: at.cross },
            Self::Down => Point { x: at.cross, y: at.main },
        }
    }

    fn size(self, at: At) -> Size {
        let Point { x, y } = self.point(at);
        Size { width: x, height: y }
    }

    fn rect(self, centre: At, size: At) -> Rect {
        let corner = self.point(At { main: centre.main - size.main / 2.0, cross: centre.cross - size.cross / 2.0 });
        Rect { x: corner.x, y: corner.y, size: self.size(size) }
    }
}

/// Places boxes and arrows.
pub(super) fn lay_out(boxes: &[Size], links: &[Link], direction: Direction) -> Picture {
    let mut sizes: Vec<At> = boxes.iter().map(|size| direction.of(*size)).collect();
    // Which box is in which rank does not depend on sizes: the first run tells, the second has equal boxes per rank.
    let first = arrange(&sizes, links, direction);
    let mut ranks = Ranks::default();
    for (size, centre) in sizes.iter().zip(&first.centres) {
        ranks.reach(centre.main, size.main);
    }
    for (size, centre) in sizes.iter_mut().zip(&first.centres) {
        size.main = ranks.length(centre.main);
    }
    let arranged = arrange(&sizes, links, direction);
    draw(&sizes, links, &arranged, direction)
}

/// The length of each band, by the centre that all of a rank share.
#[derive(Debug, Default)]
struct Ranks(BTreeMap<i64, f64>);

impl Ranks {
    #[expect(clippy::cast_possible_truncation, reason = "a picture is far smaller than 2^63 half pixels")]
    fn key(centre: f64) -> i64 {
        (centre * 2.0).round() as i64
    }

    fn reach(&mut self, centre: f64, length: f64) {
        let longest = self.0.entry(Self::key(centre)).or_default();
        *longest = longest.max(length);
    }

    fn length(&self, centre: f64) -> f64 {
        self.0.get(&Self::key(centre)).copied().unwrap_or_default()
    }
}

/// What dagre says.
struct Arranged {
    centres: Vec<At>,
    /// For each link the places in the ranks that it passes, and the centre of its label.
    ways: Vec<(Vec<At>, At)>,
}

fn arrange(sizes: &[At], links: &[Link], direction: Direction) -> Arranged {
    let mut graph: Graph<NodeLabel, EdgeLabel> =
        Graph::with_options(GraphOptions { directed: true, multigraph: true, compound: false });
    for (at, size) in sizes.iter().enumerate() {
        let Size { width, height } = direction.size(*size);
        graph.set_node(at.to_string(), Some(NodeLabel { width, height, ..NodeLabel::default() }));
    }
    for (at, link) in links.iter().enumerate() {
        let Size { width, height } = link.label;
        let label = EdgeLabel { width, height, labelpos: LabelPos::Center, ..EdgeLabel::default() };
        graph.set_edge(link.from.to_string(), link.to.to_string(), Some(label), Some(&at.to_string()));
    }
    let rankdir = match direction {
        Direction::Right => RankDir::LR,
        Direction::Down => RankDir::TB,
    };
    let options = LayoutOptions {
        rankdir,
        nodesep: BETWEEN_BOXES,
        edgesep: BETWEEN_ARROWS,
        ranksep: BETWEEN_RANKS,
        ..LayoutOptions::default()
    };
    layout(&mut graph, Some(options));
    let place = |x: Option<f64>, y: Option<f64>| direction.at(x.unwrap_or_default(), y.unwrap_or_default());
    let centres = (0..sizes.len())
        .map(|at| graph.node(&at.to_string()).map_or_else(At::default, |node| place(node.x, node.y)))
        .collect();
    let ways = links
        .iter()
        .enumerate()
        .map(|(at, link)| {
            let edge = graph.edge(&link.from.to_string(), &link.to.to_string(), Some(&at.to_string()));
            let Some(edge) = edge else { return (Vec::new(), At::default()) };
            // The first and the last point are dagre's own idea of where to leave and to arrive.
            let inner = edge.points.get(1..edge.points.len().saturating_sub(1)).unwrap_or_default();
            (inner.iter().map(|point| direction.at(point.x, point.y)).collect(), place(edge.x, edge.y))
        })
        .collect();
    Arranged { centres, ways }
}

fn draw(sizes: &[At], links: &[Link], arranged: &Arranged, direction: Direction) -> Picture {
    let mut ranks = Ranks::default();
    for (size, centre) in sizes.iter().zip(&arranged.centres) {
        ranks.reach(centre.main, size.main);
    }
    for (link, (_, label)) in links.iter().zip(&arranged.ways) {
        ranks.reach(label.main, direction.of(link.label).main);
    }
    let ports = ports(sizes, links, arranged);
    let mut boxes: Vec<Rect> =
        sizes.iter().zip(&arranged.centres).map(|(size, centre)| direction.rect(*centre, *size)).collect();
    let mut routes: Vec<Route> = links
        .iter()
        .zip(&arranged.ways)
        .zip(&ports)
        .map(|((link, (way, label)), (start, end))| {
            let size = direction.of(link.label);
            let mut points = vec![*start];
            for place in way {
                let half = ranks.length(place.main) / 2.0;
                let forward = points.last().is_none_or(|last| last.main <= place.main);
                let half = if forward { half } else { -half };
                points.push(At { main: place.main - half, ..*place });
                points.push(At { main: place.main + half, ..*place });
            }
            points.push(*end);
            let points = points.into_iter().map(|at| direction.point(at)).collect();
            Route { points, label: direction.rect(*label, size) }
        })
        .collect();
    let size = frame(&mut boxes, &mut routes);
    Picture { direction, size, boxes, routes }
}

/// A box, and whether the side behind it is meant.
type Side = (usize, bool);

/// One end of an arrow: where across it goes to, which arrow, and whether it leaves here.
type End = (f64, usize, bool);

/// Where each arrow leaves and arrives: spread over the side of the box, in the order of where they go, so that arrows
/// of one box do not cross at its side.
fn ports(sizes: &[At], links: &[Link], arranged: &Arranged) -> Vec<(At, At)> {
    let centre = |at: usize| arranged.centres.get(at).copied().unwrap_or_default();
    let mut sides: BTreeMap<Side, Vec<End>> = BTreeMap::new();
    for (at, (link, (way, _))) in links.iter().zip(&arranged.ways).enumerate() {
        let ends = [
            (link.from, way.first().copied().unwrap_or_else(|| centre(link.to)), true),
            (link.to, way.last().copied().unwrap_or_else(|| centre(link.from)), false),
        ];
        for (node, next, leaves) in ends {
            sides.entry((node, next.main >= centre(node).main)).or_default().push((next.cross, at, leaves));
        }
    }
    let mut ports = vec![(At::default(), At::default()); links.len()];
    for ((node, behind), mut ends) in sides {
        ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let size = sizes.get(node).copied().unwrap_or_default();
        let count = ends.len() as f64;
        let step = BETWEEN_PORTS.min((size.cross - 16.0).max(0.0) / count);
        for (order, (_, link, leaves)) in ends.into_iter().enumerate() {
            let half = if behind { size.main / 2.0 } else { -size.main / 2.0 };
            let shift = (order as f64 - (count - 1.0) / 2.0) * step;
            let port = At { main: centre(node).main + half, cross: centre(node).cross + shift };
            if let Some((start, end)) = ports.get_mut(link) {
                *(if leaves { start } else { end }) = port;
            }
        }
    }
    ports
}

/// Moves everything so that it begins at the margin; returns the size of the whole.
fn frame(boxes: &mut [Rect], routes: &mut [Route]) -> Size {
    let (mut low, mut high) = (Point { x: f64::MAX, y: f64::MAX }, Point { x: f64::MIN, y: f64::MIN });
    let mut reach = |x: f64, y: f64| {
        low = Point { x: low.x.min(x), y: low.y.min(y) };
        high = Point { x: high.x.max(x), y: high.y.max(y) };
    };
    for rect in boxes.iter().copied().chain(routes.iter().map(|route| route.label)) {
        reach(rect.x, rect.y);
        reach(rect.x + rect.size.width, rect.y + rect.size.height);
    }
    for point in routes.iter().flat_map(|route| &route.points) {
        reach(point.x, point.y);
    }
    if boxes.is_empty() {
        (low, high) = (Point::default(), Point::default());
    }
    let (dx, dy) = (MARGIN - low.x, MARGIN - low.y);
    for rect in boxes.iter_mut().chain(routes.iter_mut().map(|route| &mut route.label)) {
        (rect.x, rect.y) = (rect.x + dx, rect.y + dy);
    }
    for point in routes.iter_mut().flat_map(|route| &mut route.points) {
        (point.x, point.y) = (point.x + dx, point.y + dy);
    }
    Size { width: high.x + dx + MARGIN, height: high.y + dy + MARGIN }
}
