//! What of a client outlives its page: the session that the server keeps, and the subscriptions in it.

use mqttscope_log::server_of;
use mqttscope_proto::session::{Session, Snapshot, SnapshotError};

use super::Client;
use crate::connection::{Answer, Subscription};

/// A client between two connections, to be written down. It holds the messages in flight, and no password.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct KeptClient {
    /// Whose session it is, without what of a URL must not be shown.
    pub server: String,
    /// The session.
    pub session: Snapshot,
    /// What it is subscribed to, and was refused.
    pub subscriptions: Vec<Subscription>,
    /// The session was seen from its beginning.
    pub knows_session: bool,
}

impl Client {
    /// Whether the server keeps a session of it.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.connection.is_kept
    }

    /// What must be kept for [`Self::restore`], if the server keeps a session.
    #[must_use]
    pub fn kept(&self) -> Option<KeptClient> {
        self.is_kept().then(|| KeptClient {
            server: server_of(&self.connection.url).into(),
            session: self.session.snapshot(),
            subscriptions: self.connection.subscriptions.clone(),
            knows_session: self.knows_session,
        })
    }

    /// Goes on where a client was that has been kept, once it connects to the same server with the same client id and
    /// without a clean session. One that has had a connection stays as it is.
    ///
    /// # Errors
    ///
    /// Those of [`Session::restore`].
    pub fn restore(&mut self, kept: KeptClient) -> Result<(), SnapshotError> {
        if self.attempt.is_some() {
            return Ok(());
        }
        let KeptClient { server, session, mut subscriptions, knows_session } = kept;
        let mut restored = Session::restore(&session)?;
        *restored.policy_mut() = self.session.policy().clone();
        self.session = restored;
        self.knows_session = knows_session;
        for held in &mut subscriptions {
            if matches!(held.answer, Answer::Awaited | Answer::Leaving | Answer::Again) {
                held.answer = Answer::Unanswered;
            }
        }
        self.restored = Some(Restored { server, has_assigned_id: session.is_client_id_assigned });
        self.update(|connection| {
            connection.subscriptions = subscriptions;
            connection.client_id = session.client_id;
            connection.version = session.version;
            connection.is_kept = true;
        });
        Ok(())
    }

    /// Forgets what was restored: it is another client's. One that has had a connection stays as it is.
    pub fn forget_restored(&mut self) {
        if self.attempt.is_none() && self.restored.take().is_some() {
            self.session.abandon();
            self.knows_session = false;
            self.update(|connection| *connection = Default::default());
        }
    }
}

/// What stands for the connection before, where that was another page's.
#[derive(Debug)]
pub(super) struct Restored {
    /// Its server.
    pub(super) server: String,
    /// The server had assigned the client id.
    pub(super) has_assigned_id: bool,
}
