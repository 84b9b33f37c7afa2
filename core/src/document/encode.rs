use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::host::{MAX_DEPTH, Moment, Sink, ValueError, Written};

pub(crate) use crate::host::MAX_EXACT_INTEGER;

/// Writes JSON text straight from a host value. The one encoding of every scalar:
///
/// | value | text |
/// |---|---|
/// | date, time, datetime | ISO 8601, see [`Moment`] |
/// | decimal | a string in plain notation |
/// | UUID | 36 lower-case characters |
/// | bytes | base64, standard alphabet, padded |
/// | atom, enum | its name, or its value |
pub struct JsonSink<'a> {
    out: &'a mut Vec<u8>,
    depth: usize,
    /// Whether the next value is the first of its list or map, or follows a key.
    fresh: bool,
}

impl<'a> JsonSink<'a> {
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, depth: 0, fresh: true }
    }

    fn separate(&mut self) {
        if !self.fresh {
            self.out.push(b',');
        }
        self.fresh = false;
    }

    fn raw(&mut self, text: &str) -> Written {
        self.separate();
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn string(&mut self, text: &str) -> Written {
        self.separate();
        push_json_string(self.out, text);
        Ok(())
    }

    fn begin(&mut self, bracket: u8) -> Written {
        self.separate();
        if self.depth >= MAX_DEPTH {
            return Err(ValueError::TooDeep);
        }
        self.depth += 1;
        self.out.push(bracket);
        self.fresh = true;
        Ok(())
    }

    fn end(&mut self, bracket: u8) -> Written {
        self.depth -= 1;
        self.out.push(bracket);
        self.fresh = false;
        Ok(())
    }
}

impl Sink for JsonSink<'_> {
    fn null(&mut self) -> Written {
        self.raw("null")
    }
    fn bool(&mut self, value: bool) -> Written {
        self.raw(if value { "true" } else { "false" })
    }
    fn int(&mut self, value: i64) -> Written {
        if value.unsigned_abs() > MAX_EXACT_INTEGER as u64 {
            return Err(ValueError::IntegerOutOfRange);
        }
        self.separate();
        // An integer's digits are the same in serde_json and here; it formats without allocating.
        serde_json::to_writer(&mut *self.out, &value).map_err(|e| ValueError::Host(e.to_string()))
    }
    fn big_int(&mut self, _digits: &str) -> Written {
        Err(ValueError::IntegerOutOfRange)
    }
    fn float(&mut self, value: f64) -> Written {
        if !value.is_finite() {
            return Err(ValueError::NotFinite);
        }
        self.separate();
        serde_json::to_writer(&mut *self.out, &value).map_err(|e| ValueError::Host(e.to_string()))
    }
    fn text(&mut self, value: &str) -> Written {
        self.string(value)
    }
    fn symbol(&mut self, name: &str) -> Written {
        self.string(name)
    }
    fn moment(&mut self, value: Moment) -> Written {
        let text = value.to_text()?;
        self.string(&text)
    }
    fn decimal(&mut self, digits: &str) -> Written {
        let text = decimal_text(digits)?;
        self.string(&text)
    }
    fn uuid(&mut self, value: &[u8; 16]) -> Written {
        let text = uuid_text(value);
        self.string(&text)
    }
    fn bytes(&mut self, value: &[u8]) -> Written {
        let text = bytes_text(value);
        self.string(&text)
    }
    fn unencodable(&mut self, type_name: &str) -> Written {
        Err(ValueError::Unencodable(type_name.to_owned()))
    }
    fn begin_list(&mut self) -> Written {
        self.begin(b'[')
    }
    fn end_list(&mut self) -> Written {
        self.end(b']')
    }
    fn begin_tuple(&mut self) -> Written {
        self.begin(b'[')
    }
    fn end_tuple(&mut self) -> Written {
        self.end(b']')
    }
    fn begin_map(&mut self) -> Written {
        self.begin(b'{')
    }
    fn key(&mut self, name: &str, _symbolic: bool) -> Written {
        self.separate();
        push_json_string(self.out, name);
        self.out.push(b':');
        self.fresh = true;
        Ok(())
    }
    fn end_map(&mut self) -> Written {
        self.end(b'}')
    }
}

/// Appends `text` as a JSON string: `"`, `\` and control characters escaped, the rest untouched.
pub(crate) fn push_json_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut clean_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[clean_from..at]);
        clean_from = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[clean_from..]);
    out.push(b'"');
}

/// A decimal in plain notation: `1E+2` is `100`, `1.50` keeps its zero, `-0.5E1` is `-5`.
pub(crate) fn decimal_text(digits: &str) -> Result<String, ValueError> {
    const LONGEST: usize = 400;
    let (mantissa, exponent) = match digits.find(['e', 'E']) {
        Some(at) => (&digits[..at], digits[at + 1..].parse::<i32>().map_err(|_| ValueError::InvalidDecimal)?),
        None => (digits, 0),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ValueError::InvalidDecimal);
    }
    let point = whole.len() as i64 + i64::from(exponent);
    if all.len() > LONGEST || point.unsigned_abs() as usize > LONGEST {
        return Err(ValueError::InvalidDecimal);
    }
    let (whole, fraction) = if point <= 0 {
        ("0".to_owned(), format!("{}{all}", "0".repeat(point.unsigned_abs() as usize)))
    } else if point as usize >= all.len() {
        (format!("{all}{}", "0".repeat(point as usize - all.len())), String::new())
    } else {
        (all[..point as usize].to_owned(), all[point as usize..].to_owned())
    };
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        trimmed => trimmed,
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{sign}{whole}{dot}{fraction}"))
}

pub(crate) fn uuid_text(value: &[u8; 16]) -> String {
    let mut out = String::with_capacity(36);
    for (i, byte) in value.iter().enumerate() {
        if matches!(i, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

pub(crate) fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let digits: String = text.chars().filter(|&c| c != '-').collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut value = [0; 16];
    for (i, byte) in value.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(value)
}

pub(crate) fn bytes_text(value: &[u8]) -> String {
    STANDARD.encode(value)
}

pub(crate) fn parse_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
