// What no client can be faster than: it counts packets, and says how many there were where the broker asks with a text.
let packets = 0;
// Bytes of the packet that are still to come, once its Remaining Length is known.
let rest = 0;
// Of the Remaining Length: what its bytes so far say, and what the next one counts; 0 before the fixed header.
let length = 0;
let factor = 0;

const count = (bytes) => {
  for (let at = 0; at < bytes.length; ) {
    if (rest > 0) {
      const skipped = Math.min(rest, bytes.length - at);
      at += skipped;
      rest -= skipped;
      continue;
    }
    const byte = bytes[at];
    at += 1;
    if (factor === 0) {
      length = 0;
      factor = 1;
      continue;
    }
    length += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) {
      packets += 1;
      rest = length;
      factor = 0;
    }
  }
};

onmessage = ({ data: url }) => {
  const socket = new WebSocket(url, "mqtt");
  socket.binaryType = "arraybuffer";
  socket.onopen = () => socket.send("ready");
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") {
      socket.send(String(packets));
      packets = 0;
    } else {
      count(new Uint8Array(data));
    }
  };
};
