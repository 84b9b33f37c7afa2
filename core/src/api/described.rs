//! The shapes of the request edge, as the hosts' types have them. What is written follows the host's own
//! forms (`search::criteria::Form`), which no derive can say; tests hold real replies against these.

#![expect(dead_code, reason = "they describe")]

use std::collections::BTreeMap;

use schemars::JsonSchema;

use crate::host::Term;
use crate::search::{Direction, Page, PerQuery};

/// Names with values, in order.
type Pairs = Vec<(String, Term)>;

/// Notes of the application.
type Notes = BTreeMap<String, Term>;

/// Names of parameters, with texts.
pub(super) type Texts = BTreeMap<String, Term>;

/// What an operation of the request edge gives.
#[derive(JsonSchema)]
#[schemars(rename = "EdgeReply", untagged)]
pub(super) enum Answer {
    Composed(Composed),
    ComposedMany(ComposedMany),
    SearchArguments(SearchArguments),
    ManyArguments(ManyArguments),
    Capabilities(Capabilities),
    Reflection(Box<Reflection>),
    ReflectionMany(ReflectionMany),
    Criteria(Criteria),
    FormData(FormData),
    Texts(Texts),
}

/// Criteria with every field.
#[derive(JsonSchema)]
#[schemars(rename = "AllCriteria")]
pub(super) struct Criteria {
    text: String,
    #[schemars(flatten)]
    options: SearchOptions,
}

/// The options among criteria, every one of them.
#[derive(JsonSchema)]
#[schemars(rename = "AllOptions")]
pub(super) struct SearchOptions {
    filter: Pairs,
    sort: Vec<(Direction, String)>,
    page: Page,
    facets: Vec<String>,
    facet_filter: Pairs,
    per_query: PerQuery,
}

/// Some of the fields of criteria.
#[derive(JsonSchema)]
pub(super) struct SomeCriteria {
    #[schemars(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    filter: Option<Pairs>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    sort: Option<Vec<(Direction, String)>>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    page: Option<Page>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    facets: Option<Vec<String>>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    facet_filter: Option<Pairs>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    per_query: Option<PerQuery>,
}

/// Composed criteria, and where they came from.
#[derive(JsonSchema)]
pub(super) struct Composed {
    #[schemars(flatten)]
    criteria: Criteria,
    applied: SomeCriteria,
    defaulted: SomeCriteria,
    fixed: SomeCriteria,
    #[schemars(skip_serializing_if = "Option::is_none")]
    sources: Option<Notes>,
    #[schemars(skip_serializing_if = "Option::is_none")]
    warnings: Option<Notes>,
}

/// One of several compositions: `schema` is what stands for it in the host.
#[derive(JsonSchema)]
struct ComposedEntry {
    schema: Term,
    #[schemars(flatten)]
    composed: Composed,
}

/// Several compositions, and what they share.
#[derive(JsonSchema)]
pub(super) struct ComposedMany {
    shared: Composed,
    entries: Vec<ComposedEntry>,
}

/// The text and the options of one search.
pub(super) type SearchArguments = (String, SearchOptions);

/// The entries and the shared options of a search over several schemas.
pub(super) type ManyArguments = (Vec<Vec<Term>>, SomeCriteria);

#[derive(JsonSchema)]
struct Supported {
    supported: bool,
    fields: Vec<String>,
}

#[derive(JsonSchema)]
struct SupportedFacets {
    supported: bool,
    fields: Vec<String>,
    max_values_per_facet: Option<i64>,
    /// An empty list where there is none.
    sort_facet_values_by: Term,
}

#[derive(JsonSchema)]
struct Limits {
    per_query_keys: Vec<String>,
    max_values_per_facet: Option<i64>,
}

/// What a schema lets a search do.
#[derive(JsonSchema)]
pub(super) struct Capabilities {
    tenant: Option<String>,
    filters: Supported,
    sorts: Supported,
    facets: SupportedFacets,
    paging: Supported,
    limits: Limits,
}

/// Which schemas `all` stands for is known only when the search runs.
#[derive(JsonSchema)]
struct Deferred {
    status: String,
    reason: String,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Known {
    Schema(Capabilities),
    Deferred(Deferred),
}

#[derive(JsonSchema)]
struct HostOwned {
    tenant_policy: String,
    authorization: String,
    related_data: String,
}

#[derive(JsonSchema)]
struct Resolved {
    applied: SomeCriteria,
    defaulted: SomeCriteria,
    fixed: SomeCriteria,
    unsupported: SomeCriteria,
}

/// What of criteria a schema supports.
#[derive(JsonSchema)]
pub(super) struct Reflection {
    capabilities: Capabilities,
    resolved: Resolved,
    host_owned: HostOwned,
}

#[derive(JsonSchema)]
struct EntryName {
    schema: Term,
    text: String,
}

#[derive(JsonSchema)]
struct EntryReflection {
    capabilities: Known,
    resolved: Resolved,
    #[schemars(skip_serializing_if = "Option::is_none")]
    host_owned: Option<HostOwned>,
    entry: EntryName,
}

/// The same for several.
#[derive(JsonSchema)]
pub(super) struct ReflectionMany {
    entries: Vec<EntryReflection>,
    /// A composition's own, or what of options was `applied`.
    shared: BTreeMap<String, Term>,
    host_owned: HostOwned,
}

/// What a form shows.
#[derive(JsonSchema)]
pub(super) struct FormData {
    values: BTreeMap<String, Term>,
    params: BTreeMap<String, Term>,
    form_errors: Vec<FormIssue>,
    field_errors: BTreeMap<String, Vec<FormIssue>>,
    errors: Vec<FormIssue>,
}

/// One thing that is wrong with a form, as plain data.
#[derive(JsonSchema)]
struct FormIssue {
    #[schemars(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    code: String,
    message: String,
    path: Vec<String>,
    meta: BTreeMap<String, Term>,
}
