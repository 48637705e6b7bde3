// Forms that are long to fill: saved while one types, and kept in this tab until the server has them.
// The tab's copy bears the account and the version of the form; it comes back only to both.
(() => {
  "use strict";
  const form = document.querySelector("form[data-keep]");
  if (!form) return;
  const LATEST = 15000; // saved at least this often while somebody types without a pause
  const key = `kept:${location.pathname}`;
  const version = document.getElementById("version");
  const [account, begun] = form.dataset.keep.split("-");
  const mark = () => `${account}-${document.getElementById("version")?.value ?? begun}`;

  const fields = () =>
    [...form.elements].filter((field) => field.name && !["hidden", "submit", "file", "button"].includes(field.type));
  const read = () =>
    fields().map((field) => [field.name, field.value, ["radio", "checkbox"].includes(field.type) ? field.checked : null]);
  const keep = () => sessionStorage.setItem(key, JSON.stringify({ mark: mark(), fields: read() }));
  const forget = () => sessionStorage.removeItem(key);

  const say = (text) => {
    const line = document.getElementById("saved");
    if (line) line.textContent = text;
  };

  const restore = () => {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
    forget();
    if (!kept || kept.mark !== mark() || document.querySelector(".note-no")) return;
    const before = JSON.stringify(read());
    for (const [name, value, checked] of kept.fields) {
      const field = fields().find((one) => one.name === name && (checked === null || one.value === value));
      if (!field) continue;
      if (checked === null) field.value = value;
      else field.checked = checked;
    }
    if (JSON.stringify(read()) === before) return;
    keep();
    say("已取回上次還沒有儲存的內容。");
    form.dispatchEvent(new CustomEvent("autosave"));
  };

  let since = null;
  form.addEventListener("input", () => {
    keep();
    since ??= Date.now();
    if (version && Date.now() - since > LATEST) form.dispatchEvent(new CustomEvent("autosave"));
  });
  form.addEventListener("change", keep);

  window.saving(form, { onBegin: () => { since = null; } });

  // 409 and 422 carry their own words; an answer from the login page means that nobody is logged in any more.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if ([409, 422].includes(xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    } else if (new URL(xhr.responseURL).pathname !== event.detail.pathInfo.requestPath.split("?")[0]) {
      event.detail.shouldSwap = false;
      keep();
      const line = document.getElementById("saved");
      const link = document.createElement("a");
      link.href = `${new URL(xhr.responseURL).pathname}?next=${encodeURIComponent(location.pathname)}`;
      link.textContent = "重新登入";
      line?.replaceChildren("登入已逾時，尚未儲存。", link, "後回到這一頁，填寫的內容都還在。");
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.xhr.status !== 200) return;
    if (since) keep(); // typed while the save was under way
    else forget();
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => say("連線中斷，尚未儲存；填寫的內容都還在，恢復連線後會再儲存。"));
  }

  // After htmx has taken the form over, so that what comes back is saved at once.
  document.addEventListener("DOMContentLoaded", () => setTimeout(restore));
})();
