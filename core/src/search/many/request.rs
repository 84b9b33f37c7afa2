use bytes::Bytes;

use super::entry::{Entry, Plan};
use crate::document::push_json_string;
use crate::meilisearch::{Body, Exchange};
use crate::search::wire::{array, close, member, open};

impl Plan {
    /// Whether the server merges the hits of all entries into one list. It does, unless an entry wants a page
    /// of its own, which a merged list cannot give.
    pub(super) fn is_merged(&self) -> bool {
        !self.entries.iter().any(Entry::is_paged)
    }

    pub(super) fn exchange(&self) -> Exchange {
        let body = if self.is_merged() { self.merged() } else { self.side_by_side() };
        Exchange::post("/multi-search".to_owned(), Body::Json(Bytes::from(body)))
    }

    fn side_by_side(&self) -> String {
        let queries: Vec<String> =
            self.entries.iter().map(|entry| entry.query.body_for(&entry.index)).collect();
        format!("{{\"queries\":[{}]}}", queries.join(","))
    }

    fn merged(&self) -> String {
        let queries: Vec<String> = self.entries.iter().map(merged_query).collect();
        let (limit, offset) = (self.config.federation_limit, self.config.federation_offset);
        let mut out = format!("{{\"limit\":{limit},\"offset\":{offset}").into_bytes();
        let facets = self.facets_by_index();
        if !facets.is_empty() {
            member(&mut out, "facetsByIndex");
            for (at, (index, names)) in facets.iter().enumerate() {
                out.push(if at == 0 { b'{' } else { b',' });
                push_json_string(&mut out, index);
                out.push(b':');
                array(&mut out, names, |out, name| push_json_string(out, name));
            }
            out.push(b'}');
        }
        format!("{{\"queries\":[{}],\"federation\":{}}}", queries.join(","), close(out))
    }

    /// The facets that the entries of each index ask for.
    fn facets_by_index(&self) -> Vec<(&str, Vec<&str>)> {
        let mut all: Vec<(&str, Vec<&str>)> = Vec::new();
        for entry in self.entries.iter().filter(|entry| !entry.query.facets.is_empty()) {
            let at = all.iter().position(|(index, _)| *index == entry.index).unwrap_or_else(|| {
                all.push((&entry.index, Vec::new()));
                all.len() - 1
            });
            for name in &entry.query.facets {
                if !all[at].1.contains(&name.as_str()) {
                    all[at].1.push(name);
                }
            }
        }
        all
    }
}

fn merged_query(entry: &Entry) -> String {
    let mut out = open(&entry.index);
    entry.query.members(&mut out);
    if let Some(weight) = entry.weight {
        member(&mut out, "federationOptions");
        out.extend_from_slice(format!("{{\"weight\":{weight:?}}}").as_bytes());
    }
    close(out)
}
