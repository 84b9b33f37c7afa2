use serde::ser::{Serialize, SerializeTuple, Serializer};

use crate::error::{Error, Kind};
use crate::host::{Idiom, Term, Word};
use crate::search::criteria::Field;

/// Why criteria could not be composed, as a tagged tuple: the form programs match on in Elixir.
#[derive(Debug, Clone)]
pub(crate) struct Reason(Vec<Part>);

#[derive(Debug, Clone, serde::Serialize)]
#[serde(untagged)]
pub(crate) enum Part {
    Word(Word),
    Term(Term),
    Tuple(Reason),
    Clash { left: Term, right: Term, source: Word },
    Overruled { caller: Term, fixed: Term, source: Word },
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for part in &self.0 {
            tuple.serialize_element(part)?;
        }
        tuple.end()
    }
}

fn refusal(kind: Kind, message: String, rest: Vec<Part>) -> Box<Error> {
    let parts = std::iter::once(Part::Word(Word(kind.name()))).chain(rest).collect();
    let mut error = Error::new(kind, message);
    error.details.reason = Some(Reason(parts));
    error
}

/// A part that has another shape than it must.
pub(super) fn shape(kind: Kind, what: &str, expected: &'static str) -> Box<Error> {
    let accepted = expected.replace('_', " ");
    refusal(kind, format!("composition failed: {what}: {accepted}"), vec![Part::Word(Word(expected))])
}

/// A member of a fragment that is no map.
pub(super) fn member(name: &'static str) -> Box<Error> {
    let inner = Reason(vec![Part::Word(Word(name)), Part::Word(Word("expected_map"))]);
    let message = format!("composition failed: the {name} of a fragment must be a map");
    refusal(Kind::InvalidFragment, message, vec![Part::Tuple(inner)])
}

/// A key that is not one of the fields.
pub(super) fn unknown(kind: Kind, key: &Term, accepted: &[Field], idiom: Idiom) -> Box<Error> {
    let place = match kind {
        Kind::InvalidDefaultsField => "the defaults of a fragment",
        Kind::InvalidFixedField => "the fixed constraints of a fragment",
        _ => "criteria",
    };
    let shown = match key {
        Term::Symbol(name) => idiom.name(name),
        Term::Text(name) => format!("{:?}", name.chars().take(64).collect::<String>()),
        other => format!("a key of type {}", other.type_name(idiom)),
    };
    let accepted = idiom.options(accepted.iter().map(|field| field.name()));
    let message = format!("composition failed: {place} cannot hold {shown}; accepted: {accepted}");
    refusal(kind, message, vec![Part::Term(key.clone())])
}

/// A field whose value is not of its form.
pub(super) fn value(field: Field, value: Term, idiom: Idiom) -> Box<Error> {
    let message = format!(
        "composition failed: {} has a value that is not accepted, of type {}",
        idiom.option(field.name()),
        value.type_name(idiom)
    );
    let inner = Reason(vec![Part::Word(Word(field.name())), Part::Term(value)]);
    refusal(Kind::InvalidFragment, message, vec![Part::Tuple(inner)]).named(field.name())
}

/// A shared fragment that holds what entries cannot share.
pub(super) fn shared(kind: Kind, what: &'static str) -> Box<Error> {
    let message = match kind {
        Kind::InvalidSharedFixed => "shared fragments cannot fix constraints; fix them in each entry",
        _ => "shared fragments cannot hold text, since each entry has its own",
    };
    refusal(kind, format!("composition failed: {message}"), vec![Part::Word(Word(what))])
}

fn conflict(field: Field, key: &str, idiom: Idiom, why: &str, parts: Part) -> Box<Error> {
    let message = format!("composition failed: {} {} {why}", idiom.option(field.name()), idiom.name(key));
    let rest = vec![Part::Word(Word(field.name())), Part::Term(Term::Symbol(key.to_owned())), parts];
    refusal(Kind::CompositionConflict, message, rest).named(key)
}

/// Two fragments fix a key to different values.
pub(super) fn clash(field: Field, key: &str, left: &Term, right: &Term, idiom: Idiom) -> Box<Error> {
    let parts = Part::Clash { left: left.clone(), right: right.clone(), source: Word("fixed") };
    conflict(field, key, idiom, "is fixed to two different values", parts)
}

/// The criteria want another value than the one that is fixed.
pub(super) fn overruled(field: Field, key: &str, caller: &Term, fixed: &Term, idiom: Idiom) -> Box<Error> {
    let parts = Part::Overruled { caller: caller.clone(), fixed: fixed.clone(), source: Word("caller") };
    conflict(field, key, idiom, "is fixed to another value", parts)
}
