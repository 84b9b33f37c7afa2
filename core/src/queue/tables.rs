//! The tables of the queue: that of jobs, where no Oban made one, and those that workers keep beside it.

use schemars::JsonSchema;
use serde::Serialize;

use super::statement::Dialect;

const POSTGRES_JOBS: &str = include_str!("sql/postgres_jobs.sql");
const POSTGRES_OWN: &str = include_str!("sql/postgres_own.sql");
const SQLITE_JOBS: &str = include_str!("sql/sqlite_jobs.sql");
const SQLITE_OWN: &str = include_str!("sql/sqlite_own.sql");

/// What makes the tables of the queue, and what drops those that are ours. Each text is one statement without
/// parameters; all of them may be carried out again and change nothing then.
#[derive(Debug, Serialize, JsonSchema)]
pub struct QueueTables {
    pub install: Vec<String>,
    /// Jobs are data: their table stays.
    pub uninstall: Vec<String>,
}

pub fn queue_tables(dialect: Dialect) -> QueueTables {
    let mut install = jobs_table(dialect);
    install.extend(own_tables(dialect));
    let own = ["scrypath_fences", "scrypath_dead_letters", "scrypath_lanes"];
    let uninstall = own.iter().map(|table| format!("DROP TABLE IF EXISTS {table}")).collect();
    QueueTables { install, uninstall }
}

/// What workers keep beside the jobs.
pub fn own_tables(dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Postgres => statements(POSTGRES_OWN),
        Dialect::Sqlite => statements(SQLITE_OWN),
    }
}

fn jobs_table(dialect: Dialect) -> Vec<String> {
    match dialect {
        // One block, since what it does depends on whether the table is there.
        Dialect::Postgres => vec![POSTGRES_JOBS.trim().to_owned()],
        Dialect::Sqlite => statements(SQLITE_JOBS),
    }
}

fn statements(script: &str) -> Vec<String> {
    script.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}
