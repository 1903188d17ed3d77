// Starts the worker. The broker's URL stands behind the #.
const worker = new Worker("bare-worker.js");
worker.onerror = ({ message }) => {
  document.querySelector("pre").textContent = message;
};
worker.postMessage(location.hash.slice(1));
