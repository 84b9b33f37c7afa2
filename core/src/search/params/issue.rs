use serde::Serialize;

use crate::error::{Error, Kind};
use crate::host::{Term, Word};

/// One thing that is wrong with the parameters of a request.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Issue {
    /// The namespace it is in; none where the parameters as a whole are refused.
    pub field: Option<Word>,
    pub code: Code,
    pub message: String,
    pub path: Vec<Segment>,
    pub meta: Meta,
}

/// In the order in which issues are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    InvalidShape,
    InvalidValue,
    MissingKey,
    UnknownKey,
    UnknownField,
    UnsupportedParam,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Segment {
    Word(Word),
    /// A name that is known.
    Name(Term),
    /// A name that is not: it stays text.
    Text(String),
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Meta {
    Expected { expected: &'static str },
    Allowed { allowed: &'static [&'static str] },
    Field { field: Option<String> },
    Facet { facet: String },
    Validator { validator: String },
    Namespace { namespace: Word },
    Limit { limit: usize, unit: &'static str },
    Nothing {},
}

impl Segment {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word.0,
            Self::Name(name) => name.as_str().unwrap_or_default(),
            Self::Text(text) => text,
        }
    }
}

/// What is shown of a name that came from outside.
pub(super) fn excerpt(name: &str) -> String {
    const SHOWN: usize = 64;
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

impl Issue {
    pub(super) fn new(namespace: &'static str, code: Code, what: &str, meta: Meta) -> Self {
        let field = Word(namespace);
        Self {
            field: Some(field),
            code,
            message: format!("{namespace} {what}"),
            path: vec![Segment::Word(field)],
            meta,
        }
    }

    /// The issue of one member of a namespace.
    pub(super) fn at(mut self, segment: Segment) -> Self {
        let namespace = self.path[0].text();
        let rest = self.message.strip_prefix(namespace).unwrap_or_default();
        self.message = format!("{namespace}.{}{rest}", segment.text());
        self.path.push(segment);
        self
    }

    /// The parameters as a whole are refused.
    pub(super) fn of_all(code: Code, message: String, meta: Meta) -> Self {
        Self { field: None, code, message, path: Vec::new(), meta }
    }
}

/// The error that holds the issues, in their order.
pub(super) fn refusal(mut issues: Vec<Issue>) -> Box<Error> {
    const TOLD: usize = 3;
    let path = |issue: &Issue| issue.path.iter().map(|part| part.text().to_owned()).collect::<Vec<_>>();
    issues.sort_by_cached_key(|issue| (issue.code, path(issue)));
    let told: Vec<&str> = issues.iter().take(TOLD).map(|issue| issue.message.as_str()).collect();
    let rest = match issues.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let message = format!("the request's parameters are no search: {}{rest}", told.join("; "));
    let mut error = Error::new(Kind::ParamsInvalid, message);
    error.details.issues = issues;
    error
}
