//! The rules that rank by what a way through the query costs.
//!
//! Such a rule gives each step of the graph conditions with costs. Its buckets are the documents that
//! meet all conditions of some way of a cost, the cheapest ways first.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::marker::PhantomData;
use std::rc::Rc;

use indexmap::IndexSet;
use roaring::RoaringBitmap;

use super::{Bucket, RankingRule};
use crate::error::Result;
use crate::search::context::Context;
use crate::search::graph::{END, Graph, NodeId, START};
use crate::search::params::Strategy;
use crate::search::score::{Detail, Rank};
use crate::search::terms::Located;

/// What tells one such rule from another.
pub(in crate::search) trait Costs {
    type Condition: Clone + Eq + Hash;

    /// The conditions under which a term may follow another (or begin), with their costs.
    fn conditions(
        ctx: &mut Context<'_>,
        from: Option<&Located>,
        to: &Located,
    ) -> Result<Vec<(u32, Self::Condition)>>;

    /// The documents that meet a condition.
    fn resolve(
        ctx: &mut Context<'_>,
        condition: &Self::Condition,
        universe: &RoaringBitmap,
    ) -> Result<RoaringBitmap>;

    /// The terms as a document that meets the condition may match them.
    fn narrowed(ctx: &Context<'_>, condition: &Self::Condition) -> (Option<Located>, Located);

    fn score(rank: Rank) -> Detail;
}

pub(in crate::search) struct PathRule<C: Costs> {
    /// Only the rule that drops words has one.
    strategy: Option<Strategy>,
    state: Option<State<C::Condition>>,
    kind: PhantomData<C>,
}

impl<C: Costs> PathRule<C> {
    pub(in crate::search) fn new(strategy: Option<Strategy>) -> PathRule<C> {
        PathRule { strategy, state: None, kind: PhantomData }
    }
}

#[derive(Clone)]
struct Edge {
    to: NodeId,
    cost: u64,
    /// Index into the conditions; without one the node is passed by.
    condition: Option<usize>,
    /// Nodes that must be passed by as well.
    skips: Rc<BTreeSet<NodeId>>,
}

struct State<K> {
    conditions: IndexSet<K>,
    edges: Vec<Vec<Edge>>,
    /// From each node, what the ways to the end may cost.
    costs: Vec<BTreeSet<u64>>,
    next_cost: u64,
    max_rank: u64,
    resolved: HashMap<usize, RoaringBitmap>,
}

impl<K: Clone + Eq + Hash> State<K> {
    fn find_costs(&mut self) {
        fn visit(node: NodeId, edges: &[Vec<Edge>], costs: &mut [Option<BTreeSet<u64>>]) {
            if costs[node].is_some() {
                return;
            }
            let mut found = BTreeSet::new();
            if node == END {
                found.insert(0);
            }
            for edge in &edges[node] {
                visit(edge.to, edges, costs);
                found.extend(costs[edge.to].iter().flatten().map(|cost| cost + edge.cost));
            }
            costs[node] = Some(found);
        }
        let mut costs = vec![None; self.edges.len()];
        visit(START, &self.edges, &mut costs);
        self.costs = costs.into_iter().map(Option::unwrap_or_default).collect();
    }
}

impl<C: Costs> RankingRule for PathRule<C> {
    fn start(&mut self, ctx: &mut Context<'_>, _universe: &RoaringBitmap, graph: &Rc<Graph>) -> Result<()> {
        let mut dropping: HashMap<NodeId, Rc<BTreeSet<NodeId>>> = HashMap::new();
        let mut extra = 1;
        if let Some(strategy) = self.strategy {
            extra += (graph.words_in_phrases(ctx) as u64).saturating_sub(1);
            // A term may be dropped only where those that go before it are dropped too.
            let mut gone = BTreeSet::new();
            for group in graph.removal_order(ctx, strategy)? {
                let before = Rc::new(gone.clone());
                dropping.extend(group.iter().map(|node| (*node, before.clone())));
                gone.extend(group);
            }
        }
        let none = Rc::new(BTreeSet::new());
        let mut conditions = IndexSet::new();
        let mut edges = Vec::with_capacity(graph.nodes.len());
        for node in &graph.nodes {
            let mut out = Vec::new();
            for to in &node.after {
                let Some(term) = &graph.nodes[*to].term else {
                    out.push(Edge { to: *to, cost: 0, condition: None, skips: none.clone() });
                    continue;
                };
                if let Some(skips) = dropping.get(to) {
                    let cost = u64::from(term.term_count());
                    out.push(Edge { to: *to, cost, condition: None, skips: skips.clone() });
                }
                for (cost, condition) in C::conditions(ctx, node.term.as_ref(), term)? {
                    let condition = Some(conditions.insert_full(condition).0);
                    out.push(Edge { to: *to, cost: u64::from(cost), condition, skips: none.clone() });
                }
            }
            edges.push(out);
        }
        let mut state = State {
            conditions,
            edges,
            costs: Vec::new(),
            next_cost: 0,
            max_rank: extra,
            resolved: HashMap::new(),
        };
        state.find_costs();
        state.max_rank += state.costs[START].last().copied().unwrap_or(0);
        self.state = Some(state);
        Ok(())
    }

    fn next(&mut self, ctx: &mut Context<'_>, universe: &RoaringBitmap) -> Result<Option<Bucket>> {
        let Some(state) = &mut self.state else { return Ok(None) };
        let Some(cost) = state.costs[START].range(state.next_cost..).next().copied() else { return Ok(None) };
        state.next_cost = cost + 1;
        let rank = Rank { at: state.max_rank - cost, of: state.max_rank };
        let mut walk = Walk::<C> {
            ctx,
            state,
            universe: universe.clone(),
            bucket: RoaringBitmap::new(),
            path: Vec::new(),
            passing: Vec::new(),
            visited: Vec::new(),
            found: Vec::new(),
        };
        if !walk.universe.is_empty() {
            walk.visit(START, cost, &Rc::new(BTreeSet::new()))?;
        }
        let Walk { bucket, found, .. } = walk;
        let paths = found
            .into_iter()
            .map(|path| {
                path.into_iter().map(|condition| C::narrowed(ctx, &state.conditions[condition])).collect()
            })
            .collect();
        Ok(Some(Bucket { graph: Rc::new(Graph::of_paths(paths)), docids: bucket, score: C::score(rank) }))
    }
}

/// One search for all ways of one cost.
struct Walk<'w, 's, C: Costs> {
    ctx: &'w mut Context<'s>,
    state: &'w mut State<C::Condition>,
    /// What no way has found yet.
    universe: RoaringBitmap,
    bucket: RoaringBitmap,
    path: Vec<usize>,
    /// The documents that meet the conditions so far, for each length of the path.
    passing: Vec<RoaringBitmap>,
    visited: Vec<NodeId>,
    found: Vec<Vec<usize>>,
}

impl<C: Costs> Walk<'_, '_, C> {
    fn visit(&mut self, node: NodeId, budget: u64, skip: &Rc<BTreeSet<NodeId>>) -> Result<()> {
        for at in 0..self.state.edges[node].len() {
            let edge = self.state.edges[node][at].clone();
            let Some(rest) = budget.checked_sub(edge.cost) else { continue };
            if !self.state.costs[edge.to].contains(&rest) {
                continue;
            }
            match edge.condition {
                None if edge.to == END => self.arrive(),
                None => {
                    let skip =
                        if edge.skips.is_empty() { skip.clone() } else { Rc::new(&**skip | &*edge.skips) };
                    self.visit(edge.to, rest, &skip)?;
                }
                Some(condition) => {
                    if skip.contains(&edge.to) || self.visited.iter().any(|node| edge.skips.contains(node)) {
                        continue;
                    }
                    let Some(meeting) = self.meeting(condition)? else { continue };
                    let passing = match self.passing.last() {
                        Some(passing) => passing & meeting,
                        None => meeting & &self.universe,
                    };
                    if passing.is_empty() {
                        continue;
                    }
                    self.path.push(condition);
                    self.passing.push(passing);
                    self.visited.push(edge.to);
                    self.visit(edge.to, rest, skip)?;
                    self.visited.pop();
                    self.passing.pop();
                    self.path.pop();
                }
            }
            if self.universe.is_empty() || self.passing.last().is_some_and(RoaringBitmap::is_empty) {
                break;
            }
        }
        Ok(())
    }

    /// The documents that meet a condition; `None` where there are none left.
    fn meeting(&mut self, condition: usize) -> Result<Option<RoaringBitmap>> {
        if !self.state.resolved.contains_key(&condition) {
            let resolved = C::resolve(self.ctx, &self.state.conditions[condition], &self.universe)?;
            self.state.resolved.insert(condition, resolved);
        }
        let docids = &self.state.resolved[&condition] & &self.universe;
        if docids.is_empty() {
            return Ok(None);
        }
        Ok(Some(docids))
    }

    fn arrive(&mut self) {
        let found = self.passing.last().cloned().unwrap_or_else(|| self.universe.clone());
        if found.is_empty() {
            return;
        }
        self.found.push(self.path.clone());
        self.universe -= &found;
        for passing in &mut self.passing {
            *passing -= &found;
        }
        self.bucket |= found;
    }
}
