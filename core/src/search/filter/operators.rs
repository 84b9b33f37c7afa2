use super::literal::{field, literal};
use crate::config::options::shown;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

const COMPARISONS: &[(&str, &str)] = &[("eq", "="), ("gt", ">"), ("gte", ">="), ("lt", "<"), ("lte", "<=")];
/// Operators beside the comparisons.
const MORE: &[&str] = &["in", "not", "exists", "is_null", "is_empty"];

/// Compiles what one field is asked: a value, a list of values, or operators.
pub(super) fn compile(name: &str, value: &Term, idiom: Idiom, out: &mut Vec<String>) -> Result<()> {
    match value {
        Term::List(items) | Term::Tuple(items) if items.is_empty() => Err(empty(name, idiom)),
        Term::Map(entries) if entries.is_empty() => Err(empty(name, idiom)),
        Term::List(_) | Term::Map(_) => match value.pairs(idiom) {
            Some(operators) => {
                operators.into_iter().try_for_each(|(op, operand)| operator(name, op, operand, idiom, out))
            }
            None => list(name, value, "IN", idiom, out),
        },
        Term::Tuple(_) => list(name, value, "IN", idiom, out),
        Term::Null => {
            out.push(format!("{} IS NULL", field(name)));
            Ok(())
        }
        scalar => comparison(name, "=", scalar, idiom, out),
    }
}

fn operator(name: &str, op: &str, operand: &Term, idiom: Idiom, out: &mut Vec<String>) -> Result<()> {
    let op = idiom.read_option(op);
    if let Some((_, sign)) = COMPARISONS.iter().find(|(known, _)| *known == op) {
        return match (op.as_ref(), operand) {
            ("eq", Term::Null) => {
                out.push(format!("{} IS NULL", field(name)));
                Ok(())
            }
            (_, Term::Null | Term::List(_) | Term::Tuple(_) | Term::Map(_)) => {
                Err(operand_refused(name, &op, "a single value", operand, idiom))
            }
            _ => comparison(name, sign, operand, idiom, out),
        };
    }
    let asked = field(name);
    match (op.as_ref(), operand) {
        ("in", Term::List(_) | Term::Tuple(_)) => list(name, operand, "IN", idiom, out),
        ("in", other) => Err(operand_refused(name, "in", "a list of values", other, idiom)),
        ("not", Term::List(_) | Term::Tuple(_)) => list(name, operand, "NOT IN", idiom, out),
        ("not", Term::Null) => {
            out.push(format!("{asked} IS NOT NULL"));
            Ok(())
        }
        ("not", Term::Map(_)) => {
            Err(operand_refused(name, "not", "a value or a list of values", operand, idiom))
        }
        ("not", scalar) => comparison(name, "!=", scalar, idiom, out),
        ("exists", Term::Bool(on)) => push(out, format!("{asked} {}EXISTS", if *on { "" } else { "NOT " })),
        ("is_null", Term::Bool(on)) => push(out, format!("{asked} IS {}NULL", if *on { "" } else { "NOT " })),
        ("is_empty", Term::Bool(on)) => {
            push(out, format!("{asked} IS {}EMPTY", if *on { "" } else { "NOT " }))
        }
        ("exists" | "is_null" | "is_empty", other) => {
            Err(operand_refused(name, &op, "true or false", other, idiom))
        }
        _ => {
            let known = COMPARISONS.iter().map(|(known, _)| *known).chain(MORE.iter().copied());
            let message = format!(
                "unsupported filter operator {} on {}; accepted: {}",
                idiom.name(&op),
                idiom.name(name),
                idiom.names(known)
            );
            Err(Error::new(Kind::FilterOperatorUnknown, message).named(op))
        }
    }
}

fn push(out: &mut Vec<String>, clause: String) -> Result<()> {
    out.push(clause);
    Ok(())
}

fn comparison(name: &str, sign: &str, value: &Term, idiom: Idiom, out: &mut Vec<String>) -> Result<()> {
    let value = literal(value, idiom).map_err(|error| error.named(name))?;
    push(out, format!("{} {sign} {value}", field(name)))
}

fn list(name: &str, values: &Term, word: &str, idiom: Idiom, out: &mut Vec<String>) -> Result<()> {
    let (Term::List(values) | Term::Tuple(values)) = values else { return Ok(()) };
    if values.is_empty() {
        return Err(empty(name, idiom));
    }
    let literals: Vec<String> = values
        .iter()
        .map(|value| match value {
            Term::Null | Term::List(_) | Term::Tuple(_) | Term::Map(_) => {
                let message = format!(
                    "a list of values for {} may hold strings, numbers, booleans and dates, got: {}; for ranges use range filter operators ({})",
                    idiom.name(name),
                    shown(value, idiom),
                    idiom.names(COMPARISONS.iter().map(|(known, _)| *known))
                );
                Err(Error::new(Kind::FilterInvalid, message).named(name))
            }
            scalar => literal(scalar, idiom).map_err(|error| error.named(name)),
        })
        .collect::<Result<_>>()?;
    push(out, format!("{} {word} [{}]", field(name), literals.join(", ")))
}

fn empty(name: &str, idiom: Idiom) -> Box<Error> {
    let message = format!(
        "the filter on {} is an empty list, which would lift the restriction; leave the field out to search without it",
        idiom.name(name)
    );
    Error::new(Kind::FilterEmpty, message).named(name)
}

fn operand_refused(name: &str, op: &str, expected: &str, got: &Term, idiom: Idiom) -> Box<Error> {
    let message = format!(
        "filter operator {} on {} takes {expected}, got: {}",
        idiom.name(op),
        idiom.name(name),
        shown(got, idiom)
    );
    Error::new(Kind::FilterInvalid, message).named(name)
}
