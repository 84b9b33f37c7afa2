use std::path::PathBuf;

use crate::error::{Error, Kind, Result};
use crate::host::Idiom;

/// Where documents go: the transport that `meilisearch_url` chooses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BackendUrl {
    /// `http://…` or `https://…`, parsed once for all that is sent.
    Http(reqwest::Url),
    /// `embedded:PATH`: the engine in this process, its data under PATH.
    Embedded(PathBuf),
    /// `memory:` or `memory:NAME`: the engine in this process, gone with it. Shared by name.
    Memory(String),
}

const ACCEPTED: &str = "http://HOST, https://HOST, embedded:PATH, memory: or memory:NAME";

impl BackendUrl {
    pub fn parse(url: &str, idiom: Idiom) -> Result<Self> {
        let refuse = |what: &str| {
            let option = idiom.option("meilisearch_url");
            let message = format!("invalid value for {option} option: {what}; accepted: {ACCEPTED}");
            Error::new(Kind::InvalidOption, message).named("meilisearch_url")
        };
        if url.is_empty() {
            return Err(refuse("the URL is empty"));
        }
        if let Some(name) = url.strip_prefix("memory:") {
            return Ok(Self::Memory(name.trim_matches('/').to_owned()));
        }
        if let Some(path) = url.strip_prefix("embedded:") {
            return match path {
                "" => Err(refuse("embedded: needs a path")),
                path => Ok(Self::Embedded(PathBuf::from(path))),
            };
        }
        match reqwest::Url::parse(url) {
            Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => {
                Ok(Self::Http(parsed))
            }
            Ok(_) => Err(refuse("the scheme is not one of these")),
            Err(_) => Err(refuse("not a URL")),
        }
    }
}
