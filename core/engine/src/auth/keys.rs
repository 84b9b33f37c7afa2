//! A key: what it may do, where, until when, and how it is told from its uid.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::Action;
use super::action::is_global;
use crate::clock::Instant;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) uid: String,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) actions: Vec<String>,
    pub(crate) indexes: Vec<String>,
    pub(crate) expires_at: Option<Instant>,
    pub(crate) created_at: Instant,
    pub(crate) updated_at: Instant,
}

impl Key {
    pub(crate) fn allows(&self, action: Action) -> bool {
        self.expires_at.is_none_or(|at| at > Instant::now())
            && (self.is_everywhere() || !is_global(action.name()))
            && self.actions.iter().any(|granted| action.granted_by(granted))
    }

    /// Whether the key is for all indexes, and the engine itself.
    pub(super) fn is_everywhere(&self) -> bool {
        self.indexes.iter().any(|pattern| pattern == "*")
    }

    /// The secret itself is never stored: it follows from the uid and the master key.
    pub(crate) fn secret(&self, master_key: &str) -> String {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(master_key.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(self.uid.as_bytes());
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn to_json(&self, master_key: &str) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "key": self.secret(master_key),
            "uid": self.uid,
            "actions": self.actions,
            "indexes": self.indexes,
            "expiresAt": self.expires_at.map(Instant::to_rfc3339),
            "createdAt": self.created_at.to_rfc3339(),
            "updatedAt": self.updated_at.to_rfc3339(),
        })
    }
}

/// The keys that an engine with a master key starts with.
pub(crate) fn defaults() -> Vec<Key> {
    let make = |name: &str, description: &str, actions: &[&str]| {
        let now = Instant::now();
        Key {
            uid: Uuid::new_v4().to_string(),
            name: Some(name.to_owned()),
            description: Some(description.to_owned()),
            actions: actions.iter().map(|a| (*a).to_owned()).collect(),
            indexes: vec!["*".to_owned()],
            expires_at: None,
            created_at: now,
            updated_at: now,
        }
    };
    vec![
        make(
            "Default Chat API Key",
            "Use it to chat and search from the frontend",
            &["chatCompletions", "search"],
        ),
        make(
            "Default Read-Only Admin API Key",
            "Use it to read information across the whole database. Caution! Do not expose this key on a public frontend",
            &["*.get", "keys.get"],
        ),
        make("Default Search API Key", "Use it to search from the frontend", &["search"]),
        make(
            "Default Admin API Key",
            "Use it for anything that is not a search operation. Caution! Do not expose it on a public frontend",
            &["*"],
        ),
    ]
}
