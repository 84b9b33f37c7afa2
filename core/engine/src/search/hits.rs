//! Hits as they are sent: the fields that were asked for, marked and cropped as was asked.

use std::collections::BTreeMap;

use charabia::Tokenizer;
use serde_json::{Map, Value, json};

use super::matches::{Format, Marks, Matcher};
use super::params::SearchQuery;
use super::run::Found;
use super::score::{Detail, to_json, total};
use crate::documents::{map_leaves, select};
use crate::error::{ApiError, Code, Result};
use crate::geo::Point;
use crate::index::{Snapshot, parse_document};
use crate::settings::{Rule, SortBy, is_within, parse_sort};

/// `_matchesPosition`: for each field, where its matches are.
type Positions = BTreeMap<String, Vec<Value>>;

pub(super) struct HitMaker<'h> {
    snapshot: &'h Snapshot,
    query: &'h SearchQuery,
    /// `None` where everything that is displayed is retrieved.
    retrieve: Option<Vec<String>>,
    formats: Vec<(String, Format)>,
    rules: Vec<Rule>,
    /// The point that distances are told from.
    from: Option<Point>,
}

impl<'h> HitMaker<'h> {
    pub(super) fn new(snapshot: &'h Snapshot, query: &'h SearchQuery) -> HitMaker<'h> {
        let settings = &snapshot.settings;
        let shown = |names: &[String]| -> Vec<String> {
            match &settings.displayed {
                None => names.to_vec(),
                // What is asked for and displayed: the narrower name of the two.
                Some(displayed) => {
                    let mut both = Vec::new();
                    for name in names {
                        if displayed.iter().any(|d| is_within(name, d)) {
                            both.push(name.clone());
                        } else {
                            both.extend(displayed.iter().filter(|d| is_within(d, name)).cloned());
                        }
                    }
                    both
                }
            }
        };
        let retrieve = match &query.retrieve {
            Some(names) if !names.iter().any(|name| name == "*") => Some(shown(names)),
            _ => settings.displayed.clone(),
        };
        HitMaker {
            snapshot,
            query,
            formats: formats(snapshot, query, retrieve.as_deref()),
            retrieve,
            rules: settings.rules(),
            from: sorted_from(query.sort.as_deref().unwrap_or_default()),
        }
    }

    pub(super) fn all(&self, found: &Found) -> Result<Vec<Value>> {
        self.snapshot.tokenizing.with(None, |tokenizer| {
            let scored = found.docids.iter().zip(&found.scores);
            scored.map(|(docid, score)| self.one(*docid, score, found, tokenizer)).collect()
        })
    }

    pub(super) fn one(
        &self,
        docid: u32,
        score: &[Detail],
        found: &Found,
        tokenizer: &Tokenizer<'_>,
    ) -> Result<Value> {
        let json = self
            .snapshot
            .document(docid)?
            .ok_or_else(|| ApiError::internal(format!("document {docid} is indexed but not stored")))?;
        let mut document = parse_document(&json)?;
        let own = document.shift_remove("_vectors");
        let (formatted, positions) = self.format(&document, found, tokenizer);
        let mut hit = match &self.retrieve {
            None => document,
            Some(names) => select(&document, names),
        };
        if self.query.vectors {
            hit.insert("_vectors".to_owned(), own.unwrap_or_else(|| json!({})));
        }
        if let Some(from) = self.from
            && let Some(point) = Point::shown(&hit)
        {
            hit.insert("_geoDistance".to_owned(), json!(from.distance(point).round() as u64));
        }
        if let Some(formatted) = formatted.filter(|formatted| !formatted.is_empty()) {
            hit.insert("_formatted".to_owned(), Value::Object(formatted));
        }
        if let Some(positions) = positions {
            hit.insert("_matchesPosition".to_owned(), json!(positions));
        }
        if self.query.show_score {
            hit.insert("_rankingScore".to_owned(), json!(total(score)));
        }
        if self.query.show_details {
            hit.insert("_rankingScoreDetails".to_owned(), to_json(score, &self.rules));
        }
        Ok(Value::Object(hit))
    }

    fn format(
        &self,
        document: &Map<String, Value>,
        found: &Found,
        tokenizer: &Tokenizer<'_>,
    ) -> (Option<Map<String, Value>>, Option<Positions>) {
        let wants_format = !self.formats.is_empty();
        if !wants_format && !self.query.show_matches {
            return (None, None);
        }
        let marks = Marks {
            pre_tag: &self.query.pre_tag,
            post_tag: &self.query.post_tag,
            crop_marker: &self.query.crop_marker,
        };
        let displayed = self.snapshot.settings.displayed.clone().unwrap_or_else(|| vec!["*".to_owned()]);
        let mut shown = select(document, &displayed);
        let paths: Vec<String> = shown.keys().cloned().collect();
        let mut positions = Positions::new();
        map_leaves(&mut shown, &paths, &mut |path, places, value| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => return,
            };
            // The format of the field itself, or of what it is part of.
            let mut format: Option<Format> = None;
            for (name, other) in &self.formats {
                if (other.highlight || other.crop.is_some())
                    && (is_within(path, name) || is_within(name, path))
                {
                    format = Some(format.map_or(*other, |format| Format {
                        highlight: format.highlight || other.highlight,
                        crop: format.crop.or(other.crop),
                    }));
                }
            }
            let marked = format.is_some_and(|format| format.highlight || format.crop.is_some());
            if !marked && !self.query.show_matches {
                *value = Value::String(text);
                return;
            }
            let languages = self.snapshot.tokenizing.languages(path);
            let matcher = Matcher::new(&text, &found.matching, tokenizer, languages);
            if self.query.show_matches {
                let found = matcher.positions(places);
                if !found.is_empty() {
                    // Of a list's texts the last that matches is told, as in Meilisearch.
                    positions.insert(path.to_owned(), found);
                }
            }
            let text = match format {
                Some(format) if marked => matcher.format(format, &marks),
                _ => text.clone(),
            };
            *value = Value::String(text);
        });
        let formatted = wants_format.then(|| {
            let names: Vec<String> = self.formats.iter().map(|(name, _)| name.clone()).collect();
            select(&shown, &names)
        });
        (formatted, self.query.show_matches.then_some(positions))
    }
}

fn sorted_from(sort: &[String]) -> Option<Point> {
    parse_sort(sort, Code::InvalidSearchSort).ok()?.into_iter().find_map(|by| match by {
        SortBy::Distance { from, .. } => Some(from),
        SortBy::Field(_) => None,
    })
}

/// Which fields `_formatted` shows, and how.
fn formats(snapshot: &Snapshot, query: &SearchQuery, retrieve: Option<&[String]>) -> Vec<(String, Format)> {
    let mut formats: Vec<(String, Format)> = Vec::new();
    let displayed: Vec<&String> =
        snapshot.fields.names().iter().filter(|name| snapshot.settings.is_displayed(name)).collect();
    let mut add = |name: &str, format: Format| match formats.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => {
            known.highlight |= format.highlight;
            known.crop = known.crop.or(format.crop);
        }
        None => formats.push((name.to_owned(), format)),
    };
    for name in query.highlight.iter().flatten() {
        let format = Format { highlight: true, crop: None };
        if name == "*" {
            displayed.iter().for_each(|name| add(name, format));
        } else if snapshot.fields.id(name).is_some() && snapshot.settings.is_displayed(name) {
            add(name, format);
        }
    }
    for entry in query.crop.iter().flatten() {
        let (name, size) = match entry.rsplit_once(':') {
            Some((name, size)) => (name, size.parse().unwrap_or(query.crop_length)),
            None => (entry.as_str(), query.crop_length),
        };
        let format = Format { highlight: false, crop: Some(size) };
        if name == "*" {
            displayed.iter().for_each(|name| add(name, format));
        } else if snapshot.fields.id(name).is_some() && snapshot.settings.is_displayed(name) {
            add(name, format);
        }
    }
    // Fields that are retrieved stand beside those that are marked, as they are.
    if !formats.is_empty() {
        let plain = Format { highlight: false, crop: None };
        let mut add = |name: &str| {
            if !formats.iter().any(|(known, _)| known == name) {
                formats.push((name.to_owned(), plain));
            }
        };
        match retrieve {
            Some(names) => names.iter().for_each(|name| add(name)),
            None => displayed.iter().for_each(|name| add(name)),
        }
    }
    formats
}
