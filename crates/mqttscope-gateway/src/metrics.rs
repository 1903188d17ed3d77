//! What the gateway counts, and the text in which Prometheus reads it.
//!
//! Every value of every label is there from the start, with 0, so that an alert sees the first time that something
//! happens too. What is counted while bytes pass is a number at hand: an addition, without a lock or a search. Labels
//! have only values that are known here (`labels`), so that no peer can make the figures grow.

mod labels;
mod listener;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus::core::Collector;
use prometheus::{
    Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, PullingGauge, Registry,
    TextEncoder,
};

pub(crate) use labels::{ConnectFailure, EndCause, Refusal};
pub(crate) use listener::MetricsListener;

/// The figures of one gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    connections: IntGauge,
    connections_accepted: IntCounter,
    websockets: IntGauge,
    websockets_opened: IntCounter,
    bytes_to_broker: IntCounter,
    bytes_to_client: IntCounter,
    refusals: IntCounterVec,
    ends: IntCounterVec,
    close_codes: IntCounterVec,
    connect_seconds: Histogram,
    connect_failures: IntCounterVec,
    draining: IntGauge,
}

/// Something that is counted as long as this is there.
#[derive(Debug)]
pub(crate) struct Counted(IntGauge);

/// The bytes that pass one way: of one connection, and with them of all.
#[derive(Debug)]
pub(crate) struct Passed {
    own: u64,
    all: IntCounter,
}

impl Metrics {
    /// Figures that are 0, but for what is known of the program.
    ///
    /// # Errors
    ///
    /// Where a name or a label is none of Prometheus', or is there twice: never, as a test shows.
    pub(crate) fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let bytes = IntCounterVec::new(
            Opts::new(
                "mqttscope_gateway_proxied_bytes_total",
                "Bytes of MQTT that were passed on, without the frames of WebSockets.",
            ),
            &["direction"],
        )?;
        let metrics = Self {
            connections: IntGauge::new(
                "mqttscope_gateway_connections",
                "TCP connections of clients that are open, WebSockets among them.",
            )?,
            connections_accepted: IntCounter::new(
                "mqttscope_gateway_connections_accepted_total",
                "TCP connections of clients that were accepted and had a place.",
            )?,
            websockets: IntGauge::new(
                "mqttscope_gateway_websockets",
                "WebSockets that are open, those whose broker is still being reached among them.",
            )?,
            websockets_opened: IntCounter::new(
                "mqttscope_gateway_websockets_opened_total",
                "WebSockets that were opened.",
            )?,
            bytes_to_broker: bytes.get_metric_with_label_values(&["to_broker"])?,
            bytes_to_client: bytes.get_metric_with_label_values(&["to_client"])?,
            refusals: counters(
                "mqttscope_gateway_refusals_total",
                "Connections and requests that were refused, by cause.",
                "cause",
                Refusal::NAMES,
            )?,
            ends: counters(
                "mqttscope_gateway_websocket_ends_total",
                "WebSockets that have ended, by cause.",
                "cause",
                EndCause::NAMES,
            )?,
            close_codes: counters(
                "mqttscope_gateway_websocket_close_codes_total",
                "WebSockets that have ended, by the code of the close frame that came first; 1005 is a frame without a \
                 code, 1006 an end without a frame.",
                "code",
                labels::CLOSE_CODES,
            )?,
            connect_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "mqttscope_gateway_broker_connect_duration_seconds",
                    "How long it took to connect to the broker for a WebSocket, the look-up of its name included, \
                     where it was reached.",
                )
                .buckets(CONNECT_BUCKETS.to_vec()),
            )?,
            connect_failures: counters(
                "mqttscope_gateway_broker_connect_failures_total",
                "Connections to the broker for a WebSocket that failed, by cause.",
                "cause",
                ConnectFailure::NAMES,
            )?,
            draining: IntGauge::new(
                "mqttscope_gateway_draining",
                "Whether the gateway takes no new WebSockets since it is about to end.",
            )?,
            registry,
        };
        metrics.register_all(bytes)?;
        Ok(metrics)
    }

    fn register_all(&self, bytes: IntCounterVec) -> prometheus::Result<()> {
        let build_info = IntGauge::with_opts(
            Opts::new("mqttscope_gateway_build_info", "What is running; the value is 1.")
                .const_label("version", env!("CARGO_PKG_VERSION")),
        )?;
        build_info.set(1);
        let start = Gauge::new(
            "process_start_time_seconds",
            "Start time of the process since unix epoch in seconds.",
        )?;
        start.set(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64());

        let collectors: [Box<dyn Collector>; 13] = [
            Box::new(build_info),
            Box::new(start),
            Box::new(bytes),
            Box::new(self.connections.clone()),
            Box::new(self.connections_accepted.clone()),
            Box::new(self.websockets.clone()),
            Box::new(self.websockets_opened.clone()),
            Box::new(self.refusals.clone()),
            Box::new(self.ends.clone()),
            Box::new(self.close_codes.clone()),
            Box::new(self.connect_seconds.clone()),
            Box::new(self.connect_failures.clone()),
            Box::new(self.draining.clone()),
        ];
        collectors.into_iter().try_for_each(|collector| self.registry.register(collector))
    }

    /// Adds a figure that is asked for whenever the text is made.
    ///
    /// # Errors
    ///
    /// As for [`Metrics::new`].
    pub(crate) fn add_gauge(
        &self,
        name: &str,
        help: &str,
        value: impl Fn() -> usize + Send + Sync + 'static,
    ) -> prometheus::Result<()> {
        let gauge = PullingGauge::new(name, help, Box::new(move || value() as f64))?;
        self.registry.register(Box::new(gauge))
    }

    /// A client's connection that is open until this is dropped.
    pub(crate) fn connection(&self) -> Counted {
        self.connections_accepted.inc();
        Counted::new(&self.connections)
    }

    /// A WebSocket that is open until this is dropped.
    pub(crate) fn websocket(&self) -> Counted {
        self.websockets_opened.inc();
        Counted::new(&self.websockets)
    }

    /// What will pass from a client to its broker.
    pub(crate) fn to_broker(&self) -> Passed {
        Passed { own: 0, all: self.bytes_to_broker.clone() }
    }

    /// What will pass from a broker to its client.
    pub(crate) fn to_client(&self) -> Passed {
        Passed { own: 0, all: self.bytes_to_client.clone() }
    }

    /// A connection or a request was refused.
    pub(crate) fn refused(&self, cause: Refusal) {
        count(&self.refusals, cause.name());
    }

    /// A WebSocket has ended, with this code.
    pub(crate) fn ended(&self, cause: EndCause, code: u16) {
        count(&self.ends, cause.name());
        count(&self.close_codes, labels::close_code(code));
    }

    /// The broker was reached after so long.
    pub(crate) fn broker_reached(&self, after: Duration) {
        self.connect_seconds.observe(after.as_secs_f64());
    }

    /// The broker was not reached.
    pub(crate) fn broker_not_reached(&self, cause: ConnectFailure) {
        count(&self.connect_failures, cause.name());
    }

    /// No new WebSockets are taken from now on.
    pub(crate) fn drains(&self) {
        self.draining.set(1);
    }

    /// All figures in Prometheus' text form, version 0.0.4.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = TextEncoder::new().encode_utf8(&self.registry.gather(), &mut text) {
            tracing::error!(%error, "the figures cannot be written");
        }
        text
    }
}

impl Counted {
    fn new(gauge: &IntGauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Passed {
    /// So many bytes more have passed.
    pub(crate) fn add(&mut self, len: usize) {
        self.own += len as u64;
        self.all.inc_by(len as u64);
    }

    /// Bytes of this connection.
    pub(crate) fn bytes(&self) -> u64 {
        self.own
    }
}

/// Counters for all values of a label, with 0 each.
fn counters(name: &str, help: &str, label: &str, values: &[&str]) -> prometheus::Result<IntCounterVec> {
    let counters = IntCounterVec::new(Opts::new(name, help), &[label])?;
    for value in values {
        counters.get_metric_with_label_values(&[value])?;
    }
    Ok(counters)
}

fn count(counters: &IntCounterVec, value: &str) {
    if let Ok(counter) = counters.get_metric_with_label_values(&[value]) {
        counter.inc();
    }
}

/// Seconds, from a broker on the same machine to one that answers just before it is given up.
const CONNECT_BUCKETS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_there_before_anything_happens() {
        let text = Metrics::new().unwrap().text();
        for line in [
            "mqttscope_gateway_refusals_total{cause=\"origin\"} 0",
            "mqttscope_gateway_websocket_ends_total{cause=\"client_silent\"} 0",
            "mqttscope_gateway_websocket_close_codes_total{code=\"other\"} 0",
            "mqttscope_gateway_broker_connect_failures_total{cause=\"timeout\"} 0",
            "mqttscope_gateway_broker_connect_duration_seconds_bucket{le=\"+Inf\"} 0",
            "mqttscope_gateway_proxied_bytes_total{direction=\"to_client\"} 0",
            "mqttscope_gateway_connections 0",
        ] {
            assert!(text.lines().any(|there| there == line), "{line} in {text}");
        }
    }

    #[test]
    fn what_is_open_is_counted_until_it_is_dropped() {
        let metrics = Metrics::new().unwrap();
        let (first, second) = (metrics.websocket(), metrics.websocket());
        drop(first);
        assert_eq!((metrics.websockets.get(), metrics.websockets_opened.get()), (1, 2));
        drop(second);
        assert_eq!(metrics.websockets.get(), 0);
    }

    #[test]
    fn bytes_are_seen_while_they_pass() {
        let metrics = Metrics::new().unwrap();
        let (mut one, mut other) = (metrics.to_broker(), metrics.to_broker());
        one.add(5);
        other.add(7);
        assert_eq!((one.bytes(), other.bytes(), metrics.bytes_to_broker.get()), (5, 7, 12));
    }
}
