//! The fields that an index has met, each with a number; `a.b` is a field of its own.

use std::collections::HashMap;

use crate::error::{ApiError, Code, Result};

#[derive(Debug, Clone, Default)]
pub(crate) struct Fields {
    names: Vec<String>,
    ids: HashMap<String, u16>,
}

impl Fields {
    pub(crate) fn of(names: Vec<String>) -> Fields {
        let ids = names.iter().enumerate().map(|(id, name)| (name.clone(), id as u16)).collect();
        Fields { names, ids }
    }

    pub(crate) fn id(&self, name: &str) -> Option<u16> {
        self.ids.get(name).copied()
    }

    pub(crate) fn name(&self, id: u16) -> &str {
        self.names.get(usize::from(id)).map_or("", String::as_str)
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) fn insert(&mut self, name: &str) -> Result<u16> {
        if let Some(id) = self.id(name) {
            return Ok(id);
        }
        let id = u16::try_from(self.names.len()).ok().filter(|id| *id < u16::MAX).ok_or_else(|| {
            ApiError::new(Code::MaxFieldsLimitExceeded, "A document cannot contain more than 65,535 fields.")
        })?;
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        Ok(id)
    }
}
