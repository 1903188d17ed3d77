// Starts the page. A file of its own, so that the page runs under a Content-Security-Policy without inline scripts.
const started = async () => {
  const { default: init } = await import("./page.js");
  // "no-cache" asks the server whether the file is still the same: the names carry no hash, and a script and a
  // module of two different builds do not fit together. And fetch takes no name and password, as an address may hold.
  const file = new URL("page_bg.wasm", location.origin + location.pathname);
  const module = fetch(file, { cache: "no-cache" });
  await init({ module_or_path: module });
};

started().catch((error) => {
  const line = document.getElementById("loading");
  if (line) line.textContent = `The page could not start: ${error}. Reload it; if that does not help, the browser may be too old or a file of the page is missing.`;
  throw error;
});
