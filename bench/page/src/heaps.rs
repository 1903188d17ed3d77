//! Memory of the page and of its workers, which no script of the page can see: asked of the browser's developer tools,
//! over a WebSocket of its own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use mqttscope_e2e::page::Page;
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Bytes of the page and of its workers together, after garbage was collected.
#[derive(Clone, Copy, Default)]
pub struct Heaps {
    /// Memories of wasm modules.
    pub wasm: u64,
    /// JavaScript's objects.
    pub script: u64,
}

impl Heaps {
    /// What they are now.
    pub async fn of(page: &Page) -> Result<Self> {
        let url = page.client().current_url().await?;
        let capabilities = page.client().capabilities().context("the browser says nothing of itself")?;
        let address =
            capabilities.get("goog:chromeOptions").and_then(|options| options["debuggerAddress"].as_str());
        let mut tools = DevTools::connect(address.context("it has no developer tools")?, url.as_str())?;
        let mut heaps = tools.heaps(None)?;
        for worker in tools.workers()? {
            let more = tools.heaps(Some(&worker))?;
            heaps.wasm += more.wasm;
            heaps.script += more.script;
        }
        Ok(heaps)
    }
}

struct DevTools {
    socket: WebSocket<TcpStream>,
    /// The number of the next command.
    next: u64,
    /// Sessions of workers, which the browser tells before it answers.
    workers: Vec<String>,
}

impl DevTools {
    /// Connects to the tab that shows the page.
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
    fn workers(&mut self) -> Result<Vec<String>> {
        let attach = json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true });
        self.command(None, "Target.setAutoAttach", attach)?;
        Ok(std::mem::take(&mut self.workers))
    }

    fn heaps(&mut self, session: Option<&str>) -> Result<Heaps> {
        self.command(session, "HeapProfiler.collectGarbage", json!({}))?;
        let usage = self.command(session, "Runtime.getHeapUsage", json!({}))?;
        let prototype = json!({ "expression": "WebAssembly.Memory.prototype" });
        let prototype = self.command(session, "Runtime.evaluate", prototype)?;
        let prototype = json!({ "prototypeObjectId": prototype["result"]["objectId"] });
        let memories = self.command(session, "Runtime.queryObjects", prototype)?;
        let sum = "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0) }";
        let id = &memories["objects"]["objectId"];
        let sum = json!({ "objectId": id, "functionDeclaration": sum, "returnByValue": true });
        let wasm = self.command(session, "Runtime.callFunctionOn", sum)?;
        let bytes = |value: &Value| value.as_f64().map(|bytes| bytes as u64).context("no number of bytes");
        Ok(Heaps { wasm: bytes(&wasm["result"]["value"])?, script: bytes(&usage["usedSize"])? })
    }

    fn command(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value> {
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
