//! Bulk writing: open, push batches, finish or abort. Each step but `abort` answers as `call` does.

use rustler::{Atom, Encoder, Env, Resource, ResourceArc, Term};
use scrypath_core::{Call, Error, Reply, Stream, process};

use crate::walk::Allowance;
use crate::{answer, carry_on, read_records, read_request};

pub(crate) struct Bulk(Stream);

#[rustler::resource_impl]
impl Resource for Bulk {}

/// Opens a stream, or gives the reply that says why not.
#[rustler::nif(schedule = "DirtyCpu")]
fn open<'a>(env: Env<'a>, request: Term<'a>) -> Term<'a> {
    answer::caught(env, || {
        let opened = read_request(request, &Allowance::unlimited())
            .and_then(|request| Stream::open(process().core(), request));
        match opened {
            Ok(stream) => ResourceArc::new(Bulk(stream)).encode(env),
            Err(error) => answer::of(env, &Reply::failed(error)),
        }
    })
}

/// Sends one batch.
#[rustler::nif(schedule = "DirtyCpu")]
fn push<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    stream: ResourceArc<Bulk>,
    records: Term<'a>,
    hooked: bool,
) -> Term<'a> {
    step(env, reference, || {
        let mut call = stream.0.push_call();
        read_records(&mut call, records, hooked, &Allowance::unlimited())?;
        Ok(call)
    })
}

/// Waits for every batch, as the mode promises; the reply is the write result of all.
#[rustler::nif(schedule = "DirtyCpu")]
fn finish<'a>(env: Env<'a>, reference: Term<'a>, stream: ResourceArc<Bulk>) -> Term<'a> {
    step(env, reference, || Ok(stream.0.finish_call()))
}

/// Refuses every later push. What was accepted stays accepted.
#[rustler::nif]
fn abort(stream: ResourceArc<Bulk>) -> Atom {
    stream.0.abort();
    rustler::types::atom::ok()
}

fn step<'a>(env: Env<'a>, reference: Term<'a>, call: impl FnOnce() -> Result<Call, Box<Error>>) -> Term<'a> {
    answer::caught(env, || carry_on(env, reference, call()))
}
