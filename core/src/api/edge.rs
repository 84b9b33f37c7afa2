//! The operations of the request edge: pure data in, pure data out, before any search runs.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::request::{mismatch, take_text};
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

#[derive(Debug)]
enum Operation {
    Compose {
        fragments: Term,
        criteria: Term,
    },
    ComposeMany {
        entries: Term,
        shared: Term,
    },
    /// From a composition, or from normalized params, to a search's text and options.
    SearchArguments {
        of: Term,
    },
    ManyArguments {
        of: Term,
    },
    Capabilities {
        schema: Arc<Schema>,
    },
    Reflect {
        schema: Arc<Schema>,
        of: Term,
    },
    ReflectMany {
        schemas: Schemas,
        of: Term,
        options: Term,
    },
    /// The names that parameters speak of, for hosts that can tell which exist.
    ParamNames {
        params: Term,
    },
    NormalizeParams {
        params: Term,
        known: HashSet<String>,
    },
    CastParams {
        params: Term,
    },
    QueryParams {
        params: Term,
    },
    QueryString {
        params: Term,
    },
    FormData {
        params: Term,
    },
    /// With what was wrong: the issues, as normalizing gave them.
    RefusedFormData {
        params: Term,
        errors: Term,
    },
}

impl Edge {
    pub(super) fn read(core: &Core, operation: &str, term: &mut Term) -> Result<Self> {
        use Operation as To;
        Ok(Self(match operation {
            "compose" => To::Compose { fragments: term.take("fragments"), criteria: term.take("criteria") },
            "compose_many" => To::ComposeMany { entries: term.take("entries"), shared: term.take("shared") },
            "search_arguments" => To::SearchArguments { of: term.take("of") },
            "many_arguments" => To::ManyArguments { of: term.take("of") },
            "schema_capabilities" => To::Capabilities { schema: core.schema(&take_text(term, "schema")?)? },
            "reflect_search" => {
                To::Reflect { schema: core.schema(&take_text(term, "schema")?)?, of: term.take("of") }
            }
            "reflect_search_many" => To::ReflectMany {
                schemas: schemas(core, term.take("schemas"))?,
                of: term.take("of"),
                options: term.take("options"),
            },
            "param_names" => To::ParamNames { params: params(term) },
            "normalize_params" => To::NormalizeParams { known: known(core, term)?, params: params(term) },
            "cast_params" => To::CastParams { params: term.take("params") },
            "to_query_params" => To::QueryParams { params: term.take("params") },
            "to_query_string" => To::QueryString { params: term.take("params") },
            "to_form_data" => match term.take("errors") {
                Term::Null => To::FormData { params: term.take("params") },
                errors => To::RefusedFormData { params: params(term), errors },
            },
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
            To::Capabilities { schema } => Reply::Capabilities(Box::new(capabilities(&schema))),
            To::Reflect { schema, of } => {
                Reply::Reflection(Box::new(reflection::reflect(&schema, of, idiom)?))
            }
            To::ReflectMany { schemas, of, options } => {
                Reply::ReflectionMany(reflection::reflect_many(&schemas, of, options, idiom)?)
            }
            To::ParamNames { params } => Reply::Term(Term::List(params::names(params, idiom))),
            To::NormalizeParams { params, known } => {
                Reply::Criteria(params::normalize(params, &known, idiom)?, idiom)
            }
            To::CastParams { params } => Reply::Criteria(params::cast(&params, idiom)?, idiom),
            To::QueryParams { params } => Reply::Term(params::query_params(&params, idiom)?),
            To::QueryString { params } => Reply::Term(Term::Text(params::query_string(&params, idiom)?)),
            To::FormData { params } => Reply::FormData(params::form_data(&params, idiom)?),
            To::RefusedFormData { params, errors } => {
                Reply::FormData(params::refused_form_data(params, errors, idiom)?)
            }
        }))
    }
}

/// Parameters of a request. Those that cannot be read are an issue like any other.
fn params(term: &mut Term) -> Term {
    match term.take("params_json") {
        Term::Text(text) => Term::from_json(&text).unwrap_or_else(Term::Invalid),
        _ => term.take("params"),
    }
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
