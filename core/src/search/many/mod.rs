//! Many searches in one request: which are they, what is sent, and whose is each hit?
//!
//! Entries are checked, all of them, before anything is sent ([`entry`]). They become one multi-search
//! ([`request`]): merged by the server into one list or, where entries ask for pages of their own, side by
//! side. The reply is taken apart by query position ([`reply`]), so a schema may appear twice. Rows are
//! fetched by the host, one batch an entry, and [`finish`] puts them in order.

mod entry;
mod finish;
mod reply;
mod request;
mod run;

pub use entry::{AskedMany, Given, OPTIONS as ENTRY_OPTIONS, Target};
pub use finish::{Finished, Outcome, finish};
pub use run::{Failure, ManyReply, search_many};
