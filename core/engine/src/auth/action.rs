//! What a key may be allowed to do.

macro_rules! actions {
    ($($name:ident $text:literal)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Action { $($name),* }

        impl Action {
            pub(crate) fn name(self) -> &'static str {
                match self { $(Action::$name => $text),* }
            }
        }
    };
}

// The actions that a route of this engine asks for.
actions! {
    Search "search"
    DocumentsAdd "documents.add"
    DocumentsGet "documents.get"
    DocumentsDelete "documents.delete"
    IndexesCreate "indexes.create"
    IndexesGet "indexes.get"
    IndexesUpdate "indexes.update"
    IndexesDelete "indexes.delete"
    IndexesSwap "indexes.swap"
    TasksGet "tasks.get"
    TasksCancel "tasks.cancel"
    TasksDelete "tasks.delete"
    SettingsGet "settings.get"
    SettingsUpdate "settings.update"
    StatsGet "stats.get"
    Version "version"
    KeysCreate "keys.create"
    KeysGet "keys.get"
    KeysUpdate "keys.update"
    KeysDelete "keys.delete"
    IndexesCompact "indexes.compact"
    FieldsPost "fields.post"
    WebhooksGet "webhooks.get"
    ExperimentalGet "experimental.get"
    ExperimentalUpdate "experimental.update"
}

/// Whether an action is about the whole engine and no index: a key that is limited to some cannot have it.
pub(super) fn is_global(name: &str) -> bool {
    const GLOBAL: &[&str] = &[
        "version",
        "export",
        "tasks.compact",
        "metrics.",
        "dumps.",
        "snapshots.",
        "keys.",
        "experimental.",
        "network.",
        "chats.",
        "chatsSettings.",
        "webhooks.",
        "dynamicSearchRules.",
    ];
    GLOBAL.iter().any(|global| name == *global || global.ends_with('.') && name.starts_with(global))
}

impl Action {
    /// Whether a key that lists `granted` may do this.
    pub(crate) fn granted_by(self, granted: &str) -> bool {
        let name = self.name();
        match granted {
            "*" => true,
            "*.get" => {
                name.ends_with(".get") && !name.starts_with("keys.")
                    || matches!(self, Action::Version | Action::Search | Action::FieldsPost)
            }
            _ => match granted.strip_suffix(".*") {
                Some(group) => name.strip_prefix(group).is_some_and(|rest| rest.starts_with('.')),
                None => granted == name,
            },
        }
    }
}

/// Every action a key may list, those of features that are not in this engine included.
pub(super) const KNOWN: &[&str] = &[
    "*",
    "search",
    "documents.*",
    "documents.add",
    "documents.get",
    "documents.delete",
    "indexes.*",
    "indexes.create",
    "indexes.get",
    "indexes.update",
    "indexes.delete",
    "indexes.swap",
    "tasks.*",
    "tasks.cancel",
    "tasks.delete",
    "tasks.get",
    "settings.*",
    "settings.get",
    "settings.update",
    "stats.*",
    "stats.get",
    "metrics.*",
    "metrics.get",
    "dumps.*",
    "dumps.create",
    "snapshots.*",
    "snapshots.create",
    "version",
    "keys.create",
    "keys.get",
    "keys.update",
    "keys.delete",
    "experimental.get",
    "experimental.update",
    "export",
    "network.get",
    "network.update",
    "chatCompletions",
    "chats.*",
    "chats.get",
    "chats.delete",
    "chatsSettings.*",
    "chatsSettings.get",
    "chatsSettings.update",
    "*.get",
    "webhooks.get",
    "webhooks.update",
    "webhooks.delete",
    "webhooks.create",
    "webhooks.*",
    "indexes.compact",
    "fields.post",
    "tasks.compact",
    "dynamicSearchRules.get",
    "dynamicSearchRules.create",
    "dynamicSearchRules.update",
    "dynamicSearchRules.delete",
    "dynamicSearchRules.*",
];
