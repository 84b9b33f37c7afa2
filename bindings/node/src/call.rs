use napi_derive::napi;
use scrypath_core::{Call, Core, Error, Reply, Term, ValueError, process};

/// Adds records, one a line; a `hooked` line is a pair of a record and what its `search_document`
/// returned.
pub(crate) fn with_records(mut call: Call, ndjson: &[u8], hooked: bool) -> Result<Call, Box<Error>> {
    let text = std::str::from_utf8(ndjson).map_err(|_| ValueError::InvalidUtf8)?;
    call.push_ndjson(text, hooked)?;
    Ok(call)
}

/// Reads a request, and the records that came with it.
pub(crate) fn read(
    core: &Core,
    request: &str,
    ndjson: Option<&[u8]>,
    hooked: Option<bool>,
) -> Result<Call, Box<Error>> {
    let call = Call::read(core, Term::from_json(request)?)?;
    match ndjson {
        Some(ndjson) => with_records(call, ndjson, hooked.unwrap_or(false)),
        None => Ok(call),
    }
}

/// Carries out a pure operation on this thread.
#[napi(catch_unwind)]
pub(crate) fn call_now(request: String, ndjson: Option<&[u8]>, hooked: Option<bool>) -> String {
    let core = process().core();
    let call = read(core, &request, ndjson, hooked);
    call.map_or_else(Reply::failed, |call| call.run_now(core)).to_json()
}
