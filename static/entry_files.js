// A file that has wholly arrived joins the work at once; the list of the work's files shows how its check goes.
(() => {
  "use strict";
  const TRIES = 5;
  const TRY_AGAIN_AFTER = 3000;
  const form = document.querySelector("[data-add-files]");
  if (!form) return;
  const action = form.getAttribute("action");
  const replaces = form.querySelector('[name="replaces"]');

  const post = (token) => {
    const body = new URLSearchParams({ upload: token });
    if (replaces) body.set("replaces", replaces.value);
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers")) };
    return fetch(action, { method: "POST", headers, body }).catch(() => null);
  };

  const join = async (uploader, token) => {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const answer = await post(token);
      if (answer?.redirected) return; // logged out; it stays listed and is kept
      if (answer?.ok) {
        htmx.swap("#files", await answer.text(), { swapStyle: "outerHTML" });
        if (document.querySelector("#files [role=alert]")) return; // it stays where it can be taken away
        uploader.dispatchEvent(new CustomEvent("upload:claimed", { detail: { token } }));
        if (replaces) location.assign(action);
        return;
      }
      await new Promise((done) => setTimeout(done, TRY_AGAIN_AFTER));
    }
  };

  // One after the other: htmx would let go of all but the last of those that arrive together.
  let before = Promise.resolve();
  form.addEventListener("upload:received", (event) => {
    const { target, detail } = event;
    before = before.then(() => join(target, detail.token));
  });
})();
