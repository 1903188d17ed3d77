// Paho as its manual shows it: each message is counted. The broker's URL stands behind the #.
const said = document.querySelector("pre");
let messages = 0;
// It would take up what an earlier connection has left there.
localStorage.clear();
const client = new Paho.Client(location.hash.slice(1), "paho");
client.onMessageArrived = () => {
  messages += 1;
};
client.onConnectionLost = ({ errorMessage }) => {
  said.textContent = `${errorMessage} after ${messages} messages`;
};
client.connect({ onSuccess: () => client.subscribe("flood/#", { qos: 2 }), mqttVersion: 4 });
