//! What the two sides of a connection of MQTT 5 have said that they take, and which packets are not so.
//!
//! The checks are those of [`mqttscope_proto::session::Session`]; here both sides are held to them. Of a server whose
//! CONNACK was not seen nothing is known, and nothing is told against its client.

use std::collections::BTreeSet;

use mqttscope_proto::session::{Authentication, ClientError, ClientLimits, Limit, PeerError, ServerLimits};
use mqttscope_proto::{Connect, Packet, PropertyId, Publish, Qos, ReasonCode};

/// What holds on a connection whose CONNECT was seen.
#[derive(Debug)]
pub(super) struct Terms {
    client: ClientLimits,
    /// Once a CONNACK has accepted.
    server: Option<ServerLimits>,
    has_client_id: bool,
    /// The Session Expiry Interval of CONNECT.
    expiry_secs: u32,
    authentication: Authentication,
    of_client: Sent,
    of_server: Sent,
}

/// What one side has sent.
#[derive(Debug, Default)]
struct Sent {
    /// The topic aliases that it has set.
    aliases: BTreeSet<u16>,
    /// The packet ids of its messages above QoS 0 that are not answered to the end.
    unanswered: BTreeSet<u16>,
}

impl Terms {
    pub(super) fn of(connect: &Connect<'_>) -> Self {
        let properties = connect.properties;
        Self {
            client: ClientLimits::of(properties),
            server: None,
            has_client_id: !connect.client_id.is_empty(),
            expiry_secs: properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0),
            authentication: Authentication::of(properties),
            of_client: Sent::default(),
            of_server: Sent::default(),
        }
    }

    /// Takes a packet of the client, of `len` bytes.
    pub(super) fn client_sends(
        &mut self,
        len: usize,
        packet: &Packet<'_>,
        tell: &mut impl FnMut(ClientError),
    ) {
        if let Some(Err(limit)) = self.server.as_ref().map(|server| server.check_size(len)) {
            tell(limit.into());
        }
        match packet {
            Packet::Publish(publish) => self.client_publishes(publish, tell),
            Packet::Subscribe(subscribe) => {
                let filters = subscribe.filters.iter().map(|item| item.filter.as_bytes());
                let check = |server: &ServerLimits| server.check_subscription(filters, subscribe.properties);
                if let Some(Err(limit)) = self.server.as_ref().map(check) {
                    tell(limit.into());
                }
            }
            Packet::Disconnect(disconnect) => {
                let properties = disconnect.properties.unwrap_or_default();
                if let Err(limit) = Limit::of_disconnect(properties, self.expiry_secs) {
                    tell(limit.into());
                }
            }
            Packet::Auth(auth) => {
                if let Err(error) = self.authentication.client_sends(auth) {
                    tell(error);
                }
            }
            _ => self.of_server.note_answer(packet),
        }
    }

    fn client_publishes(&mut self, publish: &Publish<'_>, tell: &mut impl FnMut(ClientError)) {
        let unanswered = self.of_client.note_unanswered(publish);
        let mut is_taken = true;
        if let Some(server) = &self.server {
            for limit in server.broken_by_publish(publish.qos, publish.retain, publish.properties) {
                is_taken &= !matches!(limit, Limit::TopicAliasMaximum { .. });
                if !matches!(limit, Limit::TopicAliasMaximum { alias: 0, .. }) {
                    tell(limit.into());
                }
            }
            if let Some(Err(limit)) = unanswered.map(|count| server.check_unanswered(count)) {
                tell(limit.into());
            }
        }
        if let Some(alias) = alias_of(publish).filter(|_| is_taken)
            && !self.of_client.note_alias(alias, publish)
        {
            tell(ClientError::TopicAliasUnknown(alias));
        }
    }

    /// Takes a packet of the server, of `len` bytes; `is_accepted` when a CONNACK has accepted before it.
    pub(super) fn server_sends(
        &mut self,
        len: usize,
        packet: &Packet<'_>,
        is_accepted: bool,
        tell: &mut impl FnMut(PeerError),
    ) {
        let sized = self.client.check_size(len);
        let checks = [sized, self.client.check_problem_information(packet)];
        checks.into_iter().filter_map(Result::err).for_each(&mut *tell);
        match packet {
            Packet::ConnAck(connack) if connack.return_code == 0 && !is_accepted => {
                self.server = Some(ServerLimits::of(connack.properties, self.expiry_secs));
                self.client.faults_of_connack(connack, self.has_client_id).for_each(&mut *tell);
                self.authentication.connack(connack).err().map(tell);
            }
            Packet::Publish(publish) => self.server_publishes(publish, tell),
            Packet::Disconnect(disconnect) => PeerError::of_disconnect(disconnect).for_each(tell),
            Packet::Auth(auth) => {
                self.authentication.server_sends(auth, is_accepted).err().map(tell);
            }
            _ => self.of_client.note_answer(packet),
        }
    }

    fn server_publishes(&mut self, publish: &Publish<'_>, tell: &mut impl FnMut(PeerError)) {
        if let Some(alias) = alias_of(publish) {
            match self.client.check_alias(alias) {
                Err(error) => tell(error),
                Ok(()) if self.of_server.note_alias(alias, publish) => {}
                Ok(()) => tell(PeerError::TopicAliasUnknown(alias)),
            }
        }
        let unanswered = self.of_server.note_unanswered(publish);
        unanswered.and_then(|count| self.client.check_unanswered(count).err()).map(tell);
    }
}

impl Sent {
    /// Notes the topic alias of a message, and says whether it stands for a topic.
    fn note_alias(&mut self, alias: u16, publish: &Publish<'_>) -> bool {
        if publish.topic.is_empty() {
            return self.aliases.contains(&alias);
        }
        self.aliases.insert(alias);
        true
    }

    /// Notes a message, and says how many are unanswered now, if it is to be answered.
    fn note_unanswered(&mut self, publish: &Publish<'_>) -> Option<usize> {
        let id = publish.packet_id.filter(|&id| id != 0 && publish.qos > Qos::AtMostOnce)?;
        self.unanswered.insert(id);
        Some(self.unanswered.len())
    }

    /// Notes the other side's answer to a message, if it is its last.
    fn note_answer(&mut self, packet: &Packet<'_>) {
        let id = match packet {
            Packet::PubAck(puback) => puback.packet_id,
            Packet::PubComp(pubcomp) => pubcomp.packet_id,
            Packet::PubRec(pubrec) if pubrec.reason_code.is_some_and(ReasonCode::is_error) => {
                pubrec.packet_id
            }
            _ => return,
        };
        self.unanswered.remove(&id);
    }
}

/// The topic alias of a message; that it must not be 0 is a rule for its bytes, and told as one.
fn alias_of(publish: &Publish<'_>) -> Option<u16> {
    let alias = publish.properties.number(PropertyId::TopicAlias)?;
    u16::try_from(alias).ok().filter(|&alias| alias > 0)
}
