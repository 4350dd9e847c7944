//! The rules of `sluice check`: whether a pipeline survives its first traffic spike, its first bad record and its first
//! month. One file per rule in `rules/`; each looks at a sized pipeline, at what `capacity` says of it and at the text of
//! its handlers, and does no I/O.

mod case;
mod finding;
mod handlers;
mod maturity;
mod report;
mod rule;
mod rules;
mod scan;
mod score;

pub use case::Case;
pub use finding::{Finding, Fix, Verdict};
pub use handlers::{HandlerCode, HandlerFile, Handlers};
pub use maturity::{Level, Maturity};
pub use report::{Judged, Outcome, Report, check};
pub use rule::{Framework, Letter, Page, Rule, Tiers};
pub use rules::RULES;
pub use score::Score;

#[cfg(test)]
mod tests;
