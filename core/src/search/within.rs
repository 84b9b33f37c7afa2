use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// Puts the bucket of a search within a facet in front of the facet filter: `(attribute, value)`, where a
/// list means any of its values and operators a range.
pub(super) fn scope(bucket: &Term, facet_filter: &mut Vec<(String, Term)>, idiom: Idiom) -> Result<()> {
    let (attribute, value) = parts(bucket, idiom)?;
    if facet_filter.iter().any(|(name, _)| name == attribute) {
        let message = format!("search_within_facet: facet_filter already contains {}", idiom.name(attribute));
        return Err(Error::new(Kind::InvalidOption, message).named(attribute));
    }
    facet_filter.insert(0, (attribute.to_owned(), value.clone()));
    Ok(())
}

pub(super) fn attribute(bucket: &Term, idiom: Idiom) -> Option<&str> {
    parts(bucket, idiom).ok().map(|(attribute, _)| attribute)
}

fn parts(bucket: &Term, idiom: Idiom) -> Result<(&str, &Term)> {
    let pair = match (idiom, bucket) {
        (_, Term::Tuple(pair)) => pair.as_slice(),
        (Idiom::Python | Idiom::Node, Term::List(pair)) => pair.as_slice(),
        _ => &[],
    };
    let [attribute, value] = pair else {
        let form = match idiom {
            Idiom::Elixir => "a two-element tuple {attribute, value}",
            Idiom::Python => "a two-element tuple (attribute, value)",
            Idiom::Node => "a two-element tuple [attribute, value]",
        };
        return Err(refused(&format!("the bucket must be {form}")));
    };
    let attribute = idiom.as_name(attribute).ok_or_else(|| {
        refused(&format!("the facet attribute must be {} {}", article(idiom), idiom.symbol_type()))
    })?;
    Ok((attribute, value))
}

fn article(idiom: Idiom) -> &'static str {
    if idiom == Idiom::Elixir { "an" } else { "a" }
}

fn refused(why: &str) -> Box<Error> {
    Error::new(Kind::InvalidOption, format!("search_within_facet: {why}")).named("facet")
}
