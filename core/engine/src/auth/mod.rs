//! Who may ask for what: the master key, keys made with it, and tenant tokens signed with those.

mod access;
mod action;
mod keys;
mod routes;
mod token;

pub(crate) use access::Access;
pub(crate) use action::Action;
pub(crate) use keys::{Key, defaults};
pub(crate) use routes::{create, delete, get, list, update};
