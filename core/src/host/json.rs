//! Host values that arrive as JSON text: how Node hands them over, and how vectors are written.
//!
//! What JSON cannot say arrives as an object with the single key [`TAG`]: `{TAG: ["bigint", "12"]}`.
//! The key starts with NUL, which no sensible document has; one that does is refused as a key.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::sink::{Presence, Record, Sink, ValueError};
use super::{Moment, Term, TermSink};

const TAG: &str = "\u{0}scrypath";
/// How [`TAG`] looks in JSON text.
const TAG_IN_TEXT: &str = "\\u0000scrypath";

/// Walks JSON text into a sink. The error is the first refusal, or `Host` for text that is not JSON.
pub fn walk_json<S: Sink>(text: &str, sink: &mut S) -> Result<(), ValueError> {
    let mut refused = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let walk = Walk { sink, refused: &mut refused };
    let walked = walk.deserialize(&mut reader).and_then(|()| reader.end());
    match (walked, refused) {
        (_, Some(error)) => Err(error),
        (Err(error), None) => Err(unreadable(&error)),
        (Ok(()), None) => Ok(()),
    }
}

/// JavaScript strings may hold half of a surrogate pair, which is no text in any encoding.
fn unreadable(error: &serde_json::Error) -> ValueError {
    let words = error.to_string();
    if words.contains("surrogate") || words.contains("hex escape") {
        return ValueError::InvalidUtf8;
    }
    ValueError::Host(format!("not JSON: {}", without_content(error)))
}

fn without_content(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}

struct Walk<'a, S> {
    sink: &'a mut S,
    refused: &'a mut Option<ValueError>,
}

impl<S: Sink> Walk<'_, S> {
    fn check<E: serde::de::Error>(&mut self, written: Result<(), ValueError>) -> Result<(), E> {
        written.map_err(|error| {
            *self.refused = Some(error);
            E::custom("refused")
        })
    }

    fn tagged<E: serde::de::Error>(&mut self, kind: &str, text: &str) -> Result<(), E> {
        let written = match kind {
            "bigint" => match text.parse::<i64>() {
                Ok(value) => self.sink.int(value),
                Err(_) => self.sink.big_int(text),
            },
            "float" => self.sink.float(text.parse().unwrap_or(f64::NAN)),
            "decimal" => self.sink.decimal(text),
            "datetime" => match Moment::parse(text) {
                Some(moment) => self.sink.moment(moment),
                None => Err(ValueError::InvalidMoment),
            },
            "uuid" => match crate::document::parse_uuid(text) {
                Some(value) => self.sink.uuid(&value),
                None => Err(ValueError::Unencodable("uuid".to_owned())),
            },
            "bytes" => match crate::document::parse_bytes(text) {
                Some(value) => self.sink.bytes(&value),
                None => Err(ValueError::Unencodable("bytes".to_owned())),
            },
            "unloaded" => Err(ValueError::Unloaded(text.to_owned())),
            "cyclic" => Err(ValueError::TooDeep),
            "type" => self.sink.unencodable(text),
            _ => Err(ValueError::InvalidKey("a reserved name".to_owned())),
        };
        self.check(written)
    }
}

impl<'de, S: Sink> DeserializeSeed<'de> for Walk<'_, S> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for Walk<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        let written = self.sink.null();
        self.check(written)
    }
    fn visit_bool<E: serde::de::Error>(mut self, value: bool) -> Result<(), E> {
        let written = self.sink.bool(value);
        self.check(written)
    }
    fn visit_i64<E: serde::de::Error>(mut self, value: i64) -> Result<(), E> {
        let written = self.sink.int(value);
        self.check(written)
    }
    fn visit_u64<E: serde::de::Error>(mut self, value: u64) -> Result<(), E> {
        let written = match i64::try_from(value) {
            Ok(value) => self.sink.int(value),
            Err(_) => self.sink.big_int(&value.to_string()),
        };
        self.check(written)
    }
    fn visit_f64<E: serde::de::Error>(mut self, value: f64) -> Result<(), E> {
        let written = self.sink.float(value);
        self.check(written)
    }
    fn visit_str<E: serde::de::Error>(mut self, value: &str) -> Result<(), E> {
        let written = self.sink.text(value);
        self.check(written)
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let written = self.sink.begin_list();
        self.check(written)?;
        while items.next_element_seed(Walk { sink: self.sink, refused: self.refused })?.is_some() {}
        let written = self.sink.end_list();
        self.check(written)
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<(), A::Error> {
        let mut opened = false;
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            if key == TAG && !opened {
                let (kind, text): (String, String) = entries.next_value()?;
                if entries.next_key::<serde::de::IgnoredAny>()?.is_some() {
                    return Err(A::Error::custom("a tagged value has one key"));
                }
                return self.tagged(&kind, &text);
            }
            if !opened {
                opened = true;
                let written = self.sink.begin_map();
                self.check(written)?;
            }
            let written = self.sink.key(&key, false);
            self.check(written)?;
            entries.next_value_seed(Walk { sink: self.sink, refused: self.refused })?;
        }
        if !opened {
            let written = self.sink.begin_map();
            self.check(written)?;
        }
        let written = self.sink.end_map();
        self.check(written)
    }
}

/// One record as JSON text: an object with at least the fields that are wanted of it.
pub struct JsonRecord<'a> {
    text: &'a str,
    fields: Vec<(std::borrow::Cow<'a, str>, &'a RawValue)>,
    is_map: bool,
}

impl<'a> JsonRecord<'a> {
    pub fn parse(text: &'a str) -> Result<Self, ValueError> {
        if !text.trim_start().starts_with('{') {
            return Ok(Self { text, fields: Vec::new(), is_map: false });
        }
        let Fields(fields) = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        Ok(Self { text, fields, is_map: true })
    }
}

struct Fields<'a>(Vec<(std::borrow::Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Vec<(std::borrow::Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(key) = entries.next_key::<Key<'de>>()? {
                    fields.push((key.0, entries.next_value()?));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Entries).map(Fields)
    }
}

/// A key, borrowed where the text holds no escapes.
struct Key<'a>(std::borrow::Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = std::borrow::Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
                Ok(value.to_owned().into())
            }
        }
        deserializer.deserialize_str(Borrow).map(Key)
    }
}

impl Record for JsonRecord<'_> {
    fn is_record(&self) -> bool {
        self.is_map
    }

    fn field<S: Sink>(&self, name: &str, sink: &mut S) -> Result<Presence, ValueError> {
        let Some((_, value)) = self.fields.iter().find(|(key, _)| key == name) else {
            return Ok(Presence::Missing);
        };
        match walk_json(value.get(), sink) {
            Ok(()) => Ok(Presence::Written),
            Err(ValueError::Unloaded(_)) => Ok(Presence::Unloaded),
            Err(error) => Err(error),
        }
    }

    fn walk<S: Sink>(&self, sink: &mut S) -> Result<bool, ValueError> {
        if self.is_map && !(self.fields.len() == 1 && self.text.contains(TAG_IN_TEXT)) {
            walk_json(self.text, sink)?;
            return Ok(true);
        }
        Ok(false)
    }
}

impl Term {
    /// A term from JSON text, tags included.
    pub fn from_json(text: &str) -> Result<Term, ValueError> {
        let mut sink = TermSink::new();
        walk_json(text, &mut sink)?;
        Ok(sink.finish())
    }
}

impl Moment {
    /// Reads what `Date.prototype.toISOString` writes, a plain date, or a time of day.
    pub(crate) fn parse(text: &str) -> Option<Moment> {
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (Some(date), Some(time)),
            None if text.contains(':') => (None, Some(text)),
            None => (Some(text), None),
        };
        let date = match date {
            Some(date) => Some(parse_date(date)?),
            None => None,
        };
        let time = match time {
            Some(time) => Some(parse_time(time)?),
            None => None,
        };
        match (date, time) {
            (Some((year, month, day)), None) => Some(Moment::Date { year, month, day }),
            (None, Some(((hour, minute, second), micro, None))) => {
                Some(Moment::Time { hour, minute, second, micro })
            }
            (Some(date), Some((time, micro, offset_seconds))) => {
                Some(Moment::DateTime { date, time, micro, offset_seconds })
            }
            _ => None,
        }
    }
}

fn parse_date(text: &str) -> Option<(i32, u8, u8)> {
    let mut parts = text.splitn(3, '-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

type Clock = ((u8, u8, u8), u32, Option<i32>);

fn parse_time(text: &str) -> Option<Clock> {
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => (&text[..at], Some(parse_offset(&text[at..])?)),
        None => (text, None),
    };
    let (clock, micro) = match clock.split_once('.') {
        Some((clock, fraction)) => {
            let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
            (clock, digits.parse().ok()?)
        }
        None => (clock, 0),
    };
    let mut parts = clock.splitn(3, ':');
    let clock = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some((clock, micro, offset))
}

fn parse_offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60))
}
