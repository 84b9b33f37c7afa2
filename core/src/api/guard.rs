use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;

use super::Reply;
use crate::error::Error;

/// Runs a future to its end, turning a panic into an `internal` error. The panic's message is ours;
/// what it was called with is left out, since it may be a document.
pub(super) async fn caught(work: impl Future<Output = Reply>) -> Reply {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(polled) => polled,
            Err(panic) => Poll::Ready(Reply::failed(report(&*panic))),
        }
    })
    .await
}

/// The same for work that does not wait.
pub(super) fn caught_now(work: impl FnOnce() -> Reply) -> Reply {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Reply::failed(report(&*panic)))
}

fn report(panic: &(dyn Any + Send)) -> Box<Error> {
    // A literal message was written by us; a formatted one may hold what was formatted.
    let what = panic.downcast_ref::<&'static str>().copied().unwrap_or("details withheld");
    Error::internal(format!("Scrypath stopped on a defect of its own ({what}); please report it"))
}
