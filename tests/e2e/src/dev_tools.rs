//! The browser's developer tools over a WebSocket of its own: for what chromedriver does not reach, as a page's workers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

use crate::page::Page;

/// A connection to the developer tools of the tab that shows a page.
pub struct DevTools {
    socket: WebSocket<TcpStream>,
    /// The number of the next command.
    next: u64,
    /// Sessions of workers, which the browser tells before it answers.
    workers: Vec<String>,
}

impl DevTools {
    /// Connects to the tab that shows the page.
    ///
    /// # Errors
    /// If the browser is none of Chromium's, or does not answer.
    pub async fn of(page: &Page) -> Result<Self> {
        let url = page.client().current_url().await?;
        let capabilities = page.client().capabilities().context("the browser says nothing of itself")?;
        let address =
            capabilities.get("goog:chromeOptions").and_then(|options| options["debuggerAddress"].as_str());
        Self::connect(address.context("it has no developer tools")?, url.as_str())
    }

    fn connect(address: &str, page: &str) -> Result<Self> {
        let targets = get(address, "/json/list")?;
        let is_it = |target: &&Value| target["type"] == "page" && target["url"] == page;
        let target = targets.as_array().and_then(|targets| targets.iter().find(is_it));
        let url = target
            .and_then(|target| target["webSocketDebuggerUrl"].as_str())
            .context("no tab shows the page")?;
        let stream = connect(address)?;
        let (socket, _) =
            tungstenite::client(url, stream).map_err(|error| anyhow!("no WebSocket: {error}"))?;
        Ok(Self { socket, next: 0, workers: Vec::new() })
    }

    /// The sessions of the page's workers.
    ///
    /// # Errors
    /// If the browser does not answer.
    pub fn workers(&mut self) -> Result<Vec<String>> {
        let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
        self.command(None, "Target.setAutoAttach", attach)?;
        Ok(std::mem::take(&mut self.workers))
    }

    /// Sends a command, to the tab or to the session of a worker; gives its result.
    ///
    /// # Errors
    /// If the command fails.
    pub fn command(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
        self.next += 1;
        let mut command = json!({ "id": self.next, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string()))?;
        loop {
            let Message::Text(text) = self.socket.read()? else { continue };
            let mut message: Value = serde_json::from_str(&text)?;
            let target = &message["params"]["targetInfo"];
            if message["method"] == "Target.attachedToTarget" && target["type"] == "worker" {
                self.workers.extend(message["params"]["sessionId"].as_str().map(str::to_owned));
            }
            if message["id"] == self.next {
                if !message["error"].is_null() {
                    bail!("{method}: {}", message["error"]);
                }
                return Ok(message["result"].take());
            }
        }
    }
}

fn connect(address: &str) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).with_context(|| format!("nobody is at {address}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

/// What a small web server answers.
fn get(address: &str, path: &str) -> Result<Value> {
    let mut stream = connect(address)?;
    // In one piece: it gives up on a request whose end it has not read at once.
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    let mut piece = [0; 4_096];
    // It does not end the connection, so that the answer itself says where it ends.
    loop {
        let text = String::from_utf8_lossy(&answer);
        if let Some(value) = text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok())
        {
            return Ok(value);
        }
        match stream.read(&mut piece)? {
            0 => bail!("{path} is no JSON: {text}"),
            len => answer.extend_from_slice(&piece[..len]),
        }
    }
}
