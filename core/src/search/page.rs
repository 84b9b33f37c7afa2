use schemars::JsonSchema;
use serde::Serialize;

use crate::config::options::{invalid_option, shown};
use crate::config::unknown_options;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// A page as asked for. Both members count from 1; absent ones are the server's to choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Page {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
}

impl Page {
    /// The members that were given.
    pub(super) fn pairs(self) -> Vec<(String, Term)> {
        let members = [("number", self.number), ("size", self.size)];
        members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Term::Int(value?)))).collect()
    }
}

pub(super) fn read(term: &Term, idiom: Idiom) -> Result<Page> {
    let Some(pairs) = term.pairs(idiom) else {
        let message = format!(
            "invalid value for {} option: expected page to be a keyword list{}, got: {}",
            idiom.option("page"),
            idiom.keyword_type().strip_prefix("a keyword list").unwrap_or_default(),
            shown(term, idiom)
        );
        return Err(Error::new(Kind::InvalidOption, message).named("page"));
    };
    let mut page = Page::default();
    let mut seen: Vec<&str> = Vec::new();
    for (key, value) in pairs {
        let slot = match key {
            "number" if !seen.contains(&key) => &mut page.number,
            "size" if !seen.contains(&key) => &mut page.size,
            other => {
                let mut error = unknown_options(&[other], ["number", "size"], idiom);
                error.kind = Kind::PageInvalid;
                return Err(error.named("page"));
            }
        };
        seen.push(key);
        *slot = Some(match value {
            Term::Int(value @ 1..) => *value,
            Term::Int(value) => {
                let message = format!("page {key} must be greater than 0, got: {value}");
                return Err(Error::new(Kind::PageInvalid, message).named("page"));
            }
            other => {
                let mut error = invalid_option(key, "integer", other, idiom);
                error.kind = Kind::PageInvalid;
                return Err(error);
            }
        });
    }
    Ok(page)
}
