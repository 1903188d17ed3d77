// The mixed stream through our decoder in wasm and through mqtt-packet, the parser of MQTT.js.
import mqttPacket from "mqtt-packet";
import { Receiver, initSync, mixed_stream, piece_lengths } from "./mqttscope_bench.js";
import wasm from "./mqttscope_bench_bg.wasm";

initSync({ module: wasm });
const stream = mixed_stream();

function throughWasm(pieceLength) {
  const receiver = new Receiver();
  for (let at = 0; at < stream.length; at += pieceLength) {
    receiver.receive(stream.subarray(at, at + pieceLength));
  }
  const { packets, ids, topic_bytes: topicBytes, payload_bytes: payloadBytes } = receiver;
  const violations = receiver.violations();
  receiver.free();
  return { packets, ids, topicBytes, payloadBytes, violations };
}

function throughMqttPacket(pieceLength, onPacket = () => {}) {
  const sum = { packets: 0, ids: 0, topicBytes: 0, payloadBytes: 0, violations: 0 };
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("packet", (packet) => {
    sum.packets += 1;
    sum.ids += packet.messageId ?? 0;
    if (packet.cmd === "publish") {
      sum.topicBytes += packet.topic.length;
      sum.payloadBytes += packet.payload.length;
    }
    onPacket(packet);
  });
  for (let at = 0; at < stream.length; at += pieceLength) {
    // A view, as MQTT.js makes it of what a WebSocket brings.
    const length = Math.min(pieceLength, stream.length - at);
    parser.parse(Buffer.from(stream.buffer, stream.byteOffset + at, length));
  }
  return sum;
}

// mqtt-packet has to write what it has read in the same bytes, and both have to find the same packets.
function check() {
  let at = 0;
  throughMqttPacket(65_536, (packet) => {
    const written = mqttPacket.generate(packet, { protocolVersion: 4 });
    if (!written.every((byte, index) => byte === stream[at + index])) {
      throw new Error(`mqtt-packet writes the ${packet.cmd} at ${at} in other bytes`);
    }
    at += written.length;
  });
  if (at !== stream.length) {
    throw new Error(`mqtt-packet read ${at} of ${stream.length} bytes`);
  }
}

function milliseconds(run) {
  const start = performance.now();
  const sum = run();
  return { took: performance.now() - start, sum: JSON.stringify(sum) };
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function measure(pieceLength) {
  const rounds = pieceLength < 16 ? 3 : 9;
  const mqttscope = [];
  const mqttPacket = [];
  // The first round, which compiles, is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const ours = milliseconds(() => throughWasm(pieceLength));
    const theirs = milliseconds(() => throughMqttPacket(pieceLength));
    if (ours.sum !== theirs.sum) {
      throw new Error(`mqttscope found ${ours.sum}, mqtt-packet ${theirs.sum}`);
    }
    if (round > 0) {
      mqttscope.push(ours.took);
      mqttPacket.push(theirs.took);
    }
  }
  return { pieceLength, mqttscope: median(mqttscope), mqttPacket: median(mqttPacket) };
}

function run() {
  try {
    check();
    return { browser: navigator.userAgent, milliseconds: Array.from(piece_lengths(), measure) };
  } catch (error) {
    return { error: String(error) };
  }
}

document.querySelector("pre").textContent = JSON.stringify(run());
