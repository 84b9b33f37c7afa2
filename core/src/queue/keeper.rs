//! Keeping a lane while its work takes long, and saying what is under way before it is.
//!
//! A request is sent only with more of the lease left than the request may take. Before it is sent, the lane
//! says for how long it may still land; whoever takes the lane after a crash waits for that. Nothing depends on the
//! database's clock: after a jump of it somebody else has the lane early, and waits all the same.

use std::time::Duration;

use tokio::time::Instant;

use super::store::{Hold, Keep};

/// The lane is somebody else's now, or its database cannot be reached: nothing more may be sent.
#[derive(Debug)]
pub(super) struct Lost;

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// How long a lane is held without being renewed.
    pub lease: Duration,
    /// How long a request may take; the deadline that the client sets.
    pub deadline: Duration,
    /// How long after its deadline an unanswered request may still land.
    pub settle: Duration,
    /// How often is looked for jobs that nobody announced.
    pub poll: Duration,
}

impl Times {
    /// For how long after it is sent a request may land.
    pub(super) fn landing(&self) -> Duration {
        self.deadline + self.settle
    }

    /// For how long it may land after that it is sent was written down, which may take as long as a request.
    fn unsettled(&self) -> Duration {
        self.deadline + self.landing()
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            deadline: Duration::from_secs(15),
            settle: Duration::from_secs(15),
            poll: Duration::from_secs(1),
        }
    }
}

pub(super) struct Keeper<'a, S> {
    store: &'a S,
    hold: &'a Hold,
    times: Times,
    /// The newest job that is sent for.
    newest: i64,
    /// Until when the lane is ours, on this process's own clock; never later than the database's.
    until: Instant,
    /// Until when what was sent last may land.
    unsettled_until: Instant,
    marks: &'a mut Marks,
}

/// The marks that a worker puts on its requests. No two of one worker are the same, whatever lane and round.
#[derive(Debug)]
pub(super) struct Marks {
    sent: u64,
    /// Whether the server knows of marks; believed until it says otherwise.
    are_known: bool,
}

impl Default for Marks {
    fn default() -> Self {
        Self { sent: 0, are_known: true }
    }
}

impl<'a, S: Keep> Keeper<'a, S> {
    /// `since`: an instant before the lane was last taken or renewed.
    pub(super) fn new(
        store: &'a S,
        hold: &'a Hold,
        times: Times,
        newest: i64,
        since: Instant,
        marks: &'a mut Marks,
    ) -> Self {
        let until = since + times.lease;
        Self { store, hold, times, newest, until, unsettled_until: since, marks }
    }

    pub(super) fn marks(&self) -> bool {
        self.marks.are_known
    }

    /// The server is older than marks.
    pub(super) fn do_not_mark(&mut self) {
        self.marks.are_known = false;
    }

    /// Writes down that a request is about to be sent. Its mark.
    pub(super) async fn before_sending(&mut self) -> Result<String, Lost> {
        self.marks.sent += 1;
        let mark = format!("{}-{}", self.hold.holder, self.marks.sent);
        let since = Instant::now();
        let Times { lease, deadline, .. } = self.times;
        match self.store.sending(self.hold, self.newest, self.times.unsettled(), lease).await {
            Ok(true) => {}
            _ => return Err(Lost),
        }
        self.until = since + lease;
        // Writing that down may have taken long: then the lease does not last for the request, nor what was written
        // for its landing.
        let now = Instant::now();
        if self.until.saturating_duration_since(now) <= deadline || now - since > deadline {
            return Err(Lost);
        }
        self.unsettled_until = now + self.times.landing();
        Ok(mark)
    }

    /// Whether nothing that was sent can land any more.
    pub(super) fn is_settled(&self) -> bool {
        Instant::now() >= self.unsettled_until
    }

    /// Waits, and keeps the lane meanwhile.
    pub(super) async fn sleep(&mut self, pause: Duration) -> Result<(), Lost> {
        tokio::time::sleep(pause).await;
        self.renew_if_due().await
    }

    pub(super) async fn renew_if_due(&mut self) -> Result<(), Lost> {
        let now = Instant::now();
        if now >= self.until {
            return Err(Lost);
        }
        if self.until - now > self.times.lease * 2 / 3 {
            return Ok(());
        }
        match self.store.renew(self.hold, self.times.lease).await {
            Ok(true) => {
                self.until = now + self.times.lease;
                Ok(())
            }
            Ok(false) => Err(Lost),
            // The database may come back while the lease lasts.
            Err(_) => Ok(()),
        }
    }
}
