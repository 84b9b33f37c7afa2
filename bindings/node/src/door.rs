//! Asynchronous hand-over.
//!
//! A finished call puts its reply into a queue; only a queue that was empty wakes the event loop, which
//! then drains all of it. Each environment (the main thread, each worker) has its own [`Door`], so
//! nothing here is global and nothing outlives its environment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{Either, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status, sys};
use napi_derive::napi;
use scrypath_core::{Call, Cancel, Core, Error, Reply, process};

use crate::bulk::Bulk;
use crate::call;
use crate::text::Text;

/// Weak: an idle door does not keep the process alive. [`Door::keep_alive`] does while calls run.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// A request that is read faster than it is handed to another thread, in bytes, records included.
const SMALL: usize = 16 * 1024;

struct Ended {
    id: u32,
    reply: String,
}

struct Outbox {
    wake: Wake,
    ended: Mutex<Vec<Ended>>,
}

impl Outbox {
    fn put(&self, id: u32, reply: &Reply) {
        let reply = reply.to_json();
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = ended.is_empty();
        ended.push(Ended { id, reply });
        drop(ended);
        if was_empty {
            // A closing environment has nobody left to wake.
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

#[napi]
pub struct Door {
    outbox: Arc<Outbox>,
    running: HashMap<u32, Option<Cancel>>,
    last: u32,
}

#[napi]
impl Door {
    /// `wake` is called on the event loop when `drain` has something to give. It must not throw.
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<(), ()>) -> napi::Result<Self> {
        let wake = wake.build_threadsafe_function::<()>().weak::<true>().build()?;
        let outbox = Arc::new(Outbox { wake, ended: Mutex::default() });
        Ok(Self { outbox, running: HashMap::new(), last: 0 })
    }

    /// Starts an operation; its reply comes out of `drain` under the number returned.
    #[napi(catch_unwind)]
    pub fn call(&mut self, env: Env, request: String, ndjson: Option<&[u8]>, hooked: Option<bool>) -> u32 {
        if request.len() + ndjson.map_or(0, <[u8]>::len) <= SMALL {
            let read = call::read(process().core(), &request, ndjson, hooked);
            return self.run(env, read);
        }
        let ndjson = ndjson.map(<[u8]>::to_vec);
        self.read_and_run(env, move |core| call::read(core, &request, ndjson.as_deref(), hooked))
    }

    /// Sends a batch of a stream.
    #[napi(catch_unwind)]
    pub fn push(&mut self, env: Env, stream: &Bulk, ndjson: &[u8], hooked: bool) -> u32 {
        let (batch, ndjson) = (stream.batch(), ndjson.to_vec());
        self.read_and_run(env, move |_| call::with_records(batch, &ndjson, hooked))
    }

    /// Ends a stream; the reply is the result of all its batches.
    #[napi(catch_unwind)]
    pub fn finish(&mut self, env: Env, stream: &Bulk) -> u32 {
        self.run(env, Ok(stream.end()))
    }

    /// Cancels a call. Its reply, if one still comes, is for nobody.
    #[napi(catch_unwind)]
    pub fn cancel(&mut self, id: u32) {
        if let Some(Some(cancel)) = self.running.get(&id) {
            cancel.cancel();
        }
    }

    /// The calls that have ended since the last time: number, reply, number, reply, …
    #[napi(catch_unwind)]
    pub fn drain(&mut self, env: Env) -> Vec<Either<u32, Text>> {
        let ended = std::mem::take(&mut *self.outbox.ended.lock().unwrap_or_else(PoisonError::into_inner));
        for Ended { id, .. } in &ended {
            self.running.remove(id);
        }
        if self.running.is_empty() {
            self.keep_alive(env, false);
        }
        ended.into_iter().flat_map(|Ended { id, reply }| [Either::A(id), Either::B(Text(reply))]).collect()
    }

    fn run(&mut self, env: Env, read: Result<Call, Box<Error>>) -> u32 {
        let (id, done) = self.begin(env);
        let cancel = match read {
            Ok(call) => Some(process().spawn(call, done)),
            Err(error) => {
                done(Reply::failed(error));
                None
            }
        };
        self.running.insert(id, cancel);
        id
    }

    /// The same where reading takes long: the event loop copies bytes, another thread reads them.
    fn read_and_run(
        &mut self,
        env: Env,
        read: impl FnOnce(&Core) -> Result<Call, Box<Error>> + Send + 'static,
    ) -> u32 {
        let (id, done) = self.begin(env);
        self.running.insert(id, Some(process().spawn_prepared(read, done)));
        id
    }

    fn begin(&mut self, env: Env) -> (u32, impl FnOnce(Reply) + Send + use<>) {
        if self.running.is_empty() {
            self.keep_alive(env, true);
        }
        self.last = self.last.wrapping_add(1);
        let (id, outbox) = (self.last, self.outbox.clone());
        (id, move |reply| outbox.put(id, &reply))
    }

    fn keep_alive(&self, env: Env, on: bool) {
        let (env, wake) = (env.raw(), self.outbox.wake.raw());
        // SAFETY: called on the thread of `env`, which made `wake` and still lives. Neither can fail on
        // a live function; a failure would only affect when the process may exit.
        let _ = unsafe {
            if on {
                sys::napi_ref_threadsafe_function(env, wake)
            } else {
                sys::napi_unref_threadsafe_function(env, wake)
            }
        };
    }
}

/// A door closes with its environment: what its calls were for is gone.
impl Drop for Door {
    fn drop(&mut self) {
        for cancel in self.running.values().flatten() {
            cancel.cancel();
        }
    }
}
