//! Many jobs, few requests: of each document only the newest state is sent.
//!
//! Jobs come in the order of their ids, which is the order in which the transactions that wrote a row
//! committed (see the module page). So of two jobs that speak of one document the later says what it is to
//! be, and the earlier is settled by the same request.

use std::collections::HashMap;

use super::args::{Wanted, Work};
use crate::document::DocumentId;

/// A job that this worker holds.
#[derive(Debug, Clone)]
pub struct Claimed {
    pub id: i64,
    pub attempt: i64,
    pub max_attempts: i64,
    /// An Oban had it before.
    pub was_obans: bool,
    pub work: Work,
}

/// What one index is to be told.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub index: String,
    pub declaration: Option<String>,
    pub primary_key: String,
    pub writes: Vec<Planned>,
}

/// The newest state of one document, and the jobs that spoke of it: positions among those claimed, the
/// author of this state last.
#[derive(Debug, Clone)]
pub struct Planned {
    pub id: DocumentId,
    pub wanted: Wanted,
    pub jobs: Vec<usize>,
}

/// What became of one document.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    Done,
    /// The server will never take it.
    Dead(String),
    /// This attempt failed; another may not.
    Failed(String),
    /// Nothing is wrong with the job: it waits for the backend.
    Held,
}

/// What becomes of one job.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Completed,
    /// With the reason, and the ids of the documents that cannot be delivered.
    Discarded {
        reason: String,
        dead: Vec<DocumentId>,
    },
    /// To be run again; the attempt counts.
    Retry {
        reason: String,
    },
    /// To be run again; the attempt does not count.
    Held,
    /// It never could be run.
    Cancelled {
        reason: String,
    },
}

/// Sorts claimed jobs, which are in the order of their ids, by index and document.
pub fn plan(jobs: &[Claimed]) -> Vec<Delivery> {
    let mut deliveries: Vec<Delivery> = Vec::new();
    let mut indexes: HashMap<String, usize> = HashMap::new();
    let mut places: Vec<HashMap<String, usize>> = Vec::new();
    for (at, job) in jobs.iter().enumerate() {
        let Work { index, declaration, primary_key, writes, .. } = &job.work;
        let to = *indexes.entry(index.clone()).or_insert_with(|| {
            deliveries.push(Delivery {
                index: index.clone(),
                declaration: None,
                primary_key: primary_key.clone(),
                writes: Vec::new(),
            });
            places.push(HashMap::new());
            deliveries.len() - 1
        });
        let delivery = &mut deliveries[to];
        if declaration.is_some() {
            delivery.declaration.clone_from(declaration);
            delivery.primary_key.clone_from(primary_key);
        }
        for (id, wanted) in writes {
            // The server takes `5` and `"5"` for one document.
            match places[to].get(&id.to_string()) {
                Some(place) => {
                    let planned = &mut delivery.writes[*place];
                    planned.wanted = wanted.clone();
                    if planned.jobs.last() != Some(&at) {
                        planned.jobs.push(at);
                    }
                }
                None => {
                    places[to].insert(id.to_string(), delivery.writes.len());
                    delivery.writes.push(Planned { id: id.clone(), wanted: wanted.clone(), jobs: vec![at] });
                }
            }
        }
    }
    deliveries
}

/// What becomes of each job, from what became of the documents it spoke of. A document's fate is its
/// author's. A job that a later one spoke over shares, for that document, what became of the later: it is
/// completed only once a newer state than its own is in the index. And a job that is to run again would write
/// over what later ones wrote: they run again with it.
pub fn verdicts(jobs: &[Claimed], fates: &[(Planned, Fate)]) -> Vec<Verdict> {
    let mut verdicts = vec![Verdict::Completed; jobs.len()];
    for (planned, fate) in fates {
        if let Some(&author) = planned.jobs.last() {
            worsen(&mut verdicts[author], fate, &planned.id);
        }
    }
    for (verdict, job) in verdicts.iter_mut().zip(jobs) {
        if let Verdict::Retry { reason } = verdict
            && job.attempt >= job.max_attempts
        {
            let dead = job.work.writes.iter().map(|(id, _)| id.clone()).collect();
            *verdict = Verdict::Discarded { reason: std::mem::take(reason), dead };
        }
    }
    hold_together(&mut verdicts, fates);
    for (planned, _) in fates {
        let Some((&author, before)) = planned.jobs.split_last() else { continue };
        for &at in before {
            if let (Verdict::Discarded { dead, .. }, Verdict::Completed) = (&verdicts[author], &verdicts[at])
                && dead.contains(&planned.id)
            {
                let reason = format!("superseded by job {}, which was discarded", jobs[author].id);
                verdicts[at] = Verdict::Discarded { reason, dead: vec![planned.id.clone()] };
            }
        }
    }
    verdicts
}

/// Of the jobs that spoke of one document: if one is to run again, so are the others.
fn hold_together(verdicts: &mut [Verdict], fates: &[(Planned, Fate)]) {
    let runs_again = |verdict: &Verdict| matches!(verdict, Verdict::Retry { .. } | Verdict::Held);
    let mut waiting: Vec<usize> = (0..verdicts.len()).filter(|&at| runs_again(&verdicts[at])).collect();
    if waiting.is_empty() {
        return;
    }
    let mut spoke_of: Vec<Vec<&Planned>> = vec![Vec::new(); verdicts.len()];
    for (planned, _) in fates {
        planned.jobs.iter().for_each(|&at| spoke_of[at].push(planned));
    }
    while let Some(again) = waiting.pop() {
        for planned in std::mem::take(&mut spoke_of[again]) {
            for &at in &planned.jobs {
                let is_done = match &verdicts[at] {
                    Verdict::Completed => true,
                    // Of this document it is over only if it was given up.
                    Verdict::Discarded { dead, .. } => !dead.contains(&planned.id),
                    Verdict::Retry { .. } | Verdict::Held | Verdict::Cancelled { .. } => false,
                };
                if is_done {
                    verdicts[at] = Verdict::Held;
                    waiting.push(at);
                }
            }
        }
    }
}

/// Of the fates of a job's own documents the one that keeps it open longest counts; dead ones are collected.
fn worsen(verdict: &mut Verdict, fate: &Fate, id: &DocumentId) {
    match (&mut *verdict, fate) {
        (_, Fate::Done) | (Verdict::Held, _) => {}
        (_, Fate::Held) => *verdict = Verdict::Held,
        (Verdict::Retry { .. }, _) => {}
        (_, Fate::Failed(reason)) => *verdict = Verdict::Retry { reason: reason.clone() },
        (Verdict::Discarded { dead, .. }, Fate::Dead(_)) => dead.push(id.clone()),
        (_, Fate::Dead(reason)) => {
            *verdict = Verdict::Discarded { reason: reason.clone(), dead: vec![id.clone()] };
        }
    }
}
