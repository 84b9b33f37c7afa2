use super::composed::Composed;
use super::fragment::Fragment;
use super::reason;
use crate::error::Result;
use crate::host::{Idiom, Term};
use crate::search::criteria::{Criteria, Field, Pairs, Value, by_key, is_same};

/// Fragments left to right, then the caller, then what is fixed.
pub(super) fn merge(fragments: &[Fragment], caller: Criteria, idiom: Idiom) -> Result<Composed> {
    let mut defaults = Criteria::default();
    let mut fixed = Criteria::default();
    let (mut sources, mut warnings) = (Vec::new(), Vec::new());
    for fragment in fragments {
        for (field, value) in &fragment.defaults.0 {
            defaults.set(*field, over(*field, defaults.get(*field), value));
        }
        for (field, value) in &fragment.fixed.0 {
            fixed.set(*field, together(*field, fixed.pairs(*field), value.pairs(), idiom)?);
        }
        overwrite(&mut sources, &fragment.sources);
        overwrite(&mut warnings, &fragment.warnings);
    }
    let (mut criteria, mut defaulted) = (Criteria::default(), Criteria::default());
    for field in Field::ALL {
        let (default, given) = (defaults.get(field), caller.given(field));
        let value = match (default, given) {
            (default, Some(given)) => over(field, default, given),
            (Some(default), None) => default.clone(),
            (None, None) => field.empty(),
        };
        if let Some(used) = default.and_then(|default| used(field, default, given)) {
            defaulted.set(field, used);
        }
        criteria.set(field, value);
    }
    for (field, value) in &fixed.0 {
        criteria.set(*field, constrained(*field, criteria.pairs(*field), value.pairs(), idiom)?);
    }
    Ok(Composed { criteria, defaulted, fixed: fixed.without_empties(), sources, warnings, idiom })
}

/// `later` over `earlier`: key by key, or as a whole.
fn over(field: Field, earlier: Option<&Value>, later: &Value) -> Value {
    match earlier {
        Some(earlier) if field.is_keyed() => Value::Pairs(by_key([earlier.pairs(), later.pairs()].concat())),
        _ => later.clone(),
    }
}

/// What of a default is in the result.
fn used(field: Field, default: &Value, given: Option<&Value>) -> Option<Value> {
    let used = match given {
        None => default.clone(),
        Some(given) if field.is_keyed() => {
            let overridden = |name: &str| given.pairs().iter().any(|(other, _)| other == name);
            let kept = default.pairs().iter().filter(|(name, _)| !overridden(name));
            Value::Pairs(kept.cloned().collect())
        }
        Some(_) => return None,
    };
    (!used.is_empty()).then_some(used)
}

fn find<'a>(pairs: &'a [(String, Term)], name: &str) -> Option<&'a Term> {
    pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value)
}

/// The constraints of two fragments.
fn together(field: Field, left: &[(String, Term)], right: &[(String, Term)], idiom: Idiom) -> Result<Value> {
    for (name, value) in right {
        if let Some(other) = find(left, name).filter(|other| !is_same(other, value)) {
            return Err(reason::clash(field, name, other, value, idiom));
        }
    }
    Ok(Value::Pairs(by_key([left, right].concat())))
}

/// Criteria with what is fixed put in.
fn constrained(
    field: Field,
    given: &[(String, Term)],
    fixed: &[(String, Term)],
    idiom: Idiom,
) -> Result<Value> {
    for (name, value) in fixed {
        if let Some(other) = find(given, name).filter(|other| !is_same(other, value)) {
            return Err(reason::overruled(field, name, other, value, idiom));
        }
    }
    let all: Pairs = [given, fixed].concat();
    Ok(Value::Pairs(by_key(all)))
}

fn overwrite(notes: &mut Vec<(Term, Term)>, later: &[(Term, Term)]) {
    for (key, value) in later {
        match notes.iter_mut().find(|(other, _)| other == key) {
            Some((_, slot)) => *slot = value.clone(),
            None => notes.push((key.clone(), value.clone())),
        }
    }
}
