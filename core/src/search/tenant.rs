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
    if filter.iter().any(|(name, value)| speaks_of(name, value, field, idiom)) {
        let message = format!(
            "filter already contains the tenant_field {}; give it in tenant_scope only",
            idiom.name(field)
        );
        return Err(Error::new(Kind::TenantFieldTwice, message).named(field.as_str()));
    }
    if scope.is_null() {
        return Err(no_tenant(idiom));
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
        if operators.iter().any(|(_, operand)| operand.is_null()) {
            return Err(no_tenant(idiom));
        }
    }
    filter.insert(0, (field.clone(), scope.clone()));
    Ok(())
}

fn no_tenant(idiom: Idiom) -> Box<Error> {
    let message = format!(
        "tenant_scope is {}, which is no tenant; leave the option out to search without a scope",
        idiom.null()
    );
    Error::new(Kind::FilterInvalid, message).named("tenant_scope")
}

/// Whether a condition is on the field, or a group that holds one at any depth.
fn speaks_of(name: &str, value: &Term, field: &str, idiom: Idiom) -> bool {
    let group = |group: &Term| {
        let pairs = group.pairs(idiom).unwrap_or_default();
        pairs.iter().any(|(name, value)| speaks_of(name, value, field, idiom))
    };
    match (name, value) {
        (name, _) if name == field => true,
        ("not", value) => group(value),
        ("or", Term::List(groups)) => groups.iter().any(group),
        _ => false,
    }
}
