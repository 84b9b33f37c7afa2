//! Statements that a host carries out on a connection of its own: text, and the values of its places.

use schemars::JsonSchema;
use serde::Serialize;

/// The database that the jobs are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Dialect {
    Postgres,
    Sqlite,
}

/// How a driver writes the places of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Placeholders {
    /// `$1`
    Numbered,
    /// `%s`
    Format,
    /// `?`
    Question,
}

impl Dialect {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "postgres" => Some(Self::Postgres),
            "sqlite" => Some(Self::Sqlite),
            _ => None,
        }
    }
}

impl Placeholders {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "numbered" => Some(Self::Numbered),
            "format" => Some(Self::Format),
            "question" => Some(Self::Question),
            _ => None,
        }
    }

    pub(super) fn write(self, number: usize) -> String {
        match self {
            Self::Numbered => format!("${number}"),
            Self::Format => "%s".to_owned(),
            Self::Question => "?".to_owned(),
        }
    }
}

/// What statements are written for.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub dialect: Dialect,
    pub placeholders: Placeholders,
}

/// One statement, and the values of its places in their order. It may give rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Statement {
    pub sql: String,
    pub params: Vec<Param>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Param {
    Text(String),
    Int(i64),
}

impl From<&str> for Param {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Param {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Param {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A statement under construction. A value that is needed twice is given twice, since not every driver numbers.
pub(super) struct Draft {
    target: Target,
    sql: String,
    params: Vec<Param>,
}

impl Draft {
    pub(super) fn new(target: Target) -> Self {
        Self { target, sql: String::new(), params: Vec::new() }
    }

    pub(super) fn sql(mut self, sql: &str) -> Self {
        self.sql.push_str(sql);
        self
    }

    /// A place and its value. PostgreSQL is told the type, since where it stands does not always tell it.
    pub(super) fn value(mut self, value: impl Into<Param>) -> Self {
        let value = value.into();
        self.sql.push_str(&self.target.placeholders.write(self.params.len() + 1));
        if self.target.dialect == Dialect::Postgres {
            self.sql.push_str(match value {
                Param::Text(_) => "::text",
                Param::Int(_) => "::bigint",
            });
        }
        self.params.push(value);
        self
    }

    /// The items of a JSON list of texts, as a query of one column named `value`.
    pub(super) fn items(self, json: &str) -> Self {
        match self.target.dialect {
            Dialect::Postgres => {
                self.sql("SELECT DISTINCT value FROM json_array_elements_text(").value(json).sql("::json)")
            }
            Dialect::Sqlite => {
                self.sql("SELECT DISTINCT CAST(value AS TEXT) AS value FROM json_each(").value(json).sql(")")
            }
        }
    }

    /// The database's own time, and so many ms later.
    pub(super) fn later(self, ms: i64) -> Self {
        match self.target.dialect {
            Dialect::Postgres => {
                self.sql("clock_timestamp() + ").value(ms).sql(" * interval '1 millisecond'")
            }
            Dialect::Sqlite => self.now().sql(" + ").value(ms),
        }
    }

    pub(super) fn now(self) -> Self {
        match self.target.dialect {
            Dialect::Postgres => self.sql("clock_timestamp()"),
            Dialect::Sqlite => self.sql("CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"),
        }
    }

    pub(super) fn end(self) -> Statement {
        Statement { sql: self.sql, params: self.params }
    }
}
