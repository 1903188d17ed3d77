//! A client that comes back with its session when a connection has ended, as often as it takes.

use anyhow::{Result, bail};
use mqttscope_client::Input;
use mqttscope_proto::PacketType;
use mqttscope_proto::session::ConnectOptions;
use std::thread;
use std::time::{Duration, Instant};

use super::{Client, Outcome};
use crate::transport::Route;

/// So long it waits before each try.
const PAUSE: Duration = Duration::from_secs(1);

impl Client {
    /// Connects this session again, and tries again each second until a broker accepts it; what is in flight is sent
    /// again. Says whether the broker has kept the session.
    ///
    /// # Errors
    /// If nobody has accepted it within this time: with what became of the last try.
    pub fn come_back(&mut self, route: &Route, options: &ConnectOptions, limit: Duration) -> Result<bool> {
        let deadline = Instant::now() + limit;
        loop {
            thread::sleep(PAUSE);
            let failure = match self.try_again(route, options) {
                Ok(Outcome::Accepted) => return Ok(self.is_session_present()),
                Ok(Outcome::Refused(code)) => format!("refused with {code}"),
                Ok(Outcome::Closed) => "closed without CONNACK".to_owned(),
                Ok(Outcome::Silence) => "no CONNACK came".to_owned(),
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() > deadline {
                bail!("'{}' did not come back in {limit:?}: {failure}", options.client_id);
            }
        }
    }

    /// Whether the broker has accepted it, and neither side has given up since.
    pub fn is_connected(&self) -> bool {
        !self.closed && self.client.connection().is_connected()
    }

    fn try_again(&mut self, route: &Route, options: &ConnectOptions) -> Result<Outcome> {
        self.transport = route.open()?;
        self.closed = false;
        self.input(Input::Closed { code: 1000, reason: "" })?;
        self.ask(options)
    }

    /// What the newest CONNACK says.
    fn is_session_present(&self) -> bool {
        let connack = self.received_from(0, PacketType::ConnAck);
        connack.and_then(|bytes| bytes.get(2)).is_some_and(|flags| flags & 1 == 1)
    }
}
