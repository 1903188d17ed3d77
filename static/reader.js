// A worker that reads captures, shows CBOR and MessagePack, and compares payloads: a module of its own, loaded when it is
// first used. It takes a file, or the bytes of a payload behind the byte that names its format. It tells its version once it has
// started, then bytes, which the page's own module reads; or words, if something went wrong.
importScripts("mqttscope-reader.js");

const SLICE = 1 << 20;

const started = async () => {
  // As in engine.js: a script and a module of two different builds do not fit together, and an address may hold a password.
  const module = new URL("mqttscope-reader_bg.wasm", location.origin + location.pathname);
  const file = await fetch(module, { cache: "no-cache" });
  if (!file.ok) throw new Error(`${file.status} ${file.statusText}`);
  // From its bytes it starts whatever type the server gives it.
  await wasm_bindgen({ module_or_path: await file.arrayBuffer() });
  postMessage(wasm_bindgen.version());
};

const tell = (message) => postMessage(message, [message.buffer]);

let goOn;

// The pieces of a file, each with the place in the file where it ends.
async function* slices(file) {
  const slice = (at) => file.slice(at, at + SLICE).arrayBuffer();
  let next = slice(0);
  for (let at = 0; at < file.size; at += SLICE) {
    const piece = await next;
    next = slice(at + SLICE);
    yield [new Uint8Array(piece), Math.min(at + SLICE, file.size)];
  }
}

// The same of one that is packed by gzip: what there is of it, unpacked. It gives back whether that was all.
async function* unpacked(file) {
  let taken = 0;
  const count = new TransformStream({
    transform(piece, next) {
      taken += piece.length;
      next.enqueue(piece);
    },
  });
  const pieces = file.stream().pipeThrough(count).pipeThrough(new DecompressionStream("gzip")).getReader();
  try {
    for (let piece; !(piece = await pieces.read()).done; ) yield [piece.value, taken];
    return true;
  } catch {
    return false;
  } finally {
    await pieces.cancel().catch(() => {});
  }
}

const isPacked = async (file) => {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0x1f && second === 0x8b && typeof DecompressionStream === "function";
};

const read = async (file) => {
  const capture = new wasm_bindgen.Capture();
  const tellAll = () => {
    for (let message; (message = capture.next_message()); ) tell(message);
  };
  const pieces = (await isPacked(file)) ? unpacked(file) : slices(file);
  let whole = true;
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) {
      whole = value !== false;
      break;
    }
    const more = capture.push(...value);
    // The page says when it has taken these records, so that they do not pile up before it.
    const taken = new Promise((resolve) => { goOn = resolve; });
    tellAll();
    if (!more) {
      await pieces.return();
      break;
    }
    await taken;
  }
  capture.finish(whole);
  tellAll();
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
