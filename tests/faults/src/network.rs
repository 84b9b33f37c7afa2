//! Everything a network, and what stands in it, can do to a request.
//!
//! One assumption: what was sent lands within its deadline and the time to settle, or never. A request that
//! was answered does not land again.

use std::sync::Arc;
use std::time::Duration;

use scrypath_core::meilisearch::{Answer, Exchange, Link, Sending};
use scrypath_core::{Error, Kind};
use tokio::time::{sleep, timeout};

use crate::index::Index;
use crate::world::{Fault, World};

pub(crate) struct Network {
    pub(crate) world: Arc<World>,
    pub(crate) index: Index,
    /// How long after its deadline a request may still land.
    pub(crate) settle: Duration,
}

/// How long a request takes at most where nothing is wrong.
const SOON: Duration = Duration::from_millis(30);

/// What becomes of a request.
struct Fate {
    /// How long it is under way; `None`: it never arrives.
    lands_after: Option<Duration>,
    twice: bool,
    /// The connection breaks off in the middle of its body.
    is_cut: bool,
    /// Something in front of the server answers in its place.
    refused: Option<u16>,
    /// Whether the answer comes back.
    is_answered: bool,
}

impl Network {
    fn fate(&self, size: usize, deadline: Duration) -> Fate {
        let world = &self.world;
        let mut fate = Fate {
            lands_after: Some(world.pause(SOON)),
            twice: false,
            is_cut: false,
            refused: None,
            is_answered: true,
        };
        if world.has(Fault::Lost) {
            fate.lands_after = None;
        } else if world.has(Fault::Slow) {
            // Slow, maybe so slow that nobody waits any more.
            fate.lands_after = Some(world.pause(deadline + self.settle));
        }
        fate.is_answered = !world.has(Fault::Unheard);
        fate.twice = world.has(Fault::Twice);
        fate.is_cut = world.has(Fault::Cut);
        if world.has(Fault::Overload) {
            // One document is never too large; two may be.
            let refusals = if size > 300 { 7 } else { 6 };
            fate.refused = Some([503, 429, 500, 502, 422, 400, 413][world.below(refusals) as usize]);
        }
        fate
    }
}

impl Link for Network {
    fn send<'a>(&'a self, exchange: &'a Exchange, deadline: Duration) -> Sending<'a> {
        Box::pin(async move {
            if self.world.has(Fault::Refused) {
                return Err(Error::new(Kind::TransportError, "no connection").unsent());
            }
            let fate = self.fate(exchange.body.bytes().len(), deadline);
            let is_slow = fate.lands_after.is_some_and(|after| after > SOON);
            let (exchange, index) = (exchange.clone(), self.index.clone());
            // Under way, whatever becomes of whoever sent it.
            let landing = tokio::spawn(async move {
                match fate.lands_after {
                    Some(after) => sleep(after).await,
                    None => std::future::pending().await,
                }
                if let Some(status) = fate.refused {
                    return refusal(status);
                }
                if fate.is_cut {
                    // A server that was promised so many bytes does nothing with fewer.
                    return refusal(400);
                }
                let body = exchange.body.bytes();
                let kind = exchange.body.content_type();
                let mut response = index.handle(exchange.method, &exchange.path, kind, body);
                if fate.twice {
                    response = index.handle(exchange.method, &exchange.path, kind, body);
                }
                Answer { status: response.status, body: response.body.into(), retry_after: None }
            });
            if is_slow && self.world.has(Fault::Struck) {
                self.world.struck.notify_waiters();
            }
            let is_heard = fate.is_answered && !fate.is_cut;
            match timeout(deadline, landing).await {
                Ok(Ok(answer)) if is_heard => Ok(answer),
                Ok(_) => Err(Error::new(Kind::TransportError, "the connection broke off")),
                Err(_) => Err(Error::new(Kind::RequestTimeout, "no answer")),
            }
        })
    }
}

fn refusal(status: u16) -> Answer {
    let code = match status {
        413 => "payload_too_large",
        422 => "no_space_left_on_device",
        _ => "",
    };
    let body = match code {
        "" => "<html>".to_owned(),
        code => format!(r#"{{"message":"no","code":"{code}","type":"system","link":""}}"#),
    };
    let retry_after = (status == 503).then_some(2);
    Answer { status, body: body.into(), retry_after }
}
