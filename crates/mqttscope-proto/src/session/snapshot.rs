//! What of a session must outlive its connection, in a form that can be stored.

use alloc::string::String;
use alloc::vec::Vec;

use crate::session::Session;
use crate::session::outbound::{Stage, Unnumbered, stored_publish};
use crate::types::{PacketId, ProtocolVersion, Qos, Timestamp};

/// The format that [`Session::snapshot`] writes.
pub const SNAPSHOT_FORMAT: u32 = 2;

/// The state of a session that outlives its connection: one with clean session off, as [MQTT-3.1.2-4] of 3.1.1 asks the
/// client to keep it, and in MQTT 5 one with a Session Expiry Interval (4.1). Send quotas and topic aliases are no part of it.
///
/// With the feature `serde` it can be written in any format. It holds the messages in flight, and no password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Snapshot {
    /// The version of this form, [`SNAPSHOT_FORMAT`].
    pub format: u32,
    /// Version of the protocol.
    pub version: ProtocolVersion,
    /// The client identifier that the session belongs to.
    pub client_id: String,
    /// The server has assigned it (MQTT 5).
    pub is_client_id_assigned: bool,
    /// Seconds for which the session outlives its connection: 0xFFFFFFFF for ever.
    pub session_expiry_secs: u32,
    /// The packet identifier that is tried next.
    pub next_packet_id: u16,
    /// Messages without their last acknowledgement, in the order in which they are sent again.
    pub in_flight: Vec<SavedMessage>,
    /// The PUBLISH packets of queued messages, in order. Their packet identifier is not theirs yet.
    pub queued: Vec<Vec<u8>>,
    /// Identifiers of QoS 2 messages that were received and not yet released.
    pub received: Vec<PacketId>,
}

/// A message in flight.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SavedMessage {
    /// Its packet identifier.
    pub packet_id: PacketId,
    /// Its QoS, 1 or 2.
    pub qos: Qos,
    /// Its PUBLISH, `None` once PUBREC has come.
    pub publish: Option<Vec<u8>>,
}

/// A snapshot that does not describe a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Another version of this library wrote it.
    #[error("snapshot format {0} is not {SNAPSHOT_FORMAT}")]
    UnknownFormat(u32),
    /// A packet identifier occurs twice.
    #[error("packet id {0} occurs twice")]
    PacketIdTwice(PacketId),
    /// A stored packet is not the PUBLISH that it should be.
    #[error("a stored packet is not a PUBLISH of its packet id and QoS")]
    NotThatPublish,
}

impl Session {
    /// What must be kept for [`Session::restore`], for example across a reload of a page.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let saved = |packet_id: PacketId| {
            let message = self.outbound.in_flight.get(packet_id)?;
            let publish = match &message.stage {
                Stage::Published { frame } => Some(frame.clone()),
                Stage::Released => None,
            };
            Some(SavedMessage { packet_id, qos: message.qos, publish })
        };
        Snapshot {
            format: SNAPSHOT_FORMAT,
            version: self.version,
            client_id: self.client_id.clone(),
            is_client_id_assigned: self.is_client_id_assigned,
            session_expiry_secs: self.session_expiry_secs,
            next_packet_id: self.ids.next(),
            in_flight: self.outbound.in_resend_order().into_iter().filter_map(saved).collect(),
            queued: self.outbound.queue.iter().map(|message| message.frame.clone()).collect(),
            received: self.received.iter().collect(),
        }
    }

    /// A session that is not connected and continues the one of the snapshot, once it connects with the same client
    /// identifier and with clean session off.
    ///
    /// # Errors
    ///
    /// When the snapshot is of another format, or was altered so that it describes no session.
    pub fn restore(snapshot: &Snapshot) -> Result<Self, SnapshotError> {
        if snapshot.format != SNAPSHOT_FORMAT {
            return Err(SnapshotError::UnknownFormat(snapshot.format));
        }
        let mut session = Self::new();
        session.version = snapshot.version;
        session.client_id.clone_from(&snapshot.client_id);
        session.is_client_id_assigned = snapshot.is_client_id_assigned;
        session.session_expiry_secs = snapshot.session_expiry_secs;
        session.holds_session = snapshot.session_expiry_secs > 0;
        session.clean_session = false;
        session.ids.set_next(snapshot.next_packet_id);
        for message in &snapshot.in_flight {
            session.restore_in_flight(message)?;
        }
        for frame in &snapshot.queued {
            let message = Unnumbered::from_stored(frame, snapshot.version);
            session.outbound.queue.push_back(message.ok_or(SnapshotError::NotThatPublish)?);
        }
        for &id in &snapshot.received {
            session.received.insert(id);
        }
        Ok(session)
    }

    fn restore_in_flight(&mut self, message: &SavedMessage) -> Result<(), SnapshotError> {
        let &SavedMessage { packet_id, qos, .. } = message;
        if !self.ids.reserve(packet_id) {
            return Err(SnapshotError::PacketIdTwice(packet_id));
        }
        match &message.publish {
            Some(frame) => {
                let (publish, id) =
                    stored_publish(frame, self.version).ok_or(SnapshotError::NotThatPublish)?;
                if (id, publish.qos) != (packet_id, qos) {
                    return Err(SnapshotError::NotThatPublish);
                }
                let stage = Stage::Published { frame: frame.clone() };
                self.outbound.insert(packet_id, qos, stage, Timestamp::default());
            }
            None if qos == Qos::ExactlyOnce => {
                self.outbound.insert(packet_id, qos, Stage::Released, Timestamp::default());
            }
            None => return Err(SnapshotError::NotThatPublish),
        }
        Ok(())
    }
}
