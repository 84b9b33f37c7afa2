use serde::Serialize;

use super::request::Response;
use crate::error::{Error, Result};
use crate::telemetry::{Event, Trace};

/// What a call gives back: its result or its error, and the telemetry events it produced, in order.
#[derive(Debug, Serialize)]
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

    pub fn result(&self) -> std::result::Result<&Response, &Error> {
        match (&self.ok, &self.error) {
            (Some(response), _) => Ok(response),
            (None, Some(error)) => Err(error),
            (None, None) => unreachable!("a reply holds one of the two"),
        }
    }
}
