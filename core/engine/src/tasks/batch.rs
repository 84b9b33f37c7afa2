//! Which tasks run next, and which of their neighbours with them.

use super::model::Work;
use crate::core::Core;

/// Documents waiting in one batch take at most this much memory, give or take one task.
const MAX_BYTES: usize = 64 << 20;
const MAX_TASKS: usize = 5_000;

/// The uids of the next batch, in order, and why it ends where it does.
pub(super) fn pick(core: &Core) -> Option<(Vec<u32>, &'static str)> {
    let pending: Vec<_> = {
        let state = core.store.state();
        let urgent = |deletes: bool| {
            state.pending.iter().filter_map(|uid| state.tasks.get(uid)).find(|task| match task.work {
                Work::CancelTasks { .. } => !deletes,
                Work::DeleteTasks { .. } => deletes,
                _ => false,
            })
        };
        // Cancelations go before everything, since they are about what waits; then deletions.
        if let Some(task) = urgent(false).or_else(|| urgent(true)) {
            return Some((vec![task.uid], "task is alone in its batch"));
        }
        state.pending.iter().filter_map(|uid| state.tasks.get(uid).cloned()).take(MAX_TASKS * 2).collect()
    };
    let first = pending.first()?;
    if !joins(&first.work) {
        return Some((vec![first.uid], "task is alone in its batch"));
    }
    let mut tasks = Vec::new();
    let mut bytes = 0;
    for task in &pending {
        if matches!(task.work, Work::SwapIndexes { .. }) {
            return Some((tasks, "stopped before an index swap"));
        }
        if task.index != first.index {
            continue;
        }
        if !joins(&task.work) {
            return Some((tasks, "stopped before a task that is not about documents"));
        }
        bytes += core.store.payload_len(task.uid).unwrap_or(0);
        if !tasks.is_empty() && (bytes > MAX_BYTES || tasks.len() == MAX_TASKS) {
            return Some((tasks, "reached the size limit of a batch"));
        }
        tasks.push(task.uid);
    }
    Some((tasks, "batched all enqueued tasks"))
}

/// Writes of documents by id can share a transaction.
fn joins(work: &Work) -> bool {
    matches!(work, Work::AddDocuments { .. } | Work::DeleteDocuments { .. })
}
