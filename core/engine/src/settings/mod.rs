//! The settings of an index: what they may be, how a patch changes them, and what they mean for a field.

mod model;
mod patch;
mod patterns;
mod routes;
mod rules;

pub(crate) use model::{Proximity, Settings, not_among};
pub(crate) use patterns::{Features, Match, is_within, match_pattern, names_where};
pub(crate) use routes::{Verb, all, one, writes};
pub(crate) use rules::{AscDesc, Rule, SortBy, parse_sort};
