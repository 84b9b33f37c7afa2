use serde_json::{Map, Value};

use super::query::Query;

impl Query {
    /// The request body, as Meilisearch takes it. Facet filters are part of `filter`: a server knows no
    /// other place for them.
    pub(super) fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("q".to_owned(), Value::String(self.text.clone()));
        if !self.clauses.is_empty() {
            let filter = self.clauses.iter().map(super::filter::Clause::to_json).collect();
            body.insert("filter".to_owned(), Value::Array(filter));
        }
        if !self.sort.is_empty() {
            let sort = self.sort.iter().map(|(by, field)| Value::String(format!("{field}:{}", by.name())));
            body.insert("sort".to_owned(), sort.collect());
        }
        if let Some(number) = self.page.number {
            body.insert("page".to_owned(), number.into());
        }
        if let Some(size) = self.page.size {
            body.insert("hitsPerPage".to_owned(), size.into());
        }
        if !self.facets.is_empty() {
            body.insert("facets".to_owned(), self.facets.iter().cloned().map(Value::String).collect());
        }
        self.per_query.write(&mut body);
        Value::Object(body)
    }
}
