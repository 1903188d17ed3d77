//! A browser's WebSocket: bytes in, bytes out, and why it closed. It knows nothing of MQTT.

use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent, WebSocket};

/// What a WebSocket tells.
pub(crate) enum Signal {
    /// It is open, with the subprotocol that was agreed on (often empty).
    Open { subprotocol: String },
    /// A binary message came.
    Bytes(Uint8Array),
    /// A text message came, of so many characters.
    Text { chars: u32 },
    /// It is closed; nothing follows.
    Closed { code: u16, reason: String },
}

/// A WebSocket. What it is told to send it sends at once.
pub(crate) struct Socket {
    socket: WebSocket,
    _on_event: Closure<dyn Fn(Event)>,
}

impl Socket {
    /// Begins to open a WebSocket.
    ///
    /// # Errors
    ///
    /// The browser's words when it refuses to try: an invalid URL, `ws:` from an `https:` page, a port that it
    /// blocks.
    pub(crate) fn open(
        url: &str,
        subprotocols: &[String],
        listen: Rc<dyn Fn(Signal)>,
    ) -> Result<Self, String> {
        let names: Array = subprotocols.iter().map(JsValue::from).collect();
        let socket = WebSocket::new_with_str_sequence(url, &names).map_err(|error| words_of(&error))?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let source = socket.clone();
        let on_event = Closure::<dyn Fn(Event)>::new(move |event: Event| {
            if let Some(signal) = signal_of(&source, &event) {
                listen(signal);
            }
        });
        let handler = Some(on_event.as_ref().unchecked_ref());
        socket.set_onopen(handler);
        socket.set_onmessage(handler);
        socket.set_onclose(handler);
        Ok(Self { socket, _on_event: on_event })
    }

    /// Bytes that the browser has taken and not yet sent.
    pub(crate) fn buffered(&self) -> usize {
        self.socket.buffered_amount() as usize
    }

    /// Sends bytes as one message.
    pub(crate) fn send(&self, bytes: &[u8]) {
        // A socket that is not open any more drops what it is given; its end is signalled.
        let _ = self.socket.send_with_u8_array(bytes);
    }

    /// Closes it, behind all that was sent; its end is signalled.
    pub(crate) fn close(&self) {
        // 1000 is always a valid code, so nothing can fail here.
        let _ = self.socket.close_with_code(1000);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}

fn signal_of(socket: &WebSocket, event: &Event) -> Option<Signal> {
    if let Some(message) = event.dyn_ref::<MessageEvent>() {
        let data = message.data();
        return Some(match data.dyn_ref::<ArrayBuffer>() {
            Some(buffer) => Signal::Bytes(Uint8Array::new(buffer)),
            None => Signal::Text { chars: data.dyn_ref::<JsString>().map_or(0, JsString::length) },
        });
    }
    if let Some(close) = event.dyn_ref::<CloseEvent>() {
        return Some(Signal::Closed { code: close.code(), reason: close.reason() });
    }
    Some(Signal::Open { subprotocol: socket.protocol() })
}

/// The words of an exception.
pub(crate) fn words_of(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "no reason given".into()),
    }
}
