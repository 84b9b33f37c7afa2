use serde_json::{Map, Value};

use crate::config::options::shown;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term, camel, snake};

/// Declared index settings: the recognized ones under their snake_case names, the rest untouched.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// In the order they were declared; each value as the host wrote it.
    pub known: Vec<(&'static str, Term)>,
    /// Entries under their original key.
    pub unrecognized: Vec<(Term, Term)>,
    /// `ranking_rules_strict?: false` was given: incomplete ranking rules are intended.
    pub lenient_ranking: bool,
}

pub(crate) const KNOWN: &[&str] = &[
    "synonyms",
    "typo_tolerance",
    "ranking_rules",
    "distinct_attribute",
    "stop_words",
    "searchable_attributes",
    "sortable_attributes",
    "filterable_attributes",
    "displayed_attributes",
];

/// The camelCase atoms that were accepted first, and stay so.
const LEGACY_SYMBOLS: &[&str] = &[
    "searchableAttributes",
    "sortableAttributes",
    "filterableAttributes",
    "displayedAttributes",
    "typoTolerance",
];

const RANKING_RULES: &[&str] = &["words", "typo", "proximity", "attribute", "sort", "exactness"];

impl Settings {
    pub(super) fn read(term: &Term, idiom: Idiom, warnings: &mut Vec<String>) -> Result<Self> {
        let Term::Map(entries) = term else {
            return Err(refuse(&format!("expected a plain map, got: {}", shown(term, idiom)), idiom));
        };
        let mut settings = Self::default();
        let mut camel_seen = false;
        for (key, value) in entries {
            camel_seen |= match key {
                Term::Symbol(name) => LEGACY_SYMBOLS.contains(&name.as_str()),
                Term::Text(name) => name.chars().any(char::is_uppercase),
                _ => false,
            };
            if is_strict_flag(key) {
                settings.lenient_ranking = *value == Term::Bool(false);
            }
            match recognized(key) {
                Some(name) => {
                    check(name, value, idiom)?;
                    settings.known.retain(|(known, _)| *known != name);
                    settings.known.push((name, value.clone()));
                }
                None => settings.unrecognized.push((key.clone(), value.clone())),
            }
        }
        if camel_seen && idiom != Idiom::Node {
            warnings.push(
                "settings use camelCase keys; snake_case is the documented form. No action required"
                    .to_owned(),
            );
        }
        if let Some(missing) = settings.missing_ranking_rules().filter(|_| !settings.lenient_ranking) {
            warnings.push(format!(
                "ranking_rules is missing the following Meilisearch default rules: {}",
                missing.join(", ")
            ));
        }
        Ok(settings)
    }

    /// The default ranking rules that a declared list lacks.
    pub(crate) fn missing_ranking_rules(&self) -> Option<Vec<&'static str>> {
        let (_, rules) = self.known.iter().find(|(name, _)| *name == "ranking_rules")?;
        let Term::List(rules) = rules else { return None };
        let has = |wanted: &str| {
            rules.iter().filter_map(Term::as_str).any(|rule| {
                rule == wanted
                    || (wanted == "attribute" && matches!(rule, "attributeRank" | "attribute_rank"))
            })
        };
        let missing: Vec<_> = RANKING_RULES.iter().copied().filter(|rule| !has(rule)).collect();
        (!missing.is_empty()).then_some(missing)
    }

    /// The settings as the server takes them: camelCase members, synonyms expanded, our flags removed.
    pub(crate) fn to_wire(&self) -> Result<Map<String, Value>> {
        let mut wire = Map::new();
        for (name, value) in &self.known {
            wire.insert(camel(name), self.known_value(name, value)?);
        }
        wire.extend(self.passed_through()?);
        Ok(wire)
    }

    /// The settings as the JSON form holds them: recognized ones under their snake_case names with the
    /// values that are sent, so that spellings of different languages become one.
    pub(super) fn json_form(&self) -> Result<Map<String, Value>> {
        let mut form = Map::new();
        for (name, value) in &self.known {
            form.insert((*name).to_owned(), self.known_value(name, value)?);
        }
        form.extend(self.passed_through()?);
        if self.lenient_ranking {
            form.insert("ranking_rules_strict".to_owned(), Value::Bool(false));
        }
        Ok(form)
    }

    fn known_value(&self, name: &str, value: &Term) -> Result<Value> {
        let value = match name {
            "synonyms" => self.synonyms(value),
            _ => wire_value(value),
        };
        value.map_err(|mut error| {
            error.message = format!("settings {name}: {}", error.message);
            error.named("settings")
        })
    }

    fn passed_through(&self) -> Result<Map<String, Value>> {
        let mut wire = Map::new();
        for (key, value) in &self.unrecognized {
            if is_strict_flag(key) || key.as_str() == Some("one_way") {
                continue;
            }
            let name = match key {
                Term::Symbol(name) => camel(name),
                key => key.as_str().unwrap_or_default().to_owned(),
            };
            wire.insert(name, wire_value(value)?);
        }
        Ok(wire)
    }

    /// A map passes through; a list of groups expands, each term to the others of its group, or, one
    /// way, the first of each group to the rest.
    fn synonyms(&self, value: &Term) -> Result<Value> {
        let one_way_key = self
            .unrecognized
            .iter()
            .any(|(key, on)| key.as_str() == Some("one_way") && *on == Term::Bool(true));
        let (groups, one_way) = match value {
            Term::Tuple(pair) => match pair.as_slice() {
                [Term::List(groups), options] => {
                    let on = options.entries().unwrap_or_default();
                    (groups, on.iter().any(|(key, on)| *key == "one_way" && **on == Term::Bool(true)))
                }
                _ => return wire_value(value),
            },
            Term::List(groups) => (groups, one_way_key),
            other => return wire_value(other),
        };
        let mut wire = Map::new();
        for group in groups {
            let (Term::List(terms) | Term::Tuple(terms)) = group else { continue };
            let terms: Vec<String> = terms.iter().map(term_text).collect();
            for (at, from) in terms.iter().enumerate() {
                if one_way && at > 0 {
                    break;
                }
                let to = terms.iter().enumerate().filter(|(other, _)| *other != at);
                let to: Vec<Value> = to.map(|(_, term)| Value::String(term.clone())).collect();
                if let Value::Array(all) =
                    wire.entry(from.clone()).or_insert_with(|| Value::Array(Vec::new()))
                {
                    all.extend(to);
                }
            }
        }
        Ok(Value::Object(wire))
    }
}

fn term_text(term: &Term) -> String {
    match term {
        Term::Int(value) => value.to_string(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// A settings value as JSON: symbol keys become camelCase, text keys stay.
fn wire_value(term: &Term) -> Result<Value> {
    Ok(match term {
        Term::Map(entries) => wire_object(entries.iter().map(|(key, value)| (key, value)))?,
        Term::List(items) if !items.is_empty() && items.iter().all(is_symbol_pair) => {
            let pairs = items.iter().filter_map(|item| match item {
                Term::Tuple(pair) => Some((&pair[0], &pair[1])),
                _ => None,
            });
            wire_object(pairs)?
        }
        Term::List(items) | Term::Tuple(items) => {
            Value::Array(items.iter().map(wire_value).collect::<Result<_>>()?)
        }
        scalar => {
            let json = scalar.to_json().map_err(Box::<Error>::from)?;
            serde_json::from_slice(&json).map_err(|_| Error::internal("a settings value is not JSON"))?
        }
    })
}

fn is_symbol_pair(term: &Term) -> bool {
    matches!(term, Term::Tuple(pair) if matches!(pair.as_slice(), [Term::Symbol(_), _]))
}

fn wire_object<'a>(entries: impl Iterator<Item = (&'a Term, &'a Term)>) -> Result<Value> {
    let mut object = Map::new();
    for (key, value) in entries {
        let name = match key {
            Term::Symbol(name) => camel(name),
            key => {
                let text = key.as_str().unwrap_or_default();
                // The members of typoTolerance may be written in snake_case in every language.
                if TYPO_KEYS.contains(&text) || TYPO_SIZES.contains(&text) {
                    camel(text)
                } else {
                    text.to_owned()
                }
            }
        };
        object.insert(name, wire_value(value)?);
    }
    Ok(Value::Object(object))
}

fn is_strict_flag(key: &Term) -> bool {
    matches!(key.as_str(), Some("ranking_rules_strict?" | "ranking_rules_strict" | "rankingRulesStrict"))
}

fn recognized(key: &Term) -> Option<&'static str> {
    let name = match key {
        Term::Symbol(name) if LEGACY_SYMBOLS.contains(&name.as_str()) => snake(name),
        Term::Symbol(name) => name.clone(),
        Term::Text(name) => snake(name),
        _ => return None,
    };
    KNOWN.iter().copied().find(|known| *known == name)
}

const TYPO_KEYS: &[&str] = &[
    "enabled",
    "min_word_size_for_typos",
    "disable_on_words",
    "disable_on_attributes",
    "disable_on_numbers",
];
const TYPO_SIZES: &[&str] = &["one_typo", "two_typos"];

fn check(name: &str, value: &Term, idiom: Idiom) -> Result<()> {
    let wrong = |expected: &str| {
        let message = format!(
            "invalid value for {} option: expected {expected}, got: {}",
            idiom.option(name),
            shown(value, idiom)
        );
        Err(refuse(&message, idiom))
    };
    let is_name = |term: &Term| matches!(term, Term::Text(_) | Term::Symbol(_));
    match (name, value) {
        ("synonyms", Term::Map(_) | Term::List(_) | Term::Tuple(_)) => Ok(()),
        ("synonyms", _) => wrong("a map or a list"),
        ("typo_tolerance", value) => check_typo_tolerance(value, idiom),
        ("ranking_rules", Term::List(rules)) if rules.iter().all(is_name) => Ok(()),
        ("ranking_rules", _) => wrong("a list of names"),
        ("distinct_attribute", value) if value.is_null() || is_name(value) => Ok(()),
        ("distinct_attribute", _) => wrong(&format!("a name or {}", idiom.null())),
        ("stop_words", Term::List(words)) if words.iter().all(|word| matches!(word, Term::Text(_))) => Ok(()),
        ("stop_words", _) => wrong("a list of strings"),
        (_, Term::List(_)) => Ok(()),
        _ => wrong("a list"),
    }
}

fn check_typo_tolerance(value: &Term, idiom: Idiom) -> Result<()> {
    let inside = format!("(in options {})", idiom.options(["typo_tolerance"]));
    let Some(entries) = value.entries() else {
        let message = format!("invalid value for {} option: expected a map", idiom.option("typo_tolerance"));
        return Err(refuse(&message, idiom));
    };
    for (key, value) in entries {
        let key = snake(key);
        let strings = |term: &Term| matches!(term, Term::List(items) if items.iter().all(|item| matches!(item, Term::Text(_))));
        let (valid, expected) = match key.as_str() {
            "enabled" | "disable_on_numbers" => (matches!(value, Term::Bool(_)), "a boolean"),
            "min_word_size_for_typos" => (matches!(value, Term::Map(_)), "a map"),
            "disable_on_words" | "disable_on_attributes" => (strings(value), "a list of strings"),
            _ => {
                let known = idiom.options(TYPO_KEYS.iter().copied());
                let message = format!(
                    "unknown options {}, valid options are: {known} {inside}",
                    idiom.options([key.as_str()])
                );
                return Err(refuse(&message, idiom));
            }
        };
        if !valid {
            let message = format!(
                "invalid value for {} option: expected {expected}, got: {} {inside}",
                idiom.option(&key),
                shown(value, idiom)
            );
            return Err(refuse(&message, idiom));
        }
    }
    Ok(())
}

fn refuse(what: &str, idiom: Idiom) -> Box<Error> {
    let option = idiom.option("settings");
    Error::new(Kind::InvalidOption, format!("invalid value for {option} option: {what}")).named("settings")
}
