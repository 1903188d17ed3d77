// Notes each frame, each long task and each redraw of the log's head, from now until `stop`.
const probe = { frames: [], long: [], draws: [], hiddenDraws: 0 };
window.benchProbe = probe;
let last, on = true, drawn = 0;
const frame = now => {
  if (last !== undefined) {
    probe.frames.push(now - last);
    probe.draws.push(drawn);
  }
  last = now;
  drawn = 0;
  if (on) requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
const take = entries => entries.forEach(entry => probe.long.push(entry.duration));
const tasks = new PerformanceObserver(list => take(list.getEntries()));
tasks.observe({ type: 'longtask' });
const draws = new MutationObserver(() => {
  drawn += 1;
  if (document.hidden) probe.hiddenDraws += 1;
});
draws.observe(document.querySelector('.log-head .count'), { characterData: true, childList: true, subtree: true });
probe.stop = () => {
  on = false;
  take(tasks.takeRecords());
  tasks.disconnect();
  draws.disconnect();
  return JSON.stringify(probe);
};
