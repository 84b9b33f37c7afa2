//! The second half of `exactness`: documents with more of the query's very words come first.

use roaring::RoaringBitmap;

use super::paths::Costs;
use crate::error::Result;
use crate::search::context::Context;
use crate::search::graph::subset_docids;
use crate::search::score::{Detail, Rank};
use crate::search::terms::{Exact, Located, Word};

pub(in crate::search) struct Exactness;

impl Costs for Exactness {
    /// A term, and whether only itself will do.
    type Condition = (Located, bool);

    fn conditions(
        _ctx: &mut Context<'_>,
        _from: Option<&Located>,
        to: &Located,
    ) -> Result<Vec<(u32, (Located, bool))>> {
        Ok(vec![(0, (to.clone(), true)), (to.term_count(), (to.clone(), false))])
    }

    fn resolve(
        ctx: &mut Context<'_>,
        (term, exact): &(Located, bool),
        universe: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        if !exact {
            return Ok(subset_docids(ctx, &term.subset)? & universe);
        }
        Ok(match term.subset.exact(ctx) {
            None => RoaringBitmap::new(),
            Some(Exact::Phrase(phrase)) => &*ctx.phrase_docids(phrase)? & universe,
            Some(Exact::Word(id)) => &*ctx.docids(Word { id, derived: false })? & universe,
        })
    }

    fn narrowed(ctx: &Context<'_>, (term, exact): &(Located, bool)) -> (Option<Located>, Located) {
        let mut term = term.clone();
        if *exact {
            term.subset.keep_exact(ctx);
            term.subset.mandatory = true;
        }
        (None, term)
    }

    fn score(rank: Rank) -> Detail {
        Detail::ExactWords { matching: rank.at.saturating_sub(1), of: rank.of.saturating_sub(1) }
    }
}
