//! Scrypath's core for Elixir. `call` takes a request and the records that go with it; what needs no
//! waiting is answered at once, the rest by a message. A rule about search or sync has no place here.

mod answer;
mod atoms;
mod bulk;
mod json;
mod reply;
mod row;
mod running;
mod structs;
mod walk;

use std::sync::atomic::{AtomicBool, Ordering};

use rustler::types::map::MapIterator;
use rustler::{Encoder, Env, Term};
use scrypath_core::{Call, Error, Kind, Reply, TermSink, process, report_panics_by_place};

use crate::row::Row;
use crate::walk::{Allowance, walk};

mod names {
    rustler::atoms! { pending, dirty }
}

/// Refuses a package of another version; the package then says so.
fn load(_env: Env, package_version: Term) -> bool {
    report_panics_by_place();
    package_version.decode().is_ok_and(|version: &str| version == scrypath_core::VERSION)
}

rustler::init!("Elixir.Scrypath.Native", load = load);

/// Answers with a reply, with `pending` (it will come as `{reference, reply}`), or with `dirty`: the
/// call is more than a normal scheduler should carry, hand it to `call_dirty`.
#[rustler::nif]
fn call<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    request: Term<'a>,
    records: Term<'a>,
    hooked: bool,
) -> Term<'a> {
    // The first call starts the runtime's threads.
    static STARTED: AtomicBool = AtomicBool::new(false);
    if !records.is_empty_list() || !STARTED.swap(true, Ordering::Relaxed) {
        return names::dirty().encode(env);
    }
    carry_out(env, reference, request, records, hooked, &Allowance::normal_scheduler())
}

#[rustler::nif(schedule = "DirtyCpu")]
fn call_dirty<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    request: Term<'a>,
    records: Term<'a>,
    hooked: bool,
) -> Term<'a> {
    carry_out(env, reference, request, records, hooked, &Allowance::unlimited())
}

/// The kinds of error, each with its class: what the package's own words are tested against.
#[rustler::nif]
fn kinds() -> Vec<(&'static str, String)> {
    Kind::ALL.iter().map(|kind| (kind.name(), format!("{:?}", kind.class()).to_lowercase())).collect()
}

fn carry_out<'a>(
    env: Env<'a>,
    reference: Term<'a>,
    request: Term<'a>,
    records: Term<'a>,
    hooked: bool,
    allowance: &Allowance,
) -> Term<'a> {
    answer::caught(env, || {
        let read = read(request, records, hooked, allowance);
        if allowance.spent() {
            return names::dirty().encode(env);
        }
        carry_on(env, reference, read)
    })
}

/// Answers with the reply of a pure call or of one that could not be read; starts any other.
fn carry_on<'a>(env: Env<'a>, reference: Term<'a>, read: Result<Call, Box<Error>>) -> Term<'a> {
    match read {
        Err(error) => answer::of(env, &Reply::failed(error)),
        Ok(call) if call.is_pure() => answer::of(env, &call.run_now(process().core())),
        Ok(call) => {
            running::start(env, process(), call, reference);
            names::pending().encode(env)
        }
    }
}

fn read(request: Term, records: Term, hooked: bool, allowance: &Allowance) -> Result<Call, Box<Error>> {
    let mut call = Call::read(process().core(), read_request(request, allowance)?)?;
    read_records(&mut call, records, hooked, allowance)?;
    Ok(call)
}

/// An argument that cannot be read is refused where it is used.
fn read_request(request: Term, allowance: &Allowance) -> Result<scrypath_core::Term, Box<Error>> {
    let argument = |(name, value): (Term, Term)| {
        let mut sink = TermSink::new();
        let walked = walk(value, &mut sink, allowance);
        let value = walked.map_or_else(scrypath_core::Term::Invalid, |()| sink.finish());
        (scrypath_core::Term::Symbol(atoms::name(name).to_string()), value)
    };
    Ok(scrypath_core::Term::Map(MapIterator::new(request).into_iter().flatten().map(argument).collect()))
}

fn read_records(
    call: &mut Call,
    records: Term,
    hooked: bool,
    allowance: &Allowance,
) -> Result<(), Box<Error>> {
    if records.list_length().is_err() {
        return Err(Error::new(Kind::RecordInvalid, "records must be a proper list"));
    }
    for (position, item) in records.into_list_iterator().into_iter().flatten().enumerate() {
        let (record, hook) = match item.decode::<(Term, Term)>() {
            Ok((record, hook)) if hooked => (record, Some(Row::new(hook, allowance))),
            _ => (item, None),
        };
        if !record.is_map() {
            let message = format!("record {position}: expected a struct or a map");
            return Err(Error::new(Kind::RecordInvalid, message).at(position));
        }
        call.push(&Row::new(record, allowance), hook.as_ref())?;
    }
    Ok(())
}
