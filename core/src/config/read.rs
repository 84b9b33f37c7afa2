use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::options::{self, invalid_option};
use super::url::BackendUrl;
use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};

/// The names of the one backend: the module in Elixir, a word elsewhere.
const MEILISEARCH: &[&str] = &["Elixir.Scrypath.Meilisearch", "meilisearch"];

/// The promise a write returns under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SyncMode {
    /// The backend task ended in success.
    Inline,
    /// The backend accepted the work.
    Manual,
    /// The work is durably enqueued.
    Oban,
}

impl SyncMode {
    pub fn name(self) -> &'static str {
        match self {
            Self::Inline => "inline",
            Self::Manual => "manual",
            Self::Oban => "oban",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SettingsMerge {
    Replace,
    Deep,
}

/// Text that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// How one HTTP request is sent.
#[derive(Debug, Clone)]
pub struct RequestOptions {
    pub headers: Vec<(String, Secret)>,
    pub receive_timeout: Duration,
    pub retry: bool,
}

impl Default for RequestOptions {
    fn default() -> Self {
        Self { headers: Vec::new(), receive_timeout: Duration::from_secs(15), retry: true }
    }
}

/// The resolved configuration of one call.
#[derive(Debug, Clone)]
pub struct Config {
    pub index_prefix: Option<String>,
    pub sync_mode: SyncMode,
    pub url: Option<String>,
    pub api_key: Option<Secret>,
    pub request: RequestOptions,
    pub inline_poll_interval: Duration,
    pub inline_timeout: Duration,
    pub settings_merge: SettingsMerge,
    pub oban_queue: Option<String>,
    pub oban_max_attempts: Option<i64>,
    pub federation_limit: i64,
    pub federation_offset: i64,
    pub hydration_timeout: Duration,
    pub max_schemas: i64,
    /// Which related records `sync_related` means.
    pub fan_out: Option<String>,
    /// The name of the repo, for telemetry.
    pub repo: Option<Term>,
    /// A stand-in for Meilisearch that was asked for, by the option that did.
    other: Option<(&'static str, String)>,
    idiom: Idiom,
}

/// Merged options, and the keys the call itself gave more than once.
#[derive(Debug, Clone, Default)]
pub struct Merged {
    pub options: Vec<(String, Term)>,
    pub twice: Vec<String>,
}

/// The three sources of options, weakest first.
#[derive(Debug, Clone, JsonSchema)]
pub struct Layers {
    #[schemars(with = "Option<Term>")]
    pub defaults: Term,
    #[schemars(with = "Option<Term>")]
    pub repo_defaults: Term,
    #[schemars(rename = "options", with = "Option<Term>")]
    pub call: Term,
}

impl Layers {
    /// Takes `options`, `defaults` and `repo_defaults` out of a call's term.
    pub(crate) fn take(term: &mut Term) -> Self {
        Self {
            defaults: term.take("defaults"),
            repo_defaults: term.take("repo_defaults"),
            call: term.take("options"),
        }
    }

    /// The merged options, later layers winning per key.
    pub(crate) fn merge(self, idiom: Idiom) -> Result<Merged> {
        let mut merged = Merged::default();
        for layer in [self.defaults, self.repo_defaults] {
            for (key, value) in layer.into_pairs(idiom).unwrap_or_default() {
                merged.put(idiom.read_option(&key).into_owned(), value);
            }
        }
        let call = match self.call {
            Term::Null => Term::List(Vec::new()),
            call => call,
        };
        let call = call.into_pairs(idiom).map_err(|_| {
            let message = format!("options must be {}", idiom.keyword_type());
            Error::new(Kind::InvalidOption, message).named("options")
        })?;
        let keys: Vec<_> = call.iter().map(|(key, _)| idiom.read_option(key).into_owned()).collect();
        for (at, ((_, value), key)) in call.into_iter().zip(&keys).enumerate() {
            if keys[..at].contains(key) {
                merged.twice.push(key.clone());
            }
            merged.put(key.clone(), value);
        }
        Ok(merged)
    }
}

impl Merged {
    fn put(&mut self, key: String, value: Term) {
        match self.options.iter_mut().find(|(name, _)| *name == key) {
            Some((_, slot)) => *slot = value,
            None => self.options.push((key, value)),
        }
    }
}

impl Config {
    /// The configuration that layers of options resolve to.
    pub fn of(layers: Layers, idiom: Idiom) -> Result<Self> {
        Self::read(&layers.merge(idiom)?, idiom)
    }

    /// Reads merged runtime options.
    pub fn read(merged: &Merged, idiom: Idiom) -> Result<Self> {
        let Merged { options: merged, twice } = merged;
        let unknown: Vec<&str> = merged
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| options::find(name).is_none() || twice.iter().any(|key| key == name))
            .collect();
        if !unknown.is_empty() {
            return Err(unknown_options(&unknown, options::RUNTIME.iter().map(|o| o.name), idiom));
        }
        if idiom == Idiom::Elixir && !merged.iter().any(|(name, _)| name == "backend") {
            let given: Vec<&str> = merged.iter().map(|(name, _)| name.as_str()).collect();
            let message =
                format!("required :backend option not found, received options: {}", idiom.options(given));
            return Err(Error::new(Kind::MissingOption, message).named("backend"));
        }
        let mut config = Self::defaults(idiom);
        for (name, value) in merged {
            if let Some(option) = options::find(name) {
                option.check(value, idiom)?;
                config.set(name, value)?;
            }
        }
        if config.sync_mode == SyncMode::Oban && config.oban_queue.is_none() {
            let message = format!(
                "{} is required when {} is {}",
                idiom.option("oban_queue"),
                idiom.option("sync_mode"),
                idiom.name("oban")
            );
            return Err(Error::new(Kind::MissingOption, message).named("oban_queue"));
        }
        Ok(config)
    }

    fn defaults(idiom: Idiom) -> Self {
        Self {
            index_prefix: None,
            sync_mode: SyncMode::Inline,
            url: None,
            api_key: None,
            request: RequestOptions::default(),
            inline_poll_interval: Duration::from_millis(100),
            inline_timeout: Duration::from_millis(5000),
            settings_merge: SettingsMerge::Replace,
            oban_queue: None,
            oban_max_attempts: Some(8),
            federation_limit: 200,
            federation_offset: 0,
            hydration_timeout: Duration::from_millis(5000),
            max_schemas: 10,
            fan_out: None,
            repo: None,
            other: None,
            idiom,
        }
    }

    fn set(&mut self, name: &str, value: &Term) -> Result<()> {
        let text = || value.as_str().map(str::to_owned);
        let int = match value {
            Term::Int(value) => *value,
            _ => 0,
        };
        let millis = Duration::from_millis(int.unsigned_abs());
        match name {
            "index_prefix" => self.index_prefix = text(),
            "sync_mode" => {
                self.sync_mode = match value.as_str() {
                    Some("manual") => SyncMode::Manual,
                    Some("oban") => SyncMode::Oban,
                    _ => SyncMode::Inline,
                }
            }
            "meilisearch_url" => self.url = text(),
            "meilisearch_api_key" => self.api_key = text().filter(|key| !key.is_empty()).map(Secret),
            "req_options" => self.request = RequestOptions::read(value, self.idiom)?,
            "inline_poll_interval" => self.inline_poll_interval = millis,
            "inline_timeout" => self.inline_timeout = millis,
            "settings_merge" if value.as_str() == Some("deep") => self.settings_merge = SettingsMerge::Deep,
            "oban_queue" => self.oban_queue = text(),
            "fan_out" => self.fan_out = text().filter(|name| !name.is_empty()),
            "oban_max_attempts" => self.oban_max_attempts = (!value.is_null()).then_some(int),
            "federation_limit" => self.federation_limit = int,
            "federation_offset" => self.federation_offset = int,
            "hydration_timeout" => self.hydration_timeout = millis,
            "max_schemas" => self.max_schemas = int,
            "backend" if !value.as_str().is_none_or(|name| MEILISEARCH.contains(&name)) => {
                self.other = value.as_str().map(|name| ("backend", name.to_owned()));
            }
            "meilisearch_client" if value.as_str().is_some() => {
                self.other = value.as_str().map(|name| ("meilisearch_client", name.to_owned()));
            }
            "repo" => self.repo = (!value.is_null()).then(|| value.clone()),
            _ => {}
        }
        Ok(())
    }

    /// The backend, or the error that names the missing option.
    pub fn backend(&self) -> Result<BackendUrl> {
        if let Some((option, name)) = &self.other {
            let message = format!(
                "{}: {} cannot be called; there is one backend, Meilisearch, and \"memory:\" as its URL stands in for it in tests",
                self.idiom.option(option),
                name.trim_start_matches("Elixir."),
            );
            return Err(Error::new(Kind::InvalidOption, message).named(*option));
        }
        match self.url.as_deref() {
            Some(url) if !url.is_empty() => BackendUrl::parse(url, self.idiom),
            _ => {
                let option = self.idiom.option("meilisearch_url");
                let message = format!(
                    "{option} is required: where is the search backend? (\"memory:\" needs no server)"
                );
                Err(Error::new(Kind::MissingOption, message).named("meilisearch_url"))
            }
        }
    }
}

/// A name that is among the valid ones was given more than once.
pub(crate) fn unknown_options<'a>(
    unknown: &[&str],
    valid: impl IntoIterator<Item = &'a str>,
    idiom: Idiom,
) -> Box<Error> {
    let valid: Vec<&str> = valid.into_iter().collect();
    let twice: Vec<&str> = unknown.iter().copied().filter(|name| valid.contains(name)).collect();
    let shown = idiom.options(unknown.iter().copied());
    let mut message = format!("unknown options {shown}, valid options are: {}", idiom.options(valid));
    if !twice.is_empty() {
        message.push_str(&format!("; given more than once: {}", idiom.options(twice)));
    }
    let mut error = Error::new(Kind::UnknownOptions, message);
    error.details.names = unknown.iter().map(|name| (*name).to_owned()).collect();
    error
}

impl RequestOptions {
    fn read(value: &Term, idiom: Idiom) -> Result<Self> {
        let mut options = Self::default();
        for (name, value) in value.pairs(idiom).unwrap_or_default() {
            let name = idiom.read_option(name);
            match (name.as_ref(), value) {
                ("receive_timeout", Term::Int(ms @ 1..)) => {
                    options.receive_timeout = Duration::from_millis(ms.unsigned_abs());
                }
                ("receive_timeout", got) => {
                    return Err(invalid_option(&name, "positive integer (ms)", got, idiom));
                }
                ("retry", Term::Bool(retry)) => options.retry = *retry,
                ("retry", got) => return Err(invalid_option("retry", "a boolean", got, idiom)),
                ("headers", got) => options.headers = read_headers(got, idiom)?,
                ("base_url", _) => {}
                (other, _) => {
                    let known = ["headers", "receive_timeout", "retry"];
                    return Err(unknown_options(&[other], known, idiom));
                }
            }
        }
        Ok(options)
    }
}

/// Headers as given, without those that would carry a key beside the configured one.
fn read_headers(value: &Term, idiom: Idiom) -> Result<Vec<(String, Secret)>> {
    let refuse = || invalid_option("headers", "pairs of strings", value, idiom);
    let pairs: Vec<(&Term, &Term)> = match value {
        Term::Map(entries) => entries.iter().map(|(key, value)| (key, value)).collect(),
        Term::List(items) => items
            .iter()
            .map(|item| match item {
                Term::Tuple(pair) | Term::List(pair) if pair.len() == 2 => Ok((&pair[0], &pair[1])),
                _ => Err(refuse()),
            })
            .collect::<Result<_>>()?,
        _ => return Err(refuse()),
    };
    let mut headers = Vec::new();
    for (name, value) in pairs {
        let (Some(name), Some(value)) = (name.as_str(), value.as_str()) else { return Err(refuse()) };
        let valid = http::HeaderName::from_bytes(name.as_bytes()).is_ok()
            && http::HeaderValue::from_str(value).is_ok();
        if !valid {
            return Err(refuse());
        }
        if !name.eq_ignore_ascii_case("x-meili-api-key") {
            headers.push((name.to_owned(), Secret(value.to_owned())));
        }
    }
    Ok(headers)
}

/// A resolved configuration, without its secrets, for looking at.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Summary {
    pub index_prefix: Option<String>,
    pub sync_mode: SyncMode,
    pub meilisearch_url: Option<String>,
    pub has_api_key: bool,
    pub inline_poll_interval: u64,
    pub inline_timeout: u64,
    pub settings_merge: SettingsMerge,
    pub oban_queue: Option<String>,
    pub oban_max_attempts: Option<i64>,
    pub federation_limit: i64,
    pub federation_offset: i64,
    pub hydration_timeout: u64,
    pub max_schemas: i64,
}

impl Config {
    pub fn summary(&self) -> Summary {
        let millis = |duration: Duration| duration.as_millis() as u64;
        Summary {
            index_prefix: self.index_prefix.clone(),
            sync_mode: self.sync_mode,
            meilisearch_url: self.url.clone(),
            has_api_key: self.api_key.is_some(),
            inline_poll_interval: millis(self.inline_poll_interval),
            inline_timeout: millis(self.inline_timeout),
            settings_merge: self.settings_merge,
            oban_queue: self.oban_queue.clone(),
            oban_max_attempts: self.oban_max_attempts,
            federation_limit: self.federation_limit,
            federation_offset: self.federation_offset,
            hydration_timeout: millis(self.hydration_timeout),
            max_schemas: self.max_schemas,
        }
    }
}
