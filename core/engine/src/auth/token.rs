//! Tenant tokens: JSON Web Tokens (HMAC with SHA-2) that narrow a search key to some documents.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Sha256, Sha384, Sha512};

use crate::clock::Instant;
use crate::error::{ApiError, Code, Result};

#[derive(Clone, Copy)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
}

/// Compares in constant time.
fn is_signed<M: Mac + KeyInit>(secret: &str, signed: &str, signature: &[u8]) -> bool {
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(signed.as_bytes());
    mac.verify_slice(signature).is_ok()
}

/// Patterns of indexes, with the filter that searches of them must pass.
pub(super) type Rules = Vec<(String, Option<Value>)>;

/// What a token says, before its signature is believed.
pub(super) struct Token<'a> {
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: Algorithm,
    pub(super) key_uid: String,
    expires: Option<f64>,
    rules: Rules,
}

impl<'a> Token<'a> {
    pub(super) fn read(text: &'a str) -> Option<Token<'a>> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (head, claims) = signed.split_once('.')?;
        let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
        let head: Value = serde_json::from_slice(&decode(head)?).ok()?;
        let algorithm = match head.get("alg")?.as_str()? {
            "HS256" => Algorithm::Sha256,
            "HS384" => Algorithm::Sha384,
            "HS512" => Algorithm::Sha512,
            _ => return None,
        };
        let claims: Value = serde_json::from_slice(&decode(claims)?).ok()?;
        let rules = match claims.get("searchRules")? {
            Value::Array(patterns) => {
                patterns.iter().map(|p| Some((p.as_str()?.to_owned(), None))).collect::<Option<_>>()?
            }
            Value::Object(rules) => {
                let filter = |rule: &Value| match rule {
                    Value::Null => Some(None),
                    Value::Object(rule) => Some(rule.get("filter").cloned()),
                    _ => None,
                };
                rules.iter().map(|(p, rule)| Some((p.clone(), filter(rule)?))).collect::<Option<_>>()?
            }
            _ => return None,
        };
        let expires = match claims.get("exp") {
            None | Some(Value::Null) => None,
            Some(exp) => Some(exp.as_f64()?),
        };
        let key_uid = claims.get("apiKeyUid")?.as_str()?.to_owned();
        Some(Token { signed, signature: decode(signature)?, algorithm, key_uid, expires, rules })
    }

    /// The rules it carries, where `secret` signed it and it has not expired.
    pub(super) fn verify(self, secret: &str) -> Result<Option<Rules>> {
        let signed = match self.algorithm {
            Algorithm::Sha256 => is_signed::<Hmac<Sha256>>(secret, self.signed, &self.signature),
            Algorithm::Sha384 => is_signed::<Hmac<Sha384>>(secret, self.signed, &self.signature),
            Algorithm::Sha512 => is_signed::<Hmac<Sha512>>(secret, self.signed, &self.signature),
        };
        if !signed {
            return Ok(None);
        }
        let now = Instant::now().seconds();
        match self.expires {
            Some(at) if now as f64 >= at => Err(ApiError::new(
                Code::InvalidApiKey,
                format!("Tenant token expired. Was valid up to `{}` and we're now `{now}`.", at as i64),
            )),
            _ => Ok(Some(self.rules)),
        }
    }
}
