//! A search request: its fields, what they may be, and what stands where they are left out.

use serde_json::Value;

use crate::error::{ApiError, Code, Result};
use crate::http::{Fields, Query, invalid_type};
use crate::index::{all_locales, language, unknown_locale};
use crate::indexes::check_uid;

/// Which terms may be dropped where too few documents have them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    Last,
    All,
    Frequency,
}

#[derive(Debug, Clone)]
pub(crate) struct SearchQuery {
    pub(crate) q: Option<String>,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
    pub(crate) page: Option<usize>,
    pub(crate) hits_per_page: Option<usize>,
    pub(crate) retrieve: Option<Vec<String>>,
    pub(crate) crop: Option<Vec<String>>,
    pub(crate) crop_length: usize,
    pub(crate) highlight: Option<Vec<String>>,
    pub(crate) show_matches: bool,
    pub(crate) show_score: bool,
    pub(crate) show_details: bool,
    pub(crate) filter: Option<Value>,
    pub(crate) sort: Option<Vec<String>>,
    pub(crate) distinct: Option<String>,
    pub(crate) facets: Option<Vec<String>>,
    pub(crate) pre_tag: String,
    pub(crate) post_tag: String,
    pub(crate) crop_marker: String,
    pub(crate) strategy: Strategy,
    pub(crate) search_on: Option<Vec<String>>,
    pub(crate) threshold: Option<f64>,
    pub(crate) vectors: bool,
    pub(crate) locales: Option<Vec<String>>,
    pub(crate) show_performance: bool,
    /// The names of the paging fields that were sent, for federated searches, which refuse them.
    pub(crate) paging: Option<&'static str>,
}

impl Default for SearchQuery {
    fn default() -> Self {
        SearchQuery {
            q: None,
            offset: 0,
            limit: 20,
            page: None,
            hits_per_page: None,
            retrieve: None,
            crop: None,
            crop_length: 10,
            highlight: None,
            show_matches: false,
            show_score: false,
            show_details: false,
            filter: None,
            sort: None,
            distinct: None,
            facets: None,
            pre_tag: "<em>".to_owned(),
            post_tag: "</em>".to_owned(),
            crop_marker: "…".to_owned(),
            strategy: Strategy::Last,
            search_on: None,
            threshold: None,
            vectors: false,
            locales: None,
            show_performance: false,
            paging: None,
        }
    }
}

/// The fields of a search body.
const FIELDS: &[&str] = &[
    "q",
    "offset",
    "limit",
    "page",
    "hitsPerPage",
    "attributesToRetrieve",
    "attributesToCrop",
    "cropLength",
    "cropMarker",
    "attributesToHighlight",
    "highlightPreTag",
    "highlightPostTag",
    "showMatchesPosition",
    "filter",
    "sort",
    "distinct",
    "facets",
    "matchingStrategy",
    "attributesToSearchOn",
    "rankingScoreThreshold",
    "locales",
    "hybrid",
    "vector",
    "retrieveVectors",
    "media",
    "personalize",
    "useNetwork",
    "showRankingScore",
    "showRankingScoreDetails",
    "showPerformanceDetails",
];

/// Those of a facet search, which ignores all others.
pub(crate) const FACET_SEARCH_FIELDS: &[&str] = &[
    "facetQuery",
    "facetName",
    "q",
    "vector",
    "media",
    "hybrid",
    "filter",
    "matchingStrategy",
    "attributesToSearchOn",
    "rankingScoreThreshold",
    "locales",
    "exhaustiveFacetCount",
    "useNetwork",
];

/// Those that may be left out, but not be `null`.
const NEVER_NULL: &[(&str, &str, Code)] = &[
    ("offset", "a positive integer", Code::InvalidSearchOffset),
    ("limit", "a positive integer", Code::InvalidSearchLimit),
    ("cropLength", "a positive integer", Code::InvalidSearchCropLength),
    ("cropMarker", "a string", Code::InvalidSearchCropMarker),
    ("highlightPreTag", "a string", Code::InvalidSearchHighlightPreTag),
    ("highlightPostTag", "a string", Code::InvalidSearchHighlightPostTag),
    ("matchingStrategy", "a string", Code::InvalidSearchMatchingStrategy),
    ("retrieveVectors", "a boolean", Code::InvalidSearchRetrieveVectors),
    ("showMatchesPosition", "a boolean", Code::InvalidSearchShowMatchesPosition),
    ("showRankingScore", "a boolean", Code::InvalidSearchShowRankingScore),
    ("showRankingScoreDetails", "a boolean", Code::InvalidSearchShowRankingScoreDetails),
];

fn strategy(text: &str, at: &str) -> Result<Strategy> {
    match text {
        "last" => Ok(Strategy::Last),
        "all" => Ok(Strategy::All),
        "frequency" => Ok(Strategy::Frequency),
        other => Err(ApiError::new(
            Code::InvalidSearchMatchingStrategy,
            format!("Unknown value `{other}` {at}: expected one of `last`, `all`, `frequency`"),
        )),
    }
}

fn threshold(value: f64, at: &str) -> Result<f64> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(ApiError::new(
        Code::InvalidSearchRankingScoreThreshold,
        format!(
            "Invalid value {at}: the value of `rankingScoreThreshold` is invalid, expected a float between `0.0` and `1.0`."
        ),
    ))
}

/// An empty parameter is an empty list.
fn without_nothing(list: Vec<String>) -> Vec<String> {
    if list == [""] { Vec::new() } else { list }
}

fn refuse_vector_parameters(query: &Query) -> Result<()> {
    if let Some(embedder) = query.get("hybridEmbedder") {
        return Err(ApiError::new(
            Code::InvalidSearchEmbedder,
            format!("Cannot find embedder with name `{embedder}`."),
        ));
    }
    if query.get("vector").is_some() || query.get("hybridSemanticRatio").is_some() {
        return Err(ApiError::new(
            Code::MissingSearchHybrid,
            "Invalid request: missing `hybridEmbedder` parameter when `vector` or `hybridSemanticRatio` are present.",
        ));
    }
    if query.get("personalizeUserContext").is_some() {
        return Err(ApiError::new(
            Code::FeatureNotEnabled,
            "`personalizeUserContext` is not part of the embedded index: use a Meilisearch server for it.",
        ));
    }
    Ok(())
}

/// What asks for vectors, which no document here has.
fn refuse_vectors(fields: &mut Fields) -> Result<()> {
    let path = fields.path("vector");
    let vector = match fields.value("vector") {
        None => false,
        Some(Value::Array(_)) => true,
        Some(other) => return Err(invalid_type(&path, "an array", &other, Code::InvalidSearchVector)),
    };
    let media = fields.value("media").is_some();
    let path = fields.path("personalize");
    if let Some(value) = fields.value("personalize") {
        Fields::within(value, path, Code::InvalidSearchPersonalize)?;
        return Err(ApiError::new(
            Code::FeatureNotEnabled,
            "`personalize` is not part of the embedded index: use a Meilisearch server for it.",
        ));
    }
    let path = fields.path("hybrid");
    let Some(hybrid) = fields.value("hybrid") else {
        if vector || media {
            return Err(ApiError::new(
                Code::MissingSearchHybrid,
                "Invalid request: missing `hybrid` parameter when `vector` or `media` are present.",
            ));
        }
        return Ok(());
    };
    let mut hybrid = Fields::within(hybrid, path, Code::InvalidSearchHybridQuery)?;
    hybrid.only(&["semanticRatio", "embedder"], Code::InvalidSearchHybridQuery)?;
    hybrid.float("semanticRatio", Code::InvalidSearchSemanticRatio)?;
    let embedder = hybrid.required("embedder", Code::InvalidSearchEmbedder, Code::InvalidSearchEmbedder)?;
    Err(ApiError::new(Code::InvalidSearchEmbedder, format!("Cannot find embedder with name `{embedder}`.")))
}

pub(crate) fn no_network() -> ApiError {
    ApiError::new(
        Code::FeatureNotEnabled,
        "passing `useNetwork` in a search query requires enabling the `network` experimental feature. See \
         https://github.com/orgs/meilisearch/discussions/805",
    )
}

fn check_locales(locales: Option<&[String]>, at: &str) -> Result<()> {
    for (i, locale) in locales.into_iter().flatten().enumerate() {
        if language(locale).is_none() {
            return Err(unknown_locale(locale, &format!("{at}[{i}]"), Code::InvalidSearchLocales));
        }
    }
    Ok(())
}

impl SearchQuery {
    /// The body of `POST …/search`.
    pub(crate) fn of_body(body: Value) -> Result<SearchQuery> {
        let mut fields = Fields::of(body, Code::BadRequest)?;
        fields.only(FIELDS, Code::BadRequest)?;
        SearchQuery::take(&mut fields)
    }

    /// One query of a multi-search, with the index it is for.
    pub(super) fn of_many(fields: &mut Fields) -> Result<(String, SearchQuery)> {
        let accepted: Vec<&str> =
            ["indexUid"].iter().chain(FIELDS).chain(&["federationOptions"]).copied().collect();
        fields.only(&accepted, Code::BadRequest)?;
        let path = fields.path("indexUid");
        let uid = fields.required("indexUid", Code::MissingIndexUid, Code::InvalidIndexUid)?;
        check_uid(&uid).map_err(|error| error.prefixed(&format!("Invalid value at `{path}`: ")))?;
        Ok((uid, SearchQuery::take(fields)?))
    }

    pub(crate) fn take(fields: &mut Fields) -> Result<SearchQuery> {
        let default = SearchQuery::default();
        let at = |fields: &Fields, key: &str| format!("at `{}`", fields.path(key));
        fields.no_null(NEVER_NULL)?;
        refuse_vectors(fields)?;
        if fields.flag("useNetwork", Code::InvalidSearchUseNetwork)?.is_some() {
            return Err(no_network());
        }
        let paging =
            ["limit", "offset", "page", "hitsPerPage"].into_iter().find(|name| fields.is_given(name));
        let place = at(fields, "matchingStrategy");
        let strategy = match fields.string("matchingStrategy", Code::InvalidSearchMatchingStrategy)? {
            None => default.strategy,
            Some(text) => strategy(&text, &place)?,
        };
        let place = at(fields, "rankingScoreThreshold");
        let threshold =
            match fields.float("rankingScoreThreshold", Code::InvalidSearchRankingScoreThreshold)? {
                None => None,
                Some(value) => Some(threshold(value, &place)?),
            };
        let path = fields.path("locales");
        let locales = fields.strings("locales", Code::InvalidSearchLocales)?;
        check_locales(locales.as_deref(), &path)?;
        Ok(SearchQuery {
            q: fields.string("q", Code::InvalidSearchQ)?,
            offset: fields.number("offset", Code::InvalidSearchOffset)?.unwrap_or(default.offset),
            limit: fields.number("limit", Code::InvalidSearchLimit)?.unwrap_or(default.limit),
            page: fields.number("page", Code::InvalidSearchPage)?,
            hits_per_page: fields.number("hitsPerPage", Code::InvalidSearchHitsPerPage)?,
            retrieve: fields.strings("attributesToRetrieve", Code::InvalidSearchAttributesToRetrieve)?,
            crop: fields.strings("attributesToCrop", Code::InvalidSearchAttributesToCrop)?,
            crop_length: fields
                .number("cropLength", Code::InvalidSearchCropLength)?
                .unwrap_or(default.crop_length),
            highlight: fields.strings("attributesToHighlight", Code::InvalidSearchAttributesToHighlight)?,
            show_matches: fields
                .flag("showMatchesPosition", Code::InvalidSearchShowMatchesPosition)?
                .unwrap_or(false),
            show_score: fields
                .flag("showRankingScore", Code::InvalidSearchShowRankingScore)?
                .unwrap_or(false),
            show_details: fields
                .flag("showRankingScoreDetails", Code::InvalidSearchShowRankingScoreDetails)?
                .unwrap_or(false),
            filter: fields.value("filter"),
            sort: fields.strings("sort", Code::InvalidSearchSort)?,
            distinct: fields.string("distinct", Code::InvalidSearchDistinct)?,
            facets: fields.strings("facets", Code::InvalidSearchFacets)?,
            pre_tag: fields
                .string("highlightPreTag", Code::InvalidSearchHighlightPreTag)?
                .unwrap_or(default.pre_tag),
            post_tag: fields
                .string("highlightPostTag", Code::InvalidSearchHighlightPostTag)?
                .unwrap_or(default.post_tag),
            crop_marker: fields
                .string("cropMarker", Code::InvalidSearchCropMarker)?
                .unwrap_or(default.crop_marker),
            strategy,
            search_on: fields.strings("attributesToSearchOn", Code::InvalidSearchAttributesToSearchOn)?,
            threshold,
            vectors: fields.flag("retrieveVectors", Code::InvalidSearchRetrieveVectors)?.unwrap_or(false),
            locales,
            show_performance: fields
                .flag("showPerformanceDetails", Code::InvalidSearchShowPerformanceDetails)?
                .unwrap_or(false),
            paging,
        })
    }

    /// The parameters of `GET …/search`.
    pub(crate) fn of_query(query: &Query) -> Result<SearchQuery> {
        const ACCEPTED: &[&str] = &[
            "q",
            "offset",
            "limit",
            "page",
            "hitsPerPage",
            "attributesToRetrieve",
            "attributesToCrop",
            "cropLength",
            "cropMarker",
            "attributesToHighlight",
            "highlightPreTag",
            "highlightPostTag",
            "showMatchesPosition",
            "filter",
            "sort",
            "distinct",
            "facets",
            "matchingStrategy",
            "attributesToSearchOn",
            "rankingScoreThreshold",
            "locales",
            "hybridEmbedder",
            "hybridSemanticRatio",
            "vector",
            "retrieveVectors",
            "personalizeUserContext",
            "useNetwork",
            "showRankingScore",
            "showRankingScoreDetails",
            "showPerformanceDetails",
        ];
        query.only(ACCEPTED)?;
        let default = SearchQuery::default();
        let text = |key: &str, default: String| query.get(key).map_or(default, str::to_owned);
        let strategy = match query.get("matchingStrategy") {
            None => default.strategy,
            Some(text) => strategy(text, "for parameter `matchingStrategy`")?,
        };
        let threshold = match query.get("rankingScoreThreshold") {
            None => None,
            // What is no number is out of range.
            Some(text) => {
                Some(threshold(text.parse().unwrap_or(-1.0), "in parameter `rankingScoreThreshold`")?)
            }
        };
        let locales = query.list("locales").map(without_nothing);
        if let Some(locale) = locales.iter().flatten().find(|locale| language(locale).is_none()) {
            let mut known = all_locales();
            known.sort_by_key(|code| (code.len(), *code));
            return Err(ApiError::new(
                Code::InvalidSearchLocales,
                format!(
                    "Invalid value in parameter `locales`: Unsupported locale `{locale}`, expected one of {}",
                    known.join(", ")
                ),
            ));
        }
        if query.get("useNetwork").is_some() {
            query.flag("useNetwork", Code::InvalidSearchUseNetwork)?;
            return Err(no_network());
        }
        refuse_vector_parameters(query)?;
        Ok(SearchQuery {
            q: query.get("q").map(str::to_owned),
            offset: query.number("offset", Code::InvalidSearchOffset)?.unwrap_or(default.offset),
            limit: query.number("limit", Code::InvalidSearchLimit)?.unwrap_or(default.limit),
            page: query.number("page", Code::InvalidSearchPage)?,
            hits_per_page: query.number("hitsPerPage", Code::InvalidSearchHitsPerPage)?,
            retrieve: query.list("attributesToRetrieve"),
            crop: query.list("attributesToCrop"),
            crop_length: query
                .number("cropLength", Code::InvalidSearchCropLength)?
                .unwrap_or(default.crop_length),
            highlight: query.list("attributesToHighlight"),
            show_matches: query
                .flag("showMatchesPosition", Code::InvalidSearchShowMatchesPosition)?
                .unwrap_or(false),
            show_score: query.flag("showRankingScore", Code::InvalidSearchShowRankingScore)?.unwrap_or(false),
            show_details: query
                .flag("showRankingScoreDetails", Code::InvalidSearchShowRankingScoreDetails)?
                .unwrap_or(false),
            // JSON where it is JSON, else a filter as it stands.
            filter: query.get("filter").map(|f| match serde_json::from_str(f) {
                Ok(value) => value,
                Err(_) => Value::from(f),
            }),
            sort: query.sort(),
            distinct: query.get("distinct").map(str::to_owned),
            facets: query.list("facets").map(without_nothing),
            pre_tag: text("highlightPreTag", default.pre_tag),
            post_tag: text("highlightPostTag", default.post_tag),
            crop_marker: text("cropMarker", default.crop_marker),
            strategy,
            search_on: query.list("attributesToSearchOn"),
            threshold,
            vectors: query.flag("retrieveVectors", Code::InvalidSearchRetrieveVectors)?.unwrap_or(false),
            locales,
            show_performance: query
                .flag("showPerformanceDetails", Code::InvalidSearchShowPerformanceDetails)?
                .unwrap_or(false),
            paging: None,
        })
    }

    /// Pages that are numbered ask for an exact count.
    pub(crate) fn is_paged(&self) -> bool {
        self.page.is_some() || self.hits_per_page.is_some()
    }
}
