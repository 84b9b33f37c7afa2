//! Points in time as the wire writes them.

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::macros::{format_description, time};
use time::{Date, OffsetDateTime, PrimitiveDateTime};

/// Nanoseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Instant(i64);

impl Instant {
    pub(crate) fn now() -> Instant {
        Instant::of(OffsetDateTime::now_utc())
    }

    fn of(date: OffsetDateTime) -> Instant {
        Instant(i64::try_from(date.unix_timestamp_nanos()).unwrap_or(i64::MAX))
    }

    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    pub(crate) fn to_rfc3339(self) -> String {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0))
            .ok()
            .and_then(|date| date.format(&Rfc3339).ok())
            .unwrap_or_default()
    }

    /// The time since `earlier`, as ISO 8601 has it.
    pub(crate) fn since(self, earlier: Instant) -> String {
        let nanos = self.0.saturating_sub(earlier.0).max(0);
        let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
        if rest == 0 {
            return format!("PT{seconds}S");
        }
        let fraction = format!("{rest:09}");
        format!("PT{seconds}.{}S", fraction.trim_end_matches('0'))
    }

    /// A date, or a date and time with a zone. A bare date is its first moment, or with `after` the first moment of the
    /// day that follows.
    pub(crate) fn parse(text: &str, after: bool) -> Option<Instant> {
        if let Ok(date) = OffsetDateTime::parse(text, &Rfc3339) {
            return Some(Instant::of(date));
        }
        let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        let date = if after { date.next_day()? } else { date };
        Some(Instant::of(PrimitiveDateTime::new(date, time!(00:00)).assume_utc()))
    }

    /// The same, where the zone may be left out.
    pub(crate) fn parse_loosely(text: &str) -> Option<Instant> {
        let with_t = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
        let with_space = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
        if let Ok(date) =
            PrimitiveDateTime::parse(text, with_t).or_else(|_| PrimitiveDateTime::parse(text, with_space))
        {
            return Some(Instant::of(date.assume_utc()));
        }
        Instant::parse(text, false)
    }
}
