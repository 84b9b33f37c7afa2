//! What lies between a worker and its database, and can go wrong there.

use std::sync::Arc;
use std::time::Duration;

use scrypath_core::queue::{Claim, Done, Hold, Keep, Statement, Store, Verdict};
use scrypath_core::{Error, Kind};
use tokio::time::sleep;

use crate::database::{Database, Tables};
use crate::world::{Fault, lock};

type Result<T> = std::result::Result<T, Box<Error>>;

/// For how long at most a call may stand still: longer than a lane is held.
pub(crate) const STALL: Duration = Duration::from_secs(30);

/// How far the clock of whoever takes over from a database that stood still may be ahead.
const AHEAD: u64 = 60;

#[derive(Clone)]
pub(crate) struct Connection(pub(crate) Arc<Database>);

impl Connection {
    /// Whether a call works. It is carried out even if whoever asked is killed meanwhile; or nothing happens; or it
    /// does, and whoever asked is told that it failed.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database, &mut Tables) -> T + Send + 'static,
    ) -> Result<T> {
        let connection = self.clone();
        let asked = tokio::spawn(async move {
            connection.take_time().await?;
            let database = &connection.0;
            let result = work(database, &mut lock(&database.tables));
            connection.take_time().await?;
            Ok(result)
        });
        asked.await.unwrap_or_else(|_| Err(failed()))
    }

    async fn take_time(&self) -> Result<()> {
        let world = &self.0.world;
        let mut most = Duration::from_millis(4);
        if world.has(Fault::Stalled) {
            most = STALL;
            if world.has(Fault::Jump) {
                self.0.jump(world.below(AHEAD) as i64);
            }
        }
        sleep(world.pause(most)).await;
        if world.has(Fault::Unreached) { Err(failed()) } else { Ok(()) }
    }

    /// Carries out a statement that the core wrote.
    pub(crate) async fn carry_out(&self, statement: &Statement) -> Result<Vec<Vec<String>>> {
        let statement = statement.clone();
        self.ask(move |database, tables| database.carry_out(tables, &statement)).await
    }
}

fn failed() -> Box<Error> {
    Error::new(Kind::TransportError, "the database was not reached")
}

impl Keep for Connection {
    async fn renew(&self, hold: &Hold, lease: Duration) -> Result<bool> {
        let hold = hold.clone();
        self.ask(move |database, tables| database.renew(tables, &hold, lease)).await
    }

    async fn sending(&self, hold: &Hold, newest: i64, unsettled: Duration, lease: Duration) -> Result<bool> {
        let hold = hold.clone();
        self.ask(move |database, tables| database.sending(tables, &hold, newest, unsettled, lease)).await
    }
}

impl Store for Connection {
    async fn hold(&self, queue: &str, holder: &str, lease: Duration) -> Result<Option<Hold>> {
        let (queue, holder) = (queue.to_owned(), holder.to_owned());
        self.ask(move |database, tables| database.hold(tables, queue, holder, lease)).await
    }

    async fn release(&self, hold: &Hold) -> Result<()> {
        let hold = hold.clone();
        self.ask(move |database, tables| database.release(tables, &hold)).await
    }

    async fn rescue(&self, hold: &Hold) -> Result<Option<u64>> {
        let hold = hold.clone();
        self.ask(move |database, tables| database.rescue(tables, &hold)).await
    }

    async fn claim(&self, hold: &Hold, limit: usize) -> Result<Option<Claim>> {
        let hold = hold.clone();
        self.ask(move |database, tables| database.claim(tables, &hold, limit)).await
    }

    async fn settle(&self, hold: &Hold, verdicts: &[(i64, Verdict)], done: &[Done]) -> Result<bool> {
        let (hold, verdicts, done) = (hold.clone(), verdicts.to_vec(), done.to_vec());
        self.ask(move |database, tables| database.settle(tables, &hold, &verdicts, &done)).await
    }

    async fn prune(&self, _queue: &str, keep: Duration) -> Result<u64> {
        self.ask(move |database, tables| database.prune(tables, keep)).await
    }

    async fn wait(&self, _queue: &str, most: Duration) {
        sleep(self.0.world.pause(most)).await;
    }
}
