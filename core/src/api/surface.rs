//! The public functions, as each language spells them: the list that the packages are held against.
//!
//! A function of the packages is often an operation of the door, but not always: three verbs delete, one
//! operation does. So the list is written down, once. `make parity` fails where a language lacks one of these,
//! has one that is not here, or does not test it.

/// One function, in three languages. A method is `Class.method`; in Elixir it is `Module.function/arity`.
pub struct Function {
    pub name: &'static str,
    /// The operation behind it; none where the package answers by itself.
    pub operation: Option<&'static str>,
    pub elixir: &'static str,
    pub python: &'static str,
    pub node: &'static str,
}

macro_rules! functions {
    ($($name:literal, $operation:expr, $elixir:literal, $python:literal, $node:literal;)*) => {
        pub const FUNCTIONS: &[Function] = &[
            $(Function { name: $name, operation: $operation, elixir: $elixir, python: $python, node: $node }),*
        ];
    };
}

functions! {
    "schema", Some("declare"), "Scrypath.Schema.__using__/1", "schema", "schema";
    "schema_from_file", Some("load"), "Scrypath.Schema.__using__/1", "schema", "schemaFromJson";
    "validate_schema", Some("declare"), "Scrypath.validate_schema/1", "validate_schema", "validateSchema";
    "validate_options", Some("resolve_config"), "Scrypath.validate_options/1", "validate_options", "validateOptions";
    "schema_config", None, "Scrypath.schema_config/1", "schema_config", "schemaConfig";
    "schema_fields", None, "Scrypath.schema_fields/1", "schema_fields", "schemaFields";
    "schema_settings", None, "Scrypath.schema_settings/1", "schema_settings", "schemaSettings";
    "schema_faceting", None, "Scrypath.schema_faceting/1", "schema_faceting", "schemaFaceting";
    "document_source", None, "Scrypath.document_source/1", "document_source", "documentSource";
    "document_id_field", None, "Scrypath.document_id_field/1", "document_id_field", "documentIdField";
    "schema_json", None, "Scrypath.schema_json/1", "schema_json", "schemaJson";
    "fingerprint", None, "Scrypath.fingerprint/1", "fingerprint", "fingerprint";
    "project", Some("documents"), "Scrypath.Projection.document/2", "project", "project";
    "document_id", Some("document_ids"), "Scrypath.Identity.document_id/2", "document_id", "documentId";
    "index_name", Some("index_name"), "Scrypath.Meilisearch.index_name/2", "Scrypath.index_name", "Scrypath.indexName";
    "wire_settings", Some("wire_settings"), "Scrypath.Meilisearch.wire_settings/1", "wire_settings", "Scrypath.wireSettings";

    "sync_record", Some("sync_records"), "Scrypath.sync_record/3", "Scrypath.sync_record", "Scrypath.syncRecord";
    "sync_records", Some("sync_records"), "Scrypath.sync_records/3", "Scrypath.sync_records", "Scrypath.syncRecords";
    "delete_record", Some("delete_records"), "Scrypath.delete_record/3", "Scrypath.delete_record", "Scrypath.deleteRecord";
    "delete_document", Some("delete_documents"), "Scrypath.delete_document/3", "Scrypath.delete_document", "Scrypath.deleteDocument";
    "delete_documents", Some("delete_documents"), "Scrypath.delete_documents/3", "Scrypath.delete_documents", "Scrypath.deleteDocuments";
    "sync_related", Some("plan_related"), "Scrypath.sync_related/3", "Scrypath.sync_related", "Scrypath.syncRelated";
    "work_related", Some("claim_related"), "Scrypath.work_related/1", "Scrypath.work_related", "Scrypath.workRelated";
    "worker", None, "Scrypath.worker/1", "Scrypath.worker", "Scrypath.worker";
    "queue_tables", Some("queue_tables"), "Scrypath.Queue.Migration.statements/1", "queue_tables", "queueTables";

    "search", Some("search"), "Scrypath.search/3", "Scrypath.search", "Scrypath.search";
    "search_within_facet", Some("search"), "Scrypath.search_within_facet/4", "Scrypath.search_within_facet", "Scrypath.searchWithinFacet";
    "search_disjunctive", Some("search"), "Scrypath.search_disjunctive/3", "Scrypath.search_disjunctive", "Scrypath.searchDisjunctive";
    "search_facet_values", Some("search_facet_values"), "Scrypath.search_facet_values/4", "Scrypath.search_facet_values", "Scrypath.searchFacetValues";
    "search_many", Some("search_many"), "Scrypath.search_many/2", "Scrypath.search_many", "Scrypath.searchMany";
    "suggest", Some("suggest"), "Scrypath.suggest/3", "Scrypath.suggest", "Scrypath.suggest";
    "explain", Some("explain_search"), "Scrypath.explain/3", "Scrypath.explain", "Scrypath.explain";
    "tenant_token", Some("tenant_token"), "Scrypath.tenant_token/3", "Scrypath.tenant_token", "Scrypath.tenantToken";
    "merge_distributions", Some("merge_distributions"), "Scrypath.Facets.Disjunctive.merge_distributions/2", "merge_distributions", "mergeDistributions";
    "hits_as", None, "Scrypath.SearchResult.hits_as/2", "SearchResult.hits_as", "SearchResult.hitsAs";
    "merged", None, "Scrypath.MultiSearchResult.merge_projection/1", "MultiSearchResult.merged", "MultiSearchResult.merged";

    "capabilities", Some("schema_capabilities"), "Scrypath.schema_capabilities/1", "capabilities", "capabilities";
    "reflect_search", Some("reflect_search"), "Scrypath.reflect_search/2", "reflect_search", "reflectSearch";
    "reflect_search_many", Some("reflect_search_many"), "Scrypath.reflect_search_many/2", "reflect_search_many", "reflectSearchMany";
    "compose", Some("compose"), "Scrypath.Composition.compose/2", "compose", "compose";
    "search_args", Some("search_arguments"), "Scrypath.Composition.to_search_args/1", "search_args", "searchArgs";
    "compose_many", Some("compose_many"), "Scrypath.Composition.compose_many/2", "compose_many", "composeMany";
    "search_many_args", Some("many_arguments"), "Scrypath.Composition.to_search_many_args/1", "search_many_args", "searchManyArgs";
    "normalize_params", Some("normalize_params"), "Scrypath.QueryParams.normalize/1", "normalize_params", "normalizeParams";
    "cast_params", Some("cast_params"), "Scrypath.QueryParams.cast/1", "cast_params", "castParams";
    "to_query_params", Some("to_query_params"), "Scrypath.Phoenix.to_query_params/1", "to_query_params", "toQueryParams";
    "to_query_string", Some("to_query_string"), "Scrypath.Phoenix.to_query_string/1", "to_query_string", "toQueryString";
    "to_form_data", Some("to_form_data"), "Scrypath.Phoenix.to_form_data/2", "to_form_data", "toFormData";
}

/// Operations that are steps of a function, not functions.
pub const STEPS: &[&str] = &[
    "enqueue_delete_documents",
    "enqueue_deletes",
    "enqueue_records",
    "enqueue_related",
    "finish_search_many",
    "hydrate",
    "hydration_failed",
    "param_names",
    "perform_job",
    "prepare_job",
    "read_related",
    "resolved",
    "settle_related",
];
