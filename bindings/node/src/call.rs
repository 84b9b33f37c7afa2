use napi_derive::napi;
use scrypath_core::{Call, Core, Error, Kind, Reply, Term, ValueError, process};

/// Records as NDJSON; `hooked` lines are pairs of a record and what its `search_document` returned.
pub(crate) struct Lines<'a> {
    pub(crate) ndjson: &'a [u8],
    pub(crate) hooked: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn given(ndjson: Option<&'a [u8]>, hooked: Option<bool>) -> Option<Self> {
        ndjson.map(|ndjson| Self { ndjson, hooked: hooked.unwrap_or(false) })
    }
}

/// Reads a request and its records.
pub(crate) fn read(core: &Core, request: &str, lines: Option<Lines>) -> Result<Call, Box<Error>> {
    let mut call = Call::read(core, Term::from_json(request)?)?;
    if let Some(lines) = lines {
        push(&mut call, &lines)?;
    }
    Ok(call)
}

pub(crate) fn push(call: &mut Call, lines: &Lines) -> Result<(), Box<Error>> {
    let text = std::str::from_utf8(lines.ndjson).map_err(|_| ValueError::InvalidUtf8)?;
    call.push_ndjson(text, lines.hooked)
}

pub(crate) fn text(reply: &Reply) -> String {
    serde_json::to_string(reply).unwrap_or_else(|_| {
        let error = Error::new(Kind::Internal, "a reply could not be written; please report it");
        serde_json::to_string(&Reply::failed(error)).unwrap_or_default()
    })
}

/// Carries out a pure operation on this thread.
#[napi(catch_unwind)]
pub(crate) fn call_now(request: String, ndjson: Option<&[u8]>, hooked: Option<bool>) -> String {
    let core = process().core();
    let reply = match read(core, &request, Lines::given(ndjson, hooked)) {
        Ok(call) => call.run_now(core),
        Err(error) => Reply::failed(error),
    };
    text(&reply)
}
