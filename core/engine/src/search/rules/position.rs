//! `wordPosition`, and the second half of `attribute`: words where the query has them come first.

use std::collections::{BTreeMap, BTreeSet};

use roaring::{MultiOps, RoaringBitmap};

use super::paths::Costs;
use crate::error::Result;
use crate::search::context::Context;
use crate::search::score::{Detail, Rank};
use crate::search::terms::Located;

pub(in crate::search) struct Position;

impl Costs for Position {
    /// A term at one of some places.
    type Condition = (Located, Vec<u16>);

    fn conditions(
        ctx: &mut Context<'_>,
        _from: Option<&Located>,
        to: &Located,
    ) -> Result<Vec<(u32, (Located, Vec<u16>))>> {
        let mut places = BTreeSet::<u16>::new();
        for word in to.subset.words(ctx)? {
            places.extend(ctx.places(word.id)?.places.keys());
        }
        for phrase in to.subset.phrases(ctx)? {
            if let Some(word) = ctx.phrase(phrase).iter().flatten().next().copied() {
                places.extend(ctx.places(word)?.places.keys());
            }
        }
        if let Some(prefix) = to.subset.wide_prefix(ctx) {
            places.extend(ctx.prefix_places(prefix.id)?.places.keys());
        }
        let terms = to.term_count();
        let mut by_cost = BTreeMap::<u32, Vec<u16>>::new();
        for place in places {
            let distance = u32::from(place.abs_diff(to.positions.0));
            let cost = (0..terms).map(|i| cost_of(distance + i)).sum();
            by_cost.entry(cost).or_default().push(place);
        }
        // The worst there could be, which sets the scale.
        by_cost.entry(terms * 10).or_default();
        Ok(by_cost.into_iter().map(|(cost, places)| (cost, (to.clone(), places))).collect())
    }

    fn resolve(
        ctx: &mut Context<'_>,
        (term, places): &(Located, Vec<u16>),
        universe: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        let words = term.subset.words(ctx)?.into_iter();
        let words = words.map(|word| ctx.places(word.id)).collect::<Result<Vec<_>>>()?;
        let mut docids =
            words.iter().flat_map(|word| places.iter().filter_map(|place| word.places.get(place))).union();
        let at = |by_place: &BTreeMap<u16, RoaringBitmap>, docids: &mut RoaringBitmap| {
            for place in places {
                if let Some(found) = by_place.get(place) {
                    *docids |= found;
                }
            }
        };
        for phrase in term.subset.phrases(ctx)? {
            if let Some(word) = ctx.phrase(phrase).iter().flatten().next().copied() {
                let mut found = RoaringBitmap::new();
                at(&ctx.places(word)?.places, &mut found);
                docids |= found & &*ctx.phrase_docids(phrase)?;
            }
        }
        if let Some(prefix) = term.subset.wide_prefix(ctx) {
            at(&ctx.prefix_places(prefix.id)?.places, &mut docids);
        }
        Ok(docids & universe)
    }

    fn narrowed(_ctx: &Context<'_>, (term, _): &(Located, Vec<u16>)) -> (Option<Located>, Located) {
        (None, term.clone())
    }

    fn score(rank: Rank) -> Detail {
        Detail::Position(rank)
    }
}

fn cost_of(distance: u32) -> u32 {
    match distance {
        0 => 0,
        1 => 1,
        2..=4 => 2,
        5..=7 => 3,
        8..=11 => 4,
        12..=16 => 5,
        17..=24 => 6,
        25..=64 => 7,
        65..=256 => 8,
        257..=1024 => 9,
        _ => 10,
    }
}
