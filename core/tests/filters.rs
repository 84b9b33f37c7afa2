//! No value can change the structure of a filter: whatever is asked for, the engine's own parser reads
//! exactly that.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use proptest::prelude::*;
use scrypath_core::process::run_blocking;
use scrypath_core::{Call, Core, Reply, Term};
use scrypath_engine::outline_filter;
use serde_json::{Value, json};

const FIELDS: &[&str] = &["flag", "built", "area.lvl0", "to", "is", "with space", "quo\"te", "back\\slash"];

/// A condition as a caller writes it, and how it must be read.
type Asked = (Value, Value);

fn test(field: &str, op: &str, values: Vec<String>) -> Value {
    json!({"field": field, "op": op, "values": values})
}

fn not(filter: Value) -> Value {
    match filter.get("not") {
        Some(inner) => inner.clone(),
        None => json!({"not": filter}),
    }
}

fn joined(how: &str, mut filters: Vec<Value>) -> Value {
    if filters.len() == 1 { filters.remove(0) } else { json!({how: filters}) }
}

/// Text that has something of a filter about it, or anything at all.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("'".to_owned()),
        Just("\" OR flag EXISTS OR flag = \"".to_owned()),
        Just("\\\" OR dock_id > 0 OR flag = \\\"".to_owned()),
        Just(") OR (flag EXISTS".to_owned()),
        Just("] OR flag IN [".to_owned()),
        Just("\n\r\t\u{0}\u{8}\u{c}\u{1f}".to_owned()),
        Just("\\u0022".to_owned()),
        Just(" AND NOT ".to_owned()),
        Just("_geoRadius(1, 2, 3)".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// A value as a host hands it over, and the word that the filter holds for it.
fn scalar() -> impl Strategy<Value = (Value, String)> {
    prop_oneof![
        4 => text().prop_map(|text| (json!(text), text)),
        1 => (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(|n| (json!(n), n.to_string())),
        1 => any::<bool>().prop_map(|on| (json!(on), on.to_string())),
        1 => Just((json!({"\u{0}scrypath": ["decimal", "1.50"]}), "1.50".to_owned())),
    ]
}

fn scalars() -> impl Strategy<Value = Vec<(Value, String)>> {
    prop::collection::vec(scalar(), 1..4)
}

/// What may be asked of one field, given to it by name.
fn condition(field: &'static str) -> impl Strategy<Value = Asked> {
    let comparison = prop_oneof![
        Just(("eq", "=")),
        Just(("gt", ">")),
        Just(("gte", ">=")),
        Just(("lt", "<")),
        Just(("lte", "<=")),
        Just(("not", "!=")),
    ];
    let compared = (comparison, scalar())
        .prop_map(move |((op, sign), (value, word))| (json!({op: value}), test(field, sign, vec![word])));
    let listed = (any::<bool>(), scalars()).prop_map(move |(negated, values)| {
        let (given, words): (Vec<_>, Vec<_>) = values.into_iter().unzip();
        let read = test(field, "IN", words);
        if negated { (json!({"not": given}), not(read)) } else { (json!({"in": given}), read) }
    });
    let state = (
        prop_oneof![Just(("exists", "EXISTS")), Just(("isNull", "IS NULL")), Just(("isEmpty", "IS EMPTY"))],
        any::<bool>(),
    )
        .prop_map(move |((op, word), on)| {
            let read = test(field, word, Vec::new());
            (json!({op: on}), if on { read } else { not(read) })
        });
    prop_oneof![
        scalar().prop_map(move |(value, word)| (value, test(field, "=", vec![word]))),
        scalars().prop_map(move |values| {
            let (given, words): (Vec<_>, Vec<_>) = values.into_iter().unzip();
            (json!(given), test(field, "IN", words))
        }),
        Just((Value::Null, test(field, "IS NULL", Vec::new()))),
        compared,
        listed,
        state,
    ]
}

fn pair() -> impl Strategy<Value = Asked> {
    prop::sample::select(FIELDS)
        .prop_flat_map(|field| condition(field).prop_map(move |(given, read)| (json!([field, given]), read)))
}

/// A whole filter: conditions, all of which must hold, with groups among them.
fn filter() -> impl Strategy<Value = Asked> {
    let conditions = prop::collection::vec(pair(), 1..4).prop_map(all);
    conditions.prop_recursive(3, 24, 4, |inner| {
        let groups = prop::collection::vec(inner.clone(), 1..4).prop_map(|groups| {
            let (given, read): (Vec<_>, Vec<_>) = groups.into_iter().unzip();
            (json!([["or", given]]), joined("any", read))
        });
        let negated = inner.clone().prop_map(|(given, read)| (json!([["not", given]]), not(read)));
        prop_oneof![groups, negated, inner]
    })
}

fn all(pairs: Vec<Asked>) -> Asked {
    let (given, read): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    (json!(given), joined("all", read))
}

struct Vessels {
    core: Core,
    schema: Value,
}

impl Vessels {
    fn declare() -> Self {
        let core = Core::new();
        let fields: Vec<&str> = FIELDS.iter().copied().chain(["dock_id"]).collect();
        let options = json!({"fields": fields, "filterable": fields, "tenantField": "dock_id",
            "faceting": {"attributes": ["flag"]}});
        let reply = call(&core, json!({"op": "declare", "name": "Vessel", "options": options}));
        let schema = reply["ok"]["json"].clone();
        assert!(schema.is_string(), "{reply}");
        Self { core, schema }
    }

    /// The filter that a search with these options sends, as the engine reads it.
    fn read(&self, options: Value) -> Result<Value, String> {
        let request = json!({"op": "explain_search", "schema": self.schema, "text": "", "options": options});
        let reply = call(&self.core, request);
        if let Some(error) = reply.get("error") {
            return Err(error["message"].to_string());
        }
        outline_filter(&reply["ok"]["request"]["body"]["filter"])
    }
}

fn call(core: &Core, mut request: Value) -> Value {
    request["host"] = json!("node");
    let term = Term::from_json(&request.to_string()).expect("a readable request");
    let reply = Call::read(core, term)
        .map(|call| if call.is_pure() { call.run_now(core) } else { run_blocking(call, || true) });
    serde_json::to_value(reply.unwrap_or_else(Reply::failed)).expect("a reply is JSON")
}

const CASES: u32 = 4_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_filter_is_read_as_it_was_asked((given, read) in filter()) {
        let vessels = Vessels::declare();
        prop_assert_eq!(vessels.read(json!({"filter": given})), Ok(read));
    }

    #[test]
    fn a_tenant_scope_stands_beside_whatever_else_is_asked(
        (given, read) in filter(), (tenant, tenant_word) in scalar(), (bucket, word) in scalar()
    ) {
        let vessels = Vessels::declare();
        let options = json!({"filter": [["or", [given]]], "tenantScope": tenant, "facetFilter": {"flag": bucket}});
        let scope = test("dock_id", "=", vec![tenant_word]);
        let expected = json!({"all": [scope, read, test("flag", "=", vec![word])]});
        prop_assert_eq!(vessels.read(options), Ok(expected));
    }

    #[test]
    fn a_tenant_token_holds_the_scope_and_the_filter((given, read) in filter(), (tenant, word) in scalar()) {
        let vessels = Vessels::declare();
        let options = json!({"filter": [["or", [given]]], "apiKey": "key",
            "apiKeyUid": "ac5cd97d-5a4b-4226-a868-2d0eb6d197ab", "expiresAt": 4_102_444_800_i64});
        let request = json!({"op": "tenant_token", "schemas": [vessels.schema], "tenant": tenant, "options": options});
        let reply = call(&vessels.core, request);
        let token = reply["ok"].as_str().ok_or_else(|| TestCaseError::fail(reply.to_string()))?;
        let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap_or_default());
        let claims: Value = serde_json::from_slice(&claims.expect("base64")).expect("JSON");
        let filter = &claims["searchRules"]["scrypath_vessel"]["filter"];
        let expected = json!({"all": [test("dock_id", "=", vec![word]), read]});
        prop_assert_eq!(outline_filter(filter), Ok(expected));
    }
}
