use schemars::JsonSchema;

use crate::config::options::shown;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::schema::Schema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Direction {
    Asc,
    Desc,
}

impl Direction {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "asc" => Some(Self::Asc),
            "desc" => Some(Self::Desc),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Asc => "asc",
            Self::Desc => "desc",
        }
    }
}

/// Reads `[desc: :year]`, and outside Elixir also `{"year": "desc"}` and `["year:desc"]`, into
/// (direction, field) pairs. Nothing is checked yet.
pub(super) fn pairs(term: &Term, idiom: Idiom) -> Result<Vec<(String, String)>> {
    let refuse = || {
        let message = format!(
            "invalid value for {} option: expected sort to be a keyword list{}, got: {}",
            idiom.option("sort"),
            if idiom == Idiom::Elixir {
                ""
            } else {
                " of (direction, field) pairs, an object of field: direction, or strings \"field:direction\""
            },
            shown(term, idiom)
        );
        Error::new(Kind::InvalidOption, message).named("sort")
    };
    if idiom != Idiom::Elixir
        && let Term::List(items) | Term::Tuple(items) = term
        && items.iter().all(|item| matches!(item, Term::Text(_)))
    {
        let read = |item: &Term| {
            let (field, direction) = item.as_str()?.rsplit_once(':')?;
            Some((direction.to_owned(), field.to_owned()))
        };
        return items.iter().map(read).collect::<Option<_>>().ok_or_else(refuse);
    }
    let pairs = term.pairs(idiom).ok_or_else(refuse)?;
    pairs
        .into_iter()
        .map(|(key, value)| {
            let value = idiom.as_name(value).ok_or_else(refuse)?;
            let field_first = idiom != Idiom::Elixir && Direction::parse(key).is_none();
            let (direction, field) = if field_first { (value, key) } else { (key, value) };
            Ok((direction.to_owned(), field.to_owned()))
        })
        .collect()
}

/// Checks direction, then field, entry by entry.
pub(super) fn check(
    schema: &Schema,
    pairs: Vec<(String, String)>,
    idiom: Idiom,
) -> Result<Vec<(Direction, String)>> {
    pairs
        .into_iter()
        .map(|(direction, field)| {
            let Some(by) = Direction::parse(&direction) else {
                let message = format!(
                    "unknown sort direction {}; accepted: {} and {}",
                    idiom.name(&direction),
                    idiom.name("asc"),
                    idiom.name("desc")
                );
                return Err(Error::new(Kind::SortDirectionUnknown, message).named(direction));
            };
            if !schema.is_sortable(&field) {
                let message = format!(
                    "field {} is not declared sortable on {}; sortable: {}",
                    idiom.name(&field),
                    schema.name,
                    idiom.names(schema.sortable.iter().map(String::as_str))
                );
                return Err(Error::new(Kind::SortNotDeclared, message).named(field));
            }
            Ok((by, field))
        })
        .collect()
}
