//! Structs that stand for one value: dates, decimals, bytes.

use rustler::{Binary, Term};
use scrypath_core::{Moment, Sink, ValueError};

use crate::atoms;
use crate::walk::{Allowance, digits};

/// The module of a struct, `None` for a plain map.
pub(crate) fn module(map: Term) -> Option<std::rc::Rc<str>> {
    let module = get(map, "__struct__")?;
    module.is_atom().then(|| atoms::name(module))
}

/// Whether a value is an association that was never fetched; its field's name if it says so.
pub(crate) fn unloaded(value: Term) -> Option<String> {
    if !value.is_map() || module(value).as_deref() != Some("Elixir.Ecto.Association.NotLoaded") {
        return None;
    }
    let field = get(value, "__field__").filter(|name| name.is_atom());
    Some(field.map_or_else(|| "an association".to_owned(), |name| atoms::name(name).to_string()))
}

pub(crate) fn walk<S: Sink>(
    value: Term,
    module: std::rc::Rc<str>,
    sink: &mut S,
    allowance: &Allowance,
) -> Result<(), ValueError> {
    match &*module {
        "Elixir.Date" => sink.moment(read_date(value)?),
        "Elixir.Time" => sink.moment(read_time(value)?),
        "Elixir.NaiveDateTime" => sink.moment(read_datetime(value, None)?),
        "Elixir.DateTime" => {
            let offset = number::<i32>(value, "utc_offset")? + number::<i32>(value, "std_offset")?;
            sink.moment(read_datetime(value, Some(offset))?)
        }
        "Elixir.Decimal" => sink.decimal(&read_decimal(value)?),
        "Elixir.Scrypath.Bytes" => match get(value, "data").map(Binary::from_term) {
            Some(Ok(data)) => {
                allowance.take(data.len())?;
                sink.bytes(&data)
            }
            _ => sink.unencodable("Scrypath.Bytes without a binary"),
        },
        "Elixir.Ecto.Association.NotLoaded" => Err(ValueError::Unloaded(unloaded(value).unwrap_or_default())),
        module => sink.unencodable(module.strip_prefix("Elixir.").unwrap_or(module)),
    }
}

fn read_date(value: Term) -> Result<Moment, ValueError> {
    let (year, month, day) = date(value)?;
    Ok(Moment::Date { year, month, day })
}

fn read_time(value: Term) -> Result<Moment, ValueError> {
    let (hour, minute, second) = time(value)?;
    Ok(Moment::Time { hour, minute, second, micro: micro(value)? })
}

fn read_datetime(value: Term, offset_seconds: Option<i32>) -> Result<Moment, ValueError> {
    Ok(Moment::DateTime { date: date(value)?, time: time(value)?, micro: micro(value)?, offset_seconds })
}

fn date(value: Term) -> Result<(i32, u8, u8), ValueError> {
    // Another calendar's year 1 is not ours; converting is the caller's decision.
    match get(value, "calendar") {
        Some(calendar) if calendar.is_atom() && &*atoms::name(calendar) == "Elixir.Calendar.ISO" => {}
        _ => return Err(ValueError::Unencodable("date in a calendar other than Calendar.ISO".to_owned())),
    }
    Ok((number(value, "year")?, number(value, "month")?, number(value, "day")?))
}

fn time(value: Term) -> Result<(u8, u8, u8), ValueError> {
    Ok((number(value, "hour")?, number(value, "minute")?, number(value, "second")?))
}

fn micro(value: Term) -> Result<u32, ValueError> {
    let pair = get(value, "microsecond").map(|term| term.decode::<(u32, u8)>());
    pair.and_then(Result::ok).map(|(micro, _precision)| micro).ok_or(ValueError::InvalidMoment)
}

fn number<'a, T: rustler::Decoder<'a>>(value: Term<'a>, name: &'static str) -> Result<T, ValueError> {
    get(value, name).and_then(|term| term.decode().ok()).ok_or(ValueError::InvalidMoment)
}

fn read_decimal(value: Term) -> Result<String, ValueError> {
    let member = |name| get(value, name).ok_or(ValueError::InvalidDecimal);
    let (sign, coefficient, exponent) = (member("sign")?, member("coef")?, member("exp")?);
    if coefficient.is_atom() {
        return Ok(atoms::name(coefficient).to_string());
    }
    let sign = if matches!(sign.decode(), Ok(-1)) { "-" } else { "" };
    Ok(format!("{sign}{}E{}", digits(coefficient)?, digits(exponent)?))
}

fn get<'a>(map: Term<'a>, name: &'static str) -> Option<Term<'a>> {
    map.map_get(atoms::ours(map.get_env(), name)?).ok()
}
