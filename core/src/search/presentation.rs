//! How hits are shown: which attributes come, what is highlighted, what is cropped. Passed through to the
//! server, whose answer is in each hit's `_formatted` and `_matchesPosition`.

use serde::Serialize;

use super::wire::member;
use crate::config::options::invalid_option;
use crate::document::push_json_string;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

const STRATEGIES: &[&str] = &["last", "all", "frequency"];

/// What was asked for. Absent members are not sent, and the server's own defaults hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Presentation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_to_retrieve: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_to_highlight: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlight_pre_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highlight_post_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes_to_crop: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop_length: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crop_marker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_matches_position: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching_strategy: Option<String>,
}

impl Presentation {
    pub(super) fn set(&mut self, name: &str, value: &Term, idiom: Idiom) -> Result<()> {
        match name {
            "attributes_to_retrieve" => self.attributes_to_retrieve = Some(attributes(name, value, idiom)?),
            "attributes_to_highlight" => self.attributes_to_highlight = Some(attributes(name, value, idiom)?),
            "attributes_to_crop" => self.attributes_to_crop = Some(attributes(name, value, idiom)?),
            "highlight_pre_tag" => self.highlight_pre_tag = Some(text(name, value, idiom)?),
            "highlight_post_tag" => self.highlight_post_tag = Some(text(name, value, idiom)?),
            "crop_marker" => self.crop_marker = Some(text(name, value, idiom)?),
            "crop_length" => match value {
                Term::Int(words @ 0..) => self.crop_length = Some(*words),
                other => return Err(invalid_option(name, "a number of words, 0 or more", other, idiom)),
            },
            "show_matches_position" => match value {
                Term::Bool(on) => self.show_matches_position = Some(*on),
                other => return Err(invalid_option(name, "a boolean", other, idiom)),
            },
            _ => match value.as_str().filter(|strategy| STRATEGIES.contains(strategy)) {
                Some(strategy) => self.matching_strategy = Some(strategy.to_owned()),
                None => {
                    let message = format!(
                        "invalid value for {} option: accepted: {}",
                        idiom.option(name),
                        idiom.names(STRATEGIES.iter().copied())
                    );
                    return Err(Error::new(Kind::InvalidOption, message).named(name));
                }
            },
        }
        Ok(())
    }

    /// Rows are fetched by the primary key, so it comes along whatever else was asked for.
    pub(super) fn retrieve_too(&mut self, key: &str) {
        if let Some(attributes) = &mut self.attributes_to_retrieve
            && !attributes.iter().any(|name| name == key || name == "*")
        {
            attributes.push(key.to_owned());
        }
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        names(out, "attributesToRetrieve", self.attributes_to_retrieve.as_deref());
        names(out, "attributesToHighlight", self.attributes_to_highlight.as_deref());
        string(out, "highlightPreTag", self.highlight_pre_tag.as_deref());
        string(out, "highlightPostTag", self.highlight_post_tag.as_deref());
        names(out, "attributesToCrop", self.attributes_to_crop.as_deref());
        if let Some(words) = self.crop_length {
            member(out, "cropLength");
            out.extend_from_slice(words.to_string().as_bytes());
        }
        string(out, "cropMarker", self.crop_marker.as_deref());
        if self.show_matches_position == Some(true) {
            member(out, "showMatchesPosition");
            out.extend_from_slice(b"true");
        }
    }

    /// The one member that decides what is a hit.
    pub(super) fn write_strategy(&self, out: &mut Vec<u8>) {
        string(out, "matchingStrategy", self.matching_strategy.as_deref());
    }
}

fn attributes(option: &str, value: &Term, idiom: Idiom) -> Result<Vec<String>> {
    let refuse = || {
        let message =
            format!("invalid value for {} option: expected a list of attribute names", idiom.option(option));
        Error::new(Kind::InvalidOption, message).named(option)
    };
    let (Term::List(items) | Term::Tuple(items)) = value else { return Err(refuse()) };
    items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(refuse)).collect()
}

fn text(option: &str, value: &Term, idiom: Idiom) -> Result<String> {
    match value {
        Term::Text(text) => Ok(text.clone()),
        other => Err(invalid_option(option, "a string", other, idiom)),
    }
}

fn names(out: &mut Vec<u8>, name: &str, names: Option<&[String]>) {
    let Some(names) = names else { return };
    member(out, name);
    out.push(b'[');
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        push_json_string(out, name);
    }
    out.push(b']');
}

fn string(out: &mut Vec<u8>, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        member(out, name);
        push_json_string(out, text);
    }
}
