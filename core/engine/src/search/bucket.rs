//! Sorting by buckets: each rule divides the buckets of the one before, and no more of them than the
//! page that is asked for needs.

use std::rc::Rc;
use std::time::Instant;

use roaring::RoaringBitmap;

use super::context::Context;
use super::distinct;
use super::graph::Graph;
use super::rules::RankingRule;
use super::score::{Detail, total};
use crate::error::Result;

/// What to sort, and how much of it is wanted.
pub(super) struct Wanted<'w> {
    pub(super) universe: &'w RoaringBitmap,
    pub(super) distinct: Option<u16>,
    pub(super) offset: usize,
    pub(super) limit: usize,
    /// Scores are needed, so a bucket of one document is divided by all rules too.
    pub(super) scored: bool,
    pub(super) threshold: Option<f64>,
    /// With a threshold and an exact count, how many documents to look at.
    pub(super) look_at: Option<usize>,
    pub(super) deadline: Option<Instant>,
}

#[derive(Default)]
pub(super) struct Sorted {
    pub(super) docids: Vec<u32>,
    pub(super) scores: Vec<Vec<Detail>>,
    /// Every document that is a hit, on this page or not, as far as is known.
    pub(super) candidates: RoaringBitmap,
    pub(super) degraded: bool,
}

pub(super) fn sort(
    ctx: &mut Context<'_>,
    mut rules: Vec<Box<dyn RankingRule>>,
    graph: &Rc<Graph>,
    wanted: &Wanted<'_>,
) -> Result<Sorted> {
    let universe = wanted.universe;
    if (universe.len() as usize) < wanted.offset {
        return Ok(Sorted { candidates: universe.clone(), ..Sorted::default() });
    }
    if rules.is_empty() {
        return unsorted(ctx, wanted);
    }
    let last_rule = rules.len() - 1;
    let mut sorting = Sorting {
        wanted,
        universes: vec![RoaringBitmap::new(); rules.len()],
        details: Vec::new(),
        seen: 0,
        sorted: Sorted { candidates: universe.clone(), ..Sorted::default() },
    };
    sorting.universes[0] = universe.clone();
    rules[0].start(ctx, universe, graph)?;
    let mut at = 0;
    let enough = wanted.look_at.filter(|_| wanted.threshold.is_some()).unwrap_or(wanted.limit);
    while sorting.sorted.docids.len() < enough {
        let left = sorting.universes[at].len();
        if left == 0 || (left == 1 && !wanted.scored) {
            let bucket = std::mem::take(&mut sorting.universes[at]);
            sorting.take(ctx, bucket)?;
            if !sorting.back(&mut at) {
                break;
            }
            continue;
        }
        if wanted.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            sorting.sorted.degraded = true;
            let bucket = std::mem::take(&mut sorting.universes[at]);
            sorting.details.push(Detail::Skipped);
            if sorting.is_below() {
                sorting.sorted.candidates -= &bucket;
            } else {
                sorting.take(ctx, bucket)?;
            }
            sorting.details.pop();
            if !sorting.back(&mut at) {
                break;
            }
            continue;
        }
        let Some(bucket) = rules[at].next(ctx, &sorting.universes[at])? else {
            if !sorting.back(&mut at) {
                break;
            }
            continue;
        };
        sorting.details.push(bucket.score);
        sorting.universes[at] -= &bucket.docids;
        let below = sorting.is_below();
        let alone = !wanted.scored && bucket.docids.len() <= 1;
        let before_page = sorting.seen + (bucket.docids.len() as usize) < wanted.offset;
        if at == last_rule || alone || before_page || below {
            if below {
                // What comes after in this bucket of the rule before is no better.
                let rest = &sorting.universes[at] | &bucket.docids;
                sorting.sorted.candidates -= rest;
            } else {
                sorting.take(ctx, bucket.docids)?;
            }
            sorting.details.pop();
            continue;
        }
        at += 1;
        rules[at].start(ctx, &bucket.docids, &bucket.graph)?;
        sorting.universes[at] = bucket.docids;
    }
    Ok(sorting.sorted)
}

struct Sorting<'w> {
    wanted: &'w Wanted<'w>,
    /// For each rule, what it has yet to hand out.
    universes: Vec<RoaringBitmap>,
    /// What the rules so far say of the bucket at hand.
    details: Vec<Detail>,
    /// Documents handed out, those before the page included.
    seen: usize,
    sorted: Sorted,
}

impl Sorting<'_> {
    /// Back to the rule before; `false` where there is none.
    fn back(&mut self, at: &mut usize) -> bool {
        self.universes[*at].clear();
        if *at == 0 {
            return false;
        }
        *at -= 1;
        if self.details.len() > *at {
            self.details.pop();
        }
        true
    }

    fn is_below(&self) -> bool {
        self.wanted.threshold.is_some_and(|threshold| total(&self.details) < threshold)
    }

    /// Takes a bucket that is not divided further.
    fn take(&mut self, ctx: &Context<'_>, bucket: RoaringBitmap) -> Result<()> {
        let bucket = match self.wanted.distinct {
            None => bucket,
            Some(field) => {
                let (remaining, excluded) = distinct::apply(ctx.snapshot, field, &bucket)?;
                for universe in &mut self.universes {
                    *universe -= &excluded;
                }
                self.sorted.candidates -= &excluded;
                remaining
            }
        };
        self.sorted.candidates |= &bucket;
        let skipped = self.wanted.offset.saturating_sub(self.seen);
        let room = self.wanted.limit.saturating_sub(self.sorted.docids.len());
        for docid in bucket.iter().skip(skipped).take(room) {
            self.sorted.docids.push(docid);
            self.sorted.scores.push(self.details.clone());
        }
        self.seen += bucket.len() as usize;
        Ok(())
    }
}

fn unsorted(ctx: &Context<'_>, wanted: &Wanted<'_>) -> Result<Sorted> {
    let universe = wanted.universe;
    let (docids, candidates): (Vec<u32>, _) = match wanted.distinct {
        None => (universe.iter().skip(wanted.offset).take(wanted.limit).collect(), universe.clone()),
        Some(field) => {
            let mut excluded = RoaringBitmap::new();
            let mut found = Vec::new();
            for docid in universe {
                if found.len() >= wanted.offset.saturating_add(wanted.limit) {
                    break;
                }
                if !excluded.contains(docid) {
                    distinct::exclude(ctx.snapshot, field, docid, &mut excluded)?;
                    found.push(docid);
                }
            }
            let mut candidates = universe - excluded;
            candidates.extend(found.iter().copied());
            (found.into_iter().skip(wanted.offset).collect(), candidates)
        }
    };
    let scores = vec![Vec::new(); docids.len()];
    Ok(Sorted { docids, scores, candidates, degraded: false })
}
