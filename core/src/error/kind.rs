use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// What a caller can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ErrorClass")]
pub enum Class {
    /// The call is wrong; nothing was sent. Change the call.
    Usage,
    /// The server was not reached, or what answered was not one.
    Transport,
    /// The server answered, and refused.
    Backend,
    /// A deadline passed; the work may still finish.
    Timeout,
    /// The server accepted the work and then did not do it.
    Task,
    /// The durable queue refused.
    Queue,
    /// A defect of Scrypath.
    Internal,
}

macro_rules! kinds {
    ($($variant:ident, $name:literal, $class:ident, $retryable:literal, $meaning:literal;)*) => {
        /// The stable name of a failure. Programs match on it; messages may change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema)]
        #[schemars(rename = "ErrorKind")]
        pub enum Kind { $(#[doc = $meaning] #[schemars(rename = $name)] $variant,)* }

        impl Kind {
            pub const ALL: &'static [Kind] = &[$(Kind::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Kind::$variant => $name),* }
            }
            pub fn class(self) -> Class {
                match self { $(Kind::$variant => Class::$class),* }
            }
            /// Whether the same call may succeed later, unchanged.
            pub fn retryable(self) -> bool {
                match self { $(Kind::$variant => $retryable),* }
            }
            pub fn meaning(self) -> &'static str {
                match self { $(Kind::$variant => $meaning),* }
            }
        }
    };
}

// One row per kind. `docs/errors.md` is printed from this table, and each package is tested against it.
kinds! {
    UnknownOptions, "unknown_options", Usage, false, "an option that does not exist, or was given twice";
    MissingOption, "missing_option", Usage, false, "a required option is absent";
    InvalidOption, "invalid_option", Usage, false, "an option has a value of the wrong type or range";
    InvalidSchema, "invalid_schema", Usage, false, "a declaration contradicts itself";
    FilterNotDeclared, "filter_not_declared", Usage, false, "a filter names a field that is not declared filterable";
    FilterInvalid, "filter_invalid", Usage, false, "a filter has a form or value that cannot be compiled";
    FilterOperatorUnknown, "filter_operator_unknown", Usage, false, "a filter uses an operator that does not exist";
    FilterEmpty, "filter_empty", Usage, false, "a filter holds an empty list, which would restrict nothing or everything";
    SortNotDeclared, "sort_not_declared", Usage, false, "a sort names a field that is not declared sortable";
    SortDirectionUnknown, "sort_direction_unknown", Usage, false, "a sort direction other than asc or desc";
    PageInvalid, "page_invalid", Usage, false, "a page member is unknown or out of range";
    UnknownFacet, "unknown_facet", Usage, false, "a requested facet is not declared";
    InvalidFacetFilter, "invalid_facet_filter", Usage, false, "a facet filter names a field that is not a declared facet";
    TenantFieldMissing, "tenant_field_missing", Usage, false, "tenant_scope on a schema without a tenant_field";
    TenantFieldTwice, "tenant_field_twice", Usage, false, "a filter names the tenant field beside tenant_scope";
    InvalidFragment, "invalid_fragment", Usage, false, "a fragment, or one of its members, has a shape or value that is not accepted";
    InvalidDefaultsField, "invalid_defaults_field", Usage, false, "the defaults of a fragment hold a key that is no criterion";
    InvalidFixedField, "invalid_fixed_field", Usage, false, "a fragment fixes something other than filter and facet_filter";
    InvalidCriteria, "invalid_criteria", Usage, false, "criteria are not a map";
    InvalidCriteriaField, "invalid_criteria_field", Usage, false, "criteria, or the options of an entry, hold a key that is no criterion";
    CompositionConflict, "composition_conflict", Usage, false, "a constraint is fixed to two different values";
    InvalidSharedFragment, "invalid_shared_fragment", Usage, false, "a shared fragment is not a map";
    InvalidSharedFixed, "invalid_shared_fixed", Usage, false, "a shared fragment fixes constraints";
    InvalidSharedField, "invalid_shared_field", Usage, false, "a shared fragment holds text";
    InvalidManyEntry, "invalid_many_entry", Usage, false, "an entry of compose_many has another shape";
    ParamsInvalid, "params_invalid", Usage, false, "the parameters of a request are no search; details.issues says why";
    ProjectionFieldMissing, "projection_field_missing", Usage, false, "a record lacks a declared field";
    ProjectionHookInvalid, "projection_hook_invalid", Usage, false, "a search_document hook returned something other than a map";
    FieldNotLoaded, "field_not_loaded", Usage, false, "a record holds a field that was not loaded from the database";
    RecordInvalid, "record_invalid", Usage, false, "a record is not something fields can be read from";
    DocumentIdMissing, "document_id_missing", Usage, false, "a record or a call has no document id";
    DocumentIdInvalid, "document_id_invalid", Usage, false, "a document id that Meilisearch would refuse";
    HydrationIdMissing, "hydration_id_missing", Usage, false, "a hit lacks the primary key that hydration reads";
    ValueNotFinite, "value_not_finite", Usage, false, "NaN or an infinity";
    ValueIntegerOutOfRange, "value_integer_out_of_range", Usage, false, "an integer outside ±(2^53-1)";
    ValueInvalidUtf8, "value_invalid_utf8", Usage, false, "text that is not UTF-8";
    ValueTooDeep, "value_too_deep", Usage, false, "a value nested too deep, or containing itself";
    ValueUnencodable, "value_unencodable", Usage, false, "a value that has no JSON form";
    InvalidRequest, "invalid_request", Usage, false, "a call the core cannot read: package and native library differ in version";
    EmbeddedUnavailable, "embedded_unavailable", Usage, false, "this build leaves the embedded index out";
    EmptySchemaList, "empty_schema_list", Usage, false, "search_many without entries";
    TooManySchemas, "too_many_schemas", Usage, false, "search_many with more entries than max_schemas";
    MalformedEntry, "malformed_entry", Usage, false, "an entry of search_many has another form";
    AllExpansion, "all_expansion", Usage, false, "nothing says which schemas `all` stands for";
    FederationWeight, "federation_weight", Usage, false, "a weight that is not a finite number";
    FederationKeyInEntry, "federation_key_in_entry", Usage, false, "an entry of search_many holds an option of the whole call";
    RuntimeOptionInEntry, "runtime_option_in_entry", Usage, false, "an entry of search_many holds a runtime option";
    FederationPage, "federation_page", Usage, false, "weighted entries of search_many cannot have pages of their own";
    FederationUnsupported, "federation_unsupported", Usage, false, "weights need a server that merges";
    PageSize, "page_size", Usage, false, "a page of an entry of search_many is too large";
    ValidationFailed, "validation_failed", Usage, false, "an entry of search_many is wrong; the cause says how";
    TransportError, "transport_error", Transport, true, "the server could not be reached, or the connection broke";
    RequestTimeout, "request_timeout", Transport, true, "the server did not answer within the deadline";
    EmbeddedOpen, "embedded_open", Transport, false, "the embedded index could not be opened";
    HttpError, "http_error", Backend, false, "the server refused the request";
    TransportFailed, "transport_failed", Backend, false, "search_many failed as a whole; the cause says why";
    AllFailed, "all_failed", Backend, false, "every entry of search_many failed";
    FederatedDecode, "federated_decode", Backend, false, "the server answered search_many with a wrong number of results";
    Timeout, "timeout", Timeout, true, "a task did not finish within inline_timeout; it may still";
    TaskFailed, "task_failed", Task, false, "a task ended in failure";
    TaskCancelled, "cancelled", Task, false, "a task was cancelled";
    InvalidTaskPayload, "invalid_task_payload", Backend, false, "a task reply that cannot be one";
    QueueUnavailable, "queue_unavailable", Queue, false, "the durable queue is not set up, or the call has no connection to its database";
    KeyNotDurable, "key_not_durable", Usage, false, "a call that enqueues has a key that no worker would find";
    CallCancelled, "call_cancelled", Timeout, true, "the caller cancelled the call, or went away";
    Internal, "internal", Internal, false, "a defect of Scrypath; please report it";
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
