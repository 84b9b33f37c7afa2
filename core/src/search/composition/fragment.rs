//! Reading fragments and criteria. Nothing is merged yet.

use super::reason;
use crate::error::{Kind, Result};
use crate::host::{Idiom, Term};
use crate::search::criteria::{Criteria, Field, is_carried};

/// What one hand contributes.
#[derive(Debug, Clone, Default)]
pub(super) struct Fragment {
    pub defaults: Criteria,
    pub fixed: Criteria,
    pub sources: Vec<(Term, Term)>,
    pub warnings: Vec<(Term, Term)>,
}

const FIXABLE: &[Field] = &[Field::Filter, Field::FacetFilter];

/// One fragment, or a list of them.
pub(super) fn read_all(fragments: Term, idiom: Idiom) -> Result<Vec<Fragment>> {
    let fragments = match fragments {
        Term::Map(_) => vec![fragments],
        Term::List(items) => items,
        Term::Tuple(items) if idiom != Idiom::Elixir => items,
        _ => return Err(reason::shape(Kind::InvalidFragment, "fragments", "expected_map_or_list")),
    };
    fragments.into_iter().map(|fragment| read(fragment, idiom)).collect()
}

fn read(fragment: Term, idiom: Idiom) -> Result<Fragment> {
    let Some(mut members) = Members::of(fragment) else {
        return Err(reason::shape(Kind::InvalidFragment, "a fragment", "expected_map"));
    };
    let mut member = |name: &'static str| match members.take(name, idiom) {
        None => Ok(Vec::new()),
        Some(Term::Map(entries)) => Ok(entries),
        Some(_) => Err(reason::member(name)),
    };
    let defaults = fields(member("defaults")?, &Field::ALL, Kind::InvalidDefaultsField, idiom)?;
    let fixed = fields(member("fixed")?, FIXABLE, Kind::InvalidFixedField, idiom)?;
    let mut notes = |name: &'static str| match members.take(name, idiom) {
        None | Some(Term::Null) => Ok(Vec::new()),
        Some(Term::Map(entries)) if entries.iter().all(|(_, value)| is_carried(value)) => Ok(entries),
        Some(_) => Err(reason::shape(Kind::InvalidFragment, name, "expected_optional_map")),
    };
    Ok(Fragment { defaults, fixed, sources: notes("sources")?, warnings: notes("warnings")? })
}

/// The caller's criteria; none where there are none.
pub(crate) fn criteria(caller: Term, idiom: Idiom) -> Result<Criteria> {
    match caller {
        Term::Null => Ok(Criteria::default()),
        Term::Map(entries) => fields(entries, &Field::ALL, Kind::InvalidCriteriaField, idiom),
        _ => Err(reason::shape(Kind::InvalidCriteria, "criteria", "expected_map")),
    }
}

/// Names first, in an order that does not depend on the map's; then values, in canonical order.
pub(super) fn fields(
    entries: Vec<(Term, Term)>,
    accepted: &[Field],
    kind: Kind,
    idiom: Idiom,
) -> Result<Criteria> {
    let mut named = Vec::new();
    let mut unknown = Vec::new();
    for (key, value) in entries {
        match Field::read(&key, idiom).filter(|field| accepted.contains(field)) {
            // `facetFilter` and `facet_filter` at once, in Node.
            Some(field) if named.iter().any(|(other, _)| *other == field) => unknown.push(key),
            Some(field) => named.push((field, value)),
            None => unknown.push(key),
        }
    }
    unknown.sort_by_cached_key(|key| key.as_str().map(str::to_owned));
    if let Some(key) = unknown.first() {
        return Err(reason::unknown(kind, key, accepted, idiom));
    }
    named.sort_by_key(|(field, _)| *field);
    let mut criteria = Criteria::default();
    for (field, value) in named {
        let value = field.value(value, idiom).map_err(|value| reason::value(field, value, idiom))?;
        criteria.set(field, value);
    }
    Ok(criteria)
}

/// The members of a map whose keys are the core's words, whatever else is in there.
pub(super) struct Members(Vec<(Term, Term)>);

impl Members {
    pub(super) fn of(term: Term) -> Option<Self> {
        match term {
            Term::Map(entries) => Some(Self(entries)),
            _ => None,
        }
    }

    pub(super) fn take(&mut self, name: &str, idiom: Idiom) -> Option<Term> {
        let is_it = |key: &Term| idiom.as_name(key).is_some_and(|key| idiom.read_option(key) == name);
        let at = self.0.iter().position(|(key, _)| is_it(key))?;
        Some(self.0.swap_remove(at).1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
