//! `application/x-www-form-urlencoded`, both ways.

/// The pairs of a query string. What is not percent-encoded UTF-8 is `Err`, with what can be read of it.
pub(super) fn parse(text: &str) -> impl Iterator<Item = (Decoded, Decoded)> {
    let text = text.strip_prefix('?').unwrap_or(text);
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

pub(super) type Decoded = Result<String, String>;

fn decode(text: &str) -> Decoded {
    let mut bytes = Vec::with_capacity(text.len());
    let mut is_sound = true;
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            (byte, _) => {
                is_sound &= *byte != b'%';
                bytes.push(*byte);
            }
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) if is_sound => Ok(text),
        Ok(text) => Err(text),
        Err(error) => Err(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    }
}

fn digit(hex: u8) -> u8 {
    match hex {
        b'0'..=b'9' => hex - b'0',
        _ => (hex | 0x20) - b'a' + 10,
    }
}

/// Appends a pair, encoded the way browsers encode forms.
pub(super) fn push(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    encode(out, name);
    out.push('=');
    encode(out, value);
}

fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => out.push(byte.into()),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(pairs in prop::collection::vec((".*", ".*"), 0..8)) {
            let mut text = String::new();
            for (name, value) in &pairs {
                push(&mut text, name, value);
            }
            let read: Vec<_> = parse(&text).map(|(name, value)| (name.unwrap(), value.unwrap())).collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn anything_is_read_without_a_panic(text in "[%a-f0-9=&+\\[\\]\u{80}-\u{ff}]*") {
            let _ = parse(&text).count();
        }
    }

    #[test]
    fn what_is_no_text_is_said_to_be_none() {
        for bad in ["%", "%4", "%zz", "%ff", "%c3%28"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
