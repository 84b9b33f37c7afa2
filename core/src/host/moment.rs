use std::fmt::Write;

use super::ValueError;

/// A date, a time of day, or both, as the host's calendar type gives it.
///
/// Written as ISO 8601. A zoned instant is written in UTC with `Z`. Fractions are left out when zero,
/// else given with three digits, or six where milliseconds do not suffice: so a JavaScript `Date`, an
/// Elixir `DateTime` of any precision and a Python `datetime` of the same instant are the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Date { year: i32, month: u8, day: u8 },
    Time { hour: u8, minute: u8, second: u8, micro: u32 },
    DateTime { date: (i32, u8, u8), time: (u8, u8, u8), micro: u32, offset_seconds: Option<i32> },
}

impl Moment {
    pub(crate) fn to_text(self) -> Result<String, ValueError> {
        let mut out = String::with_capacity(27);
        match self {
            Moment::Date { year, month, day } => date(&mut out, year, month, day)?,
            Moment::Time { hour, minute, second, micro } => time(&mut out, (hour, minute, second), micro)?,
            Moment::DateTime { date: (y, m, d), time: (h, mi, s), micro, offset_seconds } => {
                check_time((h, mi, s), micro)?;
                let (mut days, mut seconds) = (days_from_civil(y, m, d)?, seconds_of((h, mi, s)));
                if let Some(offset) = offset_seconds {
                    seconds -= i64::from(offset);
                    days += seconds.div_euclid(86_400);
                    seconds = seconds.rem_euclid(86_400);
                }
                let (y, m, d) = civil_from_days(days);
                date(&mut out, y, m, d)?;
                out.push('T');
                let clock = ((seconds / 3600) as u8, (seconds / 60 % 60) as u8, (seconds % 60) as u8);
                time(&mut out, clock, micro)?;
                if offset_seconds.is_some() {
                    out.push('Z');
                }
            }
        }
        Ok(out)
    }
}

fn date(out: &mut String, year: i32, month: u8, day: u8) -> Result<(), ValueError> {
    days_from_civil(year, month, day)?;
    write!(out, "{year:04}-{month:02}-{day:02}").map_err(|_| ValueError::InvalidMoment)
}

fn time(out: &mut String, (hour, minute, second): (u8, u8, u8), micro: u32) -> Result<(), ValueError> {
    check_time((hour, minute, second), micro)?;
    let _ = write!(out, "{hour:02}:{minute:02}:{second:02}");
    let _ = match micro {
        0 => Ok(()),
        _ if micro.is_multiple_of(1000) => write!(out, ".{:03}", micro / 1000),
        _ => write!(out, ".{micro:06}"),
    };
    Ok(())
}

/// A leap second (`:60`) is folded into the last ordinary second's text by its owner; here it is refused.
fn check_time((hour, minute, second): (u8, u8, u8), micro: u32) -> Result<(), ValueError> {
    if hour < 24 && minute < 60 && second < 60 && micro < 1_000_000 {
        Ok(())
    } else {
        Err(ValueError::InvalidMoment)
    }
}

fn seconds_of((hour, minute, second): (u8, u8, u8)) -> i64 {
    i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second)
}

/// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's algorithm).
fn days_from_civil(year: i32, month: u8, day: u8) -> Result<i64, ValueError> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return Err(ValueError::InvalidMoment),
    };
    if !(0..=9999).contains(&year) || !(1..=longest).contains(&day) {
        return Err(ValueError::InvalidMoment);
    }
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let shifted = (i64::from(month) + 9) % 12;
    let doy = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    Ok(era * 146_097 + doe - 719_468)
}

fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u8;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u8;
    let year = yoe + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}
