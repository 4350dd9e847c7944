//! Curves drawn with characters.

/// A line of a chart: its mark in Unicode and in ASCII, and its points.
pub(super) struct Curve {
    pub(super) marks: (char, char),
    pub(super) points: Vec<(f64, f64)>,
}

const WIDTH: usize = 56;
const HEIGHT: usize = 12;

/// Curves over a common ground, both axes logarithmic, in Unicode and in ASCII. `unit` names what is drawn upwards, `along`
/// says what the ends of the ground are.
pub(super) fn draw(curves: &[Curve], unit: &str, along: (&str, &str)) -> Option<(Vec<String>, Vec<String>)> {
    let all = || curves.iter().flat_map(|curve| &curve.points).map(|(x, y)| (x.log10(), y.log10()));
    let finite = |value: &f64| value.is_finite();
    let least = |values: &mut dyn Iterator<Item = f64>| values.filter(finite).reduce(f64::min);
    let most = |values: &mut dyn Iterator<Item = f64>| values.filter(finite).reduce(f64::max);
    let (left, right) = (least(&mut all().map(|(x, _)| x))?, most(&mut all().map(|(x, _)| x))?);
    let (low, high) = (least(&mut all().map(|(_, y)| y))?, most(&mut all().map(|(_, y)| y))?);
    let draw = |ascii: bool| {
        let mut grid = vec![vec![' '; WIDTH]; HEIGHT];
        for curve in curves {
            let mark = if ascii { curve.marks.1 } else { curve.marks.0 };
            for column in 0..WIDTH {
                let x = left + (right - left) * column as f64 / (WIDTH - 1) as f64;
                let Some(y) = height(&curve.points, x) else { continue };
                let part = if high > low { (y - low) / (high - low) } else { 0.5 };
                let row = ((1.0 - part.clamp(0.0, 1.0)) * (HEIGHT - 1) as f64).round() as usize;
                if let Some(cell) = grid.get_mut(row).and_then(|row| row.get_mut(column)) {
                    *cell = if *cell == ' ' { mark } else { '*' };
                }
            }
        }
        let bar = if ascii { '|' } else { '│' };
        let mut lines: Vec<String> = grid
            .into_iter()
            .enumerate()
            .map(|(row, cells)| {
                let value = 10_f64.powf(high - (high - low) * row as f64 / (HEIGHT - 1) as f64);
                let tick = if row % 3 == 0 || row + 1 == HEIGHT { rounded(value) } else { String::new() };
                format!("{tick:>10} {bar}{}", cells.into_iter().collect::<String>())
            })
            .collect();
        let (corner, floor) = if ascii { ("+", "-") } else { ("└", "─") };
        lines.push(format!("{:>10} {corner}{}", unit, floor.repeat(WIDTH)));
        lines.push(format!("{:>12}{}{:>width$}", "", along.0, along.1, width = WIDTH.saturating_sub(along.0.len())));
        lines
    };
    Some((draw(false), draw(true)))
}

/// The height of a curve over a place, between its points in a line.
fn height(points: &[(f64, f64)], x: f64) -> Option<f64> {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.log10(), y.log10())).collect();
    logs.windows(2).find_map(|pair| match pair {
        [(x0, y0), (x1, y1)] if (*x0..=*x1).contains(&x) && x1 > x0 => Some(y0 + (y1 - y0) * (x - x0) / (x1 - x0)),
        _ => None,
    })
}

/// Two digits and a multiplier.
pub(super) fn rounded(value: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let (value, unit) =
        UNITS.iter().find(|(size, _)| value >= *size).map_or((value, ""), |(size, unit)| (value / size, *unit));
    let places = usize::from(value < 10.0) + usize::from(value < 1.0);
    format!("{value:.places$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_from_corner_to_corner_and_crossings_are_stars() {
        let curve = |marks, points: [(f64, f64); 2]| Curve { marks, points: points.to_vec() };
        let curves = [curve(('p', 'P'), [(1.0, 1.0), (100.0, 100.0)]), curve(('o', 'O'), [(1.0, 10.0), (100.0, 10.0)])];
        let (unicode, ascii) = draw(&curves, "USD", ("1/s", "100/s")).expect("drawn");
        assert!(unicode[0].ends_with('p') && unicode[0].contains("100 │"), "{}", unicode.join("\n"));
        assert!(
            ascii[HEIGHT - 1].contains("1.0 |P") && ascii.iter().any(|line| line.contains('*')),
            "{}",
            ascii.join("\n")
        );
        assert!(ascii.iter().all(|line| line.is_ascii()));
        assert!(draw(&[], "USD", ("", "")).is_none());
    }

    #[test]
    fn ticks_are_short() {
        assert_eq!([0.123, 1.26, 12.3, 1_260.0, 3.4e12].map(rounded), ["0.12", "1.3", "12", "1.3k", "3.4T"]);
    }
}
