"""A teaching package that tries what it must not; what came of each attempt is text in its page."""

PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>hostile</title>
<script src="own.js"></script>
<script src="OUTSIDE/x.js"></script>
<link rel="stylesheet" href="OUTSIDE/x.css">
<link rel="prefetch" href="OUTSIDE/prefetch">
</head><body>
<a id="top" target="_top" href="/top-by-link/">top</a>
<form id="form" method="post" action="/form-post/" target="_top"><button>post</button></form>
<img src="/image-of-the-portal/"><img src="OUTSIDE/x.png"><iframe src="/frame-of-the-portal/"></iframe>
<pre id="out"></pre>
<script>
const told = {};
async function attempt(name, act) {
  try { told[name] = "done: " + String(await act()); } catch (error) { told[name] = "refused"; }
}
function bare(property) {
  const frame = document.createElement("iframe");
  document.body.append(frame);
  return frame.contentWindow[property];
}
function loaded(element, parent) {
  return new Promise((resolve, reject) => {
    element.onload = () => resolve("loaded"); element.onerror = reject; parent.append(element);
  });
}
(async () => {
  await attempt("cookie", () => document.cookie || Promise.reject());
  await attempt("cookie of the browser", () => Object.getOwnPropertyDescriptor(Document.prototype, "cookie").get.call(document));
  await attempt("storage of the browser", () => bare("localStorage").length);
  await attempt("session storage of the browser", () => bare("sessionStorage").length);
  await attempt("database", () => new Promise((done, fail) => { const open = indexedDB.open("x"); open.onsuccess = done; open.onerror = fail; }));
  await attempt("parent", () => parent.document.title);
  await attempt("top", () => top.location.href);
  await attempt("opener", () => opener.document.title);
  await attempt("fetch of the portal", () => fetch("/fetch/", { credentials: "include", mode: "no-cors" }));
  await attempt("fetch outside", () => fetch("OUTSIDE/fetch", { mode: "no-cors" }));
  await attempt("request of the portal", () => new Promise((done, fail) => { const x = new XMLHttpRequest(); x.onload = done; x.onerror = fail; x.open("GET", "/xhr/"); x.send(); }));
  await attempt("socket", () => new Promise((done, fail) => { const s = new WebSocket("ws://" + location.host + "/socket/"); s.onopen = done; s.onerror = fail; }));
  await attempt("beacon", () => navigator.sendBeacon("/beacon/", "x"));
  await attempt("image of the portal", () => loaded(Object.assign(new Image(), { src: "/image/?" + Date.now() }), document.body));
  await attempt("script of the portal", () => loaded(Object.assign(document.createElement("script"), { src: "/script/" }), document.body));
  await attempt("popup", () => open("/popup/") || Promise.reject());
  await attempt("service worker", () => navigator.serviceWorker.register("own.js"));
  await attempt("top navigation", () => { if (parent !== window) top.location = "/top-by-script/"; });
  await attempt("own file", () => fetch("own.json").then((answer) => answer.json()).then((json) => json.word));
  if (parent !== window) {
    document.getElementById("top").click();
    document.getElementById("form").requestSubmit();
  }
  for (let count = 0; count < 1000; count++) { parent.postMessage({ score: 100, count: count }, "*"); }
  await attempt("scorm", () => [API.LMSInitialize(""), API.LMSSetValue("cmi.core.lesson_status", "passed"), API.LMSGetValue("cmi.core.lesson_status"), API_1484_11.GetValue("cmi.mode")].join());
  await attempt("store", () => { localStorage.setItem("a", 1); return localStorage.getItem("a"); });
  await attempt("own script", () => ownScript);
  document.getElementById("out").textContent = JSON.stringify(told);
  document.body.dataset.done = "yes";
})();
</script></body></html>"""

REFUSED = (
    *(
        "cookie",
        "cookie of the browser",
        "storage of the browser",
        "session storage of the browser",
        "database",
    ),
    *("parent", "top", "opener", "fetch of the portal", "fetch outside", "request of the portal", "socket"),
    *("image of the portal", "script of the portal", "popup", "service worker", "top navigation"),
)
ALLOWED = {
    "own file": "done: known",
    "scorm": "done: true,true,passed,browse",
    "store": "done: 1",
    "own script": "done: 1",
}


def members(outside):
    return {
        "index.html": PAGE.replace("OUTSIDE", outside),
        "own.js": "var ownScript = 1;",
        "own.json": '{"word": "known"}',
    }
