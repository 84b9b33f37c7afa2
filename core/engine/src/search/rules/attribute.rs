//! `attributeRank`, and the first half of `attribute`: matches in attributes listed earlier come first.

use std::collections::BTreeSet;

use roaring::{MultiOps, RoaringBitmap};

use super::paths::Costs;
use crate::error::Result;
use crate::search::context::Context;
use crate::search::score::{Detail, Rank};
use crate::search::terms::Located;

pub(in crate::search) struct Attribute;

impl Costs for Attribute {
    /// A term in a field; without one, the worst there could be, which no document is.
    type Condition = (Located, Option<u16>);

    fn conditions(
        ctx: &mut Context<'_>,
        _from: Option<&Located>,
        to: &Located,
    ) -> Result<Vec<(u32, (Located, Option<u16>))>> {
        let mut fields = BTreeSet::<u16>::new();
        for word in to.subset.words(ctx)? {
            fields.extend(ctx.places(word.id)?.fields.keys());
        }
        for phrase in to.subset.phrases(ctx)? {
            let words: Vec<_> = ctx.phrase(phrase).iter().flatten().copied().collect();
            for word in words {
                fields.extend(ctx.places(word)?.fields.keys());
            }
        }
        if let Some(prefix) = to.subset.wide_prefix(ctx) {
            fields.extend(ctx.prefix_places(prefix.id)?.fields.keys());
        }
        let terms = to.term_count();
        let mut worst = 0;
        let mut conditions = Vec::new();
        for (field, weight) in &ctx.snapshot.searchable {
            if fields.contains(field) {
                worst = worst.max(*weight);
                conditions.push((u32::from(*weight) * terms, (to.clone(), Some(*field))));
            }
        }
        if let Some(names) = &ctx.snapshot.settings.searchable {
            let last = names.len().saturating_sub(1) as u16;
            if worst < last {
                conditions.push((u32::from(last) * terms, (to.clone(), None)));
            }
        }
        Ok(conditions)
    }

    fn resolve(
        ctx: &mut Context<'_>,
        (term, field): &(Located, Option<u16>),
        universe: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        let Some(field) = field else { return Ok(RoaringBitmap::new()) };
        let words = term.subset.words(ctx)?.into_iter();
        let words = words.map(|word| ctx.in_field(word.id, *field)).collect::<Result<Vec<_>>>()?;
        let mut docids = words.union();
        for phrase in term.subset.phrases(ctx)? {
            if let Some(word) = ctx.phrase(phrase).iter().flatten().next().copied() {
                docids |= ctx.in_field(word, *field)? & &*ctx.phrase_docids(phrase)?;
            }
        }
        if let Some(prefix) = term.subset.wide_prefix(ctx) {
            docids |= ctx.prefix_in_field(prefix.id, *field)?;
        }
        Ok(docids & universe)
    }

    fn narrowed(_ctx: &Context<'_>, (term, _): &(Located, Option<u16>)) -> (Option<Located>, Located) {
        (None, term.clone())
    }

    fn score(rank: Rank) -> Detail {
        Detail::Attribute(rank)
    }
}
