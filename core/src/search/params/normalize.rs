//! From what a browser sent to criteria, or to everything that is wrong with it.

use std::collections::HashSet;

use super::decode::{Limits, Owned, decode};
use super::issue::{Code, Issue, Meta, Segment, excerpt, refusal};
use crate::error::Result;
use crate::host::{Idiom, MAX_EXACT_INTEGER, Term, Word};
use crate::search::criteria::{Criteria, Field, Pairs, Value, is_carried};
use crate::search::page;

/// Criteria of a request. `known` are the names that it may speak of.
pub(crate) fn normalize(params: Term, known: &HashSet<String>, idiom: Idiom) -> Result<Criteria> {
    let mut owned = decode(params, idiom).map_err(|issue| refusal(vec![issue]))?;
    let issues = std::mem::take(&mut owned.issues);
    let mut reading = Reading { known, idiom, issues };
    let mut criteria = Criteria::default();
    criteria.set(Field::Text, Value::Text(reading.text(&mut owned)));
    for (field, name) in [(Field::Filter, "filter"), (Field::FacetFilter, "facet_filter")] {
        let pairs = owned.take(name).map(|term| reading.filter(name, term)).unwrap_or_default();
        criteria.set(field, Value::Pairs(pairs));
    }
    let sort = owned.take("sort").map(|term| reading.sort(term)).unwrap_or_default();
    let page = owned.take("page").map(|term| reading.page(term)).unwrap_or_default();
    let facets = owned.take("facets").map(|term| reading.facets(term)).unwrap_or_default();
    if let Some(term) = owned.take("per_query") {
        reading.per_query(&term);
    }
    criteria.set(Field::Sort, Value::Pairs(sort));
    criteria.set(Field::Page, Value::Pairs(page));
    criteria.set(Field::Facets, Value::Names(facets));
    match reading.issues {
        issues if issues.is_empty() => Ok(criteria.filled()),
        issues => Err(refusal(issues)),
    }
}

/// Every name that parameters speak of, for a host that knows which of them exist.
pub(crate) fn names(params: Term, idiom: Idiom) -> Vec<Term> {
    let Ok(mut owned) = decode(params, idiom) else { return Vec::new() };
    let mut names = Vec::new();
    for parameter in ["filter", "facet_filter"] {
        let entries = owned.take(parameter).unwrap_or_default();
        names.extend(entries.entries().into_iter().flatten().map(|(name, _)| name.to_owned()));
    }
    if let Some(sort) = owned.take("sort") {
        let field = sort.entries().and_then(|entries| entries.into_iter().find(|(key, _)| *key == "field"));
        names.extend(field.and_then(|(_, field)| field.as_str()).map(str::to_owned));
    }
    if let Some(Term::List(facets)) = owned.take("facets") {
        names.extend(facets.iter().filter_map(Term::as_str).map(str::to_owned));
    }
    names.into_iter().filter(|name| name.len() <= Limits::NAME).map(Term::Symbol).collect()
}

struct Reading<'a> {
    known: &'a HashSet<String>,
    idiom: Idiom,
    issues: Vec<Issue>,
}

const SHAPE: Meta = Meta::Expected { expected: "keyword list or map" };
const SCALAR: Meta = Meta::Expected { expected: "scalar or list" };

fn is_empty(term: &Term) -> bool {
    match term {
        Term::List(items) | Term::Tuple(items) => items.is_empty(),
        Term::Map(entries) => entries.is_empty(),
        _ => false,
    }
}

impl Reading<'_> {
    fn refuse(&mut self, namespace: &'static str, code: Code, what: &str, meta: Meta) {
        self.issues.push(Issue::new(namespace, code, what, meta));
    }

    fn refuse_at(&mut self, namespace: &'static str, at: Segment, code: Code, what: &str, meta: Meta) {
        self.issues.push(Issue::new(namespace, code, what, meta).at(at));
    }

    fn knows(&self, name: &str) -> bool {
        name.len() <= Limits::NAME && self.known.contains(name)
    }

    fn segment(&self, name: &str) -> Segment {
        match self.knows(name) {
            true => Segment::Name(Term::Symbol(name.to_owned())),
            false => Segment::Text(excerpt(name)),
        }
    }

    fn text(&mut self, owned: &mut Owned) -> String {
        let given = [owned.take("q"), owned.take("text")];
        let text = given.into_iter().flatten().find_map(|term| match term {
            Term::Text(text) => Some(text),
            _ => None,
        });
        let text = text.unwrap_or_default();
        if text.len() > Limits::TEXT {
            self.refuse("text", Code::InvalidValue, "is too long", too_long());
            return String::new();
        }
        text
    }

    fn filter(&mut self, namespace: &'static str, term: Term) -> Pairs {
        if is_empty(&term) {
            return Pairs::new();
        }
        // A keyword list's names are symbols, which no browser can make: it is the application's own.
        if self.idiom == Idiom::Elixir && term.pairs(self.idiom).is_some() {
            let pairs = term.into_pairs(self.idiom).unwrap_or_default();
            let (carried, rest): (Pairs, Pairs) = pairs.into_iter().partition(|(_, value)| is_carried(value));
            for (name, _) in rest {
                let at = Segment::Name(Term::Symbol(name));
                self.refuse_at(namespace, at, Code::InvalidShape, "has no JSON form", SCALAR);
            }
            return carried;
        }
        let is_map = matches!(term, Term::Map(_));
        let entries: Vec<(String, Term)> = match term {
            Term::Map(entries) => entries
                .into_iter()
                .map(|(key, value)| (key.as_str().unwrap_or_default().into(), value))
                .collect(),
            list if self.idiom != Idiom::Elixir => list.into_pairs(self.idiom).unwrap_or_default(),
            _ => Vec::new(),
        };
        if entries.is_empty() {
            self.refuse(namespace, Code::InvalidShape, "must be a keyword list or a map", SHAPE);
        }
        let mut pairs = Pairs::new();
        for (name, value) in entries {
            let is_known = self.is_name(namespace, &name);
            if self.is_condition(namespace, &name, &value) && is_known {
                pairs.push((name, value));
            }
        }
        if is_map {
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
        }
        pairs
    }

    fn is_name(&mut self, namespace: &'static str, name: &str) -> bool {
        let is_known = self.knows(name);
        if !is_known {
            let meta = Meta::Field { field: Some(excerpt(name)) };
            let what = "is not a known field";
            self.refuse_at(namespace, self.segment(name), Code::UnknownField, what, meta);
        }
        is_known
    }

    /// A scalar, or a list of some.
    fn is_condition(&mut self, namespace: &'static str, name: &str, value: &Term) -> bool {
        let values = match value {
            Term::List(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let is_scalar = |value: &Term| {
            is_carried(value)
                && matches!(value, Term::Text(_) | Term::Int(_) | Term::Float(_) | Term::Bool(_) | Term::Null)
        };
        if values.is_empty() || !values.iter().all(is_scalar) {
            let what = "must be a scalar or a non-empty list of scalars";
            self.refuse_at(namespace, self.segment(name), Code::InvalidShape, what, SCALAR);
            return false;
        }
        if values.iter().any(|value| value.as_str().is_some_and(|text| text.len() > Limits::TEXT)) {
            self.refuse_at(namespace, self.segment(name), Code::InvalidValue, "is too long", too_long());
            return false;
        }
        true
    }

    fn sort(&mut self, term: Term) -> Pairs {
        const KEYS: &[&str] = &["field", "dir"];
        if is_empty(&term) {
            return Pairs::new();
        }
        let Term::Map(entries) = term else { return self.sort_pairs(term) };
        let (mut field, mut dir) = (None, None);
        for (key, value) in members(entries) {
            match key.as_str() {
                "field" => field = Some(value),
                "dir" => dir = Some(value),
                other => self.unknown_key("sort", other, KEYS),
            }
        }
        let at = |word| Segment::Word(Word(word));
        let field = match field {
            None => {
                self.refuse_at("sort", at("field"), Code::MissingKey, "is missing", Meta::Nothing {});
                let meta = Meta::Field { field: None };
                self.refuse_at("sort", at("field"), Code::UnknownField, "is not a known field", meta);
                None
            }
            // In Elixir, a symbol is known by being one.
            Some(Term::Symbol(name)) => Some(name),
            Some(Term::Text(name)) if self.knows(&name) => Some(name),
            Some(Term::Text(name)) => {
                let meta = Meta::Field { field: Some(excerpt(&name)) };
                self.refuse_at("sort", at("field"), Code::UnknownField, "is not a known field", meta);
                None
            }
            Some(_) => {
                let meta = Meta::Expected { expected: "string or atom" };
                self.refuse_at("sort", at("field"), Code::InvalidValue, "must be a name", meta);
                None
            }
        };
        if dir.is_none() {
            self.refuse_at("sort", at("dir"), Code::MissingKey, "is missing", Meta::Nothing {});
        }
        let word = dir.as_ref().and_then(Term::as_str);
        let dir =
            word.and_then(|word| ["asc", "desc"].into_iter().find(|dir| dir.eq_ignore_ascii_case(word)));
        if dir.is_none() {
            let meta = Meta::Allowed { allowed: &["asc", "desc"] };
            self.refuse_at("sort", at("dir"), Code::InvalidValue, "must be asc or desc", meta);
        }
        match (dir, field) {
            (Some(dir), Some(field)) => vec![(dir.to_owned(), Term::Symbol(field))],
            _ => Pairs::new(),
        }
    }

    /// A keyword list of directions. Where symbols are texts, its names are looked at like any others.
    fn sort_pairs(&mut self, term: Term) -> Pairs {
        let pairs = match &term {
            Term::List(_) => term.pairs(self.idiom),
            _ => None,
        };
        let Some(pairs) = pairs else {
            self.refuse("sort", Code::InvalidShape, "must be a keyword list or a map", SHAPE);
            return Pairs::new();
        };
        let mut sort = Pairs::new();
        for (dir, field) in pairs {
            let Some(field) = self.idiom.as_name(field) else {
                let meta =
                    Meta::Validator { validator: "sort takes pairs of a direction and a field".to_owned() };
                self.refuse("sort", Code::InvalidValue, "must be pairs of a direction and a field", meta);
                continue;
            };
            if self.idiom == Idiom::Elixir || self.knows(field) {
                sort.push((dir.to_owned(), Term::Symbol(field.to_owned())));
            } else {
                let meta = Meta::Field { field: Some(excerpt(field)) };
                let at = Segment::Word(Word("field"));
                self.refuse_at("sort", at, Code::UnknownField, "is not a known field", meta);
            }
        }
        sort
    }

    fn page(&mut self, term: Term) -> Pairs {
        const KEYS: &[&str] = &["number", "size"];
        if is_empty(&term) {
            return Pairs::new();
        }
        let entries = match term {
            Term::Map(entries) => members(entries),
            Term::List(_) if term.pairs(self.idiom).is_some() => {
                return match page::read(&term, self.idiom) {
                    Ok(page) => page.pairs(),
                    Err(error) => {
                        let meta = Meta::Validator { validator: error.message };
                        self.refuse("page", Code::InvalidValue, "is not a page", meta);
                        Pairs::new()
                    }
                };
            }
            _ => {
                self.refuse("page", Code::InvalidShape, "must be a keyword list or a map", SHAPE);
                return Pairs::new();
            }
        };
        let mut page = Pairs::new();
        for (key, value) in entries {
            let Some(key) = KEYS.iter().find(|known| **known == key) else {
                self.unknown_key("page", &key, KEYS);
                continue;
            };
            match positive(&value) {
                Some(value) => page.push(((*key).to_owned(), Term::Int(value))),
                None => {
                    let meta = Meta::Expected { expected: "positive integer" };
                    let at = Segment::Word(Word(key));
                    self.refuse_at("page", at, Code::InvalidValue, "must be a positive integer", meta);
                }
            }
        }
        page.sort_by(|a, b| a.0.cmp(&b.0));
        page
    }

    fn facets(&mut self, term: Term) -> Vec<String> {
        let items = match term {
            Term::Null => return Vec::new(),
            Term::List(items) => items,
            _ => {
                let meta = Meta::Expected { expected: "list" };
                self.refuse("facets", Code::InvalidShape, "must be a list of names", meta);
                return Vec::new();
            }
        };
        let mut facets = Vec::new();
        for item in items {
            match item {
                Term::Symbol(name) => facets.push(name),
                Term::Text(name) if self.knows(&name) => facets.push(name),
                Term::Text(name) => {
                    let meta = Meta::Facet { facet: excerpt(&name) };
                    self.refuse("facets", Code::UnknownField, "holds a name that is not known", meta);
                }
                _ => {
                    let meta = Meta::Expected { expected: "list" };
                    self.refuse("facets", Code::InvalidShape, "must be a list of names", meta);
                }
            }
        }
        facets
    }

    /// Tuning is the application's, never a browser's.
    fn per_query(&mut self, term: &Term) {
        if !term.is_null() && !is_empty(term) {
            let meta = Meta::Namespace { namespace: Word("per_query") };
            self.refuse("per_query", Code::UnsupportedParam, "cannot be set by a request", meta);
        }
    }

    fn unknown_key(&mut self, namespace: &'static str, key: &str, allowed: &'static [&'static str]) {
        let at = Segment::Text(excerpt(key));
        self.refuse_at(namespace, at, Code::UnknownKey, "is not known", Meta::Allowed { allowed });
    }
}

fn too_long() -> Meta {
    Meta::Limit { limit: Limits::TEXT, unit: "bytes" }
}

/// The members of a map by name; of a symbol and a text that spell the same, the symbol counts.
fn members(entries: Vec<(Term, Term)>) -> Vec<(String, Term)> {
    let (symbols, texts): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(key, _)| matches!(key, Term::Symbol(_)));
    let mut members: Vec<(String, Term)> = Vec::new();
    for (key, value) in symbols.into_iter().chain(texts) {
        let name = key.as_str().unwrap_or_default();
        if !members.iter().any(|(other, _)| other == name) {
            members.push((name.to_owned(), value));
        }
    }
    members
}

/// A positive integer, or all of a text that spells one.
fn positive(value: &Term) -> Option<i64> {
    let number = match value {
        Term::Int(number) => Some(*number),
        Term::Text(text) => {
            let digits = text.strip_prefix('+').unwrap_or(text);
            let is_decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_decimal.then(|| digits.parse().ok()).flatten()
        }
        _ => None,
    };
    number.filter(|number| (1..=MAX_EXACT_INTEGER).contains(number))
}
