//! The operations that talk to a server, as the vectors name them, against one that follows a script.

use scrypath_core::Core;
use serde_json::{Value, json};

use crate::stub::Stub;
use crate::{call, declare, host_value};

/// What a case gives, in the terms of its `expect`; `None` where its operation is not one of these.
pub(crate) fn carry_out(core: &Core, case: &Value, schema: &Value) -> Option<(Value, Stub)> {
    let input = &case["input"];
    let server = Stub::start(input["server"].clone());
    let asked = Asked { core, input, schema, url: &server.url };
    let reply = match case["operation"].as_str()? {
        "search_reply" => asked.search(),
        "write" => asked.write(),
        "facet_values" => asked.facet_values(),
        "suggest" => asked.suggest(),
        "search_many" => asked.search_many(),
        _ => return None,
    };
    Some((reply, server))
}

struct Asked<'a> {
    core: &'a Core,
    input: &'a Value,
    schema: &'a Value,
    url: &'a str,
}

impl Asked<'_> {
    fn call(&self, operation: &str, more: Value, records: &[(Value, Option<Value>)]) -> Value {
        let mut request = json!({"op": operation, "host": "node", "schema": self.schema,
            "options": host_value(&self.input["options"]), "defaults": {"meilisearchUrl": self.url}});
        for (name, value) in more.as_object().into_iter().flatten() {
            request[name] = value.clone();
        }
        call(self.core, request, records)
    }

    fn search(&self) -> Value {
        let mut more = json!({"text": "tug"});
        if let Some(bucket) = self.input.get("bucket") {
            more["bucket"] = json!([bucket]);
        }
        if let Some(on) = self.input.get("disjunctive") {
            more["disjunctive"] = on.clone();
        }
        let rows = self.input["rows"].as_array();
        if rows.is_some() {
            more["primary_key"] = json!("id");
        }
        let mut reply = self.call("search", more, &[]);
        let Some(found) = reply.get_mut("ok") else { return reply };
        let hits = found["raw"].get("hits").cloned().unwrap_or(json!([]));
        found["hits"] = hits;
        found["explanation"] = found["explained"].take();
        (found["records"], found["missing_ids"]) = (json!([]), json!([]));
        if let Some(pending) = found["hydration"].get("pending") {
            let ids = found["hydration"]["ids"].as_array().expect("ids");
            let is_asked = |row: &&Value| ids.iter().any(|id| text(id) == text(&row["id"]));
            let rows: Vec<&Value> = rows.into_iter().flatten().filter(is_asked).collect();
            let keys: Vec<&Value> = rows.iter().map(|row| &row["id"]).collect();
            let hydrated = self.call("hydrate", json!({"pending": pending, "found": keys}), &[]);
            let order = hydrated["ok"]["order"].as_array().expect("an order");
            found["records"] =
                order.iter().map(|at| rows[at.as_u64().expect("a place") as usize].clone()).collect();
            found["missing_ids"] = hydrated["ok"]["missing_ids"].clone();
        }
        reply
    }

    fn write(&self) -> Value {
        let verb = self.input["verb"].as_str().expect("a verb");
        if verb == "delete_documents" {
            return self.call(verb, json!({"ids": self.input["ids"]}), &[]);
        }
        let given = self.input["records"].as_array().into_iter().flatten();
        let records: Vec<_> = given.map(|record| (host_value(record), None)).collect();
        self.call(if verb == "delete_record" { "delete_records" } else { verb }, json!({}), &records)
    }

    fn facet_values(&self) -> Value {
        let more = json!({"facet": self.input["facet"], "text": self.input["text"]});
        let mut reply = self.call("search_facet_values", more, &[]);
        if let Some(ok) = reply.get_mut("ok") {
            *ok = json!({"facet_query": ok["facet_query"], "hits": ok["hits"]});
        }
        reply
    }

    fn suggest(&self) -> Value {
        self.call("suggest", json!({"text": self.input["text"]}), &[])
    }

    fn search_many(&self) -> Value {
        const NAMES: [&str; 2] = ["vessel", "port"];
        let port = declare(self.core, "Port", &self.input["port"])["ok"]["json"].clone();
        let number = |name: &Value| NAMES.iter().position(|known| name == known);
        let entries = self.input["entries"].as_array().expect("entries").iter().map(|entry| {
            let parts = entry["$entry"].as_array().expect("an entry");
            let options = parts.get(2).map(host_value);
            json!({"schema": number(&parts[0]), "text": parts[1], "options": options})
        });
        let mut options = self.input["options"].clone();
        let registry = options.as_object_mut().expect("options").remove("global_schemas");
        let registry =
            registry.map(|names| names.as_array().expect("names").iter().map(number).collect::<Vec<_>>());
        let more = json!({"schemas": [{"schema": self.schema}, {"schema": port}],
            "entries": entries.collect::<Vec<_>>(), "global_schemas": registry, "options": host_value(&options)});
        let mut reply = self.call("search_many", more, &[]);
        let Some(found) = reply.get("ok") else { return reply };
        let name = |entry: &Value| NAMES[entry["schema"].as_u64().expect("a number") as usize];
        let entries = found["entries"].as_array().expect("entries");
        let ordered: Vec<Value> = entries
            .iter()
            .map(|entry| json!({"schema": name(entry), "hits": entry["raw"]["hits"]}))
            .collect();
        let place = |of: &Value| of.as_u64().expect("a place") as usize;
        let merged = found["merged"].as_array();
        let order = merged.map(|merged| {
            merged.iter().map(|at| json!([ordered[place(&at[0])]["schema"], at[2]])).collect::<Vec<_>>()
        });
        let hits: Vec<Value> = merged
            .into_iter()
            .flatten()
            .map(|at| {
                let entry = &ordered[place(&at[0])];
                json!([entry["schema"], entry["hits"][place(&at[1])]])
            })
            .collect();
        let failures: Vec<&str> = found["failures"].as_array().into_iter().flatten().map(name).collect();
        reply["ok"] = json!({"ordered": ordered, "failures": failures, "merge_hit_order": order, "merged": hits,
            "federation": found["federation"]});
        reply
    }
}

fn text(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}
