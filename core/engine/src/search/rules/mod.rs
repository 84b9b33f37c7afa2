//! The ranking rules. Each takes a set of documents and a graph, and hands out buckets, best first, each
//! with the part of the graph that its documents match.

mod attribute;
mod distance;
mod exact_attribute;
mod exactness;
mod paths;
mod position;
mod proximity;
mod sort;
mod typo;
mod words;

use std::rc::Rc;

use roaring::RoaringBitmap;

pub(super) use attribute::Attribute;
pub(super) use distance::Distance;
pub(super) use exact_attribute::ExactAttribute;
pub(super) use exactness::Exactness;
pub(super) use paths::PathRule;
pub(super) use position::Position;
pub(super) use proximity::Proximity;
pub(super) use sort::Sort;
pub(super) use typo::Typo;
pub(super) use words::Words;

use super::context::Context;
use super::graph::Graph;
use super::score::Detail;
use crate::error::Result;

pub(super) struct Bucket {
    pub(super) graph: Rc<Graph>,
    pub(super) docids: RoaringBitmap,
    pub(super) score: Detail,
}

pub(super) trait RankingRule {
    /// Begins with the documents and the graph of a bucket of the rule before.
    fn start(&mut self, ctx: &mut Context<'_>, universe: &RoaringBitmap, graph: &Rc<Graph>) -> Result<()>;

    /// The next bucket; `universe` is what is left.
    fn next(&mut self, ctx: &mut Context<'_>, universe: &RoaringBitmap) -> Result<Option<Bucket>>;
}
