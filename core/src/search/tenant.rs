//! Tenant scope: the restriction a caller cannot filter their way out of. Fails closed.

use crate::error::{Error, Kind, Result};
use crate::host::{Idiom, Term};
use crate::schema::Schema;

/// Puts the scope in front of the filter, or refuses.
pub(super) fn scope(
    schema: &Schema,
    scope: &Term,
    filter: &mut Vec<(String, Term)>,
    idiom: Idiom,
) -> Result<()> {
    let Some(field) = &schema.tenant_field else {
        let message =
            format!("{} does not declare a tenant_field: tenant_scope cannot be applied", schema.name);
        return Err(Error::new(Kind::TenantFieldMissing, message).named("tenant_scope"));
    };
    if filter.iter().any(|(name, value)| name == field || names_field(value, field, idiom)) {
        let message = format!(
            "filter already contains the tenant_field {}; give it in tenant_scope only",
            idiom.name(field)
        );
        return Err(Error::new(Kind::TenantFieldTwice, message).named(field.as_str()));
    }
    if scope.is_null() {
        let message = format!(
            "tenant_scope is {}, which is no tenant; leave the option out to search without a scope",
            idiom.null()
        );
        return Err(Error::new(Kind::FilterInvalid, message).named("tenant_scope"));
    }
    if let Some(operators) = scope.pairs(idiom).filter(|pairs| !pairs.is_empty()) {
        let narrows = |name: &str| matches!(name, "eq" | "in" | "gt" | "gte" | "lt" | "lte");
        if let Some((other, _)) = operators.iter().find(|(name, _)| !narrows(name)) {
            let message = format!(
                "tenant_scope cannot use {}, which may reach every tenant; accepted: a value, a list of values, or comparisons",
                idiom.name(other)
            );
            return Err(Error::new(Kind::FilterInvalid, message).named("tenant_scope"));
        }
    }
    filter.insert(0, (field.clone(), scope.clone()));
    Ok(())
}

/// Whether an `or` group, at any depth, speaks of the field.
fn names_field(value: &Term, field: &str, idiom: Idiom) -> bool {
    match value {
        Term::List(items) | Term::Tuple(items) => items.iter().any(|item| {
            item.pairs(idiom).is_some_and(|pairs| {
                pairs.iter().any(|(name, inner)| *name == field || names_field(inner, field, idiom))
            }) || names_field(item, field, idiom)
        }),
        _ => false,
    }
}
