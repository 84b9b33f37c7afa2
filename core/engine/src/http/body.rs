//! Bodies: what they are packed in, and what they claim to be.

use std::borrow::Cow;
use std::io::Read;

use serde_json::Value;

use super::MAX_BODY;
use crate::engine::Request;
use crate::error::{ApiError, Code, Result};

/// The document formats a body may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContentType {
    Json,
    NdJson,
    Csv,
}

impl ContentType {
    /// Reads the header, whose value may be followed by parameters.
    pub(crate) fn of(request: &Request<'_>) -> Result<ContentType> {
        const ACCEPTED: &str = "`application/json`, `application/x-ndjson`, `text/csv`";
        let Some(header) = request.content_type else {
            return Err(ApiError::new(
                Code::MissingContentType,
                format!(
                    "A Content-Type header is missing. Accepted values for the Content-Type header are: {ACCEPTED}"
                ),
            ));
        };
        match essence(header).as_str() {
            "application/json" => Ok(ContentType::Json),
            "application/x-ndjson" => Ok(ContentType::NdJson),
            "text/csv" => Ok(ContentType::Csv),
            other => Err(ApiError::new(
                Code::InvalidContentType,
                format!(
                    "The Content-Type `{other}` is invalid. Accepted values for the Content-Type header are: {ACCEPTED}"
                ),
            )),
        }
    }
}

fn essence(header: &str) -> String {
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The body as it was before compression.
pub(crate) fn decode<'a>(request: &Request<'a>) -> Result<Cow<'a, [u8]>> {
    let encoding = request.content_encoding.map(|e| e.trim().to_ascii_lowercase());
    let mut unpacked = Vec::new();
    let limit = MAX_BODY as u64 + 1;
    let read = match encoding.as_deref() {
        None | Some("" | "identity") => {
            return if request.body.len() > MAX_BODY {
                Err(too_large())
            } else {
                Ok(Cow::Borrowed(request.body))
            };
        }
        Some("gzip" | "x-gzip") => {
            flate2::read::MultiGzDecoder::new(request.body).take(limit).read_to_end(&mut unpacked)
        }
        Some("deflate") => {
            flate2::read::ZlibDecoder::new(request.body).take(limit).read_to_end(&mut unpacked)
        }
        Some("br") => brotli_decompressor::Decompressor::new(request.body, 64 * 1024)
            .take(limit)
            .read_to_end(&mut unpacked),
        Some(other) => {
            return Err(ApiError::new(
                Code::InvalidContentType,
                format!(
                    "The Content-Encoding `{other}` is not supported. Accepted values are: `gzip`, `deflate`, `br`"
                ),
            ));
        }
    };
    if let Err(error) = read {
        return Err(ApiError::new(
            Code::MalformedPayload,
            format!("The payload could not be decompressed: {error}"),
        ));
    }
    if unpacked.len() > MAX_BODY {
        return Err(too_large());
    }
    Ok(Cow::Owned(unpacked))
}

/// The body of a route that takes JSON only.
pub(crate) fn json(request: &Request<'_>) -> Result<Value> {
    match request.content_type.map(essence) {
        Some(kind) if kind == "application/json" => {}
        Some(kind) => {
            return Err(ApiError::new(
                Code::InvalidContentType,
                format!(
                    "The Content-Type `{kind}` is invalid. Accepted values for the Content-Type header are: `application/json`"
                ),
            ));
        }
        None => {
            return Err(ApiError::new(
                Code::MissingContentType,
                "A Content-Type header is missing. Accepted values for the Content-Type header are: `application/json`",
            ));
        }
    }
    let body = decode(request)?;
    if body.is_empty() {
        return Err(ApiError::new(Code::MissingPayload, "A json payload is missing."));
    }
    serde_json::from_slice(&body).map_err(|error| {
        ApiError::new(Code::MalformedPayload, format!("The json payload provided is malformed. `{error}`."))
    })
}

pub(crate) fn too_large() -> ApiError {
    ApiError::new(
        Code::PayloadTooLarge,
        "The provided payload reached the size limit. The maximum accepted payload size is 100 MB.",
    )
}
