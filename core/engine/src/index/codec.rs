//! Bytes: varints, bitmaps, and numbers whose bytes sort as they do.

use roaring::RoaringBitmap;

pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a varint off the front of `bytes`; 0 where there is none, since a row is checked as a whole.
pub(super) fn take_varint(bytes: &mut &[u8]) -> u32 {
    let mut value = 0u32;
    let mut shift = 0;
    while let Some((&byte, rest)) = bytes.split_first() {
        *bytes = rest;
        value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte < 0x80 {
            break;
        }
        shift += 7;
    }
    value
}

/// Small sets as a list, others as roaring writes them.
pub(super) fn encode_bitmap(bitmap: &RoaringBitmap) -> Vec<u8> {
    let mut out = Vec::new();
    if bitmap.len() <= 12 {
        out.push(0);
        let mut last = 0;
        for id in bitmap {
            put_varint(&mut out, id - last);
            last = id;
        }
    } else {
        out.push(1);
        // Writing into a vector cannot fail.
        let _ = bitmap.serialize_into(&mut out);
    }
    out
}

pub(super) fn decode_bitmap(bytes: &[u8]) -> RoaringBitmap {
    match bytes.split_first() {
        Some((0, mut rest)) => {
            let mut bitmap = RoaringBitmap::new();
            let mut id = 0;
            while !rest.is_empty() {
                id += take_varint(&mut rest);
                bitmap.insert(id);
            }
            bitmap
        }
        Some((_, rest)) => RoaringBitmap::deserialize_from(rest).unwrap_or_default(),
        None => RoaringBitmap::new(),
    }
}

/// Eight bytes that compare as the numbers do.
pub(crate) fn ordered(number: f64) -> [u8; 8] {
    // -0.0 and 0.0 are one value.
    let bits = (number + 0.0).to_bits();
    let bits = if bits >> 63 == 0 { bits ^ (1 << 63) } else { !bits };
    bits.to_be_bytes()
}

pub(super) fn unordered(bytes: [u8; 8]) -> f64 {
    let bits = u64::from_be_bytes(bytes);
    f64::from_bits(if bits >> 63 == 1 { bits ^ (1 << 63) } else { !bits })
}
