// What no page can be nearer to the truth than: how long an answer took as a worker sees it that does nothing else.
const PUBACK = 0x40;
// The topic "times/press-12" and the message "21.5 C" at QoS 1; the packet id goes between them.
const TOPIC = new TextEncoder().encode("times/press-12");
const MESSAGE = new TextEncoder().encode("21.5 C");
const CONNECT = [0x10, 16, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 4, 98, 97, 114, 101];

const publish = (id) => {
  const length = 2 + TOPIC.length + 2 + MESSAGE.length;
  return new Uint8Array([0x32, length, 0, TOPIC.length, ...TOPIC, id >> 8, id & 0xff, ...MESSAGE]);
};

onmessage = ({ data: { url, count } }) => {
  const socket = new WebSocket(url, "mqtt");
  socket.binaryType = "arraybuffer";
  const sent = [];
  const answers = [];

  // At times that keep no step with anything.
  const next = () => {
    const id = sent.length;
    const packet = publish(id + 1);
    sent.push(performance.now());
    socket.send(packet);
    if (sent.length < count) setTimeout(next, 20 + ((count - sent.length) * 7) % 23);
  };
  socket.onopen = () => socket.send(new Uint8Array(CONNECT));
  socket.onmessage = ({ data }) => {
    const now = performance.now();
    const bytes = new Uint8Array(data);
    if (bytes[0] !== PUBACK) {
      if (bytes[0] === 0x20) setTimeout(next, 2000);
      return;
    }
    const id = bytes[2] * 256 + bytes[3];
    answers.push([id, (now - sent[id - 1]) * 1000]);
    if (answers.length === count) postMessage(answers);
  };
};
