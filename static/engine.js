// The engine: a worker that holds the connections, the log and all that walks over it. The page starts it when it is first
// needed. `start` takes messages over from here, and tells what is to be known of them; words are told if it cannot start.
const kept = [];
onmessage = (event) => kept.push(event);

// As in start.js: a script and a module of two different builds do not fit together. Asked for before the script, so that
// both load at once; and without a name and a password that the page's own address may hold, which fetch does not take.
const module = new URL("mqttscope-worker_bg.wasm", location.origin + location.pathname);
const loading = fetch(module, { cache: "no-cache" });

const started = async () => {
  importScripts("mqttscope-worker.js");
  const file = await loading;
  if (!file.ok) throw new Error(`${file.status} ${file.statusText}`);
  // From its bytes it starts whatever type the server gives it.
  await wasm_bindgen({ module_or_path: await file.arrayBuffer() });
  wasm_bindgen.start();
  for (const event of kept) onmessage(event);
};

started().catch((error) => postMessage(String(error)));
