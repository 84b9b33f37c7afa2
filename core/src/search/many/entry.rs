use std::borrow::Cow;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator};

use crate::config::{Config, Layers, Merged, options as runtime};
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::meilisearch::naming;
use crate::schema::Schema;
use crate::search::options;
use crate::search::query::Query;
use crate::search::run::ExplainedRequest;

/// A call of `search_many`, unchecked.
#[derive(Debug)]
pub struct AskedMany {
    pub entries: Vec<Given>,
    /// What `all` stands for: `None` where nobody said.
    pub global: Option<Vec<Target>>,
    pub shared: Layers,
}

impl JsonSchema for AskedMany {
    fn schema_name() -> Cow<'static, str> {
        "AskedMany".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "it describes")]
        struct AskedMany {
            schemas: Vec<ManySchema>,
            /// `{schema, text, options}`, the schema by its number, or none for all; anything else is refused.
            entries: Vec<Term>,
            /// The numbers of the schemas that all stands for.
            global_schemas: Option<Vec<u64>>,
            #[schemars(flatten)]
            shared: Layers,
        }
        AskedMany::json_schema(generator)
    }
}

/// A schema that comes with a call, and the key its rows are fetched by where there is a repo.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes")]
struct ManySchema {
    schema: String,
    primary_key: Option<String>,
    /// What the host calls it, where that is not its name.
    label: Option<String>,
}

/// A schema to search, and the key its rows are fetched by where there is a repo.
#[derive(Debug, Clone)]
pub struct Target {
    /// The host's number for the schema, given back with its result.
    pub number: usize,
    pub schema: Arc<Schema>,
    pub primary_key: Option<String>,
    /// What the host calls the schema, for errors and telemetry; its own name where it says nothing.
    pub label: Option<String>,
}

impl Target {
    pub(super) fn name(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.schema.name)
    }
}

/// One entry as the host took it apart. `target` is `None` for `all`.
#[derive(Debug)]
pub enum Given {
    Search {
        target: Option<Target>,
        text: Term,
        options: Term,
    },
    /// Not of a shape that an entry has.
    Malformed,
}

/// One search of many, checked.
#[derive(Debug)]
pub(super) struct Entry {
    pub target: Target,
    pub query: Query,
    pub index: String,
    pub weight: Option<f64>,
}

/// Everything of a call, checked.
#[derive(Debug)]
pub(super) struct Plan {
    pub entries: Vec<Entry>,
    pub config: Config,
}

/// The largest page of an entry.
const LARGEST_PAGE: i64 = 50;

/// The options of an entry beside those of a search.
pub const OPTIONS: &[&str] = &["federation_weight"];

/// Options that configure the whole call.
const OF_THE_CALL: &[&str] =
    &["federation_limit", "federation_offset", "hydration_timeout", "federation_timeout", "max_schemas"];

pub(super) fn plan(asked: AskedMany, idiom: Idiom) -> Result<Plan> {
    let AskedMany { entries, global, shared } = asked;
    let Merged { options, twice } = shared.merge(idiom)?;
    let (shared, of_the_call): (Vec<_>, Vec<_>) =
        options.into_iter().partition(|(name, _)| runtime::find(name).is_none());
    let expanded = expand(entries, global)?;
    if expanded.is_empty() {
        return Err(Error::new(Kind::EmptySchemaList, "search_many was given no entries"));
    }
    let twice_shared: Vec<String> =
        twice.iter().filter(|name| shared.iter().any(|(key, _)| key == *name)).cloned().collect();
    let config = Config::read(&Merged { options: of_the_call, twice }, idiom)?;
    let count = expanded.len() as i64;
    if count > config.max_schemas {
        let message = format!(
            "search_many was given {count} entries, more than {} ({})",
            idiom.option("max_schemas"),
            config.max_schemas
        );
        let mut error = Error::new(Kind::TooManySchemas, message);
        error.details.count = Some(count);
        error.details.max = Some(config.max_schemas);
        return Err(error);
    }
    let merged: Vec<_> = expanded
        .into_iter()
        .map(|(target, text, options)| merge(target, text, options, &shared, idiom))
        .collect::<Result<_>>()?;
    let entries: Vec<Entry> = merged
        .into_iter()
        .enumerate()
        .map(|(at, merged)| merged.check(at, &twice_shared, &config, idiom))
        .collect::<Result<_>>()?;
    let weighted = entries.iter().any(|entry| entry.weight.is_some());
    if weighted && entries.iter().any(Entry::is_paged) {
        let message = format!(
            "entries with {} are merged into one list, which is paged by {} and {}: an entry cannot have a page of its own",
            idiom.option("federation_weight"),
            idiom.option("federation_limit"),
            idiom.option("federation_offset"),
        );
        return Err(Error::new(Kind::FederationPage, message).named("page"));
    }
    Ok(Plan { entries, config })
}

impl Plan {
    pub(super) fn hydration_timeout(&self) -> u64 {
        self.config.hydration_timeout.as_millis() as u64
    }
}

impl Entry {
    /// The entry's search as a request of its own.
    pub(super) fn request(&self) -> ExplainedRequest {
        ExplainedRequest::search(&self.index, self.query.body())
    }

    pub(super) fn is_paged(&self) -> bool {
        self.query.page.number.is_some() || self.query.page.size.is_some()
    }
}

type Expanded = (Target, Term, Term);

/// Puts the schemas that `all` stands for in its place.
fn expand(entries: Vec<Given>, global: Option<Vec<Target>>) -> Result<Vec<Expanded>> {
    let all = |given: &Given| matches!(given, Given::Search { target: None, .. });
    let global = match (entries.iter().any(all), global) {
        (false, _) => Vec::new(),
        (true, None) => {
            return Err(no_registry(
                "missing_otp_app",
                "nothing says which schemas `all` stands for: give global_schemas",
            ));
        }
        (true, Some(global)) if global.is_empty() => {
            return Err(no_registry(
                "empty_registry",
                "`all` stands for no schema: the list of global schemas is empty",
            ));
        }
        (true, Some(global)) => global,
    };
    let mut expanded = Vec::new();
    for (at, given) in entries.into_iter().enumerate() {
        match given {
            Given::Search { target: Some(target), text, options } => expanded.push((target, text, options)),
            Given::Search { target: None, text: text @ Term::Text(_), options } => {
                expanded.extend(global.iter().map(|target| (target.clone(), text.clone(), options.clone())));
            }
            Given::Search { .. } | Given::Malformed => return Err(malformed(at)),
        }
    }
    Ok(expanded)
}

fn no_registry(what: &str, message: &str) -> Box<Error> {
    Error::new(Kind::AllExpansion, message).named(what)
}

fn malformed(at: usize) -> Box<Error> {
    let message =
        format!("entry {at} of search_many is not of the form (schema, text) or (schema, text, options)");
    Error::new(Kind::MalformedEntry, message).at(at)
}

struct MergedEntry {
    target: Target,
    text: Term,
    options: Merged,
    weight: Option<f64>,
}

/// The entry's options over the shared ones, whole values; `per_query` member by member.
fn merge(
    target: Target,
    text: Term,
    options: Term,
    shared: &[(String, Term)],
    idiom: Idiom,
) -> Result<MergedEntry> {
    let own = Layers { defaults: Term::Null, repo_defaults: Term::Null, call: options };
    let Merged { options: mut own, twice } = own.merge(idiom).map_err(|_| malformed_options())?;
    let weight = match own.iter().position(|(name, _)| name == "federation_weight") {
        Some(at) => weight(&own.swap_remove(at).1)?,
        None => None,
    };
    if let Some((name, _)) = own.iter().find(|(name, _)| OF_THE_CALL.contains(&name.as_str())) {
        let message = format!("{} configures the whole call: give it beside the entries", idiom.option(name));
        return Err(Error::new(Kind::FederationKeyInEntry, message).named(name.as_str()));
    }
    if let Some((name, _)) = own.iter().find(|(name, _)| runtime::find(name).is_some()) {
        let message =
            format!("{} would not apply to one entry only: give it beside the entries", idiom.option(name));
        return Err(Error::new(Kind::RuntimeOptionInEntry, message).named(name.as_str()));
    }
    let mut options = shared.to_vec();
    for (name, value) in own {
        match options.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) if name == "per_query" => *slot = over(slot, value),
            Some((_, slot)) => *slot = value,
            None => options.push((name, value)),
        }
    }
    Ok(MergedEntry { target, text, options: Merged { options, twice }, weight })
}

fn malformed_options() -> Box<Error> {
    Error::new(Kind::MalformedEntry, "the options of an entry of search_many are not options")
}

/// `per_query` of an entry over the shared one. What is neither a map nor pairs is left for the check.
fn over(shared: &Term, own: Term) -> Term {
    let (Some(under), Some(upper)) = (shared.entries(), own.entries()) else { return own };
    let mut merged: Vec<(Term, Term)> = Vec::new();
    for (name, value) in under.into_iter().chain(upper) {
        match merged.iter_mut().find(|(known, _)| known.as_str() == Some(name)) {
            Some((_, slot)) => *slot = value.clone(),
            None => merged.push((Term::Symbol(name.to_owned()), value.clone())),
        }
    }
    Term::Map(merged)
}

fn weight(term: &Term) -> Result<Option<f64>> {
    let refuse = |what: &str, why: &str| {
        Err(Error::new(Kind::FederationWeight, format!("federation_weight {why}")).named(what))
    };
    match term {
        Term::Null => Ok(None),
        Term::Int(weight) => Ok(Some(*weight as f64)),
        Term::Float(weight) if weight.is_finite() => Ok(Some(*weight)),
        Term::Float(_) => refuse("non_finite", "must be finite"),
        _ => refuse("invalid_type", "must be a number"),
    }
}

impl MergedEntry {
    fn check(self, at: usize, twice_shared: &[String], config: &Config, idiom: Idiom) -> Result<Entry> {
        let Self { target, text, mut options, weight } = self;
        options.twice.extend(twice_shared.iter().cloned());
        if !matches!(text, Term::Text(_)) {
            return Err(malformed(at));
        }
        let (schema, name) = (target.schema.clone(), target.name().to_owned());
        let mut query = options::check_search(&schema, &text, options, None, idiom).map_err(|cause| {
            let message = format!("entry {at} of search_many ({}): {}", schema.name, cause.message);
            let mut error = Error::new(Kind::ValidationFailed, message).of_schema(&name).at(at);
            error.details.cause = Some(cause);
            error
        })?;
        if let Some(size) = query.page.size.filter(|size| *size > LARGEST_PAGE) {
            let message = format!(
                "a page of {size} is larger than {LARGEST_PAGE}, the most for an entry of search_many"
            );
            let mut error = Error::new(Kind::PageSize, message).of_schema(&name).at(at);
            error.details.count = Some(size);
            error.details.max = Some(LARGEST_PAGE);
            return Err(error);
        }
        if let Some(key) = &target.primary_key {
            query.presentation.retrieve_too(key);
        }
        let index = naming::index_name(&schema, config);
        Ok(Entry { target, query, index, weight })
    }
}
