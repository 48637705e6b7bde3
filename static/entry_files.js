// A file that has wholly arrived joins the work at once; the list of the work's files shows how its check goes.
(() => {
  "use strict";
  const form = document.querySelector("[data-add-files]");
  if (!form) return;
  form.addEventListener("upload:received", async (event) => {
    const { token } = event.detail;
    const values = { upload: token };
    const replaces = form.querySelector('[name="replaces"]');
    if (replaces) values.replaces = replaces.value;
    await htmx.ajax("POST", form.getAttribute("action"), { target: "#files", swap: "outerHTML", values });
    if (document.querySelector("#files [role=alert]")) return; // it stays where it can be taken away
    event.target.dispatchEvent(new CustomEvent("upload:claimed", { detail: { token } }));
    if (replaces) location.assign(form.getAttribute("action"));
  });
})();
