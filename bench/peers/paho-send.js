// Paho as its manual shows it: the broker says how many messages to publish at which QoS. Its URL stands behind the #.
const said = document.querySelector("pre");
const message = "m".repeat(64);
// It would take up what an earlier connection has left there.
localStorage.clear();
const client = new Paho.Client(location.hash.slice(1), "paho");
client.onMessageArrived = ({ payloadString }) => {
  const [qos, count] = payloadString.split(" ").map(Number);
  try {
    for (let sent = 0; sent < count; sent += 1) client.send("sent/press-12", message, qos, false);
  } catch (error) {
    said.textContent = `${error}`;
  }
};
client.onConnectionLost = ({ errorMessage }) => {
  said.textContent ||= errorMessage;
};
client.connect({ onSuccess: () => client.subscribe("flood/#", { qos: 2 }), mqttVersion: 4 });
