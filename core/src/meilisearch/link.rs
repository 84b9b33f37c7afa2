use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::exchange::{Answer, Exchange};
use crate::error::Result;

/// What comes of one exchange.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Answer>> + Send + 'a>>;

/// Stands in for both transports of a [`crate::Core`]: for tests of what a network can do to a request. Errors
/// are those of the transports.
pub trait Link: Send + Sync {
    /// Sends one exchange, whose answer must come within `deadline`.
    fn send<'a>(&'a self, exchange: &'a Exchange, deadline: Duration) -> Sending<'a>;
}
