use std::borrow::Cow;

use crate::host::Term;

/// The language a message is written for. Behaviour never depends on it, with one exception: where
/// Elixir tells a keyword list from a map, the others take a plain object for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Idiom {
    Elixir,
    Python,
    #[default]
    Node,
}

impl Idiom {
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "elixir" => Some(Self::Elixir),
            "python" => Some(Self::Python),
            "node" => Some(Self::Node),
            _ => None,
        }
    }

    /// An option or member as its callers spell it: `sync_mode`, or `syncMode` in Node.
    pub fn option(self, name: &str) -> String {
        match self {
            Self::Node => camel(name),
            Self::Elixir => format!(":{name}"),
            Self::Python => name.to_owned(),
        }
    }

    /// The core's name of an option as written by a caller.
    pub fn read_option(self, written: &str) -> Cow<'_, str> {
        match self {
            Self::Node if written.bytes().any(|b| b.is_ascii_uppercase()) => Cow::Owned(snake(written)),
            _ => Cow::Borrowed(written),
        }
    }

    /// A declared name, quoted the way the language writes names.
    pub fn name(self, name: &str) -> String {
        match self {
            Self::Elixir => format!(":{name}"),
            _ => format!("{name:?}"),
        }
    }

    pub fn names<'a>(self, names: impl IntoIterator<Item = &'a str>) -> String {
        let list: Vec<String> = names.into_iter().map(|name| self.name(name)).collect();
        format!("[{}]", list.join(", "))
    }

    pub fn options<'a>(self, names: impl IntoIterator<Item = &'a str>) -> String {
        let list: Vec<String> = names.into_iter().map(|name| self.option(name)).collect();
        format!("[{}]", list.join(", "))
    }

    pub fn symbol_type(self) -> &'static str {
        if self == Self::Elixir { "atom" } else { "string" }
    }

    pub fn keyword_type(self) -> &'static str {
        match self {
            Self::Elixir => "a keyword list",
            Self::Python => "a keyword list (a dict, or a list of pairs)",
            Self::Node => "a keyword list (an object, or an array of pairs)",
        }
    }

    pub fn null(self) -> &'static str {
        match self {
            Self::Elixir => "nil",
            Self::Python => "None",
            Self::Node => "null",
        }
    }

    /// Whether a term can stand for a declared name here.
    pub fn as_name(self, term: &Term) -> Option<&str> {
        match (self, term) {
            (_, Term::Symbol(name)) => Some(name),
            (Self::Python | Self::Node, Term::Text(name)) => Some(name),
            _ => None,
        }
    }
}

pub(crate) fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut upper = false;
    for c in name.chars() {
        match c {
            '_' if !out.is_empty() => upper = true,
            c if upper => {
                out.extend(c.to_uppercase());
                upper = false;
            }
            c => out.push(c),
        }
    }
    out
}

pub(crate) fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut previous_lower = false;
    let chars: Vec<char> = name.chars().collect();
    for (i, &c) in chars.iter().enumerate() {
        if c.is_uppercase() {
            let next_lower = chars.get(i + 1).is_some_and(|n| n.is_lowercase());
            if !out.is_empty() && !out.ends_with('_') && (previous_lower || next_lower) {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        } else {
            out.push(c);
        }
        previous_lower = c.is_lowercase() || c.is_ascii_digit();
    }
    out
}
