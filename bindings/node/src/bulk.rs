use napi::bindgen_prelude::Either;
use napi_derive::napi;
use scrypath_core::{Call, Reply, Stream, Term, process};

/// A bulk write under way: batches go through [`crate::door::Door::push`], the end through its `finish`.
#[napi]
pub struct Bulk {
    stream: Stream,
}

#[napi]
impl Bulk {
    /// Opens a stream, or gives the reply that says why not.
    #[napi(catch_unwind)]
    pub fn open(request: String) -> Either<Bulk, String> {
        let open = || Stream::open(process().core(), Term::from_json(&request)?);
        match open() {
            Ok(stream) => Either::A(Self { stream }),
            Err(error) => Either::B(Reply::failed(error).to_json()),
        }
    }

    /// Refuses every later push. What was accepted stays accepted.
    #[napi(catch_unwind)]
    pub fn abort(&self) {
        self.stream.abort();
    }

    pub(crate) fn batch(&self) -> Call {
        self.stream.push_call()
    }

    pub(crate) fn end(&self) -> Call {
        self.stream.finish_call()
    }
}
