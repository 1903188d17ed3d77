//! What a user can ask of a client.

use mqttscope_log::{Direction, Event, Log, SourceId, Version};
use mqttscope_proto::session::{CommandError, Publication};
use mqttscope_proto::{Qos, Timestamp, TopicFilter};

use super::{Attempt, Client, ConnectRequest};
use crate::close::LocalClose;
use crate::connection::Phase;

/// Commands.
impl Client {
    /// Opens a WebSocket, and connects over it. A connection that is still there is dropped.
    pub fn connect(&mut self, now: Timestamp, request: ConnectRequest, log: &mut Log) {
        self.now = now;
        self.session.handle_closed();
        self.report(now, None, log);
        if let Some(id) = self.id() {
            log.push_remains(now.as_micros(), id, Direction::In);
            log.close(id);
        }
        self.link.open(self.connection.is_open());
        self.generation = self.generation.wrapping_add(1);
        let options = &request.options;
        self.connection.opening(&request.url, &options.client_id, options.clean_session);
        let id = log.add_connection(SourceId::LIVE, Version::Known(options.version));
        let opening = Event::Opening { url: &request.url, subprotocols: &request.subprotocol_words() };
        log.push_event(now.as_micros(), id, opening);
        self.attempt = Some(Attempt { request, id, began: now, withheld: false, closing: None });
        self.enter(now, Phase::Opening);
    }

    /// Sends DISCONNECT and closes the WebSocket; an attempt that is under way is given up.
    pub fn disconnect(&mut self, now: Timestamp, log: &mut Log) {
        self.now = now;
        if self.session.disconnect().is_ok() {
            self.gather(now, None, log);
        } else {
            self.end(now, LocalClose::GivenUp, log);
        }
    }

    /// Closes the WebSocket without DISCONNECT.
    pub fn drop_connection(&mut self, now: Timestamp, log: &mut Log) {
        self.now = now;
        self.end(now, LocalClose::Dropped, log);
    }

    /// Subscribes to a topic filter.
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::subscribe`].
    pub fn subscribe(
        &mut self,
        now: Timestamp,
        filter: TopicFilter<'_>,
        qos: Qos,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        self.session.subscribe(now, &[(filter, qos)])?;
        self.update(|connection| connection.subscribing(filter.as_str(), qos));
        self.gather(now, None, log);
        Ok(())
    }

    /// Gives a subscription up.
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::unsubscribe`].
    pub fn unsubscribe(
        &mut self,
        now: Timestamp,
        filter: TopicFilter<'_>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        self.session.unsubscribe(now, &[filter])?;
        self.update(|connection| connection.unsubscribing(filter.as_str()));
        self.gather(now, None, log);
        Ok(())
    }

    /// Publishes a message.
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::publish`].
    pub fn publish(
        &mut self,
        now: Timestamp,
        message: &Publication<'_>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        self.session.publish(now, message)?;
        self.gather(now, None, log);
        Ok(())
    }

    /// Sends the acknowledgements that the policy has withheld, in order.
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::release_withheld`].
    pub fn release_withheld(&mut self, now: Timestamp, log: &mut Log) -> Result<(), CommandError> {
        self.now = now;
        self.session.release_withheld(now)?;
        self.gather(now, None, log);
        Ok(())
    }
}
