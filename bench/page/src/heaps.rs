//! Memory of the page and of its workers, which no script of the page can see: asked of the browser's developer tools.

use anyhow::{Context, Result};
use mqttscope_e2e::dev_tools::DevTools;
use mqttscope_e2e::page::Page;
use serde_json::{Value, json};

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
        let mut tools = DevTools::of(page).await?;
        let mut heaps = self::heaps(&mut tools, None)?;
        for worker in tools.workers()? {
            let more = self::heaps(&mut tools, Some(&worker))?;
            heaps.wasm += more.wasm;
            heaps.script += more.script;
        }
        Ok(heaps)
    }
}

fn heaps(tools: &mut DevTools, session: Option<&str>) -> Result<Heaps> {
    tools.command(session, "HeapProfiler.collectGarbage", json!({}))?;
    let usage = tools.command(session, "Runtime.getHeapUsage", json!({}))?;
    let prototype = json!({ "expression": "WebAssembly.Memory.prototype" });
    let prototype = tools.command(session, "Runtime.evaluate", prototype)?;
    let prototype = json!({ "prototypeObjectId": prototype["result"]["objectId"] });
    let memories = tools.command(session, "Runtime.queryObjects", prototype)?;
    let sum = "function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0) }";
    let id = &memories["objects"]["objectId"];
    let sum = json!({ "objectId": id, "functionDeclaration": sum, "returnByValue": true });
    let wasm = tools.command(session, "Runtime.callFunctionOn", sum)?;
    let bytes = |value: &Value| value.as_f64().map(|bytes| bytes as u64).context("no number of bytes");
    Ok(Heaps { wasm: bytes(&wasm["result"]["value"])?, script: bytes(&usage["usedSize"])? })
}
