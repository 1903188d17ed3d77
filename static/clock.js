// The page's clock: a dedicated worker, because the timers of a hidden page run as rarely as once a minute,
// which is too late for a keep alive. It takes milliseconds to wait and answers when they are over.
let timer;
onmessage = ({ data }) => {
  clearTimeout(timer);
  timer = setTimeout(() => postMessage(0), data);
};
