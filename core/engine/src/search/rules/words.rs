//! `words`: documents with more of the query's words come first.

use roaring::RoaringBitmap;

use super::paths::Costs;
use crate::error::Result;
use crate::search::context::Context;
use crate::search::graph::subset_docids;
use crate::search::score::{Detail, Rank};
use crate::search::terms::Located;

pub(in crate::search) struct Words;

impl Costs for Words {
    type Condition = Located;

    fn conditions(
        _ctx: &mut Context<'_>,
        _from: Option<&Located>,
        to: &Located,
    ) -> Result<Vec<(u32, Located)>> {
        Ok(vec![(0, to.clone())])
    }

    fn resolve(ctx: &mut Context<'_>, term: &Located, universe: &RoaringBitmap) -> Result<RoaringBitmap> {
        Ok(subset_docids(ctx, &term.subset)? & universe)
    }

    fn narrowed(_ctx: &Context<'_>, term: &Located) -> (Option<Located>, Located) {
        (None, term.clone())
    }

    fn score(rank: Rank) -> Detail {
        Detail::Words { matching: rank.at, of: rank.of }
    }
}
