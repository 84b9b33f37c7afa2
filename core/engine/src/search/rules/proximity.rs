//! `proximity`: words that are near each other in the document come first.

use std::collections::BTreeSet;

use roaring::RoaringBitmap;

use super::paths::Costs;
use crate::error::Result;
use crate::search::context::{Context, MAX_DISTANCE};
use crate::search::graph::subset_docids;
use crate::search::score::{Detail, Rank};
use crate::search::terms::{Located, PhraseId, Subset, Word, WordId};

pub(in crate::search) struct Proximity;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::search) enum Condition {
    Near { left: Located, right: Located, cost: u32 },
    Anywhere(Located),
}

impl Costs for Proximity {
    type Condition = Condition;

    fn conditions(
        _ctx: &mut Context<'_>,
        from: Option<&Located>,
        to: &Located,
    ) -> Result<Vec<(u32, Condition)>> {
        let joined = to.term_count() - 1;
        let anywhere = Condition::Anywhere(to.clone());
        // Words that are not side by side in the query (one between them was dropped) may be anywhere.
        let Some(left) = from.filter(|left| u32::from(left.positions.1) + 1 == u32::from(to.positions.0))
        else {
            return Ok(vec![(joined, anywhere)]);
        };
        let mut conditions: Vec<_> = (joined..joined + MAX_DISTANCE - 1)
            .map(|cost| (cost, Condition::Near { left: left.clone(), right: to.clone(), cost: cost + 1 }))
            .collect();
        conditions.push((joined + MAX_DISTANCE - 1, anywhere));
        Ok(conditions)
    }

    fn resolve(
        ctx: &mut Context<'_>,
        condition: &Condition,
        universe: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        match condition {
            Condition::Anywhere(term) => Ok(subset_docids(ctx, &term.subset)? & universe),
            Condition::Near { left, right, cost } => near(ctx, left, right, *cost, universe),
        }
    }

    fn narrowed(_ctx: &Context<'_>, condition: &Condition) -> (Option<Located>, Located) {
        match condition {
            Condition::Anywhere(term) => (None, term.clone()),
            Condition::Near { left, right, .. } => (Some(left.clone()), right.clone()),
        }
    }

    fn score(rank: Rank) -> Detail {
        Detail::Proximity(rank)
    }
}

/// A distance costs as much forward as one less backward.
fn near(
    ctx: &mut Context<'_>,
    left: &Located,
    right: &Located,
    cost: u32,
    universe: &RoaringBitmap,
) -> Result<RoaringBitmap> {
    let forward = 1 + cost - right.term_count();
    let backward = cost - right.term_count();
    let mut docids = RoaringBitmap::new();
    let lefts = last_words(ctx, &left.subset)?;
    if let Some(prefix) = right.subset.wide_prefix(ctx) {
        for (phrase, word) in &lefts {
            let mut found = ctx.prefix_pair(word.id, prefix.id, forward)?;
            match phrase {
                Some(phrase) => found &= &*ctx.phrase_docids(*phrase)?,
                // Backward, only the prefix as a word of its own.
                None => found |= ctx.pair(prefix.id, word.id, backward)?,
            }
            docids |= found & universe;
        }
    }
    let rights = first_words(ctx, &right.subset)?;
    for (left_phrase, left) in &lefts {
        let mut within = universe.clone();
        match left_phrase {
            Some(phrase) => within &= &*ctx.phrase_docids(*phrase)?,
            None if rights.len() > 1 => within &= &*ctx.docids(*left)?,
            None => {}
        }
        if within.is_empty() {
            continue;
        }
        for (right, right_phrase) in &rights {
            let mut found = ctx.pair(left.id, *right, forward)?;
            if backward >= 1 && left_phrase.is_none() && right_phrase.is_none() {
                found |= ctx.pair(*right, left.id, backward)?;
            }
            if let Some(phrase) = right_phrase {
                found &= &*ctx.phrase_docids(*phrase)?;
            }
            docids |= found & &within;
        }
    }
    Ok(docids)
}

/// What a word on the right is near to: single words, and the ends of phrases.
fn last_words(ctx: &mut Context<'_>, subset: &Subset) -> Result<BTreeSet<(Option<PhraseId>, Word)>> {
    let mut words: BTreeSet<_> = subset.words(ctx)?.into_iter().map(|word| (None, word)).collect();
    for phrase in subset.phrases(ctx)? {
        if let Some(Some(id)) = ctx.phrase(phrase).last() {
            words.insert((Some(phrase), Word { id: *id, derived: false }));
        }
    }
    Ok(words)
}

fn first_words(ctx: &mut Context<'_>, subset: &Subset) -> Result<BTreeSet<(WordId, Option<PhraseId>)>> {
    let mut words: BTreeSet<_> = subset.words(ctx)?.into_iter().map(|word| (word.id, None)).collect();
    for phrase in subset.phrases(ctx)? {
        if let Some(Some(id)) = ctx.phrase(phrase).first() {
            words.insert((*id, Some(phrase)));
        }
    }
    Ok(words)
}
