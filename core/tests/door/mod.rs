//! The door as a test uses it: requests and replies as JSON.

use scrypath_core::{Call, Core, JsonRecord, Reply, Term, invoke};
use serde_json::{Value, json};

pub(crate) struct Door {
    pub core: Core,
    runtime: tokio::runtime::Runtime,
    url: String,
}

impl Door {
    pub(crate) fn to(url: &str) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { core: Core::new(), runtime, url: url.to_owned() }
    }

    #[allow(dead_code, reason = "not every test that uses the door declares a note")]
    pub(crate) fn schema(&self, options: Value) -> String {
        let reply = self.call(json!({"op": "declare", "name": "Note", "options": options}), &[]);
        reply["ok"]["json"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned()
    }

    pub(crate) fn call(&self, request: Value, records: &[Value]) -> Value {
        self.runtime.block_on(self.call_async(request, records))
    }

    pub(crate) async fn call_async(&self, mut request: Value, records: &[Value]) -> Value {
        request["host"] = json!("python");
        request["defaults"] = json!({"meilisearch_url": self.url});
        let read = Term::from_json(&request.to_string()).map_err(|error| error.into());
        let call = read.and_then(|term| Call::read(&self.core, term)).and_then(|mut call| {
            for record in records {
                let text = record.to_string();
                call.push(&JsonRecord::parse(&text)?, None::<&JsonRecord>)?;
            }
            Ok(call)
        });
        let reply = match call {
            Ok(call) => invoke(&self.core, call).await,
            Err(error) => Reply::failed(error),
        };
        serde_json::to_value(reply).unwrap()
    }
}
