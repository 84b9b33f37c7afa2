//! Work that outlasts its NIF call: the reply goes to the caller as a message, and the work ends with
//! the caller.

use std::sync::OnceLock;

use rustler::env::OwnedEnv;
use rustler::thread::is_scheduler_thread;
use rustler::{Env, LocalPid, Monitor, Resource, ResourceArc, Term};
use scrypath_core::{Call, Cancel, Process};

use crate::answer;

/// Watches the caller for as long as its work runs.
pub(crate) struct Running {
    cancel: OnceLock<Cancel>,
}

#[rustler::resource_impl]
impl Resource for Running {
    const IMPLEMENTS_DOWN: bool = true;

    fn down<'a>(&'a self, _env: Env<'a>, _pid: LocalPid, _monitor: Monitor) {
        self.cancel();
    }
}

impl Running {
    fn cancel(&self) {
        if let Some(cancel) = self.cancel.get() {
            cancel.cancel();
        }
    }
}

/// Starts the call and returns; its reply arrives as `{reference, reply}`.
pub(crate) fn start<'a>(env: Env<'a>, process: &'static Process, call: Call, reference: Term<'a>) {
    let caller = env.pid();
    let mut message = OwnedEnv::new();
    let reference = message.save(reference);
    let running = ResourceArc::new(Running { cancel: OnceLock::new() });
    let watching = running.clone();
    let cancel = process.spawn(call, move |reply| {
        // A thread of the VM comes here only through `down`: nobody is left to be told.
        if !is_scheduler_thread() {
            // Fails when the caller is gone, which is no one's loss.
            let _ = message.send_and_clear(&caller, |env| (reference.load(env), answer::of(env, &reply)));
        }
        drop(watching);
    });
    let _ = running.cancel.set(cancel);
    if env.monitor(&running, &caller).is_none() {
        running.cancel();
    }
}
