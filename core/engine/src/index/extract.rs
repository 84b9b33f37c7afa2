//! A document taken apart: its id, its words with their places, its facet values.

use std::collections::{BTreeMap, HashMap};

use charabia::{SeparatorKind, TokenKind, Tokenizer};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::MAX_WORD;
use super::fields::Fields;
use super::tables::Set;
use super::tokenize::{Tokenizing, normalize_facet};
use crate::error::{ApiError, Code, Result};
use crate::geo::{self, Point};
use crate::settings::{Match, Settings};

/// The distance across a hard separator, and between the items of an array.
const FAR: u32 = 8;
/// Fields of more words than this are not told apart by their length.
const MAX_COUNTED: usize = 30;

pub(crate) fn parse_document(json: &[u8]) -> Result<Map<String, Value>> {
    serde_json::from_slice(json).map_err(|error| {
        ApiError::new(Code::InvalidStoreFile, format!("A stored document cannot be read: {error}"))
    })
}

/// The id in `json` under `primary_key`, which may be a path; checked for what an id may be.
pub(crate) fn external_id(json: &[u8], primary_key: &str) -> Result<String> {
    let found = match top_level(json, primary_key) {
        Ok(Some(value)) => Some(value),
        Ok(None) if primary_key.contains('.') => {
            let document = parse_document(json)?;
            let pointer = format!("/{}", primary_key.replace('.', "/"));
            Value::Object(document).pointer(&pointer).cloned()
        }
        Ok(None) => None,
        Err(error) => {
            return Err(ApiError::new(Code::MalformedPayload, format!("A document is malformed: {error}")));
        }
    };
    let missing = || {
        ApiError::new(
            Code::MissingDocumentId,
            format!(
                "Document doesn't have a `{primary_key}` attribute: `{}`.",
                // As it reads once parsed.
                parse_document(json).map(|document| Value::Object(document).to_string()).unwrap_or_default()
            ),
        )
    };
    let value = found.ok_or_else(missing)?;
    id_of(&value)
}

/// The id that `value` is, where it may be one.
pub(crate) fn id_of(value: &Value) -> Result<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        _ => String::new(),
    };
    let valid = (1..=511).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if valid {
        return Ok(text);
    }
    Err(ApiError::new(
        Code::InvalidDocumentId,
        format!(
            "Document identifier `{value}` is invalid. A document identifier can be of type integer or string, only \
             composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can not be more \
             than 511 bytes."
        ),
    ))
}

/// The value of one field, without building the rest.
fn top_level(json: &[u8], name: &str) -> serde_json::Result<Option<Value>> {
    struct Seek<'a>(&'a str);
    impl<'de> Visitor<'de> for Seek<'_> {
        type Value = Option<Value>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a document")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
                if key == self.0 {
                    found = Some(map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    serde_json::Deserializer::from_slice(json).deserialize_map(Seek(name))
}

/// Field numbers, with what the settings say of each remembered.
pub(super) struct FieldBook<'a> {
    pub(super) fields: Fields,
    settings: &'a Settings,
    roles: Vec<(Match, Match)>,
}

impl<'a> FieldBook<'a> {
    pub(super) fn new(fields: Fields, settings: &'a Settings) -> FieldBook<'a> {
        let roles = fields.names().iter().map(|name| FieldBook::role(settings, name)).collect();
        FieldBook { fields, settings, roles }
    }

    fn role(settings: &Settings, name: &str) -> (Match, Match) {
        (settings.searchable(name), settings.faceted(name))
    }

    /// The field's number, and how it stands to search and to facets.
    fn of(&mut self, name: &str) -> Result<(u16, Match, Match)> {
        let id = self.fields.insert(name)?;
        if usize::from(id) == self.roles.len() {
            self.roles.push(FieldBook::role(self.settings, name));
        }
        let (searchable, faceted) = self.roles[usize::from(id)];
        Ok((id, searchable, faceted))
    }
}

/// What there is to index of one document.
#[derive(Default)]
pub(super) struct Extracted {
    /// Words with `field << 16 | place`.
    pub(super) words: Vec<(String, u32)>,
    pub(super) sets: Vec<(u16, Set)>,
    pub(super) values: BTreeMap<u16, Values>,
}

/// The facet values of one field of one document.
#[derive(Default)]
pub(super) struct Values {
    /// By their ordered bytes, so that each is there once and in order.
    pub(super) numbers: BTreeMap<[u8; 8], f64>,
    /// Normalized → as it came.
    pub(super) strings: BTreeMap<String, String>,
}

pub(super) struct Extractor<'s, 't, 'k> {
    pub(super) book: FieldBook<'s>,
    tokenizing: &'s Tokenizing,
    tokenizer: &'t Tokenizer<'k>,
}

impl<'s, 't, 'k> Extractor<'s, 't, 'k> {
    pub(super) fn new(book: FieldBook<'s>, tokenizing: &'s Tokenizing, tokenizer: &'t Tokenizer<'k>) -> Self {
        Extractor { book, tokenizing, tokenizer }
    }

    pub(super) fn extract(&mut self, document: &Map<String, Value>) -> Result<Extracted> {
        let mut out = Extracted::default();
        let mut places = HashMap::new();
        let mut counts = BTreeMap::new();
        for (name, value) in document {
            let (id, searchable, faceted) = self.book.of(name)?;
            if name == geo::FIELD || name == "_geojson" || name == "_vectors" {
                // Neither searched nor filtered by what is written; a point has filters of its own.
                continue;
            }
            if searchable != Match::No {
                match value {
                    Value::Object(map) => {
                        self.words_in_object(map, name, &mut places, &mut counts, &mut out)?
                    }
                    Value::Array(items) => {
                        self.words_in_array(items, name, &mut places, &mut counts, &mut out)?
                    }
                    leaf if searchable == Match::Yes => {
                        self.words_of(id, name, leaf, &mut places, &mut counts, &mut out);
                    }
                    _ => {}
                }
            }
            if faceted != Match::No {
                match value {
                    Value::Object(map) => self.facets_in_object(map, name, true, &mut out)?,
                    Value::Array(items) => self.facets_in_array(items, name, true, &mut out)?,
                    _ => {}
                }
                if faceted == Match::Yes {
                    facet(id, value, true, &mut out);
                }
            }
        }
        if self.book.settings.is_geo()
            && let Some(point) = Point::shown(document)
        {
            for (name, degrees) in [(geo::LAT, point.lat), (geo::LNG, point.lng)] {
                let (id, ..) = self.book.of(name)?;
                facet(id, &Value::from(degrees), true, &mut out);
            }
        }
        for (field, count) in counts {
            if count <= MAX_COUNTED {
                out.sets.push((field, Set::WordCount(count as u8)));
            }
        }
        Ok(out)
    }

    fn words_in_object(
        &mut self,
        map: &Map<String, Value>,
        base: &str,
        places: &mut HashMap<u16, u32>,
        counts: &mut BTreeMap<u16, usize>,
        out: &mut Extracted,
    ) -> Result<()> {
        for (key, value) in map {
            let name = format!("{base}.{key}");
            let (id, searchable, _) = self.book.of(&name)?;
            if searchable == Match::Yes {
                self.words_of(id, &name, value, places, counts, out);
            }
            if searchable != Match::No {
                match value {
                    Value::Object(map) => self.words_in_object(map, &name, places, counts, out)?,
                    Value::Array(items) => self.words_in_array(items, &name, places, counts, out)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn words_in_array(
        &mut self,
        items: &[Value],
        base: &str,
        places: &mut HashMap<u16, u32>,
        counts: &mut BTreeMap<u16, usize>,
        out: &mut Extracted,
    ) -> Result<()> {
        for item in items {
            match item {
                Value::Object(map) => self.words_in_object(map, base, places, counts, out)?,
                Value::Array(items) => self.words_in_array(items, base, places, counts, out)?,
                leaf => {
                    let (id, searchable, _) = self.book.of(base)?;
                    if searchable == Match::Yes {
                        self.words_of(id, base, leaf, places, counts, out);
                    }
                }
            }
        }
        Ok(())
    }

    fn words_of(
        &self,
        field: u16,
        name: &str,
        value: &Value,
        places: &mut HashMap<u16, u32>,
        counts: &mut BTreeMap<u16, usize>,
        out: &mut Extracted,
    ) {
        let place = places.entry(field).and_modify(|place| *place += FAR).or_insert(0);
        let owned;
        let (text, languages) = match value {
            Value::String(text) => (text.as_str(), self.tokenizing.languages(name)),
            Value::Number(_) | Value::Bool(_) => {
                owned = value.to_string();
                (owned.as_str(), None)
            }
            _ => return,
        };
        let mut offset = *place;
        let mut before: Option<TokenKind> = None;
        for token in self.tokenizer.tokenize_with_allow_list(text, languages).skip_while(|t| t.is_separator())
        {
            match token.kind {
                TokenKind::Word | TokenKind::StopWord if !token.lemma().is_empty() => {
                    offset += match before {
                        Some(TokenKind::Separator(SeparatorKind::Hard)) => FAR,
                        Some(_) => 1,
                        None => 0,
                    };
                    before = Some(token.kind);
                }
                TokenKind::Separator(SeparatorKind::Hard) => before = Some(token.kind),
                TokenKind::Separator(SeparatorKind::Soft) => {
                    if before != Some(TokenKind::Separator(SeparatorKind::Hard)) {
                        before = Some(token.kind);
                    }
                }
                _ => continue,
            }
            if token.kind != TokenKind::Word {
                continue;
            }
            let Ok(at) = u16::try_from(offset) else { break };
            let word = token.lemma().trim();
            if !word.is_empty() && word.len() <= MAX_WORD && !word.contains('\0') {
                *place = offset;
                *counts.entry(field).or_default() += 1;
                out.words.push((word.to_owned(), u32::from(field) << 16 | u32::from(at)));
            }
        }
    }

    fn facets_in_object(
        &mut self,
        map: &Map<String, Value>,
        base: &str,
        at_key: bool,
        out: &mut Extracted,
    ) -> Result<()> {
        if map.is_empty() {
            let (id, _, faceted) = self.book.of(base)?;
            if faceted == Match::Yes {
                facet(id, &Value::Object(Map::new()), at_key, out);
            }
        }
        for (key, value) in map {
            let name = format!("{base}.{key}");
            let (id, _, faceted) = self.book.of(&name)?;
            if faceted == Match::Yes {
                facet(id, value, true, out);
            }
            if faceted != Match::No {
                match value {
                    Value::Object(map) => self.facets_in_object(map, &name, true, out)?,
                    Value::Array(items) => self.facets_in_array(items, &name, true, out)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn facets_in_array(
        &mut self,
        items: &[Value],
        base: &str,
        at_key: bool,
        out: &mut Extracted,
    ) -> Result<()> {
        let (id, _, faceted) = self.book.of(base)?;
        if items.is_empty() && faceted == Match::Yes {
            facet(id, &Value::Array(Vec::new()), at_key, out);
        }
        for item in items {
            match item {
                Value::Object(map) => self.facets_in_object(map, base, false, out)?,
                Value::Array(items) => self.facets_in_array(items, base, false, out)?,
                leaf if faceted == Match::Yes => facet(id, leaf, false, out),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Notes one value; `at_key` is false inside an array, where `null` and emptiness do not count.
fn facet(field: u16, value: &Value, at_key: bool, out: &mut Extracted) {
    out.sets.push((field, Set::Exists));
    match value {
        Value::Number(number) => {
            if let Some(number) = number.as_f64() {
                let values = out.values.entry(field).or_default();
                values.numbers.insert(super::codec::ordered(number), number);
            }
        }
        Value::String(text) if text.is_empty() && at_key => out.sets.push((field, Set::Empty)),
        Value::String(text) if !text.is_empty() => {
            let values = out.values.entry(field).or_default();
            values.strings.insert(super::tables::truncated(&normalize_facet(text)).to_owned(), text.clone());
        }
        Value::Bool(flag) => {
            let text = flag.to_string();
            out.values.entry(field).or_default().strings.insert(text.clone(), text);
        }
        Value::Null if at_key => out.sets.push((field, Set::Null)),
        Value::Array(items) if items.is_empty() && at_key => out.sets.push((field, Set::Empty)),
        Value::Object(map) if map.is_empty() && at_key => out.sets.push((field, Set::Empty)),
        _ => {}
    }
}
