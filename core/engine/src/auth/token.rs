//! Tenant tokens: JSON Web Tokens (HS256) that narrow a search key to some documents.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::clock::Instant;

/// What a token says, before its signature is believed.
pub(super) struct Token<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    pub(super) key_uid: String,
    expires: Option<f64>,
    rules: Vec<(String, Option<Value>)>,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Option<Token<'a>> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
        let head: Value = serde_json::from_slice(&decode(head)?).ok()?;
        if head.get("alg")?.as_str()? != "HS256" {
            return None;
        }
        let claims: Value = serde_json::from_slice(&decode(claims)?).ok()?;
        let rules = match claims.get("searchRules")? {
            Value::Array(patterns) => {
                patterns.iter().map(|p| Some((p.as_str()?.to_owned(), None))).collect::<Option<_>>()?
            }
            Value::Object(rules) => {
                rules.iter().map(|(p, rule)| (p.clone(), rule.get("filter").cloned())).collect()
            }
            _ => return None,
        };
        let expires = match claims.get("exp") {
            None | Some(Value::Null) => None,
            Some(exp) => Some(exp.as_f64()?),
        };
        let key_uid = claims.get("apiKeyUid")?.as_str()?.to_owned();
        Some(Token { signed, signature: decode(signature)?, key_uid, expires, rules })
    }

    /// The rules it carries, where `secret` signed it and it has not expired.
    pub(super) fn verify(self, secret: &str) -> Option<Vec<(String, Option<Value>)>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(self.signed.as_bytes());
        // Compares in constant time.
        mac.verify_slice(&self.signature).ok()?;
        let live = self.expires.is_none_or(|at| at > Instant::now().seconds() as f64);
        live.then_some(self.rules)
    }
}
