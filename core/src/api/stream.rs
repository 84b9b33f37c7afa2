use std::sync::Arc;

use super::call::Call;
use super::request::{Request, mismatch, readable, take_text};
use crate::config::{Config, Layers};
use crate::error::Result;
use crate::host::{Idiom, Term};
use crate::process::Core;
use crate::sync::Bulk;

/// Bulk writing: open, push batches, finish or abort. Each step but `abort` is a [`Call`].
///
/// Batches are sent as they come and awaited together at the end, since awaiting each would keep the
/// server from batching them. Aborting stops sending; what was accepted stays accepted.
pub struct Stream {
    idiom: Idiom,
    bulk: Arc<Bulk>,
}

impl Stream {
    /// Opens a stream from a term: `{host, schema, options, defaults, repo_defaults}`.
    pub fn open(core: &Core, mut term: Term) -> Result<Self> {
        readable(&term)?;
        let host = take_text(&mut term, "host")?;
        let idiom = Idiom::parse(&host).ok_or_else(|| mismatch(&format!("the host {host:?} is unknown")))?;
        let schema = core.schema(&take_text(&mut term, "schema")?)?;
        let layers = Layers::take(&mut term);
        let config = Config::read(&layers.merge(idiom)?, idiom)?;
        Ok(Self { idiom, bulk: Arc::new(Bulk::new(schema, config)) })
    }

    /// One batch: push records into the call, then run it.
    pub fn push_call(&self) -> Call {
        Call::of_stream(self.idiom, Request::Push { stream: self.bulk.clone() })
    }

    /// Ends the stream; its reply is the write result of all batches.
    pub fn finish_call(&self) -> Call {
        Call::of_stream(self.idiom, Request::Finish { stream: self.bulk.clone() })
    }

    /// Refuses every later push.
    pub fn abort(&self) {
        self.bulk.abort();
    }
}
