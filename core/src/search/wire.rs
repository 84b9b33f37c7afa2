use super::filter::Clause;
use super::query::Query;
use crate::document::push_json_string;

impl Query {
    /// The request body, as Meilisearch takes it. Facet filters are part of `filter`: a server knows no
    /// other place for them. Empty members are left out.
    pub(super) fn body(&self) -> String {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(b"{\"q\":");
        push_json_string(&mut out, &self.text);
        list(&mut out, "filter", &self.clauses, |out, clause| match clause {
            Clause::One(text) => push_json_string(out, text),
            Clause::Any(texts) => array(out, texts, |out, text| push_json_string(out, text)),
        });
        list(&mut out, "sort", &self.sort, |out, (by, field)| {
            push_json_string(out, &format!("{field}:{}", by.name()));
        });
        number(&mut out, "page", self.page.number);
        number(&mut out, "hitsPerPage", self.page.size);
        list(&mut out, "facets", &self.facets, |out, name| push_json_string(out, name));
        self.per_query.write(&mut out);
        out.push(b'}');
        // Whole strings and ASCII were pushed, nothing else.
        String::from_utf8(out).unwrap_or_default()
    }
}

fn list<T>(out: &mut Vec<u8>, name: &str, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
    if !items.is_empty() {
        member(out, name);
        array(out, items, item);
    }
}

fn array<T>(out: &mut Vec<u8>, items: &[T], item: impl Fn(&mut Vec<u8>, &T)) {
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
