//! `sort`, and custom rules: by the value of a field. Numbers come before strings, and what has
//! neither comes last, whichever the direction.

use std::collections::BTreeMap;
use std::rc::Rc;

use roaring::RoaringBitmap;
use serde_json::Value;

use super::{Bucket, RankingRule};
use crate::error::Result;
use crate::index::{FacetKey, FacetKind, FacetValue};
use crate::search::context::Context;
use crate::search::graph::Graph;
use crate::search::score::Detail;
use crate::settings::AscDesc;

/// Up to this many documents, it is faster to look at each than to walk the values.
const FEW: u64 = 1000;

pub(in crate::search) struct Sort {
    by: AscDesc,
    graph: Rc<Graph>,
    /// The buckets that are known, last first.
    ready: Vec<(Value, RoaringBitmap)>,
    /// Where to walk on: the kind of value, and the value last met.
    walk: Option<(FacetKind, Option<Value>)>,
}

impl Sort {
    pub(in crate::search) fn new(by: AscDesc) -> Sort {
        Sort { by, graph: Rc::default(), ready: Vec::new(), walk: None }
    }

    /// The best value of each document, and the documents of each value.
    fn look(&mut self, ctx: &Context<'_>, field: u16, universe: &RoaringBitmap) -> Result<()> {
        let mut numbers = BTreeMap::<[u8; 8], (f64, RoaringBitmap)>::new();
        let mut strings = BTreeMap::<String, RoaringBitmap>::new();
        for docid in universe {
            let mut best: Option<FacetValue> = None;
            for value in ctx.snapshot.values_of(field, docid)? {
                let better = match (&value, &best) {
                    (_, None) | (FacetValue::Number(_), Some(FacetValue::String { .. })) => true,
                    (FacetValue::String { .. }, Some(FacetValue::Number(_))) => false,
                    (FacetValue::Number(a), Some(FacetValue::Number(b))) => (a < b) == self.by.ascending,
                    (
                        FacetValue::String { normalized: a, .. },
                        Some(FacetValue::String { normalized: b, .. }),
                    ) => (a < b) == self.by.ascending,
                };
                if better {
                    best = Some(value);
                }
            }
            match best {
                None => {}
                Some(FacetValue::Number(number)) => {
                    let key = crate::index::ordered(number);
                    numbers.entry(key).or_insert_with(|| (number, RoaringBitmap::new())).1.insert(docid);
                }
                Some(FacetValue::String { normalized, .. }) => {
                    strings.entry(normalized).or_default().insert(docid);
                }
            }
        }
        let mut numbers: Vec<_> =
            numbers.into_values().map(|(number, docids)| (Value::from(number), docids)).collect();
        let mut strings: Vec<_> =
            strings.into_iter().map(|(text, docids)| (Value::from(text), docids)).collect();
        if !self.by.ascending {
            numbers.reverse();
            strings.reverse();
        }
        self.ready = numbers.into_iter().chain(strings).rev().collect();
        Ok(())
    }

    /// Walks the values on to the next that a document of the universe has.
    fn walk_on(
        &mut self,
        ctx: &Context<'_>,
        field: u16,
        universe: &RoaringBitmap,
    ) -> Result<Option<(Value, RoaringBitmap)>> {
        while let Some((kind, last)) = self.walk.take() {
            let mut found = None;
            ctx.snapshot.each_value(field, kind, self.by.ascending, last.as_ref(), |key, docids| {
                let docids = docids & universe;
                if docids.is_empty() {
                    return Ok(true);
                }
                let value = match key {
                    FacetKey::Number(number) => Value::from(number),
                    FacetKey::String(text) => Value::from(text),
                };
                found = Some((value, docids));
                Ok(false)
            })?;
            match (found, kind) {
                (Some((value, docids)), kind) => {
                    self.walk = Some((kind, Some(value.clone())));
                    return Ok(Some((value, docids)));
                }
                (None, FacetKind::Number) => self.walk = Some((FacetKind::String, None)),
                (None, FacetKind::String) => {}
            }
        }
        Ok(None)
    }
}

impl RankingRule for Sort {
    fn start(&mut self, ctx: &mut Context<'_>, universe: &RoaringBitmap, graph: &Rc<Graph>) -> Result<()> {
        self.graph = graph.clone();
        self.ready.clear();
        self.walk = None;
        if let Some(field) = ctx.snapshot.fields.id(&self.by.field) {
            if universe.len() <= FEW {
                self.look(ctx, field, universe)?;
            } else {
                self.walk = Some((FacetKind::Number, None));
            }
        }
        Ok(())
    }

    fn next(&mut self, ctx: &mut Context<'_>, universe: &RoaringBitmap) -> Result<Option<Bucket>> {
        let mut found = self.ready.pop();
        if found.is_none()
            && self.walk.is_some()
            && let Some(field) = ctx.snapshot.fields.id(&self.by.field)
        {
            found = self.walk_on(ctx, field, universe)?;
        }
        let (value, docids) = found.unwrap_or_else(|| (Value::Null, universe.clone()));
        let score = Detail::Sort {
            field: self.by.field.clone(),
            ascending: self.by.ascending,
            hidden: !ctx.snapshot.settings.is_displayed(&self.by.field),
            value,
        };
        Ok(Some(Bucket { graph: self.graph.clone(), docids: docids & universe, score }))
    }
}
