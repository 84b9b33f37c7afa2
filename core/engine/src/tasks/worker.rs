//! The thread that runs tasks: one per engine, started by the first task, gone with the engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use std::time::Duration;

use super::apply::apply;
use super::batch::pick;
use super::model::Outcome;
use crate::core::Core;
use crate::error::ApiError;

/// Wakes the worker, or tells it to stop.
#[derive(Default)]
pub(crate) struct Signal {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Signal {
    pub(crate) fn wake(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = true;
        self.changed.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.changed.notify_all();
    }

    /// Waits for work; `false` when there will be none.
    fn wait(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.0 && !state.1 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.0 = false;
        !state.1
    }

    pub(crate) fn stopped(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

pub(crate) fn start(core: &Arc<Core>) -> std::io::Result<JoinHandle<()>> {
    let signal = core.signal.clone();
    let core = Arc::downgrade(core);
    std::thread::Builder::new().name("scrypath-tasks".to_owned()).spawn(move || run(&signal, &core))
}

fn run(signal: &Signal, core: &Weak<Core>) {
    while signal.wait() {
        while !signal.stopped() {
            let Some(core) = core.upgrade() else { return };
            let Some((tasks, why)) = pick(&core) else {
                if let Err(error) = core.tidy() {
                    // Every task is done and told of; a file that is too large harms nobody.
                    tracing::warn!(code = error.code.name(), "a file could not be made smaller");
                }
                break;
            };
            let batch = core.store.begin(&tasks, why);
            let ran = catch_unwind(AssertUnwindSafe(|| apply(&core, batch, &tasks)));
            let failure = match ran {
                Ok(Ok(())) => continue,
                Ok(Err(error)) => error,
                Err(_) => {
                    ApiError::internal("a task stopped in an unforeseen way; nothing of it was applied")
                }
            };
            let failed = core.store.finish(batch, |change| {
                change.end(&core, tasks.iter().map(|uid| (*uid, Outcome::failed(failure.clone()))));
                Ok(())
            });
            if failed.is_err() {
                // Not even the failure can be written down: the disk is full or gone. Try again later.
                core.store.postpone(batch, &tasks);
                drop(core);
                std::thread::sleep(Duration::from_millis(500));
                signal.wake();
                break;
            }
        }
    }
}
