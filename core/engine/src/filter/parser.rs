//! The grammar, by recursive descent.
//!
//! ```text
//! or      = and ("OR" and)*
//! and     = not ("AND" not)*
//! not     = "NOT" not | primary
//! primary = "(" or ")" | area | value test
//! area    = "_geoRadius(" numbers ")" | ("_geoBoundingBox" | "_geoPolygon") "(" "[" numbers "]" ","... ")"
//! test    = ("=" | "!=" | ">" | ">=" | "<" | "<=") value | value "TO" value | "NOT"? "IN" "[" values "]"
//!         | "NOT"? "EXISTS" | "IS" "NOT"? ("NULL" | "EMPTY") | "NOT"? ("CONTAINS" | "STARTS WITH") value
//! value   = word | 'quoted' | "quoted"
//! ```

use crate::error::{ApiError, Code, Result};

const MAX_DEPTH: usize = 150;

const KEYWORDS: &[&str] = &[
    "AND",
    "OR",
    "IN",
    "NOT",
    "TO",
    "EXISTS",
    "IS",
    "NULL",
    "EMPTY",
    "CONTAINS",
    "STARTS",
    "WITH",
    "_geoRadius",
    "_geoBoundingBox",
];

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Test { field: Field, op: Op },
    Area(Area),
}

/// A field as it was written, and where, for messages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    place: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Op {
    Equal(String),
    NotEqual(String),
    Greater(String),
    GreaterOrEqual(String),
    Lower(String),
    LowerOrEqual(String),
    Between(String, String),
    In(Vec<String>),
    Exists,
    Null,
    Empty,
    StartsWith(String),
    /// With the place of the keyword, since it has to be allowed first.
    Contains(String, Field),
}

/// Part of the Earth. Numbers are read when they are looked at, each with its place for messages.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Area {
    Circle {
        center: [Field; 2],
        radius: Field,
        resolution: Option<Field>,
    },
    /// North-east and south-west corner.
    Box {
        corners: [[Field; 2]; 2],
    },
    Polygon {
        first: Field,
    },
}

impl Filter {
    pub(crate) fn all(mut filters: Vec<Filter>) -> Option<Filter> {
        if filters.len() > 1 { Some(Filter::All(filters)) } else { filters.pop() }
    }

    pub(super) fn any(mut filters: Vec<Filter>) -> Option<Filter> {
        if filters.len() > 1 { Some(Filter::Any(filters)) } else { filters.pop() }
    }

    /// The first use of `CONTAINS`.
    pub(super) fn contains_operator(&self) -> Option<&Field> {
        match self {
            Filter::All(filters) | Filter::Any(filters) => filters.iter().find_map(Filter::contains_operator),
            Filter::Not(filter) => filter.contains_operator(),
            Filter::Test { op: Op::Contains(_, keyword), .. } => Some(keyword),
            Filter::Test { .. } | Filter::Area(_) => None,
        }
    }

    fn not(self) -> Filter {
        match self {
            Filter::Not(inner) => *inner,
            other => Filter::Not(Box::new(other)),
        }
    }
}

impl Field {
    /// An error about this field, with the place that it was written.
    pub(super) fn error(&self, code: Code, message: &str) -> ApiError {
        ApiError::new(code, format!("{message}\n{}", self.place))
    }
}

pub(super) fn parse(text: &str, code: Code) -> Result<Option<Filter>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { text, at: 0, code };
    let filter = parser.or(0)?;
    parser.space();
    if parser.rest().is_empty() {
        return Ok(Some(filter));
    }
    let rest = parser.rest();
    Err(parser.error(
        rest,
        &format!(
            "Found unexpected characters at the end of the filter: `{}`. You probably forgot an `OR` or an `AND` rule.",
            rest.escape_debug()
        ),
    ))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    code: Code,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Where in the filter `part`, a slice of it, stands.
    fn place(&self, part: &str) -> String {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        let column = self.text[..start].chars().count() + 1;
        format!("{column}:{} {}", column + part.chars().count(), self.text)
    }

    fn error(&self, part: &str, message: &str) -> ApiError {
        ApiError::new(self.code, format!("{message}\n{}", self.place(part)))
    }

    /// The word that comes next, without taking it.
    fn peek(&self) -> &'a str {
        let rest = self.rest().trim_start();
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        &rest[..end]
    }

    fn keyword(&mut self, word: &str) -> bool {
        if self.peek() != word {
            return false;
        }
        self.space();
        self.at += word.len();
        true
    }

    fn symbol(&mut self, symbol: &str) -> bool {
        let before = self.at;
        self.space();
        if self.rest().starts_with(symbol) {
            self.at += symbol.len();
            return true;
        }
        self.at = before;
        false
    }

    fn deeper(&self, depth: usize) -> Result<usize> {
        if depth > MAX_DEPTH {
            return Err(self.error(
                self.rest(),
                "The filter exceeded the maximum depth limit. Try rewriting the filter so that it contains fewer nested conditions.",
            ));
        }
        Ok(depth + 1)
    }

    fn or(&mut self, depth: usize) -> Result<Filter> {
        let depth = self.deeper(depth)?;
        let first = self.and(depth)?;
        let mut filters = vec![first];
        while self.keyword("OR") {
            filters.push(self.and(depth)?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::Any(filters) })
    }

    fn and(&mut self, depth: usize) -> Result<Filter> {
        let first = self.not(depth)?;
        let mut filters = vec![first];
        while self.keyword("AND") {
            filters.push(self.not(depth)?);
        }
        Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
    }

    fn not(&mut self, depth: usize) -> Result<Filter> {
        let mut negated = false;
        while self.keyword("NOT") {
            negated = !negated;
        }
        let filter = self.primary(depth)?;
        Ok(if negated { filter.not() } else { filter })
    }

    fn primary(&mut self, depth: usize) -> Result<Filter> {
        self.space();
        let start = self.rest();
        if self.symbol("(") {
            let filter = self.or(depth)?;
            if !self.symbol(")") {
                let message = format!(
                    "Expression `{}` is missing the following closing delimiter: `)`.",
                    start.escape_debug()
                );
                return Err(self.error(start, &message));
            }
            return Ok(filter);
        }
        let word = self.peek();
        match word {
            "_geoRadius" | "_geoBoundingBox" | "_geoPolygon" => {
                self.keyword(word);
                return Ok(Filter::Area(self.area(word)?));
            }
            "_geo" | "_geoPoint" | "_geoDistance" => return Err(self.reserved_geo(start, word)),
            _ => {}
        }
        if word == "_vectors" || word.starts_with("_vectors.") {
            return Err(self.error(
                start,
                &format!("`{word}` is not part of the embedded index: use a Meilisearch server for it."),
            ));
        }
        if KEYWORDS.contains(&word) {
            let message = format!(
                "`{word}` is a reserved keyword and thus cannot be used as a field name unless it is put inside quotes. Use \
                 \"{word}\" or '{word}' instead."
            );
            return Err(self.error(word, &message));
        }
        let Some((name, part)) = self.value_or_none()? else { return Err(self.no_operation(start)) };
        let field = Field { name, place: self.place(part) };
        let (op, negated) = self.test(start)?;
        let test = Filter::Test { field, op };
        Ok(if negated { test.not() } else { test })
    }

    fn test(&mut self, start: &'a str) -> Result<(Op, bool)> {
        type Make = fn(String) -> Op;
        const COMPARISONS: &[(&str, Make)] = &[
            ("!=", Op::NotEqual),
            (">=", Op::GreaterOrEqual),
            ("<=", Op::LowerOrEqual),
            ("=", Op::Equal),
            (">", Op::Greater),
            ("<", Op::Lower),
        ];
        for (symbol, make) in COMPARISONS {
            if self.symbol(symbol) {
                return Ok((make(self.value()?), false));
            }
        }
        if self.keyword("IS") {
            let negated = self.keyword("NOT");
            if self.keyword("NULL") {
                return Ok((Op::Null, negated));
            }
            if self.keyword("EMPTY") {
                return Ok((Op::Empty, negated));
            }
            return Err(self.no_operation(start));
        }
        let negated = self.keyword("NOT");
        if self.keyword("IN") {
            return Ok((Op::In(self.list()?), negated));
        }
        if self.keyword("EXISTS") {
            return Ok((Op::Exists, negated));
        }
        if self.peek() == "CONTAINS" {
            let word = self.peek();
            let keyword = Field { name: word.to_owned(), place: self.place(word) };
            self.keyword(word);
            return Ok((Op::Contains(self.value()?, keyword), negated));
        }
        if self.keyword("STARTS") && self.keyword("WITH") {
            return Ok((Op::StartsWith(self.value()?), negated));
        }
        if !negated
            && let Ok(Some((from, _))) = self.value_or_none()
            && self.keyword("TO")
        {
            return Ok((Op::Between(from, self.value()?), false));
        }
        Err(self.no_operation(start))
    }

    /// What follows the name of an area.
    fn area(&mut self, name: &str) -> Result<Area> {
        let message = match name {
            "_geoRadius" => {
                "The `_geoRadius` filter must be in the form: `_geoRadius(latitude, longitude, radius, optionalResolution)`."
            }
            "_geoBoundingBox" => {
                "The `_geoBoundingBox` filter expects two pairs of arguments: `_geoBoundingBox([latitude, longitude], \
                 [latitude, longitude])`."
            }
            _ => {
                "The `_geoPolygon` filter doesn't match the expected format: `_geoPolygon([latitude, longitude], [latitude, \
                 longitude])`."
            }
        };
        // No space may stand between the name and its arguments.
        if !self.rest().starts_with('(') {
            return Err(self.error(self.rest(), message));
        }
        self.at += 1;
        if name == "_geoRadius" {
            let start = self.rest();
            let numbers = self.numbers().ok_or_else(|| self.error(start, message))?;
            if !self.rest().starts_with(')') {
                return Err(self.error(self.rest(), message));
            }
            self.at += 1;
            let count = numbers.len();
            let mut numbers = numbers.into_iter();
            return match (numbers.next(), numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
                (Some(lat), Some(lng), Some(radius), resolution, None) => {
                    Ok(Area::Circle { center: [lat, lng], radius, resolution })
                }
                _ => {
                    let text = format!(
                        "Was expecting 3 or 4 arguments for `_geoRadius`, but instead found {count}."
                    );
                    Err(self.error(self.rest(), &text))
                }
            };
        }
        let mut groups: Vec<Vec<Field>> = Vec::new();
        loop {
            self.space();
            let rest = self.rest();
            if !rest.starts_with('[') {
                return Err(self.error(rest, message));
            }
            self.at += 1;
            let start = self.rest();
            groups.push(self.numbers().ok_or_else(|| self.error(start, message))?);
            if !self.rest().starts_with(']') {
                return Err(self.error(self.rest(), message));
            }
            self.at += 1;
            self.space();
            if self.rest().starts_with(',') {
                self.at += 1;
                let ends = name == "_geoPolygon" && self.rest().trim_start().starts_with(')');
                if !ends {
                    continue;
                }
                self.space();
            }
            if !self.rest().starts_with(')') {
                return Err(self.error(self.rest(), message));
            }
            self.at += 1;
            break;
        }
        if name == "_geoBoundingBox" && groups.len() != 2 {
            return Err(self.error(self.rest(), message));
        }
        if name == "_geoPolygon" && groups.len() < 3 {
            let last = groups.last().and_then(|group| group.last()).map_or("", |number| number.name.as_str());
            let text = format!(
                "The `_geoPolygon` filter expects at least 3 points but only {} were specified",
                groups.len()
            );
            return Err(groups
                .last()
                .and_then(|g| g.last())
                .map_or_else(|| self.error(last, &text), |number| number.error(self.code, &text)));
        }
        if let Some(odd) = groups.iter().find(|group| group.len() != 2) {
            let text = format!("Was expecting 2 coordinates but instead found {}.", odd.len());
            return Err(odd[0].error(self.code, &text));
        }
        let mut pairs = groups.into_iter().filter_map(|group| <[Field; 2]>::try_from(group).ok());
        match (name, pairs.next(), pairs.next()) {
            ("_geoBoundingBox", Some(top), Some(bottom)) => Ok(Area::Box { corners: [top, bottom] }),
            (_, Some([first, _]), _) => Ok(Area::Polygon { first }),
            _ => Err(self.error(self.rest(), message)),
        }
    }

    /// Numbers between commas, at least one.
    fn numbers(&mut self) -> Option<Vec<Field>> {
        let mut numbers = Vec::new();
        loop {
            self.space();
            let rest = self.rest();
            let len = float_len(rest)?;
            let part = &rest[..len];
            numbers.push(Field { name: part.to_owned(), place: self.place(part) });
            self.at += len;
            self.space();
            if !self.rest().starts_with(',') {
                return Some(numbers);
            }
            self.at += 1;
        }
    }

    fn reserved_geo(&self, part: &str, name: &str) -> ApiError {
        self.error(
            part,
            &format!(
                "`{name}` is a reserved keyword and thus can't be used as a filter expression. Use the \
                 `_geoRadius(latitude, longitude, distance)` or `_geoBoundingBox([latitude, longitude], [latitude, \
                 longitude])` built-in rules to filter on `_geo` coordinates."
            ),
        )
    }

    fn no_operation(&self, start: &str) -> ApiError {
        let at = if start.trim().is_empty() {
            "but instead got nothing.".to_owned()
        } else {
            format!("at `{}`.", start.escape_debug())
        };
        self.error(
            start,
            &format!(
                "Was expecting an operation `=`, `!=`, `>=`, `>`, `<=`, `<`, `IN`, `NOT IN`, `TO`, `EXISTS`, `NOT EXISTS`, \
                 `IS NULL`, `IS NOT NULL`, `IS EMPTY`, `IS NOT EMPTY`, `CONTAINS`, `NOT CONTAINS`, `STARTS WITH`, `NOT \
                 STARTS WITH`, `_geoRadius`, `_geoBoundingBox` or `_geoPolygon` {at}"
            ),
        )
    }

    fn list(&mut self) -> Result<Vec<String>> {
        if !self.symbol("[") {
            return Err(self.error(self.rest(), "Expected `[` after `IN` keyword."));
        }
        let mut values = Vec::new();
        loop {
            if self.symbol("]") {
                return Ok(values);
            }
            self.space();
            let rest = self.rest();
            if rest.is_empty() {
                return Err(
                    self.error(rest, "Expected matching `]` after the list of field names given to `IN[`")
                );
            }
            let word = self.peek();
            let unexpected = |parser: &Self, why: &str| {
                let text = rest.escape_debug();
                parser.error(
                    rest,
                    &format!("Expected only comma-separated field names inside `IN[..]` but instead found `{text}`{why}."),
                )
            };
            if KEYWORDS.contains(&word) {
                let why = format!(
                    ", which is a keyword. To use `{}` as a field name or a value, surround it by quotes",
                    rest.escape_debug()
                );
                return Err(unexpected(self, &why));
            }
            match self.value_or_none()? {
                Some((value, _)) => values.push(value),
                None => return Err(unexpected(self, "")),
            }
            if !self.symbol(",") && !self.rest().trim_start().starts_with(']') {
                let rest = self.rest().trim_start();
                if rest.is_empty() {
                    return Err(self
                        .error(rest, "Expected matching `]` after the list of field names given to `IN[`"));
                }
                return Err(unexpected(self, ""));
            }
        }
    }

    /// A value that must be there.
    fn value(&mut self) -> Result<String> {
        self.space();
        let word = self.peek();
        if KEYWORDS.contains(&word) {
            let message = format!(
                "Was expecting a value but instead got `{word}`, which is a reserved keyword. To use `{word}` as a field \
                 name or a value, surround it by quotes."
            );
            return Err(self.error(word, &message));
        }
        let rest = self.rest();
        match self.value_or_none()? {
            Some((value, _)) => Ok(value),
            None if rest.is_empty() => {
                Err(self.error(rest, "Was expecting a value but instead got nothing."))
            }
            None => {
                let end =
                    rest.find(|c: char| c.is_whitespace() || "()=<>!".contains(c)).unwrap_or(rest.len());
                let part = &rest[..end];
                let message = if part.is_empty() {
                    "Was expecting a value but instead got nothing.".to_owned()
                } else {
                    format!("Was expecting a value but instead got `{}`.", part.escape_debug())
                };
                Err(self.error(part, &message))
            }
        }
    }

    /// A word that is no keyword, or something in quotes; with the part of the filter it was.
    fn value_or_none(&mut self) -> Result<Option<(String, &'a str)>> {
        self.space();
        let rest = self.rest();
        let Some(quote @ ('\'' | '"')) = rest.chars().next() else {
            let word = self.peek();
            if word.is_empty() || KEYWORDS.contains(&word) {
                return Ok(None);
            }
            self.at += word.len();
            return Ok(Some((word.to_owned(), word)));
        };
        let inside = &rest[1..];
        let mut value = String::new();
        let mut chars = inside.char_indices();
        while let Some((i, c)) = chars.next() {
            if c == quote {
                self.at += 1 + i + 1;
                return Ok(Some((value, &inside[..i])));
            }
            if c != '\\' {
                value.push(c);
                continue;
            }
            let escaped = chars.next().map(|(_, c)| c);
            let malformed = || self.error(rest, &format!("Malformed value: `{}`.", inside.escape_debug()));
            value.push(match escaped {
                Some(c @ ('\'' | '"' | '\\' | '/')) => c,
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('0') => '\0',
                Some('b') => '\u{8}',
                Some('f') => '\u{c}',
                Some('u') => {
                    let hex: String = chars.as_str().chars().take(4).collect();
                    let code = u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == 4);
                    let decoded = code.and_then(char::from_u32).ok_or_else(malformed)?;
                    for _ in 0..4 {
                        chars.next();
                    }
                    decoded
                }
                _ => return Err(malformed()),
            });
        }
        let message = format!(
            "Expression `{}` is missing the following closing delimiter: `{quote}`.",
            rest.escape_debug()
        );
        Err(self.error(rest, &message))
    }
}

/// How much of `text` is a decimal number.
fn float_len(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with(['+', '-']));
    let whole = digits(&text[sign..]);
    let mut len = sign + whole;
    let mut fraction = 0;
    if text[len..].starts_with('.') {
        fraction = digits(&text[len + 1..]);
        if whole + fraction == 0 {
            return None;
        }
        len += 1 + fraction;
    }
    if whole + fraction == 0 {
        return None;
    }
    if let Some(rest) = text[len..].strip_prefix(['e', 'E']) {
        let sign = usize::from(rest.starts_with(['+', '-']));
        let power = digits(&rest[sign..]);
        if power > 0 {
            len += 1 + sign + power;
        }
    }
    Some(len)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
