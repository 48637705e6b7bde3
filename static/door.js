// The door: taps that could not be written say so beside the name. Without this the page works as plain forms.
(() => {
  "use strict";

  // 409 carries its own words; htmx would drop them.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 409) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
    // Logged out meanwhile: the answer is the login page, which belongs in the window and not in a row.
    if (event.detail.xhr.responseURL.includes("/accounts/login/")) {
      event.detail.shouldSwap = false;
      window.location.reload();
    }
  });

  const say = (event, text) => {
    const row = event.target.closest(".door-row");
    if (!row) return;
    const note = row.querySelector(".door-lost") ?? document.createElement("p");
    note.className = "door-lost note note-no";
    note.setAttribute("role", "alert");
    note.textContent = text;
    row.querySelector(".door-who").after(note);
  };
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => say(event, "未登記：連線中斷。恢復連線後再按一次。"));
  }
  document.addEventListener("htmx:responseError", (event) => {
    say(event, "未登記：系統正忙。請再按一次。");
  });
})();
