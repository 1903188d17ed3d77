//! What a user can ask of a client.

use mqttscope_log::{Direction, Event, Log, SourceId, Version, server_of};
use mqttscope_proto::session::{CommandError, Publication, Published};
use mqttscope_proto::{Properties, Qos, ReasonCode, SubscribeOptions, Timestamp, TopicFilter};

use super::{Attempt, Client, ConnectRequest};
use crate::close::LocalClose;
use crate::connection::Phase;

/// Commands.
impl Client {
    /// Opens a WebSocket, and connects over it. A connection that is still there is dropped.
    pub fn connect(&mut self, now: Timestamp, request: ConnectRequest, log: &mut Log) {
        self.now = now;
        self.forget_loss();
        self.open(now, request, false, log);
    }

    /// Opens a WebSocket, asked for or by itself after a loss.
    pub(super) fn open(
        &mut self,
        now: Timestamp,
        request: ConnectRequest,
        is_automatic: bool,
        log: &mut Log,
    ) {
        self.session.handle_closed();
        self.report(now, None, log);
        if let Some(id) = self.id() {
            log.push_remains(now.as_micros(), id, Direction::In);
            log.close(id);
        }
        self.link.open(self.connection.is_open());
        self.generation = self.generation.wrapping_add(1);
        let options = &request.options;
        let id = log.add_connection(SourceId::LIVE, Version::Known(options.version));
        let url = request.shown_url();
        let opening = Event::Opening { url: &url, subprotocols: &request.subprotocol_words() };
        log.push_event(now.as_micros(), id, opening);
        let before = self.attempt.as_ref().map(|attempt| &attempt.request);
        let restored = self.restored.as_ref().filter(|_| before.is_none());
        let is_same_server = before.is_none_or(|before| server_of(&before.url) == server_of(&request.url))
            && restored.is_none_or(|restored| restored.server == server_of(&url));
        // Without a client id it is the one that the server has assigned before.
        let is_same_id = self.connection.client_id == options.client_id
            || options.client_id.is_empty()
                && (before.is_some_and(|before| before.options.client_id.is_empty())
                    || restored.is_some_and(|restored| restored.has_assigned_id));
        let is_same = is_same_server && is_same_id;
        if !is_same_server {
            self.refused_versions.clear();
        }
        self.knows_session &= is_same;
        let keeps_list = is_same && (is_automatic || !options.clean_session);
        self.connection.opening(url, &options.client_id, options.clean_session, keeps_list);
        self.connection.version = options.version;
        let policy = self.session.policy_mut();
        policy.connack_timeout_millis = Some(u64::from(request.connect_timeout_secs) * 1_000);
        policy.pingresp_timeout_millis = u64::from(request.pingresp_timeout_secs) * 1_000;
        self.unopened = None;
        self.probe = None;
        self.pause = None;
        let (withheld, closing, dequeued) = (false, None, (0, 0));
        self.attempt = Some(Attempt { request, is_automatic, id, began: now, withheld, closing, dequeued });
        if !is_same_server {
            // Another server knows nothing of it.
            self.session.abandon();
            self.report(now, None, log);
        }
        self.enter(now, Phase::Opening);
    }

    /// Sends DISCONNECT and closes the WebSocket; an attempt that is under way is given up, and so
    /// is the next try to come back from a loss.
    pub fn disconnect(&mut self, now: Timestamp, log: &mut Log) {
        self.now = now;
        self.stop_reconnecting(now, log);
        if self.session.disconnect().is_ok() {
            self.gather(now, None, log);
        } else {
            self.end(now, LocalClose::GivenUp, log);
        }
    }

    /// Sends DISCONNECT with a reason code and properties, and closes the WebSocket (MQTT 5).
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::disconnect_with`].
    pub fn disconnect_with(
        &mut self,
        now: Timestamp,
        reason_code: ReasonCode,
        properties: Properties<'_>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        self.session.disconnect_with(reason_code, properties)?;
        self.forget_loss();
        self.gather(now, None, log);
        Ok(())
    }

    /// Answers an AUTH of the server (MQTT 5).
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::authenticate`].
    pub fn authenticate(
        &mut self,
        now: Timestamp,
        data: Option<&[u8]>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        self.session.authenticate(now, data)?;
        self.update(|connection| connection.authentication = None);
        self.gather(now, None, log);
        Ok(())
    }

    /// Begins another authentication (MQTT 5).
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::re_authenticate`].
    pub fn re_authenticate(
        &mut self,
        now: Timestamp,
        data: Option<&[u8]>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        self.session.re_authenticate(now, data)?;
        self.gather(now, None, log);
        Ok(())
    }

    /// Closes the WebSocket without DISCONNECT. One that is being closed already is not waited for any more.
    pub fn drop_connection(&mut self, now: Timestamp, log: &mut Log) {
        self.now = now;
        self.stop_reconnecting(now, log);
        if self.is_close_asked() {
            self.stop_waiting(now, log);
        } else {
            self.end(now, LocalClose::Dropped, log);
        }
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
        self.subscribe_with(now, filter, SubscribeOptions::new(qos), Properties::NONE, log)
    }

    /// Subscribes to a topic filter with options, a Subscription Identifier and user properties (MQTT 5).
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::subscribe`].
    pub fn subscribe_with(
        &mut self,
        now: Timestamp,
        filter: TopicFilter<'_>,
        options: SubscribeOptions,
        properties: Properties<'_>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.subscribe_to(now, &[filter], options, properties, log)
    }

    /// Subscribes to topic filters with one packet, each with the same options.
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::subscribe`].
    pub fn subscribe_to(
        &mut self,
        now: Timestamp,
        filters: &[TopicFilter<'_>],
        options: SubscribeOptions,
        properties: Properties<'_>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        let asked: Vec<_> = filters.iter().map(|filter| (*filter, options)).collect();
        self.session.subscribe_with(now, &asked, properties)?;
        for filter in filters {
            self.update(|connection| connection.subscribing(filter.as_str(), options, properties));
        }
        self.gather(now, None, log);
        Ok(())
    }

    /// Takes a subscription from the list that the server has refused, or has forgotten.
    pub fn forget_subscription(&mut self, filter: &str) {
        self.update(|connection| connection.forget(filter));
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
        self.unsubscribe_with(now, filter, Properties::NONE, log)
    }

    /// Gives a subscription up, with user properties (MQTT 5).
    ///
    /// # Errors
    ///
    /// Those of [`mqttscope_proto::session::Session::unsubscribe`].
    pub fn unsubscribe_with(
        &mut self,
        now: Timestamp,
        filter: TopicFilter<'_>,
        properties: Properties<'_>,
        log: &mut Log,
    ) -> Result<(), CommandError> {
        self.now = now;
        self.session.unsubscribe_with(now, &[filter], properties)?;
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
        if self.session.publish(now, message)? == Published::Queued {
            self.tell_queued(now, log);
        }
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
