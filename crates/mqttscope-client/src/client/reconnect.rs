//! A connection that was lost comes back by itself, where that was wished for: when, how often, and what is asked for again.

use mqttscope_log::{Event, Log};
use mqttscope_proto::reconnect::{BackOff, Reconnect};
use mqttscope_proto::{Properties, SubscribeOptions, Timestamp, TopicFilter};
use mqttscope_text::number;

use super::Client;
use crate::close::{Closed, LocalClose};
use crate::connection::{Answer, Phase, Retry, subscribe_properties};

/// What is needed to come back.
#[derive(Debug)]
pub(super) struct Reconnecting {
    machine: Reconnect,
    /// The state of a generator of Marsaglia's, never 0.
    random: u32,
    /// It has stood since a person has asked for it: what never stood is no loss.
    has_stood: bool,
}

impl Client {
    /// From now on a connection that is lost comes back by itself; with `None` it does not, and a try that is waited for is
    /// given up.
    ///
    /// The seed is any number, evenly distributed: from it chance has its part of each wait. Only what has stood since
    /// [`Self::connect`] comes back, and never against a server that has said why it does not want this client: after a
    /// session that was taken over, a refusal for the credentials or the client id, or another version.
    pub fn reconnect_automatically(&mut self, now: Timestamp, seed: Option<u32>, log: &mut Log) {
        self.now = now;
        match seed {
            None => {
                self.stop_reconnecting(now, log);
                self.reconnecting = None;
            }
            Some(seed) if self.reconnecting.is_none() => {
                let mut machine = Reconnect::new(BackOff::default());
                let has_stood = self.connection.is_connected();
                if has_stood {
                    machine.handle_connected(now);
                }
                self.reconnecting = Some(Reconnecting { machine, random: seed.max(1), has_stood });
            }
            Some(_) => {}
        }
    }

    /// When the next try begins.
    pub(super) fn retry_due(&self) -> Option<Timestamp> {
        self.reconnecting.as_ref()?.machine.poll_timeout()
    }

    /// A person has asked for a connection, or for none: what was to come by itself does not.
    pub(super) fn forget_loss(&mut self) {
        if let Some(reconnecting) = &mut self.reconnecting {
            reconnecting.machine.stop();
            reconnecting.has_stood = false;
        }
        if self.connection.retry.is_some() {
            self.update(|connection| connection.retry = None);
        }
    }

    /// The next try is given up.
    pub(super) fn stop_reconnecting(&mut self, now: Timestamp, log: &mut Log) {
        let was_waiting = self.connection.retry.is_some();
        self.forget_loss();
        if was_waiting {
            self.update(|connection| connection.give_up_asking());
            let words = "Not connecting again by itself any more, as asked";
            self.event(now, Event::Note { name: "reconnect", words }, log);
        }
    }

    /// Begins the try that is due.
    pub(super) fn try_again(&mut self, now: Timestamp, log: &mut Log) {
        let Some(reconnecting) = &mut self.reconnecting else { return };
        if !reconnecting.machine.handle_timeout(now) {
            return;
        }
        let number = reconnecting.machine.attempts();
        let Some(attempt) = &self.attempt else { return };
        let mut request = attempt.request.clone();
        // A clean start is for the first time: what the server keeps of a session is what this one comes back to (MQTT 5,
        // 3.1.2.4). Before MQTT 5 nothing is kept of a clean session.
        request.options.clean_session &= !self.connection.is_kept;
        self.open(now, request, true, log);
        let words = ["Try ", &number::plain(number.into()), " to connect again"].concat();
        self.event(now, Event::Note { name: "reconnect", words: &words }, log);
    }

    /// The connection stands: what the server does not hold any more is asked for again, after a loss.
    pub(super) fn stands(&mut self, now: Timestamp, log: &mut Log) {
        if let Some(reconnecting) = &mut self.reconnecting {
            reconnecting.machine.handle_connected(now);
            reconnecting.has_stood = true;
        }
        let held = self.connection.subscriptions.iter();
        let held: Vec<_> = held.filter(|held| held.answer == Answer::Again).cloned().collect();
        if held.is_empty() {
            return;
        }
        let count = number::counted(held.len() as u64, " subscription is", " subscriptions are");
        let words = [&count, " asked for again"].concat();
        self.event(now, Event::Note { name: "subscribed-again", words: &words }, log);
        for held in held {
            let properties = subscribe_properties(held.identifier, &held.user_properties);
            if let Err(words) =
                self.subscribe_again(now, &held.filter, held.options, properties.as_properties())
            {
                let words = ["The subscription to ", &held.filter, " cannot be asked for again: ", &words];
                self.event(now, Event::Note { name: "subscribed-again", words: &words.concat() }, log);
                self.update(|connection| connection.gone(&held.filter));
            }
        }
        self.gather(now, None, log);
    }

    fn subscribe_again(
        &mut self,
        now: Timestamp,
        filter: &str,
        options: u8,
        properties: Properties<'_>,
    ) -> Result<(), String> {
        let topic = TopicFilter::new(filter).map_err(|fault| fault.to_string())?;
        self.session
            .subscribe_with(now, &[(topic, SubscribeOptions(options))], properties)
            .map_err(|error| error.to_string())?;
        self.update(|connection| connection.asked_again(filter));
        Ok(())
    }

    /// Whether a connection that ends so is to come back.
    pub(super) fn is_to_return(&self, closed: &Closed) -> bool {
        let has_stood = self.reconnecting.as_ref().is_some_and(|reconnecting| reconnecting.has_stood);
        has_stood && closed.is_failure() && refusal(closed).is_none()
    }

    /// Says when a connection comes back that has ended, or why it does not.
    pub(super) fn after_end(&mut self, now: Timestamp, closed: &Closed, log: &mut Log) {
        let is_to_return = self.is_to_return(closed);
        let Some(reconnecting) = self.reconnecting.as_mut().filter(|reconnecting| reconnecting.has_stood)
        else {
            return;
        };
        if !is_to_return {
            self.forget_loss();
            if let Some(why) = refusal(closed) {
                let words = ["Not connecting again by itself: ", why].concat();
                self.event(now, Event::Note { name: "reconnect", words: &words }, log);
            }
            return;
        }
        let random = &mut reconnecting.random;
        *random ^= *random << 13;
        *random ^= *random >> 17;
        *random ^= *random << 5;
        reconnecting.machine.handle_closed(now, *random);
        let Some(due) = reconnecting.machine.poll_timeout() else { return };
        let number = reconnecting.machine.attempts();
        let retry = Retry { at: due.as_millis(), number };
        self.update(|connection| connection.retry = Some(retry));
        let span = number::span(due.as_millis().saturating_sub(now.as_millis()));
        let words = ["Connecting again in ", &span, ": try ", &number::plain(number.into())].concat();
        self.event(now, Event::Note { name: "reconnect", words: &words }, log);
    }
}

/// Why a connection that has ended so would end so again; `None` where a later try may be better off.
fn refusal(closed: &Closed) -> Option<&'static str> {
    match closed.local.as_ref()? {
        LocalClose::Refused(code, _) => match code {
            // "Server unavailable" of 3.1 and 3.1.1; of MQTT 5 unspecified, of the implementation, unavailable, busy,
            // quota exceeded, connection rate exceeded.
            3 | 0x80 | 0x83 | 0x88 | 0x89 | 0x97 | 0x9f => None,
            4 | 5 | 0x86 | 0x87 | 0x8a | 0x8c => Some("the server does not let this user in"),
            2 | 0x85 => Some("the server does not take the client id"),
            1 | 0x84 => Some("the server does not speak this version"),
            0x9c | 0x9d => Some("the server refers to another one"),
            _ => Some("the server does not take this CONNECT"),
        },
        LocalClose::ServerDisconnected(code, _) => match code {
            0x8e => Some("another client has taken the session over, and the two would take turns"),
            0x87 | 0x8c => Some("the server does not let this user in"),
            0x9c | 0x9d => Some("the server refers to another one"),
            0x81 | 0x82 => Some("the server says that this client breaks the protocol"),
            _ => None,
        },
        LocalClose::EarlierVersion(_) => Some("the server does not speak this version"),
        LocalClose::NotSent(_) => Some("CONNECT cannot be written"),
        LocalClose::PeerError(_) if closed.phase != Phase::Connected => {
            Some("what answers there does not speak MQTT, or not this version")
        }
        LocalClose::Disconnected
        | LocalClose::Dropped
        | LocalClose::GivenUp
        | LocalClose::TimedOut(_)
        | LocalClose::NoConnAck(_)
        | LocalClose::KeepAliveExpired(_)
        | LocalClose::Stuck(_)
        | LocalClose::PeerError(_) => None,
    }
}
