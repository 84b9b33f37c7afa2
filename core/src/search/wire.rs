use super::filter::Clause;
use super::query::Query;
use crate::document::push_json_string;

impl Query {
    /// The request body, as Meilisearch takes it. Facet filters are part of `filter`: a server knows no
    /// other place for them. Empty members are left out.
    pub(super) fn body(&self) -> String {
        let mut out = Vec::with_capacity(256);
        out.push(b'{');
        self.members(&mut out);
        self.page_and_facets(&mut out);
        close(out)
    }

    /// The same, as one of the queries of a multi-search.
    pub(super) fn body_for(&self, index: &str) -> String {
        let mut out = open(index);
        self.members(&mut out);
        self.page_and_facets(&mut out);
        close(out)
    }

    /// What decides which documents are hits, and how they are shown. The object is left open.
    pub(super) fn members(&self, out: &mut Vec<u8>) {
        self.matching(out, None);
        list(out, "sort", &self.sort, |out, (by, field)| {
            push_json_string(out, &format!("{field}:{}", by.name()));
        });
        self.per_query.write(out);
        self.presentation.write(out);
    }

    /// A query for the counts of one facet, as if it were not filtered by.
    pub(super) fn counts_for(&self, index: &str, facet: &str) -> String {
        let mut out = open(index);
        self.matching(&mut out, Some(facet));
        list(&mut out, "facets", &[facet], |out, name| push_json_string(out, name));
        number(&mut out, "limit", Some(0));
        close(out)
    }

    fn matching(&self, out: &mut Vec<u8>, without: Option<&str>) {
        out.extend_from_slice(b"\"q\":");
        push_json_string(out, &self.text);
        list(out, "filter", &self.all_clauses(without), clause);
        self.per_query.write_threshold(out);
        self.presentation.write_strategy(out);
    }

    /// Everything that must hold, as JSON.
    pub(super) fn filter_json(&self) -> String {
        let mut out = Vec::with_capacity(128);
        array(&mut out, &self.all_clauses(None), clause);
        String::from_utf8(out).unwrap_or_default()
    }

    fn page_and_facets(&self, out: &mut Vec<u8>) {
        number(out, "page", self.page.number);
        number(out, "hitsPerPage", self.page.size);
        list(out, "facets", &self.facets, |out, name| push_json_string(out, name));
    }

    /// The body of a search for suggestions out of one field.
    pub(super) fn suggestions(&self, field: &str, limit: i64) -> String {
        let mut out = Vec::with_capacity(256);
        out.push(b'{');
        self.members(&mut out);
        list(&mut out, "attributesToSearchOn", &[field], |out, name| push_json_string(out, name));
        number(&mut out, "limit", Some(limit));
        close(out)
    }

    /// The body of a facet search: the filter is always there.
    pub(super) fn facet_search(&self, facet: &str) -> String {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"facetName\":");
        push_json_string(&mut out, facet);
        member(&mut out, "facetQuery");
        push_json_string(&mut out, &self.text);
        member(&mut out, "filter");
        array(&mut out, &self.all_clauses(None), clause);
        close(out)
    }
}

/// A query of a multi-search, up to its first member.
pub(super) fn open(index: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(256);
    out.extend_from_slice(b"{\"indexUid\":");
    push_json_string(&mut out, index);
    out.push(b',');
    out
}

/// Ends the open object.
pub(super) fn close(mut out: Vec<u8>) -> String {
    out.push(b'}');
    // Whole strings and ASCII were pushed, nothing else.
    String::from_utf8(out).unwrap_or_default()
}

fn clause(out: &mut Vec<u8>, clause: &&Clause) {
    match clause {
        Clause::One(text) => push_json_string(out, text),
        Clause::Any(texts) => array(out, texts, |out, text| push_json_string(out, text)),
    }
}

fn list<T>(out: &mut Vec<u8>, name: &str, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
    if !items.is_empty() {
        member(out, name);
        array(out, items, item);
    }
}

pub(super) fn array<T>(out: &mut Vec<u8>, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
    out.push(b'[');
    for (at, one) in items.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        item(out, one);
    }
    out.push(b']');
}

fn number(out: &mut Vec<u8>, name: &str, value: Option<i64>) {
    if let Some(value) = value {
        member(out, name);
        out.extend_from_slice(value.to_string().as_bytes());
    }
}

/// A further member of the open object.
pub(super) fn member(out: &mut Vec<u8>, name: &str) {
    out.push(b',');
    push_json_string(out, name);
    out.push(b':');
}
