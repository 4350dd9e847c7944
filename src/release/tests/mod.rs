//! The rules of promotion, and how gates are judged.

mod judging;
mod rules;
mod staying;
