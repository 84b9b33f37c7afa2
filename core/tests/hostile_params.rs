//! Whatever a browser sends, it is criteria or issues, within a bound: never a panic, never another error.

use proptest::prelude::*;
use scrypath_core::{Call, Core, Term};
use serde_json::{Value, json};

fn normalize(core: &Core, host: &str, params: Value) -> Value {
    let declare = json!({"op": "declare", "host": host, "name": "Vessel",
        "options": {"fields": ["name"], "filterable": ["kind", "flag"], "sortable": ["built"]}});
    let schema = run(core, &declare)["ok"]["json"].clone();
    let mut request = json!({"op": "normalize_params", "host": host, "schemas": [schema]});
    request["params_json"] = json!(params.to_string());
    run(core, &request)
}

fn run(core: &Core, request: &Value) -> Value {
    let call = Call::read(core, Term::from_json(&request.to_string()).unwrap());
    serde_json::to_value(call.unwrap().run_now(core)).unwrap()
}

fn holds(reply: &Value) {
    match reply.get("error") {
        None => assert!(reply["ok"]["filter"].is_array(), "{reply}"),
        Some(error) => {
            assert_eq!(error["kind"], "params_invalid", "{error}");
            assert!(!error["details"]["issues"].as_array().unwrap().is_empty());
            assert!(error["message"].as_str().unwrap().len() < 4096);
        }
    }
}

/// Names that a search owns, names that it does not, and brackets in every place.
fn name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("filter"),
        Just("sort"),
        Just("page"),
        Just("facets"),
        Just("q"),
        Just("kind"),
        Just("field"),
        Just("dir"),
        Just("number"),
        Just("["),
        Just("]"),
        Just("[]"),
        Just("[kind]"),
        Just("[a]"),
        Just("é"),
        Just("__proto__"),
    ];
    prop::collection::vec(part, 0..5).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        name().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value(params in value()) {
        holds(&normalize(&Core::new(), "node", params.clone()));
        holds(&normalize(&Core::new(), "python", params));
    }

    #[test]
    fn any_members(entries in prop::collection::vec((name(), value()), 0..8)) {
        let core = Core::new();
        holds(&normalize(&core, "node", Value::Object(entries.iter().cloned().collect())));
        holds(&normalize(&core, "node", json!(entries)));
    }

    #[test]
    fn any_query_string(text in "[a-z\\[\\]=&%+0-9]{0,80}", pairs in prop::collection::vec((name(), ".{0,6}"), 0..6)) {
        let core = Core::new();
        holds(&normalize(&core, "node", json!(text)));
        let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        holds(&normalize(&core, "node", json!(joined.join("&"))));
    }

    /// What was accepted comes back from a URL as it was, its values as text.
    #[test]
    fn there_and_back(q in ".{0,8}", kind in "[^\u{0}]{1,8}", flags in prop::collection::vec(".{0,4}", 1..4), number in 1u32..) {
        let core = Core::new();
        let params = json!({"q": q, "filter": {"kind": kind, "flag": flags}, "page": {"number": number},
            "sort": {"field": "built", "dir": "DESC"}});
        let read = normalize(&core, "node", params);
        let text = run(&core, &json!({"op": "to_query_string", "host": "node", "params": read["ok"]}));
        let again = normalize(&core, "node", text["ok"].clone());
        let form = run(&core, &json!({"op": "to_query_params", "host": "node", "params": read["ok"]}));
        prop_assert_eq!(&normalize(&core, "node", form["ok"].clone())["ok"]["text"], &again["ok"]["text"]);
        // A list of one is a list in a URL as well.
        prop_assert_eq!(&again["ok"], &read["ok"]);
    }
}
