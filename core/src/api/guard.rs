//! Panics end here. What they say may quote a document, so only the place they happened is told.

use std::cell::RefCell;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::task::Poll;

use super::Reply;
use crate::error::Error;

thread_local! {
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps the messages of panics off standard error, and remembers where each happened. For bindings to
/// call when they are loaded: the hook belongs to this library's own copy of std, not to the host.
pub fn report_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line()));
        PLACE.with(|last| *last.borrow_mut() = place);
    }));
}

/// Runs a future to its end, turning a panic into an `internal` error.
pub(super) async fn caught(work: impl Future<Output = Reply>) -> Reply {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(polled) => polled,
            Err(_) => Poll::Ready(Reply::failed(report())),
        }
    })
    .await
}

/// The same for work that does not wait.
pub(super) fn caught_now(work: impl FnOnce() -> Reply) -> Reply {
    std::panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Reply::failed(report()))
}

fn report() -> Box<Error> {
    let place = PLACE.with(|last| last.borrow_mut().take()).unwrap_or_else(|| "an unknown place".to_owned());
    Error::internal(format!("Scrypath stopped on a defect of its own at {place}; please report it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_tells_the_place_and_not_what_was_said() {
        report_panics_by_place();
        let secret = String::from("a document's text");
        let waiting = caught(async { panic!("cannot index {secret}") });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for reply in [runtime.block_on(waiting), caught_now(|| panic!("cannot index {secret}"))] {
            let error = reply.result().unwrap_err();
            assert_eq!(error.kind, crate::error::Kind::Internal);
            assert!(error.message.contains("guard.rs:"), "{}", error.message);
            assert!(!error.message.contains("document's text"), "{}", error.message);
        }
        let _ = std::panic::take_hook();
    }
}
