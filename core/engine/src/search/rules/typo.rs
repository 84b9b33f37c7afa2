//! `typo`: fewer typos come first; words joined count as typos too.

use roaring::RoaringBitmap;

use super::paths::Costs;
use crate::error::Result;
use crate::search::context::Context;
use crate::search::graph::subset_docids;
use crate::search::score::{Detail, Rank};
use crate::search::terms::Located;

pub(in crate::search) struct Typo;

impl Costs for Typo {
    type Condition = (Located, u8);

    fn conditions(
        ctx: &mut Context<'_>,
        _from: Option<&Located>,
        to: &Located,
    ) -> Result<Vec<(u32, (Located, u8))>> {
        let base = if to.term_count() == 1 { 0 } else { to.term_count() };
        Ok((0..=to.subset.max_typos(ctx))
            .map(|typos| {
                let mut term = to.clone();
                term.subset.keep_typos(typos);
                (base + u32::from(typos), (term, typos))
            })
            .collect())
    }

    fn resolve(
        ctx: &mut Context<'_>,
        (term, _): &(Located, u8),
        universe: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        Ok(subset_docids(ctx, &term.subset)? & universe)
    }

    fn narrowed(_ctx: &Context<'_>, (term, _): &(Located, u8)) -> (Option<Located>, Located) {
        (None, term.clone())
    }

    fn score(rank: Rank) -> Detail {
        Detail::Typo { count: rank.of - rank.at, max: rank.of.saturating_sub(1) }
    }
}
