use schemars::JsonSchema;
use serde::Serialize;

use super::request::Response;
use crate::error::{Error, Result};
use crate::host::RawJson;
use crate::telemetry::{Event, Trace};

/// What a call gives back: its result or its error, and the telemetry events it produced, in order.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reply {
    #[serde(skip_serializing_if = "Option::is_none")]
    ok: Option<Response>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Box<Error>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
}

impl Reply {
    pub(crate) fn new(result: Result<Response>, trace: Trace) -> Self {
        let events = trace.into_events();
        match result {
            Ok(response) => Self { ok: Some(response), error: None, events },
            Err(error) => Self { ok: None, error: Some(error), events },
        }
    }

    pub fn failed(error: Box<Error>) -> Self {
        Self { ok: None, error: Some(error), events: Vec::new() }
    }

    /// The reply of a call whose caller went away.
    pub fn cancelled() -> Self {
        Self::failed(Error::new(
            crate::error::Kind::CallCancelled,
            "the call was cancelled by its caller; what was already sent may still take effect",
        ))
    }

    /// Takes out what the backend sent, for a host that reads it when it is asked for; `null` is left in its
    /// place. It was looked through: it is JSON.
    pub fn take_raw(&mut self) -> Option<RawJson> {
        self.ok.as_mut().and_then(Response::raw_mut).map(RawJson::take)
    }

    /// The reply as JSON text, for hosts that read that fastest. What the backend sent is in there as it came.
    pub fn to_json(&self) -> String {
        // Room for what the backend sent, so that it is copied once.
        let raw = self.ok.as_ref().and_then(Response::raw).map_or(0, |raw| raw.get().len());
        let mut json = Vec::with_capacity(raw + 1024);
        match serde_json::to_writer(&mut json, self) {
            Ok(()) => String::from_utf8(json).unwrap_or_default(),
            Err(_) => {
                let error = Error::internal("a reply could not be written; please report it");
                serde_json::to_string(&Self::failed(error)).unwrap_or_default()
            }
        }
    }

    pub fn result(&self) -> std::result::Result<&Response, &Error> {
        match (&self.ok, &self.error) {
            (Some(response), _) => Ok(response),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("a reply holds one of the two"),
        }
    }
}
