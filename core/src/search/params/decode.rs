//! One shape for what browsers send: the parameters that belong to a search, nested.
//!
//! `name[key]=value` is a member of a map, `name[]=value` an element of a list, and a name that comes up
//! again makes a list too, so that nothing is dropped. A name used as two of these at once is refused.
//! A map's own keys may be bracketed as well: frameworks that parse no brackets hand them on so.

use super::issue::{Code, Issue, Meta};
use super::query_string;
use crate::host::{Idiom, Term};

/// What is accepted of a request at most. Beyond that it is refused, without looking further.
pub(crate) struct Limits;

impl Limits {
    /// Bytes of a query string.
    pub(crate) const QUERY_STRING: usize = 64 * 1024;
    /// Bytes of one text.
    pub(crate) const TEXT: usize = 8 * 1024;
    /// Bytes of one name.
    pub(crate) const NAME: usize = 255;
    /// Values in the parameters that belong to a search.
    pub(crate) const VALUES: usize = 1000;
}

/// The parameters that belong to a search; all others are nobody's business here.
const OWNED: [&str; 8] = ["q", "text", "filter", "facet_filter", "sort", "page", "facets", "per_query"];

/// The namespace that issues with a parameter are told under.
pub(super) fn namespace(parameter: &'static str) -> &'static str {
    if parameter == "q" { "text" } else { parameter }
}

/// The parameters that were there, each once.
#[derive(Debug, Default)]
pub(super) struct Owned {
    found: Vec<(String, Node)>,
    /// How many values there are.
    values: usize,
    /// Parameters that could not be decoded.
    pub issues: Vec<Issue>,
}

#[derive(Debug)]
enum Node {
    Value(Term),
    List(Vec<Term>),
    Map(Vec<(String, Node)>),
    /// One name, used as different things.
    Clash,
}

/// Reads parameters of any of the three forms. The error refuses them as a whole.
pub(super) fn decode(params: Term, idiom: Idiom) -> Result<Owned, Issue> {
    let mut owned = Owned::default();
    match params {
        Term::Null => {}
        Term::Text(text) => owned.read_query_string(&text)?,
        Term::Map(entries) => owned.read_map(entries)?,
        Term::List(items) | Term::Tuple(items) => {
            for item in items {
                let (name, value) = pair(item, idiom)?;
                owned.put_named(&name, value)?;
            }
        }
        Term::Invalid(error) => {
            let message = format!("the parameters cannot be read: {error}");
            return Err(Issue::of_all(Code::InvalidShape, message, expected()));
        }
        _ => return Err(unreadable()),
    }
    Ok(owned)
}

fn expected() -> Meta {
    Meta::Expected { expected: "a map, pairs of texts or a query string" }
}

fn unreadable() -> Issue {
    let message = "the parameters must be a map, pairs of texts or a query string".to_owned();
    Issue::of_all(Code::InvalidShape, message, expected())
}

fn too_many(limit: usize, unit: &'static str) -> Issue {
    let message = format!("the parameters are more than {limit} {unit}");
    Issue::of_all(Code::InvalidShape, message, Meta::Limit { limit, unit })
}

fn pair(item: Term, idiom: Idiom) -> Result<(String, Term), Issue> {
    let (Term::Tuple(mut pair) | Term::List(mut pair)) = item else { return Err(unreadable()) };
    match (pair.pop(), pair.pop(), pair.pop()) {
        (Some(value), Some(Term::Text(name)), None) => Ok((name, value)),
        (Some(value), Some(Term::Symbol(name)), None) if idiom == Idiom::Elixir => Ok((name, value)),
        _ => Err(unreadable()),
    }
}

impl Owned {
    pub(super) fn take(&mut self, parameter: &str) -> Option<Term> {
        let at = self.found.iter().position(|(name, _)| name == parameter)?;
        Some(self.found.swap_remove(at).1.into_term())
    }

    fn read_query_string(&mut self, text: &str) -> Result<(), Issue> {
        if text.len() > Limits::QUERY_STRING {
            return Err(too_many(Limits::QUERY_STRING, "bytes"));
        }
        for pair in query_string::parse(text) {
            match pair {
                (Ok(name), Ok(value)) => self.put_named(&name, Term::Text(value))?,
                (Ok(name) | Err(name), _) => {
                    let Some(parameter) = parameter(&name) else { continue };
                    self.count(&Term::Null)?;
                    let meta = Meta::Expected { expected: "percent-encoded UTF-8" };
                    let what = "is not percent-encoded UTF-8";
                    self.issues.push(Issue::new(namespace(parameter), Code::InvalidValue, what, meta));
                }
            }
        }
        Ok(())
    }

    /// A map's keys: of a symbol and a text that spell the same, the symbol counts.
    fn read_map(&mut self, entries: Vec<(Term, Term)>) -> Result<(), Issue> {
        let is_symbol = |key: &Term| matches!(key, Term::Symbol(_));
        let (symbols, texts): (Vec<_>, Vec<_>) = entries.into_iter().partition(|(key, _)| is_symbol(key));
        for (key, value) in symbols {
            let name = key.as_str().unwrap_or_default();
            let is_text = matches!(value, Term::Text(_));
            if is_text || !matches!(name, "q" | "text") {
                self.put_named(name, value)?;
            }
        }
        let by_symbol: Vec<String> = self.found.iter().map(|(name, _)| name.clone()).collect();
        for (key, value) in texts {
            let Term::Text(name) = key else { continue };
            match value {
                Term::List(items) if name.contains('[') && !items.is_empty() => {
                    for item in items {
                        self.put_named(&name, item)?;
                    }
                }
                value if !by_symbol.contains(&name) => self.put_named(&name, value)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn count(&mut self, value: &Term) -> Result<(), Issue> {
        self.values += 1;
        if self.values > Limits::VALUES {
            return Err(too_many(Limits::VALUES, "values"));
        }
        match value {
            Term::List(items) | Term::Tuple(items) => items.iter().try_for_each(|item| self.count(item)),
            Term::Map(entries) => entries.iter().try_for_each(|(_, value)| self.count(value)),
            _ => Ok(()),
        }
    }

    fn put_named(&mut self, name: &str, value: Term) -> Result<(), Issue> {
        let Some(parameter) = parameter(name) else { return Ok(()) };
        self.count(&value)?;
        let keys = keys(&name[parameter.len()..]);
        put(&mut self.found, parameter, keys.as_deref(), value);
        Ok(())
    }
}

/// Whose parameter a bracketed name is.
fn parameter(name: &str) -> Option<&'static str> {
    let end = name.find(['[', ']']).unwrap_or(name.len());
    OWNED.into_iter().find(|owned| *owned == &name[..end])
}

/// What is between the brackets, if that is all there is. No parameter is nested deeper than this.
fn keys(mut brackets: &str) -> Option<Vec<&str>> {
    const DEEPEST: usize = 3;
    let mut keys = Vec::new();
    while !brackets.is_empty() {
        let (key, rest) = brackets.strip_prefix('[')?.split_once(']')?;
        if key.contains('[') || keys.len() == DEEPEST {
            return None;
        }
        keys.push(key);
        brackets = rest;
    }
    Some(keys)
}

/// Puts a value where its keys say. Without keys that can be read, the name means nothing any more.
fn put(members: &mut Vec<(String, Node)>, name: &str, keys: Option<&[&str]>, value: Term) {
    let at = members.iter().position(|(other, _)| other == name).unwrap_or_else(|| {
        // An empty list is what any first value can be put into.
        members.push((name.to_owned(), Node::List(Vec::new())));
        members.len() - 1
    });
    let node = &mut members[at].1;
    let is_new = matches!(node, Node::List(items) if items.is_empty());
    let put = std::mem::replace(node, Node::Clash);
    *node = match (put, keys) {
        (_, None) => Node::Clash,
        (Node::List(_), Some([])) if is_new => Node::Value(value),
        (Node::Value(first), Some([] | [""])) => Node::List(vec![first, value]),
        (Node::List(mut items), Some([] | [""])) => {
            items.push(value);
            Node::List(items)
        }
        (Node::List(_), Some([key, rest @ ..])) if is_new && !key.is_empty() => {
            let mut inner = Vec::new();
            self::put(&mut inner, key, Some(rest), value);
            Node::Map(inner)
        }
        (Node::Map(mut inner), Some([key, rest @ ..])) if !key.is_empty() => {
            self::put(&mut inner, key, Some(rest), value);
            Node::Map(inner)
        }
        _ => Node::Clash,
    };
}

impl Node {
    fn into_term(self) -> Term {
        match self {
            Self::Value(term) => term,
            Self::List(items) => Term::List(items),
            Self::Map(members) => {
                let member = |(name, node): (String, Node)| (Term::Text(name), node.into_term());
                Term::Map(members.into_iter().map(member).collect())
            }
            Self::Clash => Term::Opaque("conflicting parameters".to_owned()),
        }
    }
}
