//! `_geoPoint(lat, lng)` in `sort`: by the distance from a point. What has no point comes last, whichever
//! the direction.

use std::collections::VecDeque;
use std::rc::Rc;

use roaring::RoaringBitmap;

use super::{Bucket, RankingRule};
use crate::error::Result;
use crate::geo::Point;
use crate::search::context::Context;
use crate::search::graph::Graph;
use crate::search::score::Detail;

/// Meters within which two documents are as far away as each other.
const MARGIN: f64 = 1.0;
/// No bucket is larger.
const MAX_BUCKET: u64 = 1000;

pub(in crate::search) struct Distance {
    from: Point,
    ascending: bool,
    graph: Rc<Graph>,
    /// What has a point, the next to hand out first.
    sorted: VecDeque<(u32, Point)>,
}

impl Distance {
    pub(in crate::search) fn new(from: Point, ascending: bool) -> Distance {
        Distance { from, ascending, graph: Rc::default(), sorted: VecDeque::new() }
    }
}

impl RankingRule for Distance {
    fn start(&mut self, ctx: &mut Context<'_>, universe: &RoaringBitmap, graph: &Rc<Graph>) -> Result<()> {
        self.graph = graph.clone();
        let mut points = ctx.snapshot.points(universe)?;
        // By whole meters, as the margin is one; what is as far stays in the order of its ids.
        points.sort_by_cached_key(|(_, point)| self.from.distance(*point) as u64);
        if !self.ascending {
            points.reverse();
        }
        self.sorted = points.into();
        Ok(())
    }

    fn next(&mut self, _: &mut Context<'_>, universe: &RoaringBitmap) -> Result<Option<Bucket>> {
        let mut docids = RoaringBitmap::new();
        let mut first: Option<Point> = None;
        while let Some((docid, point)) = self.sorted.front().copied() {
            if universe.contains(docid) {
                let nearest = *first.get_or_insert(point);
                let apart = (self.from.distance(nearest) - self.from.distance(point)).abs();
                if apart > MARGIN || docids.len() == MAX_BUCKET {
                    break;
                }
                docids.insert(docid);
            }
            self.sorted.pop_front();
        }
        let score = Detail::Distance { from: self.from, ascending: self.ascending, value: first };
        let docids = if first.is_some() { docids } else { universe.clone() };
        Ok(Some(Bucket { graph: self.graph.clone(), docids, score }))
    }
}
