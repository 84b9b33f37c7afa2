//! Runs every case of tests/vectors through the door, and prints how many it ran.

mod edge;
mod served;
mod stub;

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use scrypath_core::process::run_blocking;
use scrypath_core::{Call, Core, JsonRecord, Reply, Term, VERSION};
use serde_json::{Map, Value, json};

/// The vectors' tags in the form JSON hosts hand values over in.
fn host_value(value: &Value) -> Value {
    let tagged = |kind: &str, text: &str| json!({"\u{0}scrypath": [kind, text]});
    match value {
        Value::Object(object) if object.len() == 1 => {
            let (key, inner) = object.iter().next().expect("one entry");
            let text = inner.as_str().unwrap_or_default();
            match key.as_str() {
                "$date" | "$time" | "$datetime" => tagged("datetime", text),
                "$decimal" => tagged("decimal", text),
                "$uuid" => tagged("uuid", text),
                "$bytes" => tagged("bytes", text),
                "$float" => tagged("float", text),
                "$int" => tagged("bigint", text),
                "$symbol" => json!(text),
                "$opaque" => tagged("type", "function"),
                "$entry" => inner.as_array().expect("an entry").iter().map(host_value).collect(),
                "$flat" | "$pairs" => inner.as_array().expect("pairs").iter().map(host_value).collect(),
                _ => json!({key: host_value(inner)}),
            }
        }
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), host_value(value))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(host_value).collect(),
        other => other.clone(),
    }
}

fn call(core: &Core, request: Value, records: &[(Value, Option<Value>)]) -> Value {
    let term = Term::from_json(&request.to_string()).expect("a readable request");
    let reply = Call::read(core, term).and_then(|mut call| {
        for (record, hook) in records {
            let record = record.to_string();
            let hook = hook.as_ref().map(Value::to_string);
            let hook = hook.as_deref().map(JsonRecord::parse).transpose()?;
            call.push(&JsonRecord::parse(&record)?, hook.as_ref())?;
        }
        Ok(if call.is_pure() { call.run_now(core) } else { run_blocking(call, || true) })
    });
    serde_json::to_value(reply.unwrap_or_else(Reply::failed)).expect("a reply is JSON")
}

fn declaration(schema: &Value, vessel: &Value) -> Value {
    match schema.get("$vessel") {
        Some(_) => vessel.clone(),
        None => schema.clone(),
    }
}

fn declare(core: &Core, name: &str, options: &Value) -> Value {
    call(core, json!({"op": "declare", "host": "node", "name": name, "options": host_value(options)}), &[])
}

fn run(core: &Core, case: &Value, vessel: &Value) -> Result<(), String> {
    let input = &case["input"];
    let operation = case["operation"].as_str().ok_or("no operation")?;
    if operation == "declare" {
        let name = input["name"].as_str().unwrap_or("Vessel");
        let reply = declare(core, name, &input["options"]);
        return check(&reply, &case["expect"], |ok, expect| {
            let form: Value =
                serde_json::from_str(ok["json"].as_str().unwrap_or_default()).map_err(|e| e.to_string())?;
            if let Some(expected) = expect.get("form") {
                subset(expected, &form)?;
            }
            if let Some(expected) = expect.get("warnings") {
                notices(expected, &ok["warnings"])?;
            }
            if let Some(expected) = expect.get("fingerprint") {
                equal(expected, &ok["fingerprint"])?;
            }
            let loaded = call(core, json!({"op": "load", "host": "node", "json": ok["json"]}), &[]);
            equal(&ok["fingerprint"], &loaded["ok"]["fingerprint"])
        });
    }
    let schema = case.get("schema").map(|schema| declare(core, "Vessel", &declaration(schema, vessel)));
    let schema = schema.map_or(Value::Null, |reply| reply["ok"]["json"].clone());
    if let Some((reply, server)) = served::carry_out(core, case, &schema) {
        return served(case, &reply, &server);
    }
    if let Some(reply) = edge::carry_out(core, operation, input, &schema) {
        return check(&reply, &case["expect"], |ok, expect| equal(&expect["gives"], ok));
    }
    let options = host_value(&input["options"]);
    let record = (host_value(&input["record"]), input.get("hook").map(host_value));
    let (request, records) = match operation {
        "document" => (json!({"op": "documents"}), vec![record]),
        "document_id" => (json!({"op": "document_ids"}), vec![record]),
        "search" => {
            let text = input.get("text").cloned().unwrap_or(json!("tug"));
            (json!({"op": "explain_search", "text": text, "options": options}), vec![])
        }
        "index_name" => (json!({"op": "index_name", "options": options}), vec![]),
        "wire_settings" => (json!({"op": "wire_settings"}), vec![]),
        "tenant_token" => {
            let tenant = host_value(&input["tenant"]);
            let schemas = json!([schema]);
            (json!({"op": "tenant_token", "schemas": schemas, "tenant": tenant, "options": options}), vec![])
        }
        "enqueue" => enqueue(input, &options),
        "merge_distributions" => {
            let (main, overrides) = (&input["main"], &input["overrides"]);
            (json!({"op": "merge_distributions", "main": main, "overrides": overrides}), vec![])
        }
        "options" => (json!({"op": "resolve_config", "options": options}), vec![]),
        other => return Err(format!("unknown operation {other}")),
    };
    let mut request = request;
    request["host"] = json!("node");
    request["schema"] = schema;
    let mut reply = call(core, request, &records);
    if operation == "tenant_token" {
        claims(&mut reply);
    }
    if operation == "enqueue" {
        row(&mut reply);
    }
    check(&reply, &case["expect"], |ok, expect| match operation {
        "document" => equal(expect, &ok[0]),
        "document_id" => equal(&expect["id"], &ok[0]),
        "search" => {
            for (at, expected) in [("body", &expect["body"]), ("path", &expect["path"])] {
                if !expected.is_null() {
                    equal(expected, &ok["request"][at])?;
                }
            }
            expect.get("query").map_or(Ok(()), |query| subset(query, &ok["query"]))
        }
        "index_name" => equal(&expect["name"], ok),
        "wire_settings" => equal(&expect["settings"], ok),
        "tenant_token" => subset(expect, ok),
        "enqueue" => enqueued(expect, ok),
        "merge_distributions" => equal(&expect["gives"], ok),
        _ => subset(&expect["summary"], ok),
    })
}

/// The operation of a write in mode oban, and its records.
fn enqueue(input: &Value, options: &Value) -> (Value, Vec<(Value, Option<Value>)>) {
    let operation = match input["verb"].as_str() {
        Some("sync_records") => "enqueue_records",
        Some("delete_record") => "enqueue_deletes",
        _ => "enqueue_delete_documents",
    };
    let hook = input.get("hook").map(host_value);
    let records = input["records"].as_array().into_iter().flatten();
    let records = records.map(|record| (host_value(record), hook.clone())).collect();
    let asked = json!({"op": operation, "options": options, "ids": host_value(&input["ids"]),
        "dialect": "sqlite", "placeholders": "question"});
    (asked, records)
}

/// The args of a row, read.
fn row(reply: &mut Value) {
    let insert = reply["ok"].get("insert").cloned().unwrap_or_default();
    let args: Value = serde_json::from_str(insert["args"].as_str().unwrap_or("{}")).unwrap_or_default();
    let mut members: Vec<&String> = args.as_object().map_or_else(Vec::new, |args| args.keys().collect());
    members.sort();
    let read = json!({"row": insert, "members": members, "args": args});
    if let (Some(ok), Value::Object(read)) = (reply["ok"].as_object_mut(), read) {
        ok.extend(read);
    }
}

fn enqueued(expect: &Value, ok: &Value) -> Result<(), String> {
    for (member, expected) in expect.as_object().into_iter().flatten() {
        match member.as_str() {
            "members" => equal(expected, &ok["members"])?,
            "result" => subset(expected, ok)?,
            _ if expected.is_null() => equal(expected, &ok[member])?,
            _ => subset(expected, &ok[member])?,
        }
    }
    Ok(())
}

/// What a server was sent, and what a call made of its answers.
fn served(case: &Value, reply: &Value, server: &stub::Stub) -> Result<(), String> {
    let expect = &case["expect"];
    for (route, count) in expect["sent"].as_object().into_iter().flatten() {
        equal(count, &json!(server.count(route))).map_err(|error| format!("sent to {route}: {error}"))?;
    }
    check(reply, expect, |ok, expect| {
        if let Some(body) = expect.get("body") {
            equal(body, &server.first_body().unwrap_or_default())
                .map_err(|error| format!("body: {error}"))?;
        }
        for (member, expected) in expect.as_object().into_iter().flatten() {
            match member.as_str() {
                "body" | "sent" => {}
                "gives" => equal(expected, ok)?,
                "result" => subset(expected, ok)?,
                "task" => subset(expected, &ok["task"])?,
                member => equal(expected, &ok[member]).map_err(|error| format!("{member}: {error}"))?,
            }
        }
        Ok(())
    })
}

/// What a token says, where it says it for anybody to read.
fn claims(reply: &mut Value) {
    let Some(token) = reply.get("ok").and_then(Value::as_str) else { return };
    let parts: Vec<&str> = token.split('.').collect();
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(parts[1]).expect("base64");
    let claims: Value = serde_json::from_slice(&decoded).expect("claims are JSON");
    reply["ok"] = json!({"claims": claims, "token": token});
}

fn check(
    reply: &Value,
    expect: &Value,
    ok: impl Fn(&Value, &Value) -> Result<(), String>,
) -> Result<(), String> {
    if expect.as_object().is_none_or(Map::is_empty) {
        return Err("a case that expects nothing proves nothing".to_owned());
    }
    match (expect.get("error"), reply.get("error")) {
        (None, None) => ok(&reply["ok"], expect),
        (None, Some(error)) => Err(format!("refused: {error}")),
        (Some(_), None) => Err(format!("accepted: {}", reply["ok"])),
        (Some(expected), Some(error)) => {
            equal(&expected["kind"], &error["kind"])?;
            if let Some(reason) = expected.get("reason") {
                equal(reason, &error["details"]["reason"])?;
            }
            if let Some(issues) = expected.get("issues") {
                equal(issues, &edge::issues(&error["details"]["issues"]))?;
            }
            // A Node message spells options in camelCase; fragments are in the core's spelling.
            let message = error["message"].as_str().unwrap_or_default();
            for fragment in expected["contains"].as_array().into_iter().flatten() {
                let fragment = fragment.as_str().unwrap_or_default();
                if !spellings(fragment).iter().any(|spelling| message.contains(spelling)) {
                    return Err(format!("the message lacks {fragment:?}: {message}"));
                }
            }
            Ok(())
        }
    }
}

/// A fragment as it is, and in camelCase.
fn spellings(fragment: &str) -> [String; 2] {
    let mut camel = String::new();
    let mut upper = false;
    for c in fragment.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.extend(c.to_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    [fragment.to_owned(), camel]
}

fn notices(expected: &Value, given: &Value) -> Result<(), String> {
    let (expected, given) = (expected.as_array().ok_or("a list")?, given.as_array().ok_or("a list")?);
    if expected.len() != given.len() {
        return Err(format!("notices: expected {}, got {given:?}", expected.len()));
    }
    for (fragments, notice) in expected.iter().zip(given) {
        let notice = notice.as_str().unwrap_or_default();
        for fragment in fragments.as_array().into_iter().flatten() {
            if !notice.contains(fragment.as_str().unwrap_or_default()) {
                return Err(format!("the notice lacks {fragment}: {notice}"));
            }
        }
    }
    Ok(())
}

fn equal(expected: &Value, given: &Value) -> Result<(), String> {
    if expected == given { Ok(()) } else { Err(format!("expected {expected}, got {given}")) }
}

fn subset(expected: &Value, given: &Value) -> Result<(), String> {
    for (key, value) in expected.as_object().ok_or("an object")? {
        equal(value, &given[key]).map_err(|error| format!("{key}: {error}"))?;
    }
    Ok(())
}

#[test]
fn every_vector_holds() {
    assert_eq!(VERSION, env!("CARGO_PKG_VERSION"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let read =
        |path: &Path| serde_json::from_slice::<Value>(&std::fs::read(path).expect("a file")).expect("JSON");
    let vessel = read(&folder.join("vessel.schema"));
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let (core, mut passed, mut failed) = (Core::new(), 0, Vec::new());
    for file in &files {
        for case in read(file)["cases"].as_array().expect("cases") {
            match run(&core, case, &vessel) {
                Ok(()) => passed += 1,
                Err(why) => failed.push(format!("{}: {}: {why}", file.display(), case["name"])),
            }
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} failed:\n{}",
        failed.len(),
        passed + failed.len(),
        failed.join("\n")
    );
    println!("rust {passed} passed");
}
