//! The first half of `exactness`: an attribute that is the query, then one that begins with it.

use std::rc::Rc;

use roaring::RoaringBitmap;

use super::{Bucket, RankingRule};
use crate::error::Result;
use crate::index::bucketed;
use crate::search::context::Context;
use crate::search::graph::Graph;
use crate::search::score::{Detail, ExactMatch};
use crate::search::terms::{Exact, WordId};

#[derive(Default)]
pub(in crate::search) struct ExactAttribute {
    graph: Rc<Graph>,
    /// What is left to hand out, last first; the rest is everything else.
    buckets: Vec<(ExactMatch, RoaringBitmap)>,
}

impl RankingRule for ExactAttribute {
    fn start(&mut self, ctx: &mut Context<'_>, universe: &RoaringBitmap, graph: &Rc<Graph>) -> Result<()> {
        self.graph = graph.clone();
        self.buckets = match matches(ctx, universe, graph)? {
            None => Vec::new(),
            Some((whole, starts)) => vec![(ExactMatch::Start, starts), (ExactMatch::Whole, whole)],
        };
        Ok(())
    }

    fn next(&mut self, _ctx: &mut Context<'_>, universe: &RoaringBitmap) -> Result<Option<Bucket>> {
        let (kind, docids) = match self.buckets.pop() {
            Some((kind, docids)) => (kind, docids & universe),
            None => (ExactMatch::No, universe.clone()),
        };
        Ok(Some(Bucket { graph: self.graph.clone(), docids, score: Detail::ExactAttribute(kind) }))
    }
}

/// Documents with a field that is the query, and those with a field that only begins with it. `None`
/// where a word of the query is missing or no document comes near.
fn matches(
    ctx: &mut Context<'_>,
    universe: &RoaringBitmap,
    graph: &Graph,
) -> Result<Option<(RoaringBitmap, RoaringBitmap)>> {
    let mut terms = Vec::new();
    for (_, located) in graph.terms() {
        if let Some(exact) = located.subset.exact(ctx) {
            let words: Vec<Option<WordId>> = match exact {
                Exact::Word(word) => vec![Some(word)],
                Exact::Phrase(phrase) => ctx.phrase(phrase).to_vec(),
            };
            let count = usize::from(located.positions.1.wrapping_sub(located.positions.0)) + 1;
            terms.push((located.terms.0, located.positions.0, count, words));
        }
    }
    terms.sort_by_key(|(term, ..)| *term);
    terms.dedup_by_key(|(term, ..)| *term);
    let gap = terms.windows(2).any(|pair| pair[1].0 - pair[0].0 > 1);
    if terms.first().is_none_or(|(term, ..)| *term != 0) || gap {
        return Ok(None);
    }
    let mut candidates = universe.clone();
    for (_, position, _, words) in &terms {
        for (offset, word) in words.iter().enumerate() {
            let Some(word) = word else { continue };
            let place = bucketed(position.wrapping_add(offset as u16));
            match ctx.places(*word)?.places.get(&place) {
                Some(docids) => candidates &= docids,
                None => candidates.clear(),
            }
            if candidates.is_empty() {
                return Ok(None);
            }
        }
    }
    let count: usize = terms.iter().map(|(_, _, count, _)| count).sum();
    let (mut whole, mut starts) = (RoaringBitmap::new(), RoaringBitmap::new());
    for (field, _) in &ctx.snapshot.searchable {
        let mut within = candidates.clone();
        for word in terms.iter().flat_map(|(_, _, _, words)| words).flatten() {
            within &= ctx.in_field(*word, *field)?;
        }
        if within.is_empty() {
            continue;
        }
        let as_long = match u8::try_from(count) {
            Ok(count) if count < u8::MAX => ctx.snapshot.with_word_count(*field, count)?,
            _ => RoaringBitmap::new(),
        };
        whole |= &within & &as_long;
        starts |= within - as_long;
    }
    Ok(Some((whole, starts)))
}
