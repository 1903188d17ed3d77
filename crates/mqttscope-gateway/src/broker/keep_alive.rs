//! The limits of a session, above all when a silent client counts as gone: after one and a half times its keep alive
//! ([MQTT-3.1.2-24]).

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::time::Duration;

use rmqtt::codec::types::Publish;
use rmqtt::fitter::{DefaultFitter, Fitter, FitterManager};
use rmqtt::types::{ConnectInfo, Disconnect, FitterType, Id, ListenerConfig};

/// Gives each session rmqtt's own limits but for topic aliases to the client and for the keep alive: rmqtt adds three seconds to those below
/// six, and a will walk-through with a keep alive of two would wait for five.
pub(super) struct KeepAliveManager;

impl FitterManager for KeepAliveManager {
    fn create(&self, connect: Arc<ConnectInfo>, id: Id, config: ListenerConfig) -> FitterType {
        Arc::new(KeepAliveFitter(DefaultFitter::new(connect, id, config)))
    }
}

struct KeepAliveFitter(DefaultFitter);

impl Fitter for KeepAliveFitter {
    fn keep_alive(&self, keep_alive: &mut u16) -> rmqtt::Result<u16> {
        Ok(expiry_secs(*keep_alive))
    }

    fn max_mqueue_len(&self) -> usize {
        self.0.max_mqueue_len()
    }

    fn mqueue_rate_limit(&self) -> (NonZeroU32, Duration) {
        self.0.mqueue_rate_limit()
    }

    fn max_inflight(&self) -> NonZeroU16 {
        self.0.max_inflight()
    }

    fn session_expiry_interval(&self, disconnect: Option<&Disconnect>) -> Duration {
        self.0.session_expiry_interval(disconnect)
    }

    fn message_expiry_interval(&self, publish: &Publish) -> Duration {
        self.0.message_expiry_interval(publish)
    }

    fn max_client_topic_aliases(&self) -> u16 {
        self.0.max_client_topic_aliases()
    }

    /// None: of a message without properties, as one from 3.1.1 is, rmqtt would leave out the topic and the alias.
    fn max_server_topic_aliases(&self) -> u16 {
        0
    }
}

/// Seconds of silence after which the connection is closed; 0 is never.
///
/// Rounded up to whole seconds, which is what rmqtt counts in.
fn expiry_secs(keep_alive: u16) -> u16 {
    keep_alive.saturating_add(keep_alive.div_ceil(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_a_half_times() {
        for (keep_alive, expected) in [(0, 0), (1, 2), (2, 3), (3, 5), (10, 15), (60, 90), (65535, 65535)] {
            assert_eq!(expiry_secs(keep_alive), expected);
        }
    }
}
