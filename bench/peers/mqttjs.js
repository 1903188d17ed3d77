// MQTT.js as its manual shows it: each message is counted. The broker's URL stands behind the #.
const said = document.querySelector("pre");
let messages = 0;
const client = mqtt.connect(location.hash.slice(1), { keepalive: 0, protocolVersion: 4, reconnectPeriod: 0 });
client.on("connect", () => client.subscribe("flood/#", { qos: 2 }));
client.on("message", () => {
  messages += 1;
});
client.on("error", (error) => {
  said.textContent = `${error} after ${messages} messages`;
});
client.on("close", () => {
  said.textContent ||= `closed after ${messages} messages`;
});
