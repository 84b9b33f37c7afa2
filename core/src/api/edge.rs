//! The operations of the request edge: pure data in, pure data out, before any search runs.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Serialize, Serializer};

use super::described;
use super::request::{gives, mismatch, take_text};
use crate::error::Result;
use crate::host::{Idiom, Term};
use crate::process::Core;
use crate::schema::Schema;
use crate::search::capabilities::{Capabilities, capabilities};
use crate::search::composition::{
    self, Composed, ComposedMany, ManyArguments, SearchArguments, many_arguments, search_arguments,
};
use crate::search::criteria::Criteria;
use crate::search::params::{self, FormData};
use crate::search::reflection::{self, Reflection, ReflectionMany, Schemas};

/// One operation of the request edge.
#[derive(Debug)]
pub struct Edge(Operation);

impl JsonSchema for Edge {
    fn schema_name() -> Cow<'static, str> {
        Operation::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        Operation::json_schema(generator)
    }
}

#[derive(Debug, JsonSchema)]
#[schemars(tag = "op", rename_all = "snake_case")]
enum Operation {
    /// Composes fragments with the caller's criteria.
    #[schemars(extend("gives" = gives::<described::Composed>()))]
    Compose { fragments: Term, criteria: Term },
    /// Composes the entries of a search over several schemas.
    #[schemars(extend("gives" = gives::<described::ComposedMany>()))]
    ComposeMany { entries: Term, shared: Term },
    /// From a composition, or from normalized params, to a search's text and options.
    #[schemars(extend("gives" = gives::<described::SearchArguments>()))]
    SearchArguments { of: Term },
    /// The same for several: entries, and the options they share.
    #[schemars(extend("gives" = gives::<described::ManyArguments>()))]
    ManyArguments { of: Term },
    /// What a schema lets a search do.
    #[schemars(extend("gives" = gives::<described::Capabilities>()))]
    SchemaCapabilities { schema: Arc<Schema> },
    /// What of criteria, or of a composition, a schema supports.
    #[schemars(extend("gives" = gives::<described::Reflection>()))]
    ReflectSearch { schema: Arc<Schema>, of: Term },
    /// The same for several: `schemas` are pairs of what stands for a schema, and the schema.
    #[schemars(extend("gives" = gives::<described::ReflectionMany>()))]
    ReflectSearchMany {
        #[schemars(with = "Vec<(Term, String)>")]
        schemas: Schemas,
        of: Term,
        #[schemars(with = "Option<Term>")]
        options: Term,
    },
    /// The names that parameters speak of, for hosts that can tell which exist.
    #[schemars(extend("gives" = gives::<Vec<String>>()))]
    ParamNames {
        #[schemars(flatten)]
        params: Params,
    },
    /// Reads the parameters of a request. `known` are names that exist; else those of `schemas`; else those of
    /// every declared schema.
    #[schemars(extend("gives" = gives::<described::Criteria>()))]
    NormalizeParams {
        #[schemars(flatten)]
        params: Params,
        #[schemars(flatten, with = "Known")]
        known: HashSet<String>,
    },
    /// Takes values of the application's own making.
    #[schemars(extend("gives" = gives::<described::Criteria>()))]
    CastParams { params: Term },
    /// Normalized parameters as texts.
    #[schemars(extend("gives" = gives::<described::Texts>()))]
    ToQueryParams { params: Term },
    /// The same as a query string.
    #[schemars(extend("gives" = gives::<String>()))]
    ToQueryString { params: Term },
    /// What a form shows: of normalized parameters or, with `errors`, of those that were refused.
    #[schemars(extend("gives" = gives::<described::FormData>()))]
    ToFormData {
        #[schemars(flatten)]
        params: Params,
        #[schemars(with = "Option<Vec<Term>>")]
        errors: Term,
    },
}

/// Parameters as the host has them, or as JSON text: what cannot be read of that is an issue like any other.
#[derive(Debug)]
struct Params(Term);

impl JsonSchema for Params {
    fn schema_name() -> Cow<'static, str> {
        "Params".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        #[derive(JsonSchema)]
        #[expect(dead_code, reason = "it describes")]
        struct Params {
            params: Option<Term>,
            params_json: Option<String>,
        }
        Params::json_schema(generator)
    }
}

/// Which names parameters may speak of.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it describes")]
struct Known {
    known: Option<Vec<String>>,
    schemas: Option<Vec<String>>,
}

impl Edge {
    pub(super) fn read(core: &Core, operation: &str, term: &mut Term) -> Result<Self> {
        use Operation as To;
        Ok(Self(match operation {
            "compose" => To::Compose { fragments: term.take("fragments"), criteria: term.take("criteria") },
            "compose_many" => To::ComposeMany { entries: term.take("entries"), shared: term.take("shared") },
            "search_arguments" => To::SearchArguments { of: term.take("of") },
            "many_arguments" => To::ManyArguments { of: term.take("of") },
            "schema_capabilities" => {
                To::SchemaCapabilities { schema: core.schema(&take_text(term, "schema")?)? }
            }
            "reflect_search" => {
                To::ReflectSearch { schema: core.schema(&take_text(term, "schema")?)?, of: term.take("of") }
            }
            "reflect_search_many" => To::ReflectSearchMany {
                schemas: schemas(core, term.take("schemas"))?,
                of: term.take("of"),
                options: term.take("options"),
            },
            "param_names" => To::ParamNames { params: params(term) },
            "normalize_params" => To::NormalizeParams { known: known(core, term)?, params: params(term) },
            "cast_params" => To::CastParams { params: term.take("params") },
            "to_query_params" => To::ToQueryParams { params: term.take("params") },
            "to_query_string" => To::ToQueryString { params: term.take("params") },
            "to_form_data" => To::ToFormData { errors: term.take("errors"), params: params(term) },
            other => return Err(mismatch(&format!("the operation {other:?} is unknown"))),
        }))
    }

    pub(super) fn decide(self, idiom: Idiom) -> Result<EdgeReply> {
        use Answer as Reply;
        use Operation as To;
        Ok(EdgeReply(match self.0 {
            To::Compose { fragments, criteria } => {
                Reply::Composed(Box::new(composition::compose(fragments, criteria, idiom)?))
            }
            To::ComposeMany { entries, shared } => {
                Reply::ComposedMany(composition::compose_many(entries, shared, idiom)?)
            }
            To::SearchArguments { of } => Reply::SearchArguments(search_arguments(of, idiom)?),
            To::ManyArguments { of } => Reply::ManyArguments(many_arguments(of, idiom)?),
            To::SchemaCapabilities { schema } => Reply::Capabilities(Box::new(capabilities(&schema))),
            To::ReflectSearch { schema, of } => {
                Reply::Reflection(Box::new(reflection::reflect(&schema, of, idiom)?))
            }
            To::ReflectSearchMany { schemas, of, options } => {
                Reply::ReflectionMany(reflection::reflect_many(&schemas, of, options, idiom)?)
            }
            To::ParamNames { params: Params(params) } => {
                Reply::Term(Term::List(params::names(params, idiom)))
            }
            To::NormalizeParams { params: Params(params), known } => {
                Reply::Criteria(params::normalize(params, &known, idiom)?, idiom)
            }
            To::CastParams { params } => Reply::Criteria(params::cast(&params, idiom)?, idiom),
            To::ToQueryParams { params } => Reply::Term(params::query_params(&params, idiom)?),
            To::ToQueryString { params } => Reply::Term(Term::Text(params::query_string(&params, idiom)?)),
            To::ToFormData { params: Params(params), errors: Term::Null } => {
                Reply::FormData(params::form_data(&params, idiom)?)
            }
            To::ToFormData { params: Params(params), errors } => {
                Reply::FormData(params::refused_form_data(params, errors, idiom)?)
            }
        }))
    }
}

/// Parameters of a request. Those that cannot be read are an issue like any other.
fn params(term: &mut Term) -> Params {
    Params(match term.take("params_json") {
        Term::Text(text) => Term::from_json(&text).unwrap_or_else(Term::Invalid),
        _ => term.take("params"),
    })
}

/// The names that parameters may speak of: those the host says exist, those of the given schemas, or
/// those of every schema that was declared.
fn known(core: &Core, term: &mut Term) -> Result<HashSet<String>> {
    match (term.take("known"), term.take("schemas")) {
        // Where the host found no symbol, the name came back as text.
        (Term::List(names), _) => Ok(names
            .into_iter()
            .filter_map(|name| match name {
                Term::Symbol(name) => Some(name),
                _ => None,
            })
            .collect()),
        (_, Term::List(schemas)) => {
            let mut known = HashSet::new();
            for json in schemas {
                let Term::Text(json) = json else { return Err(mismatch("\"schemas\" must be texts")) };
                known.extend(core.schema(&json)?.names().map(str::to_owned));
            }
            Ok(known)
        }
        _ => Ok(core.declared_names()),
    }
}

fn schemas(core: &Core, table: Term) -> Result<Schemas> {
    let refuse = || mismatch("\"schemas\" must be pairs");
    let Term::List(rows) = table else { return Err(refuse()) };
    rows.into_iter()
        .map(|row| {
            let (Term::Tuple(mut row) | Term::List(mut row)) = row else { return Err(refuse()) };
            match (row.pop(), row.pop()) {
                (Some(Term::Text(json)), Some(token)) => Ok((token, core.schema(&json)?)),
                _ => Err(refuse()),
            }
        })
        .collect()
}

/// What an operation of the request edge gives.
#[derive(Debug, Serialize)]
pub struct EdgeReply(Answer);

impl JsonSchema for EdgeReply {
    fn schema_name() -> Cow<'static, str> {
        described::Answer::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        described::Answer::json_schema(generator)
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answer {
    Composed(Box<Composed>),
    ComposedMany(ComposedMany),
    SearchArguments(SearchArguments),
    ManyArguments(ManyArguments),
    Capabilities(Box<Capabilities>),
    Reflection(Box<Reflection>),
    ReflectionMany(ReflectionMany),
    #[serde(serialize_with = "criteria")]
    Criteria(Criteria, Idiom),
    FormData(FormData),
    Term(Term),
}

fn criteria<S: Serializer>(
    criteria: &Criteria,
    idiom: &Idiom,
    out: S,
) -> std::result::Result<S::Ok, S::Error> {
    criteria.form(*idiom).serialize(out)
}
