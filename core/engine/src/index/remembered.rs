//! What was worked out for common words and short prefixes, kept for the searches after: Meilisearch writes the
//! like of it to disk when it indexes, here it is made when first asked for.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;

/// All that is kept of one snapshot takes no more than this, roughly.
const ROOM: usize = 4 << 20;
/// What takes less is made again as fast as it is found.
const WORTH_KEEPING: usize = 2 << 10;

/// What is kept of a word or a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum What {
    Postings,
    ByPlace,
    PrefixDocids,
    PrefixByPlace,
}

#[derive(Default)]
pub(super) struct Remembered {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    size: usize,
    things: HashMap<What, HashMap<String, Arc<dyn Any + Send + Sync>>>,
}

impl Remembered {
    /// What is kept, or what `make` makes; `size` says how many bytes that takes.
    pub(super) fn get<T: Send + Sync + 'static>(
        &self,
        what: What,
        word: &str,
        size: impl FnOnce(&T) -> usize,
        make: impl FnOnce() -> Result<T>,
    ) -> Result<Arc<T>> {
        let known = self.locked().things.get(&what).and_then(|things| things.get(word)).cloned();
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        let size = size(&made);
        if (WORTH_KEEPING..ROOM / 2).contains(&size) {
            let mut kept = self.locked();
            if kept.size + size > ROOM {
                *kept = Kept::default();
            }
            kept.size += size;
            kept.things.entry(what).or_default().insert(word.to_owned(), made.clone());
        }
        Ok(made)
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
