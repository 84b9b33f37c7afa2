use std::panic::{AssertUnwindSafe, catch_unwind};

use rustler::{Encoder, Env, Term};
use scrypath_core::{Error, Kind, Reply};

use crate::reply;

/// The reply as a term. What cannot be one becomes the reply that says so.
pub(crate) fn of<'a>(env: Env<'a>, reply: &Reply) -> Term<'a> {
    caught(env, || {
        reply::term(reply, env).unwrap_or_else(|refused| {
            let mut error =
                Error::new(Kind::HttpError, format!("the server's reply cannot be read: {refused}"));
            error.details.status = Some(200);
            failed(env, error)
        })
    })
}

/// Turns a panic into an `internal` error. Left to rustler, its report would show every argument.
pub(crate) fn caught<'a>(env: Env<'a>, work: impl FnOnce() -> Term<'a>) -> Term<'a> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "Scrypath's native library stopped on a defect of its own; please report it";
        failed(env, Error::new(Kind::Internal, message))
    })
}

fn failed(env: Env, error: Box<Error>) -> Term {
    let nil = || rustler::types::atom::nil().encode(env);
    catch_unwind(AssertUnwindSafe(|| reply::term(&Reply::failed(error), env)))
        .map_or_else(|_| nil(), |built| built.unwrap_or_else(|_| nil()))
}
