// A worker that reads captures and shows CBOR and MessagePack: a module of its own, loaded when it is first used.
// It takes a file, or the bytes of a payload behind the byte that names its format. It tells its version once it has
// started, then bytes, which the page's own module reads; or words, if something went wrong.
importScripts("mqttscope-reader.js");

const SLICE = 1 << 20;

const started = async () => {
  // As in start.js: a script and a module of two different builds do not fit together.
  const file = await fetch("mqttscope-reader_bg.wasm", { cache: "no-cache" });
  if (!file.ok) throw new Error(`${file.status} ${file.statusText}`);
  // From its bytes it starts whatever type the server gives it.
  await wasm_bindgen({ module_or_path: await file.arrayBuffer() });
  postMessage(wasm_bindgen.version());
};

const tell = (message) => postMessage(message, [message.buffer]);

let goOn;

const read = async (file) => {
  const capture = new wasm_bindgen.Capture();
  const pieces = () => {
    for (let message; (message = capture.next_message()); ) tell(message);
  };
  const slice = (at) => file.slice(at, at + SLICE).arrayBuffer();
  let next = slice(0);
  for (let at = 0; at < file.size; at += SLICE) {
    const piece = await next;
    next = slice(at + SLICE);
    const more = capture.push(new Uint8Array(piece));
    // The page says when it has taken these records, so that they do not pile up before it.
    const taken = new Promise((resolve) => { goOn = resolve; });
    pieces();
    if (!more) break;
    await taken;
  }
  capture.finish();
  pieces();
  capture.free();
};

const ready = started();

onmessage = async ({ data }) => {
  try {
    await ready;
    if (data instanceof Blob) await read(data);
    else if (data instanceof Uint8Array) tell(wasm_bindgen.view(data));
    else goOn();
  } catch (error) {
    postMessage(String(error));
  }
};
