//! The query as a graph: every way from its start to its end is one way to understand it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use charabia::Tokenizer;
use roaring::{MultiOps, RoaringBitmap};

use super::context::Context;
use super::params::Strategy;
use super::parse::join;
use super::terms::{Located, LocatedTerm, Subset};
use crate::error::Result;

pub(super) type NodeId = usize;
pub(super) const START: NodeId = 0;
pub(super) const END: NodeId = 1;

#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    /// `None` for the start, the end, and nodes that were taken out.
    pub(super) term: Option<Located>,
    pub(super) before: BTreeSet<NodeId>,
    pub(super) after: BTreeSet<NodeId>,
}

#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
}

impl Default for Graph {
    fn default() -> Self {
        Graph { nodes: vec![Node::default(), Node::default()] }
    }
}

impl Graph {
    /// The graph of a query, and its terms with those that were made by joining neighbours.
    pub(super) fn of(
        ctx: &mut Context<'_>,
        tokenizer: &Tokenizer<'_>,
        terms: Vec<LocatedTerm>,
    ) -> Result<(Graph, Vec<LocatedTerm>)> {
        let mut graph = Graph::default();
        let mut all = terms.clone();
        for at in 0..terms.len() {
            graph.add(&terms[at], (at, at));
            for back in 1..=at.min(2) {
                if let Some(joined) = join(ctx, tokenizer, &terms[at - back..=at])? {
                    graph.add(&joined, (at - back, at));
                    all.push(joined);
                }
            }
        }
        graph.connect();
        Ok((graph, all))
    }

    fn add(&mut self, term: &LocatedTerm, covers: (usize, usize)) {
        let located = Located {
            subset: Subset::full(term.term),
            positions: term.positions,
            terms: (covers.0 as u8, covers.1 as u8),
        };
        self.nodes.push(Node { term: Some(located), ..Node::default() });
    }

    /// Joins each node to those that begin soonest after it ends.
    fn connect(&mut self) {
        for id in 0..self.nodes.len() {
            let end = match &self.nodes[id].term {
                Some(term) => i32::from(term.terms.1),
                None if id == START => -1,
                None => continue,
            };
            let begins = |other: NodeId, node: &Node| match &node.term {
                Some(term) => Some(i32::from(term.terms.0)),
                None => (other == END).then_some(i32::MAX),
            };
            let following: Vec<(NodeId, i32)> = self
                .nodes
                .iter()
                .enumerate()
                .filter_map(|(other, node)| Some((other, begins(other, node)?)))
                .filter(|(_, begin)| *begin > end)
                .collect();
            let soonest = following.iter().map(|(_, begin)| *begin).min();
            for (other, begin) in following {
                if Some(begin) == soonest {
                    self.link(id, other);
                }
            }
        }
    }

    fn link(&mut self, from: NodeId, to: NodeId) {
        self.nodes[from].after.insert(to);
        self.nodes[to].before.insert(from);
    }

    /// The nodes that hold a term, in order.
    pub(super) fn terms(&self) -> impl Iterator<Item = (NodeId, &Located)> {
        self.nodes.iter().enumerate().filter_map(|(id, node)| Some((id, node.term.as_ref()?)))
    }

    /// Takes nodes out and joins what was before them to what was after.
    fn bridge(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        for id in nodes {
            let Node { before, after, .. } = std::mem::take(&mut self.nodes[id]);
            for from in &before {
                self.nodes[*from].after.remove(&id);
                self.nodes[*from].after.extend(&after);
            }
            for to in &after {
                self.nodes[*to].before.remove(&id);
                self.nodes[*to].before.extend(&before);
            }
        }
    }

    /// Which nodes may be dropped to find more documents, in the order in which they go.
    pub(super) fn removal_order(
        &self,
        ctx: &mut Context<'_>,
        strategy: Strategy,
    ) -> Result<Vec<BTreeSet<NodeId>>> {
        let cost: Box<dyn Fn(u8) -> u64> = match strategy {
            Strategy::All => return Ok(Vec::new()),
            Strategy::Last => {
                let first = self.terms().map(|(_, t)| t.terms.0).min();
                let last = self.terms().map(|(_, t)| t.terms.1).max();
                let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
                if first >= last {
                    return Ok(Vec::new());
                }
                Box::new(move |term| 1 + u64::from(last) - u64::from(term))
            }
            Strategy::Frequency => {
                let mut docids = BTreeMap::<u8, RoaringBitmap>::new();
                for (_, term) in self.terms() {
                    let found = subset_docids(ctx, &term.subset)?;
                    for id in term.terms.0..=term.terms.1 {
                        *docids.entry(id).or_default() |= &found;
                    }
                }
                // What occurs nowhere goes first, then what occurs most.
                let mut counts: Vec<(u8, u64)> = docids
                    .into_iter()
                    .map(|(id, d)| (id, if d.is_empty() { u64::MAX } else { d.len() }))
                    .collect();
                counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
                let mut weights = BTreeMap::new();
                let mut weight = 1;
                for (i, (id, count)) in counts.iter().enumerate() {
                    weights.insert(*id, weight);
                    if counts.get(i + 1).is_some_and(|(_, next)| next != count) {
                        weight += 1;
                    }
                }
                Box::new(move |term| weights.get(&term).copied().unwrap_or(1))
            }
        };
        let mut groups = BTreeMap::<u64, BTreeSet<NodeId>>::new();
        let mut mandatory = false;
        for (id, term) in self.terms() {
            if term.subset.mandatory || term.subset.phrase(ctx).is_some() {
                mandatory = true;
                continue;
            }
            let cost = (term.terms.0..=term.terms.1).map(&cost).max().unwrap_or(0);
            groups.entry(cost).or_default().insert(id);
        }
        let mut order: Vec<_> = groups.into_values().collect();
        if !mandatory {
            order.pop();
        }
        Ok(order)
    }

    /// Every document that could be a hit: those of the query with all removable terms removed.
    pub(super) fn widest(
        &self,
        ctx: &mut Context<'_>,
        strategy: Strategy,
        universe: &RoaringBitmap,
    ) -> Result<RoaringBitmap> {
        let mut graph = self.clone();
        graph.bridge(self.removal_order(ctx, strategy)?.into_iter().flatten());
        graph.docids(ctx, universe)
    }

    fn docids(&self, ctx: &mut Context<'_>, universe: &RoaringBitmap) -> Result<RoaringBitmap> {
        let mut found: HashMap<NodeId, RoaringBitmap> = HashMap::new();
        let mut queue = VecDeque::from([START]);
        while let Some(id) = queue.pop_front() {
            let node = &self.nodes[id];
            if !node.before.iter().all(|before| found.contains_key(before)) {
                queue.push_back(id);
                continue;
            }
            let reached = node.before.iter().fold(RoaringBitmap::new(), |all, before| all | &found[before]);
            let docids = match &node.term {
                Some(term) => subset_docids(ctx, &term.subset)? & reached,
                None if id == START => universe.clone(),
                None => return Ok(reached),
            };
            found.insert(id, docids);
            for after in &node.after {
                if !queue.contains(after) && !found.contains_key(after) {
                    queue.push_back(*after);
                }
            }
        }
        Ok(RoaringBitmap::new())
    }

    /// How many words the phrases of the query have.
    pub(super) fn words_in_phrases(&self, ctx: &Context<'_>) -> usize {
        self.terms()
            .filter_map(|(_, term)| term.subset.phrase(ctx))
            .map(|phrase| ctx.phrase(phrase).iter().flatten().count())
            .sum()
    }

    /// The graph of just these paths; where they end alike they share nodes.
    pub(super) fn of_paths(paths: Vec<Vec<(Option<Located>, Located)>>) -> Graph {
        let mut graph = Graph::default();
        let mut known: HashMap<(Located, NodeId), NodeId> = HashMap::new();
        for path in paths {
            // A condition on two terms names the left one again: both must hold of it.
            let mut terms: Vec<Located> = Vec::new();
            for (left, right) in path {
                if let Some(left) = left {
                    match terms.last_mut() {
                        Some(last) if last.terms == left.terms => last.subset.intersect(&left.subset),
                        _ => terms.push(left),
                    }
                }
                terms.push(right);
            }
            let mut next = END;
            for term in terms.into_iter().rev() {
                let id = *known.entry((term.clone(), next)).or_insert_with(|| {
                    graph.nodes.push(Node { term: Some(term), ..Node::default() });
                    graph.nodes.len() - 1
                });
                graph.link(id, next);
                next = id;
            }
            graph.link(START, next);
        }
        graph
    }
}

/// The documents that have something of what stands for a term.
pub(super) fn subset_docids(ctx: &mut Context<'_>, subset: &Subset) -> Result<RoaringBitmap> {
    let words = subset.words(ctx)?.into_iter().map(|word| ctx.docids(word)).collect::<Result<Vec<_>>>()?;
    // All at once: of many small sets, each would be merged into all before it otherwise.
    let mut docids = words.iter().map(|docids| &**docids).union();
    for phrase in subset.phrases(ctx)? {
        docids |= &*ctx.phrase_docids(phrase)?;
    }
    if let Some(prefix) = subset.wide_prefix(ctx) {
        docids |= &*ctx.prefix_docids(prefix)?;
    }
    Ok(docids)
}
