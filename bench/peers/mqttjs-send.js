// MQTT.js as its manual shows it: the broker says how many messages to publish at which QoS. Its URL stands behind the #.
const said = document.querySelector("pre");
const message = "m".repeat(64);
const client = mqtt.connect(location.hash.slice(1), { keepalive: 0, protocolVersion: 4, reconnectPeriod: 0 });
client.on("connect", () => client.subscribe("flood/#", { qos: 2 }));
client.on("message", (topic, payload) => {
  const [qos, count] = payload.toString().split(" ").map(Number);
  for (let sent = 0; sent < count; sent += 1) client.publish("sent/press-12", message, { qos });
});
client.on("error", (error) => {
  said.textContent = `${error}`;
});
client.on("close", () => {
  said.textContent ||= "closed";
});
