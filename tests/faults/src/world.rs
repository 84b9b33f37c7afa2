//! What all parts of one simulation share: chance, and whether faults still happen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

/// What can go wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    // No connection to the backend; a request that never arrives; one that takes its time.
    Refused,
    Lost,
    Slow,
    // The answer is lost; the request lands twice; its body is cut off; something in front of the server answers.
    Unheard,
    Twice,
    Cut,
    Overload,
    // Every process is killed while a slow request is under way.
    Struck,
    // The database does not answer, before or after it did what was asked; or only after long.
    Unreached,
    Stalled,
    // Its clock jumps.
    Jump,
    // A transaction rolls back, or is open for long; a document that the server refuses.
    Rollback,
    LongTransaction,
    Poisoned,
    // Jobs of somebody else; given-up jobs run again by hand.
    Foreign,
    RunAgain,
    // An Oban's process stands still; acknowledges late; runs a job that it thinks was left.
    Standstill,
    LateAcknowledgement,
    RunTwice,
}

impl Fault {
    const COUNT: usize = Self::RunTwice as usize + 1;

    /// Of a hundred chances so many.
    fn percent(self) -> u64 {
        match self {
            Self::Jump => 50,
            Self::Struck => 20,
            Self::Rollback => 15,
            Self::LongTransaction => 10,
            Self::Overload => 8,
            Self::Unheard => 6,
            Self::Slow | Self::RunAgain => 5,
            Self::Refused | Self::Lost | Self::Poisoned => 4,
            Self::Twice | Self::Cut | Self::Foreign | Self::Standstill | Self::LateAcknowledgement => 3,
            Self::Unreached => 2,
            Self::Stalled | Self::RunTwice => 1,
        }
    }
}

pub(crate) struct World {
    chance: Mutex<fastrand::Rng>,
    calm: AtomicBool,
    /// How much more often than usual each fault happens: a seed that has few kinds, and those often, gets
    /// further than one that has a little of all.
    weights: [u64; Fault::COUNT],
    /// How long processes live at most.
    lives: Duration,
    /// Told to every process: it is killed.
    pub(crate) struck: Notify,
    pub(crate) violations: Mutex<Vec<String>>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let is_even = chance.bool();
        let weights = [(); Fault::COUNT].map(|()| if is_even { 1 } else { [0, 0, 1, 5][chance.usize(..4)] });
        let lives = Duration::from_secs([3, 25, 90][chance.usize(..3)]);
        Self {
            chance: Mutex::new(chance),
            calm: AtomicBool::new(false),
            weights,
            lives,
            struck: Notify::new(),
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

    pub(crate) fn has(&self, fault: Fault) -> bool {
        let percent = fault.percent() * self.weights[fault as usize];
        !self.is_calm() && self.below(100) < percent
    }

    pub(crate) fn below(&self, limit: u64) -> u64 {
        lock(&self.chance).u64(..limit.max(1))
    }

    pub(crate) fn pause(&self, most: Duration) -> Duration {
        Duration::from_micros(self.below(most.as_micros() as u64 + 1))
    }

    /// How long a process lives until it is killed.
    pub(crate) fn lifetime(&self) -> Duration {
        self.pause(self.lives)
    }

    pub(crate) fn violated(&self, what: String) {
        lock(&self.violations).push(what);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
