use serde::Serialize;

/// A state of a job, as the `oban_jobs` table spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// To be run later, for the first time.
    Scheduled,
    Available,
    /// Held back by a workflow of Oban's own.
    Suspended,
    Executing,
    /// It failed and will be run again.
    Retryable,
    Completed,
    /// It failed as often as it may.
    Discarded,
    /// It never can succeed, or somebody called it off.
    Cancelled,
}

/// What a state says of a write, in the words of every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    Requested,
    Enqueued,
    Processing,
    BackendAccepted,
    Completed,
    Retrying,
    Discarded,
}

// One row a state: its name in the table, what it says, and whether it is the job's last.
const TABLE: &[(JobState, &str, Lifecycle, bool)] = &[
    (JobState::Scheduled, "scheduled", Lifecycle::Enqueued, false),
    (JobState::Available, "available", Lifecycle::Enqueued, false),
    (JobState::Suspended, "suspended", Lifecycle::Enqueued, false),
    (JobState::Executing, "executing", Lifecycle::Processing, false),
    (JobState::Retryable, "retryable", Lifecycle::Retrying, false),
    (JobState::Completed, "completed", Lifecycle::Completed, true),
    (JobState::Discarded, "discarded", Lifecycle::Discarded, true),
    (JobState::Cancelled, "cancelled", Lifecycle::Discarded, true),
];

impl JobState {
    pub fn parse(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == name).map(|row| row.0)
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    pub fn lifecycle(self) -> Lifecycle {
        self.row().2
    }

    pub fn is_final(self) -> bool {
        self.row().3
    }

    fn row(self) -> &'static (JobState, &'static str, Lifecycle, bool) {
        &TABLE[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_own_row() {
        for row in TABLE {
            assert_eq!(row.0.row(), row);
            assert_eq!(JobState::parse(row.1), Some(row.0));
        }
    }
}
