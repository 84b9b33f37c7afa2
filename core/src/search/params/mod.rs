//! params: what does a web request ask of a search?
//!
//! A browser sends names and texts: `filter[kind]=tug&page[number]=2`. They arrive nested already, as flat
//! pairs, or as a query string; [`decode`] makes one shape of all three, within bounds. [`normalize`]
//! turns that into criteria or into [`Issue`]s, all of them at once. Nothing here knows a schema but by the
//! set of names that may be spoken of, and nothing that a search does not own is looked at: a browser
//! cannot set a backend or a tenant. [`cast`] is for values that are of the host's own making already, and
//! [`form`] goes the other way.

mod cast;
mod decode;
mod form;
mod issue;
mod normalize;
mod query_string;

pub(crate) use cast::cast;
pub(crate) use form::{FormData, form_data, query_params, query_string, refused_form_data};
pub(crate) use issue::Issue;
pub(crate) use normalize::{names, normalize};
