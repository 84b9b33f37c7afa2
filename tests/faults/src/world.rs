//! What all parts of one simulation share: chance, and whether faults still happen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) struct World {
    chance: Mutex<fastrand::Rng>,
    calm: AtomicBool,
    pub(crate) violations: Mutex<Vec<String>>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            chance: Mutex::new(fastrand::Rng::with_seed(seed)),
            calm: AtomicBool::new(false),
            violations: Mutex::default(),
        }
    }

    /// From here on nothing fails any more.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::Relaxed)
    }

    /// A fault, of a hundred chances so many.
    pub(crate) fn fault(&self, percent: u64) -> bool {
        !self.is_calm() && self.below(100) < percent
    }

    pub(crate) fn below(&self, limit: u64) -> u64 {
        lock(&self.chance).u64(..limit.max(1))
    }

    pub(crate) fn pause(&self, most: Duration) -> Duration {
        Duration::from_micros(self.below(most.as_micros() as u64 + 1))
    }

    pub(crate) fn violated(&self, what: String) {
        lock(&self.violations).push(what);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
