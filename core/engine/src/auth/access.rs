//! The outcome of a check: which indexes a request may touch, and through which filters.

use serde_json::Value;

use super::token::Token;
use super::{Action, Key};
use crate::error::{ApiError, Code, Result};

/// What the bearer of a request may reach.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// Patterns of index uids, from the key.
    indexes: Option<Vec<String>>,
    /// Patterns with filters, from a tenant token.
    rules: Option<Vec<(String, Option<Value>)>>,
    creates_indexes: bool,
}

impl Access {
    pub(crate) const FULL: Access = Access { indexes: None, rules: None, creates_indexes: true };

    /// Decides whether `authorization` may do `action`; which indexes is asked later.
    pub(crate) fn check(
        authorization: Option<&str>,
        action: Action,
        master_key: Option<&str>,
        keys: &[Key],
    ) -> Result<Access> {
        let Some(master_key) = master_key else {
            if action.name().starts_with("keys.") {
                return Err(ApiError::new(
                    Code::MissingMasterKey,
                    "Meilisearch is running without a master key. To access this API endpoint, you must have set a master key at launch.",
                ));
            }
            return Ok(Access::FULL);
        };
        let bearer = authorization.and_then(|header| {
            let token = header.strip_prefix("Bearer")?;
            if token.is_empty() { Some(token) } else { token.strip_prefix(' ') }
        });
        let Some(bearer) = bearer else {
            return Err(ApiError::new(
                Code::MissingAuthorizationHeader,
                "The Authorization header is missing. It must use the bearer authorization method.",
            ));
        };
        if same(bearer, master_key) {
            return Ok(Access::FULL);
        }
        let key =
            keys.iter().filter(|key| key.allows(action)).find(|key| same(bearer, &key.secret(master_key)));
        if let Some(key) = key {
            return Ok(Access::of(key, None));
        }
        if action == Action::Search
            && let Some(token) = Token::read(bearer)
            && let Some(key) = keys.iter().find(|key| key.uid == token.key_uid && key.allows(action))
            && let Some(rules) = token.verify(&key.secret(master_key))?
        {
            return Ok(Access::of(key, Some(rules)));
        }
        Err(Access::refusal())
    }

    fn of(key: &Key, rules: Option<Vec<(String, Option<Value>)>>) -> Access {
        Access {
            indexes: Some(key.indexes.clone()),
            rules,
            creates_indexes: key.allows(Action::IndexesCreate),
        }
    }

    pub(crate) fn refusal() -> ApiError {
        ApiError::new(Code::InvalidApiKey, "The provided API key is invalid.")
    }

    /// A write to an index that is not there makes it, unless the key forbids that.
    pub(crate) fn creates_indexes(&self) -> bool {
        self.creates_indexes
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.rules.is_some() || self.indexes.as_ref().is_some_and(|i| !i.iter().any(|p| p == "*"))
    }

    pub(crate) fn allows(&self, index: &str) -> bool {
        self.indexes.as_ref().is_none_or(|patterns| patterns.iter().any(|p| matches(p, index)))
            && self.rules.as_ref().is_none_or(|rules| rules.iter().any(|(p, _)| matches(p, index)))
    }

    pub(crate) fn require(&self, index: &str) -> Result<()> {
        if self.allows(index) { Ok(()) } else { Err(Access::refusal()) }
    }

    /// The filter a tenant's searches of `index` must pass; the most exact rule wins.
    pub(crate) fn tenant_filter(&self, index: &str) -> Option<&Value> {
        let rules = self.rules.as_ref()?;
        let best = rules
            .iter()
            .filter(|(p, _)| matches(p, index))
            .max_by_key(|(p, _)| (!p.ends_with('*'), p.len()))?;
        best.1.as_ref().filter(|filter| !filter.is_null())
    }
}

fn matches(pattern: &str, index: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => index.starts_with(prefix),
        None => pattern == index,
    }
}

/// Equality whose time does not tell how much was equal.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |diff, (a, b)| diff | (a ^ b)) == 0
}
