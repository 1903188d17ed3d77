//! The embedded broker: rmqtt on a port of its own, for a demo without any other broker.
//!
//! rmqtt's core lacks retained messages, keeps its own keep-alive time for short intervals and closes the
//! connection on a duplicate that MQTT 3.1 allows. `retain` and `keep_alive` plug the first two into it; for
//! the third, clients connect to a `relay`, which clears these flags on the way to rmqtt's own port. It counts
//! messages where memory needs bytes: `held` counts those, and `queued` bounds the queues by them.

mod dup;
mod held;
mod keep_alive;
mod queued;
mod relay;
mod retain;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU16;
use std::time::Duration;

use rmqtt::context::ServerContext;
use rmqtt::net::{Builder, Listener};
use rmqtt::server::MqttServer;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::Limits;
use crate::error::{Error, io_reason};
use crate::metrics::Metrics;
use held::Held;
use keep_alive::KeepAliveManager;
use retain::RetainStore;

/// A broker inside this process. It and all that it keeps end when this is stopped or dropped.
#[derive(Debug)]
pub struct EmbeddedBroker {
    local_addr: SocketAddr,
    stopping: CancellationToken,
    clients: TaskTracker,
    queued: Held,
    retained: Held,
    core: JoinHandle<()>,
}

impl EmbeddedBroker {
    /// Starts a broker that listens on `listen`; port 0 takes any free one.
    ///
    /// # Errors
    ///
    /// [`Error::BrokerListen`] when the port is taken or the address is not this machine's.
    pub async fn start(listen: SocketAddr) -> Result<Self, Error> {
        Self::start_with(listen, Limits::default()).await
    }

    /// The same, with limits of which those for the broker are heeded.
    ///
    /// # Errors
    ///
    /// As for [`EmbeddedBroker::start`].
    pub async fn start_with(listen: SocketAddr, limits: Limits) -> Result<Self, Error> {
        let refuse = |reason| Error::BrokerListen { addr: listen, reason };
        let listener = TcpListener::bind(listen).await.map_err(|error| refuse(io_reason(&error)))?;
        let local_addr = listener.local_addr().map_err(|error| refuse(io_reason(&error)))?;
        let (core_listener, core_addr) = bind_core().map_err(|error| refuse(error.to_string()))?;

        // Its check of the machine's load would refuse clients while a build runs beside it.
        let context = ServerContext::new().busy_check_enable(false).build().await;
        let (queued, retained) = (Held::new(limits.broker_queued), Held::new(limits.broker_retained));
        *context.extends.retain_mut().await = Box::new(RetainStore::new(retained.clone()));
        *context.extends.fitter_mgr_mut().await = Box::new(KeepAliveManager);
        queued::bound(&context, queued.clone()).await;
        let server = MqttServer::new(context).listener_by_id(core_listener, core_addr.port()).build();
        let core = tokio::spawn(async move {
            if let Err(error) = server.run().await {
                tracing::error!(%error, "the embedded broker failed");
            }
        });

        let (stopping, clients) = (CancellationToken::new(), TaskTracker::new());
        clients.spawn(relay::accept(listener, core_addr, clients.clone(), stopping.clone(), limits));
        Ok(Self { local_addr, stopping, clients, queued, retained, core })
    }

    /// The address and the real port that clients connect to.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Adds what is known of it without asking it.
    pub(crate) fn add_figures(&self, metrics: &Metrics) -> Result<(), prometheus::Error> {
        let (clients, queued, retained) = (self.clients.clone(), self.queued.clone(), self.retained.clone());
        metrics.add_gauge(
            "mqttscope_gateway_embedded_broker_connections",
            "Connections of clients to the embedded broker, those through the gateway among them.",
            // One of the tasks accepts.
            move || clients.len().saturating_sub(1),
        )?;
        metrics.add_gauge(
            "mqttscope_gateway_embedded_broker_queued_bytes",
            "What the embedded broker keeps of messages in its queues, with its own overhead.",
            move || queued.bytes(),
        )?;
        metrics.add_gauge(
            "mqttscope_gateway_embedded_broker_retained_bytes",
            "What the embedded broker keeps of retained messages, with its own overhead.",
            move || retained.bytes(),
        )
    }

    /// Closes all connections and gives the port back.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.clients.close();
        self.clients.wait().await;
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        self.stopping.cancel();
        self.core.abort();
    }
}

/// rmqtt's own listener, on a free port of the loopback interface, with its limits out of the way.
fn bind_core() -> rmqtt::Result<(Listener, SocketAddr)> {
    let listener = Builder::new()
        .name("mqttscope")
        .laddr((Ipv4Addr::LOCALHOST, 0).into())
        .nodelay(true)
        .max_packet_size(MAX_PACKET_LEN)
        .max_inflight(NonZeroU16::MAX)
        .max_mqueue_len(MAX_QUEUED)
        .session_expiry_interval(SESSION_EXPIRY)
        .max_topic_aliases(MAX_TOPIC_ALIASES)
        // Zero is never. Over TCP nothing is lost on the way, and [MQTT-4.4.0-1] asks for a resend on
        // reconnect only; neither version lets messages expire.
        .message_retry_interval(Duration::ZERO)
        .message_expiry_interval(Duration::ZERO)
        .send_timeout(SEND_TIMEOUT)
        .bind()?
        .tcp()?;
    let local_addr = listener.local_addr()?;
    Ok((listener, local_addr))
}

/// The longest packet that the broker takes, in bytes: MQTT's own limit (MQTT 3.1, Remaining Length).
const MAX_PACKET_LEN: u32 = 268_435_455;

/// Messages kept for one client that is slow or away; rmqtt discards those above.
const MAX_QUEUED: usize = 100_000;

/// Topic aliases of one client (MQTT 5, 3.2.2.3.8); each holds a topic for as long as the connection lives.
const MAX_TOPIC_ALIASES: u16 = 16;

/// How long a session waits for its client: longer than the broker lives.
const SESSION_EXPIRY: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a client may take nothing while the broker writes to it, such as a page at a breakpoint.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
