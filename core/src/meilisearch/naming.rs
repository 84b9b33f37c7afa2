use crate::config::Config;
use crate::schema::Schema;

/// The live index: `{prefix}_{schema}`. The call's prefix wins over the schema's, which wins over `scrypath`.
pub fn index_name(schema: &Schema, config: &Config) -> String {
    let prefix = config.index_prefix.as_deref().or(schema.index_prefix.as_deref()).unwrap_or("scrypath");
    format!("{prefix}_{}", schema.name)
}
