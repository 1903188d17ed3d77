//! The client in a browser: a WebSocket, a clock and a log are given to it, and what it asks for is done.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use mqttscope_client::{Alarm, Client, ConnectRequest, ConnectionState, Input, Output};
use mqttscope_log::Log;
use mqttscope_proto::session::{CommandError, Publication};
use mqttscope_proto::{Qos, Timestamp, TopicFilter};
use yew::Callback;

use crate::browser;
use crate::clock::{Clock, Tick};
use crate::redraw::Redraw;
use crate::store::shared::SharedLog;
use crate::transport::{Signal, Transport};

/// A client with its connection. Clones are the same client.
#[derive(Clone)]
pub struct Driver {
    shell: Rc<RefCell<Shell>>,
    log: SharedLog,
    redraw: Rc<Redraw>,
}

impl PartialEq for Driver {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.shell, &other.shell)
    }
}

/// Commands.
impl Driver {
    /// A client without a connection. `on_change` is called when the page should be drawn again: at once when the
    /// connection changes, once per animation frame while only the log grows.
    #[must_use]
    pub fn new(clock_url: &str, on_change: Callback<()>) -> Self {
        let log = SharedLog(Rc::new(RefCell::new(Log::new(Log::DEFAULT_BUDGET))));
        let redraw = Rc::new(Redraw::new(on_change));
        let shell = Rc::new_cyclic(|weak: &Weak<RefCell<Shell>>| {
            let ears = Ears { shell: weak.clone(), redraw: redraw.clone() };
            RefCell::new(Shell::new(clock_url, log.clone(), ears))
        });
        Self { shell, log, redraw }
    }

    /// The connection as it stands.
    #[must_use]
    pub fn connection(&self) -> Rc<ConnectionState> {
        self.shell.borrow().connection.clone()
    }

    /// The packet log.
    #[must_use]
    pub fn log(&self) -> SharedLog {
        self.log.clone()
    }

    /// Opens a WebSocket, and connects the client over it. A connection that is still there is dropped.
    pub fn connect(&self, request: ConnectRequest) {
        self.command(|client, now, log| client.connect(now, request, log));
    }

    /// Sends DISCONNECT and closes the WebSocket; an attempt that is under way is given up.
    pub fn disconnect(&self) {
        self.command(Client::disconnect);
    }

    /// Closes the WebSocket without DISCONNECT.
    pub fn drop_connection(&self) {
        self.command(Client::drop_connection);
    }

    /// Subscribes to a topic filter.
    ///
    /// # Errors
    ///
    /// Those of the session.
    pub fn subscribe(&self, filter: TopicFilter<'_>, qos: Qos) -> Result<(), CommandError> {
        self.command(|client, now, log| client.subscribe(now, filter, qos, log))
    }

    /// Gives a subscription up.
    ///
    /// # Errors
    ///
    /// Those of the session.
    pub fn unsubscribe(&self, filter: TopicFilter<'_>) -> Result<(), CommandError> {
        self.command(|client, now, log| client.unsubscribe(now, filter, log))
    }

    /// Publishes a message.
    ///
    /// # Errors
    ///
    /// Those of the session.
    pub fn publish(&self, message: &Publication<'_>) -> Result<(), CommandError> {
        self.command(|client, now, log| client.publish(now, message, log))
    }

    /// Sets the test switches, on a live connection too.
    pub fn set_switches(&self, simulate_down: bool, send_duplicates: bool) {
        let mut shell = self.shell.borrow_mut();
        let policy = shell.client.policy_mut();
        policy.withhold_pingreq = simulate_down;
        policy.send_duplicates = send_duplicates;
    }

    /// Asks for the page to be drawn again in the next animation frame.
    pub fn redraw_soon(&self) {
        self.redraw.soon();
    }

    /// Empties the packet log.
    pub fn clear_log(&self) {
        self.log.0.borrow_mut().clear();
        self.redraw.now();
    }

    fn command<R>(&self, command: impl FnOnce(&mut Client, Timestamp, &mut Log) -> R) -> R {
        take(&self.shell, &self.redraw, command)
    }
}

/// What a client is given by a browser.
struct Shell {
    client: Client,
    transport: Option<Transport>,
    clock: Clock,
    alarm: Alarm,
    log: SharedLog,
    /// The client's connection, as the page holds it.
    connection: Rc<ConnectionState>,
    ears: Ears,
}

impl Shell {
    fn new(clock_url: &str, log: SharedLog, ears: Ears) -> Self {
        let on_tick = {
            let ears = ears.clone();
            Rc::new(move |tick| ears.on_tick(tick))
        };
        Self {
            client: Client::new(),
            transport: None,
            clock: Clock::start(clock_url, on_tick),
            alarm: Alarm::default(),
            log,
            connection: Rc::default(),
            ears,
        }
    }

    /// Does what the client asks for, and says whether its connection has changed.
    fn drain(&mut self, now: Timestamp) -> bool {
        let mut has_changed = false;
        loop {
            let buffered = self.transport.as_ref().map_or(0, Transport::buffered);
            let Some(output) = self.client.poll_output(buffered) else { break };
            match (output, &self.transport) {
                (Output::Open { generation, url, subprotocols }, _) => {
                    self.transport = None;
                    let ears = self.ears.clone();
                    let listen = Rc::new(move |signal| ears.on_signal(generation, signal));
                    match Transport::open(url, subprotocols, listen) {
                        Ok(transport) => self.transport = Some(transport),
                        Err(words) => {
                            let mut log = self.log.0.borrow_mut();
                            self.client.handle(now, generation, Input::NotOpened { words: &words }, &mut log);
                        }
                    }
                }
                (Output::Send(bytes), Some(transport)) => transport.send(bytes),
                (Output::Close | Output::Abandon, Some(transport)) => transport.close(),
                (Output::Send(_) | Output::Close | Output::Abandon, None) => {}
                (Output::Changed, _) => {
                    self.connection = Rc::new(self.client.connection().clone());
                    has_changed = true;
                }
            }
        }
        if let Some(due) = self.alarm.set(self.client.poll_timeout()) {
            self.clock.wake_in(due.micros_since(now).div_ceil(1_000) as u32);
        }
        has_changed
    }
}

/// What hears the WebSocket and the clock.
#[derive(Clone)]
struct Ears {
    shell: Weak<RefCell<Shell>>,
    redraw: Rc<Redraw>,
}

impl Ears {
    fn on_signal(&self, generation: u32, signal: Signal) {
        self.hear(|client, now, log| match signal {
            Signal::Bytes(bytes) => {
                let len = bytes.length() as usize;
                client.handle_bytes(now, generation, len, |room| bytes.copy_to(room), log);
            }
            Signal::Open { subprotocol } => {
                client.handle(now, generation, Input::Opened { subprotocol: &subprotocol }, log);
            }
            Signal::Text { chars } => client.handle(now, generation, Input::Text { chars }, log),
            Signal::Closed { code, reason } => {
                client.handle(now, generation, Input::Closed { code, reason: &reason }, log);
            }
        });
    }

    fn on_tick(&self, tick: Tick) {
        if let Some(shell) = self.shell.upgrade() {
            shell.borrow_mut().alarm.rang();
        }
        self.hear(|client, now, log| {
            let generation = client.generation();
            if tick == Tick::Fallback {
                client.handle(now, generation, Input::ClockFallback, log);
            }
            client.handle(now, generation, Input::Timeout, log);
        });
    }

    fn hear(&self, handle: impl FnOnce(&mut Client, Timestamp, &mut Log)) {
        if let Some(shell) = self.shell.upgrade() {
            take(&shell, &self.redraw, handle);
        }
    }
}

/// One input or command, with all that follows from it.
fn take<R>(
    shell: &RefCell<Shell>,
    redraw: &Redraw,
    call: impl FnOnce(&mut Client, Timestamp, &mut Log) -> R,
) -> R {
    let now = browser::now();
    let (result, has_changed) = {
        let mut shell = shell.borrow_mut();
        let log = shell.log.clone();
        let result = call(&mut shell.client, now, &mut log.0.borrow_mut());
        (result, shell.drain(now))
    };
    if has_changed {
        redraw.now()
    } else {
        redraw.soon()
    }
    result
}
