//! Every error a caller can meet: one table of code, type and HTTP status.

use serde::{Deserialize, Serialize};

/// What an error is about, as Meilisearch's `type` tells it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Request,
    Auth,
    Internal,
    System,
}

macro_rules! codes {
    ($($name:ident $text:literal $kind:ident $status:literal)*) => {
        /// The stable name of an error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $($name),* }

        impl Code {
            const ALL: &'static [Code] = &[$(Code::$name),*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Code::$name => $text),* }
            }

            fn kind(self) -> Type {
                match self { $(Code::$name => Type::$kind),* }
            }

            pub(crate) fn status(self) -> u16 {
                match self { $(Code::$name => $status),* }
            }
        }
    };
}

codes! {
    ApiKeyAlreadyExists "api_key_already_exists" Request 409
    ApiKeyNotFound "api_key_not_found" Request 404
    BadRequest "bad_request" Request 400
    BatchNotFound "batch_not_found" Request 404
    DocumentNotFound "document_not_found" Request 404
    DuplicateSwap "invalid_swap_duplicate_index_found" Request 400
    FacetSearchDisabled "facet_search_disabled" Request 400
    FeatureNotEnabled "feature_not_enabled" Request 400
    ImmutableApiKeyActions "immutable_api_key_actions" Request 400
    ImmutableApiKeyCreatedAt "immutable_api_key_created_at" Request 400
    ImmutableApiKeyExpiresAt "immutable_api_key_expires_at" Request 400
    ImmutableApiKeyIndexes "immutable_api_key_indexes" Request 400
    ImmutableApiKeyUid "immutable_api_key_uid" Request 400
    ImmutableApiKeyUpdatedAt "immutable_api_key_updated_at" Request 400
    ImmutableIndexCreatedAt "immutable_index_created_at" Request 400
    ImmutableIndexUpdatedAt "immutable_index_updated_at" Request 400
    IndexAlreadyExists "index_already_exists" Request 409
    IndexNotFound "index_not_found" Request 404
    IndexScopedKeyWithGlobalAction "index_scoped_api_key_with_global_action" Request 400
    IndexPrimaryKeyAlreadyExists "index_primary_key_already_exists" Request 400
    IndexPrimaryKeyMultipleCandidates "index_primary_key_multiple_candidates_found" Request 400
    IndexPrimaryKeyNoCandidate "index_primary_key_no_candidate_found" Request 400
    Internal "internal" Internal 500
    InvalidApiKey "invalid_api_key" Auth 403
    InvalidApiKeyActions "invalid_api_key_actions" Request 400
    InvalidApiKeyDescription "invalid_api_key_description" Request 400
    InvalidApiKeyExpiresAt "invalid_api_key_expires_at" Request 400
    InvalidApiKeyIndexes "invalid_api_key_indexes" Request 400
    InvalidApiKeyLimit "invalid_api_key_limit" Request 400
    InvalidApiKeyName "invalid_api_key_name" Request 400
    InvalidApiKeyOffset "invalid_api_key_offset" Request 400
    InvalidApiKeyUid "invalid_api_key_uid" Request 400
    InvalidBatchUids "invalid_batch_uids" Request 400
    InvalidContentType "invalid_content_type" Request 415
    InvalidDocumentCsvDelimiter "invalid_document_csv_delimiter" Request 400
    InvalidDocumentFields "invalid_document_fields" Request 400
    InvalidDocumentFilter "invalid_document_filter" Request 400
    InvalidDocumentGeoField "invalid_document_geo_field" Request 400
    InvalidDocumentId "invalid_document_id" Request 400
    InvalidDocumentIds "invalid_document_ids" Request 400
    InvalidDocumentLimit "invalid_document_limit" Request 400
    InvalidDocumentOffset "invalid_document_offset" Request 400
    InvalidDocumentRetrieveVectors "invalid_document_retrieve_vectors" Request 400
    InvalidDocumentSort "invalid_document_sort" Request 400
    InvalidDocumentUseNetwork "invalid_document_use_network" Request 400
    InvalidFacetSearchExhaustiveCount "invalid_facet_search_exhaustive_facet_count" Request 400
    InvalidFacetSearchFacetName "invalid_facet_search_facet_name" Request 400
    InvalidFacetSearchQuery "invalid_facet_search_query" Request 400
    InvalidIndexCustomMetadata "invalid_index_custom_metadata" Request 400
    InvalidIndexFieldsFilter "invalid_index_fields_filter" Request 400
    InvalidIndexFieldsFilterPatterns "invalid_index_fields_filter_attribute_patterns" Request 400
    InvalidIndexLimit "invalid_index_limit" Request 400
    InvalidIndexOffset "invalid_index_offset" Request 400
    InvalidIndexPrimaryKey "invalid_index_primary_key" Request 400
    InvalidIndexUid "invalid_index_uid" Request 400
    InvalidMultiSearchDistinct "invalid_multi_search_distinct" Request 400
    InvalidMultiSearchFacetOrder "invalid_multi_search_facet_order" Request 400
    InvalidMultiSearchFacets "invalid_multi_search_facets" Request 400
    InvalidMultiSearchFacetsByIndex "invalid_multi_search_facets_by_index" Request 400
    InvalidMultiSearchFederationOptions "invalid_multi_search_federation_options" Request 400
    InvalidMultiSearchMaxValuesPerFacet "invalid_multi_search_max_values_per_facet" Request 400
    InvalidMultiSearchMergeFacets "invalid_multi_search_merge_facets" Request 400
    InvalidMultiSearchQueryFacets "invalid_multi_search_query_facets" Request 400
    InvalidMultiSearchQueryPagination "invalid_multi_search_query_pagination" Request 400
    InvalidMultiSearchQueryPosition "invalid_multi_search_query_position" Request 400
    InvalidMultiSearchQueryPerformance "invalid_multi_search_query_show_performance_details" Request 400
    InvalidMultiSearchQueryRankingRules "invalid_multi_search_query_ranking_rules" Request 400
    InvalidMultiSearchRemote "invalid_multi_search_remote" Request 400
    InvalidMultiSearchWeight "invalid_multi_search_weight" Request 400
    InvalidSearchAttributesToCrop "invalid_search_attributes_to_crop" Request 400
    InvalidSearchAttributesToHighlight "invalid_search_attributes_to_highlight" Request 400
    InvalidSearchAttributesToRetrieve "invalid_search_attributes_to_retrieve" Request 400
    InvalidSearchAttributesToSearchOn "invalid_search_attributes_to_search_on" Request 400
    InvalidSearchCropLength "invalid_search_crop_length" Request 400
    InvalidSearchCropMarker "invalid_search_crop_marker" Request 400
    InvalidSearchDistinct "invalid_search_distinct" Request 400
    InvalidSearchEmbedder "invalid_search_embedder" Request 400
    InvalidSearchFacets "invalid_search_facets" Request 400
    InvalidSearchFilter "invalid_search_filter" Request 400
    InvalidSearchHighlightPostTag "invalid_search_highlight_post_tag" Request 400
    InvalidSearchHighlightPreTag "invalid_search_highlight_pre_tag" Request 400
    InvalidSearchHitsPerPage "invalid_search_hits_per_page" Request 400
    InvalidSearchHybridQuery "invalid_search_hybrid_query" Request 400
    InvalidSearchLimit "invalid_search_limit" Request 400
    InvalidSearchLocales "invalid_search_locales" Request 400
    InvalidSearchMatchingStrategy "invalid_search_matching_strategy" Request 400
    InvalidSearchMedia "invalid_search_media" Request 400
    InvalidSearchOffset "invalid_search_offset" Request 400
    InvalidSearchPage "invalid_search_page" Request 400
    InvalidSearchPersonalize "invalid_search_personalize" Request 400
    InvalidSearchQ "invalid_search_q" Request 400
    InvalidSearchRankingScoreThreshold "invalid_search_ranking_score_threshold" Request 400
    InvalidSearchRetrieveVectors "invalid_search_retrieve_vectors" Request 400
    InvalidSearchShowMatchesPosition "invalid_search_show_matches_position" Request 400
    InvalidSearchShowPerformanceDetails "invalid_search_show_performance_details" Request 400
    InvalidSearchShowRankingScore "invalid_search_show_ranking_score" Request 400
    InvalidSearchShowRankingScoreDetails "invalid_search_show_ranking_score_details" Request 400
    InvalidSearchSort "invalid_search_sort" Request 400
    InvalidSearchSemanticRatio "invalid_search_semantic_ratio" Request 400
    InvalidSearchUseNetwork "invalid_search_use_network" Request 400
    InvalidSearchVector "invalid_search_vector" Request 400
    InvalidSettingsDictionary "invalid_settings_dictionary" Request 400
    InvalidSettingsDisplayedAttributes "invalid_settings_displayed_attributes" Request 400
    InvalidSettingsDistinctAttribute "invalid_settings_distinct_attribute" Request 400
    InvalidSettingsEmbedders "invalid_settings_embedders" Request 400
    InvalidSettingsFacetSearch "invalid_settings_facet_search" Request 400
    InvalidSettingsFaceting "invalid_settings_faceting" Request 400
    InvalidSettingsFilterableAttributes "invalid_settings_filterable_attributes" Request 400
    InvalidSettingsForeignKeys "invalid_settings_foreign_keys" Request 400
    InvalidSettingsIndexChat "invalid_settings_index_chat" Request 400
    InvalidSettingsLocalizedAttributes "invalid_settings_localized_attributes" Request 400
    InvalidSettingsNonSeparatorTokens "invalid_settings_non_separator_tokens" Request 400
    InvalidSettingsPagination "invalid_settings_pagination" Request 400
    InvalidSettingsPrefixSearch "invalid_settings_prefix_search" Request 400
    InvalidSettingsProximityPrecision "invalid_settings_proximity_precision" Request 400
    InvalidSettingsRankingRules "invalid_settings_ranking_rules" Request 400
    InvalidSettingsSearchCutoffMs "invalid_settings_search_cutoff_ms" Request 400
    InvalidSettingsSearchableAttributes "invalid_settings_searchable_attributes" Request 400
    InvalidSettingsSeparatorTokens "invalid_settings_separator_tokens" Request 400
    InvalidSettingsSortableAttributes "invalid_settings_sortable_attributes" Request 400
    InvalidSettingsStopWords "invalid_settings_stop_words" Request 400
    InvalidSettingsSynonyms "invalid_settings_synonyms" Request 400
    InvalidSettingsTypoTolerance "invalid_settings_typo_tolerance" Request 400
    InvalidSkipCreation "invalid_skip_creation" Request 400
    InvalidStatsShowSizes "invalid_stats_show_internal_database_sizes" Request 400
    InvalidStatsSizeFormat "invalid_stats_size_format" Request 400
    InvalidStoreFile "invalid_store_file" Internal 500
    InvalidSwapIndexes "invalid_swap_indexes" Request 400
    InvalidSwapRename "invalid_swap_rename" Request 400
    InvalidTaskAfterEnqueuedAt "invalid_task_after_enqueued_at" Request 400
    InvalidTaskAfterFinishedAt "invalid_task_after_finished_at" Request 400
    InvalidTaskAfterStartedAt "invalid_task_after_started_at" Request 400
    InvalidTaskBeforeEnqueuedAt "invalid_task_before_enqueued_at" Request 400
    InvalidTaskBeforeFinishedAt "invalid_task_before_finished_at" Request 400
    InvalidTaskBeforeStartedAt "invalid_task_before_started_at" Request 400
    InvalidTaskCanceledBy "invalid_task_canceled_by" Request 400
    InvalidTaskFrom "invalid_task_from" Request 400
    InvalidTaskLimit "invalid_task_limit" Request 400
    InvalidTaskReverse "invalid_task_reverse" Request 400
    InvalidTaskStatuses "invalid_task_statuses" Request 400
    InvalidTaskTypes "invalid_task_types" Request 400
    InvalidTaskUids "invalid_task_uids" Request 400
    IoError "io_error" System 422
    MalformedPayload "malformed_payload" Request 400
    MaxFieldsLimitExceeded "max_fields_limit_exceeded" Request 400
    MissingApiKeyActions "missing_api_key_actions" Request 400
    MissingApiKeyExpiresAt "missing_api_key_expires_at" Request 400
    MissingApiKeyIndexes "missing_api_key_indexes" Request 400
    MissingAuthorizationHeader "missing_authorization_header" Auth 401
    MissingContentType "missing_content_type" Request 415
    MissingDocumentFilter "missing_document_filter" Request 400
    MissingDocumentId "missing_document_id" Request 400
    MissingFacetSearchFacetName "missing_facet_search_facet_name" Request 400
    MissingIndexUid "missing_index_uid" Request 400
    MissingMasterKey "missing_master_key" Auth 401
    MissingPayload "missing_payload" Request 400
    MissingSearchHybrid "missing_search_hybrid" Request 400
    MissingSwapIndexes "missing_swap_indexes" Request 400
    MissingTaskFilters "missing_task_filters" Request 400
    NoSpaceLeftOnDevice "no_space_left_on_device" System 422
    PayloadTooLarge "payload_too_large" Request 413
    TaskNotFound "task_not_found" Request 404
    TooManyOpenFiles "too_many_open_files" System 422
}

/// An error as the caller sees it.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) code: Code,
    pub(crate) message: String,
}

pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

impl ApiError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> ApiError {
        ApiError { code, message: message.into() }
    }

    /// A fault of ours; the text says where, never what was in a document.
    pub(crate) fn internal(what: impl std::fmt::Display) -> ApiError {
        ApiError::new(Code::Internal, format!("An internal error has occurred. `{what}`."))
    }

    pub(crate) fn index_not_found(uid: &str) -> ApiError {
        ApiError::new(Code::IndexNotFound, format!("Index `{uid}` not found."))
    }

    /// Whether the disk, and not the request, is at fault.
    pub(crate) fn is_of_disk(&self) -> bool {
        matches!(self.code, Code::IoError | Code::NoSpaceLeftOnDevice | Code::TooManyOpenFiles)
    }

    pub(crate) fn with_code(mut self, code: Code) -> ApiError {
        self.code = code;
        self
    }

    pub(crate) fn prefixed(mut self, prefix: &str) -> ApiError {
        self.message.insert_str(0, prefix);
        self
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        let kind = match self.code.kind() {
            Type::Request => "invalid_request",
            Type::Auth => "auth",
            Type::Internal => "internal",
            Type::System => "system",
        };
        serde_json::json!({
            "message": self.message,
            "code": self.code.name(),
            "type": kind,
            "link": format!("https://docs.meilisearch.com/errors#{}", self.code.name()),
        })
    }
}

impl Serialize for ApiError {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.code.name(), &self.message).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for ApiError {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (name, message) = <(String, String)>::deserialize(deserializer)?;
        let code = Code::ALL.iter().copied().find(|code| code.name() == name);
        Ok(ApiError { code: code.unwrap_or(Code::Internal), message })
    }
}

fn of_storage(error: &redb::StorageError) -> ApiError {
    match error {
        redb::StorageError::Io(io) => of_io(io),
        redb::StorageError::PreviousIo => ApiError::new(
            Code::IoError,
            "The disk failed before, and the file has not been opened again since.",
        ),
        redb::StorageError::Corrupted(what) => {
            ApiError::new(Code::InvalidStoreFile, format!("The database file is in an invalid state: {what}"))
        }
        other => ApiError::internal(other),
    }
}

fn of_io(error: &std::io::Error) -> ApiError {
    use std::io::ErrorKind;
    let code = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Code::NoSpaceLeftOnDevice
        }
        _ if error.raw_os_error() == Some(24) => Code::TooManyOpenFiles,
        _ => Code::IoError,
    };
    ApiError::new(code, format!("{error}"))
}

impl From<std::io::Error> for ApiError {
    fn from(error: std::io::Error) -> Self {
        of_io(&error)
    }
}

impl From<redb::StorageError> for ApiError {
    fn from(error: redb::StorageError) -> Self {
        of_storage(&error)
    }
}

macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for ApiError {
            fn from(error: $error) -> Self {
                type Error = $error;
                match error {
                    Error::Storage(storage) => of_storage(&storage),
                    other => ApiError::internal(other),
                }
            }
        }
    )*};
}

from_redb!(redb::TableError, redb::TransactionError, redb::CommitError, redb::DatabaseError);
