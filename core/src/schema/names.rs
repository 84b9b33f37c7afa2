use std::collections::HashSet;

use once_cell::race::OnceBox;

/// Every name that the schemas of a program declare, for as long as it runs.
///
/// A chain that only grows, without a lock: a process forked while another thread declares a schema
/// inherits it whole, where a lock would be held for ever by a thread that does not exist.
#[derive(Default)]
pub(crate) struct DeclaredNames(OnceBox<Link>);

struct Link {
    names: HashSet<String>,
    next: DeclaredNames,
}

/// Schemas with names of their own, at most; more are a program that makes them up.
const MOST_LINKS: usize = 4096;

impl DeclaredNames {
    pub(crate) fn add<'a>(&self, names: impl Iterator<Item = &'a str>) {
        let mut names: HashSet<String> = names.map(str::to_owned).collect();
        let mut end = self;
        for _ in 0..MOST_LINKS {
            if let Some(link) = end.0.get() {
                names.retain(|name| !link.names.contains(name));
                end = &link.next;
                continue;
            }
            if names.is_empty() {
                return;
            }
            match end.0.set(Box::new(Link { names, next: Self::default() })) {
                Ok(()) => return,
                // Another thread was first: what it declared comes before this.
                Err(link) => names = link.names,
            }
        }
    }

    pub(crate) fn all(&self) -> HashSet<String> {
        let mut all = HashSet::new();
        let mut end = self;
        while let Some(link) = end.0.get() {
            all.extend(link.names.iter().cloned());
            end = &link.next;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_declared_at_once_are_all_kept() {
        let declared = DeclaredNames::default();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let declared = &declared;
                scope.spawn(move || {
                    for name in 0..50 {
                        let (own, common) = (format!("{thread}-{name}"), format!("common-{name}"));
                        declared.add([own.as_str(), common.as_str()].into_iter());
                    }
                });
            }
        });
        assert_eq!(declared.all().len(), 8 * 50 + 50);
    }
}
