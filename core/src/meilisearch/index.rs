//! Making an index that a write is about to need.
//!
//! Left to itself, the server would create it without settings and guess its primary key, and the next
//! filtered search would be refused. So the first write of a process to an index looks whether it
//! exists; if not, it is created with the schema's settings. Tasks of one index run in order, so nothing
//! is awaited here. An index that exists is never changed.

use bytes::Bytes;
use serde_json::json;

use super::client::{Client, refused};
use super::exchange::{Body, Exchange};
use super::settings;
use super::tasks::{Stage, TaskMap};
use crate::error::Result;
use crate::schema::Schema;
use crate::telemetry::Trace;

impl Client<'_> {
    /// Creates the index where it is missing. Gives the task that applies its settings, if one was sent.
    pub(crate) async fn ensure_index(
        &self,
        schema: &Schema,
        index: &str,
        trace: &mut Trace,
    ) -> Result<Option<TaskMap>> {
        if self.core.is_known(&self.url, index) {
            return Ok(None);
        }
        let look = Exchange::get(format!("/indexes/{index}")).about("index", index).once();
        let answer = self.send(&look, trace).await?;
        match answer.status {
            200..300 => {
                self.core.remember(&self.url, index);
                return Ok(None);
            }
            404 if refused(&answer).details.code.as_deref() == Some("index_not_found") => {}
            // The key may write documents but not look at indexes: leave it to the server.
            401 | 403 => return Ok(None),
            _ => return Err(refused(&answer)),
        }
        let create = json!({"uid": index, "primaryKey": schema.document_id}).to_string();
        let create =
            Exchange::post("/indexes".to_owned(), Body::Json(Bytes::from(create))).about("index", index);
        let answer = self.send(&create, trace).await?;
        if matches!(answer.status, 401 | 403) {
            return Ok(None);
        }
        if !(200..300).contains(&answer.status) {
            return Err(refused(&answer));
        }
        let wire = settings::resolve(schema)?;
        let applied = if wire.is_empty() {
            None
        } else {
            let body = Body::Json(Bytes::from(serde_json::Value::Object(wire).to_string()));
            let patch = Exchange::patch(format!("/indexes/{index}/settings"), body).about("index", index);
            Some(TaskMap::read(self.object(patch, trace).await?, Stage::Initial)?)
        };
        self.core.remember(&self.url, index);
        Ok(applied)
    }
}
