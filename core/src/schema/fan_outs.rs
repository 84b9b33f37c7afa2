use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// Which other records to sync when one changes. Target and resolver belong to the host.
#[derive(Debug, Clone, PartialEq)]
pub struct FanOut {
    pub name: String,
    pub target: Term,
    pub resolver: Term,
}

pub(super) fn read(term: &Term, idiom: Idiom) -> Result<Vec<FanOut>> {
    let Some(pairs) = term.pairs(idiom) else {
        return Err(refuse(&format!("must be {}", idiom.keyword_type()), idiom));
    };
    pairs.into_iter().map(|(name, inner)| one(name, inner, idiom)).collect()
}

fn one(name: &str, inner: &Term, idiom: Idiom) -> Result<FanOut> {
    let Some(pairs) = inner.pairs(idiom) else {
        let message = format!("configuration of {} must be {}", idiom.name(name), idiom.keyword_type());
        return Err(refuse(&message, idiom));
    };
    let get = |key: &str| pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).clone());
    let target = match get("target") {
        None => {
            return Err(refuse(
                &format!("{} is missing {}", idiom.name(name), idiom.option("target")),
                idiom,
            ));
        }
        Some(target @ (Term::Symbol(_) | Term::Opaque(_))) => target,
        Some(target @ Term::Text(_)) if idiom != Idiom::Elixir => target,
        Some(_) => return Err(refuse(&format!("{} must be a module", idiom.option("target")), idiom)),
    };
    let resolver = match get("resolver") {
        None => {
            return Err(refuse(
                &format!("{} is missing {}", idiom.name(name), idiom.option("resolver")),
                idiom,
            ));
        }
        Some(resolver) if is_resolver(&resolver, idiom) => resolver,
        Some(_) => {
            let form = match idiom {
                Idiom::Elixir => "must be a valid MFA tuple",
                Idiom::Python | Idiom::Node => "must be a function",
            };
            return Err(refuse(&format!("{} {form}", idiom.option("resolver")), idiom));
        }
    };
    Ok(FanOut { name: name.to_owned(), target, resolver })
}

fn is_resolver(term: &Term, idiom: Idiom) -> bool {
    match (idiom, term) {
        (Idiom::Elixir, Term::Tuple(mfa)) => {
            matches!(mfa.as_slice(), [Term::Symbol(_), Term::Symbol(_), Term::List(_)])
        }
        (Idiom::Elixir, _) => false,
        (_, term) => matches!(term, Term::Opaque(_)),
    }
}

fn refuse(what: &str, idiom: Idiom) -> Box<Error> {
    let option = idiom.option("fan_outs");
    Error::new(Kind::InvalidOption, format!("invalid value for {option} option: {what}")).named("fan_outs")
}
