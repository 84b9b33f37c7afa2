//! config: with which settings does this call run?
//!
//! Three layers, weakest first: library defaults, defaults of the repo, the call's own options. They
//! are merged per key and held against one table ([`options::RUNTIME`]); an unknown key or a wrong
//! type is refused before anything is sent. Takes [`Term`]s, gives a [`Config`].

pub mod options;
mod read;
mod url;

pub(crate) use read::unknown_options;
pub use read::{Config, Layers, Merged, RequestOptions, Secret, SettingsMerge, Summary, SyncMode};
pub use url::BackendUrl;
