//! What a task is, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Instant;
use crate::error::ApiError;

macro_rules! names {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $text:literal)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub(crate) enum $name { $($variant),* }

        impl $name {
            pub(crate) const ALL: &'static [$name] = &[$($name::$variant),*];

            pub(crate) fn name(self) -> &'static str {
                match self { $($name::$variant => $text),* }
            }

            /// Case does not matter, as in Meilisearch.
            pub(crate) fn of(text: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|each| each.name().eq_ignore_ascii_case(text))
            }
        }
    };
}

names! {
    /// Where a task stands.
    Status {
        Enqueued "enqueued"
        Processing "processing"
        Succeeded "succeeded"
        Failed "failed"
        Canceled "canceled"
    }
}

impl Status {
    pub(crate) fn is_finished(self) -> bool {
        matches!(self, Status::Succeeded | Status::Failed | Status::Canceled)
    }
}

names! {
    /// The `type` of a task on the wire. Those after `TaskDeletion` never occur here, but may be asked for.
    Kind {
        DocumentAdditionOrUpdate "documentAdditionOrUpdate"
        DocumentEdition "documentEdition"
        DocumentDeletion "documentDeletion"
        SettingsUpdate "settingsUpdate"
        IndexCreation "indexCreation"
        IndexDeletion "indexDeletion"
        IndexUpdate "indexUpdate"
        IndexSwap "indexSwap"
        TaskCancelation "taskCancelation"
        TaskDeletion "taskDeletion"
        DumpCreation "dumpCreation"
        SnapshotCreation "snapshotCreation"
        Export "export"
        UpgradeDatabase "upgradeDatabase"
        IndexCompaction "indexCompaction"
        NetworkTopologyChange "networkTopologyChange"
        RuleUpdate "dsrUpdate"
        RuleClear "dsrClear"
    }
}

impl Kind {
    /// Whether each task of it is about one index, and not about several or none.
    pub(crate) fn is_of_one_index(self) -> bool {
        !matches!(self, Kind::IndexSwap | Kind::TaskCancelation | Kind::TaskDeletion)
    }
}

/// Whether new fields replace a document or are laid over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Method {
    Replace,
    Update,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Swap {
    pub(crate) left: String,
    pub(crate) right: String,
    pub(crate) rename: bool,
}

/// What there is to do. Documents themselves are kept beside the task, see `Store::payload`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Work {
    AddDocuments {
        method: Method,
        primary_key: Option<String>,
        received: u64,
        creates: bool,
        skip_new: bool,
    },
    DeleteDocuments {
        ids: Vec<String>,
    },
    DeleteByFilter {
        filter: Value,
    },
    ClearDocuments,
    UpdateSettings {
        patch: Value,
        is_reset: bool,
        creates: bool,
    },
    CreateIndex {
        primary_key: Option<String>,
    },
    /// `asked` is the rename as it was asked for, where one of its names has since gone to another index.
    UpdateIndex {
        primary_key: Option<String>,
        new_uid: Option<String>,
        asked: Option<(String, String)>,
    },
    DeleteIndex,
    CompactIndex,
    SwapIndexes {
        swaps: Vec<Swap>,
    },
    CancelTasks {
        filter: String,
        uids: Vec<u32>,
    },
    DeleteTasks {
        filter: String,
        uids: Vec<u32>,
    },
}

impl Work {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Work::AddDocuments { .. } => Kind::DocumentAdditionOrUpdate,
            Work::DeleteDocuments { .. } | Work::DeleteByFilter { .. } | Work::ClearDocuments => {
                Kind::DocumentDeletion
            }
            Work::UpdateSettings { .. } => Kind::SettingsUpdate,
            Work::CreateIndex { .. } => Kind::IndexCreation,
            Work::UpdateIndex { .. } => Kind::IndexUpdate,
            Work::DeleteIndex => Kind::IndexDeletion,
            Work::CompactIndex => Kind::IndexCompaction,
            Work::SwapIndexes { .. } => Kind::IndexSwap,
            Work::CancelTasks { .. } => Kind::TaskCancelation,
            Work::DeleteTasks { .. } => Kind::TaskDeletion,
        }
    }
}

/// How a task ended: a number that its details tell (documents indexed or deleted, tasks canceled or
/// deleted, the sizes of a compaction), or an error.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) count: u64,
    pub(crate) error: Option<ApiError>,
}

impl Outcome {
    pub(crate) fn done(count: u64) -> Outcome {
        Outcome { count, error: None }
    }

    pub(crate) fn failed(error: ApiError) -> Outcome {
        Outcome { count: 0, error: Some(error) }
    }
}

/// How large an index was before and after a compaction, to the KiB.
pub(crate) struct Sizes {
    pub(crate) before: u64,
    pub(crate) after: u64,
}

impl Sizes {
    /// Both in the one number that an outcome has.
    pub(crate) fn pack(&self) -> u64 {
        let kib = |bytes: u64| (bytes >> 10).min(u64::from(u32::MAX));
        kib(self.before) << 32 | kib(self.after)
    }

    pub(crate) fn unpack(count: u64) -> Sizes {
        Sizes { before: count >> 32 << 10, after: (count & u64::from(u32::MAX)) << 10 }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) uid: u32,
    pub(crate) index: Option<String>,
    pub(crate) status: Status,
    pub(crate) work: Work,
    pub(crate) batch: Option<u32>,
    pub(crate) canceled_by: Option<u32>,
    pub(crate) count: Option<u64>,
    pub(crate) error: Option<ApiError>,
    pub(crate) enqueued_at: Instant,
    pub(crate) started_at: Option<Instant>,
    pub(crate) finished_at: Option<Instant>,
    pub(crate) metadata: Option<String>,
}

impl Task {
    /// The indexes that the task speaks of: its own, those of a swap, and the new name of a rename.
    pub(crate) fn concerned(&self) -> impl Iterator<Item = &str> {
        let (swaps, renamed) = match &self.work {
            Work::SwapIndexes { swaps } => (swaps.as_slice(), None),
            Work::UpdateIndex { new_uid, .. } => (&[][..], new_uid.as_deref()),
            _ => (&[][..], None),
        };
        let swapped = swaps.iter().flat_map(|swap| [swap.left.as_str(), swap.right.as_str()]);
        self.index.as_deref().into_iter().chain(renamed).chain(swapped)
    }

    /// Makes `left` and `right` change places in all that the task says of indexes.
    pub(crate) fn exchange(&mut self, left: &str, right: &str) {
        let exchange = |uid: &mut String| {
            if uid == left {
                right.clone_into(uid);
            } else if uid == right {
                left.clone_into(uid);
            }
        };
        let own = self.index.clone();
        self.index.iter_mut().for_each(exchange);
        match &mut self.work {
            Work::UpdateIndex { new_uid: Some(new_uid), asked, .. } => {
                asked.get_or_insert_with(|| (own.unwrap_or_default(), new_uid.clone()));
                exchange(new_uid);
            }
            Work::SwapIndexes { swaps } => {
                for swap in swaps {
                    exchange(&mut swap.left);
                    exchange(&mut swap.right);
                }
            }
            _ => {}
        }
    }
}

/// Tasks that ran together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub(crate) uid: u32,
    pub(crate) tasks: Vec<u32>,
    pub(crate) started_at: Instant,
    pub(crate) finished_at: Option<Instant>,
    pub(crate) why: String,
    /// Set when it ends.
    pub(crate) told: Option<Told>,
}

/// What is told of a batch. It stays as it was when the batch ended: tasks may be deleted, indexes renamed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) details: Map<String, Value>,
    pub(crate) total: u64,
    pub(crate) statuses: BTreeMap<Status, u64>,
    pub(crate) kinds: BTreeMap<Kind, u64>,
    pub(crate) indexes: BTreeMap<String, u64>,
    /// All that its tasks speak of, in swaps and renames too.
    pub(crate) concerned: BTreeSet<String>,
    /// The first and the last time that one of its tasks was enqueued.
    pub(crate) enqueued: Option<(Instant, Instant)>,
}
