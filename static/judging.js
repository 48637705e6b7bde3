// The score sheet: steps of 0.5 by button and arrow, keys, and refusals shown where the saved time stands.
(() => {
  "use strict";
  const sheet = document.getElementById("score-sheet");
  const marks = sheet ? [...sheet.querySelectorAll('[data-criterion] input[type="number"]')] : [];

  document.querySelector('.queue [aria-current="true"]')?.scrollIntoView({ inline: "center", block: "nearest" });

  const step = (input, by) => {
    const value = input.value === "" ? 0 : Number(input.value);
    const next = Math.min(Number(input.max), Math.max(0, Math.round((value + by) * 2) / 2));
    input.value = next.toFixed(1);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };

  sheet?.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) {
      step(button.parentElement.querySelector("input"), Number(button.dataset.step));
    }
  });

  // A mark and an abstention exclude each other.
  sheet?.addEventListener("input", (event) => {
    const criterion = event.target.closest("[data-criterion]");
    if (!criterion) {
      return;
    }
    const mark = criterion.querySelector('input[type="number"]');
    const abstain = criterion.querySelector('input[type="checkbox"]');
    if (event.target === abstain && abstain.checked) {
      mark.value = "";
    } else if (event.target === mark && mark.value !== "") {
      abstain.checked = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
      return;
    }
    const typing = event.target.closest("input, textarea, select");
    if (marks.includes(event.target) && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      step(event.target, event.key === "ArrowUp" ? 0.5 : -0.5);
    } else if (typing) {
      return;
    } else if (/^[1-9]$/.test(event.key) && marks[event.key - 1]) {
      event.preventDefault();
      marks[event.key - 1].focus();
      marks[event.key - 1].select();
    } else if (event.key === "j" || event.key === "J") {
      document.querySelector("[data-next]")?.click();
    } else if (event.key === "k" || event.key === "K") {
      document.querySelector("[data-previous]")?.click();
    }
  });

  // Signing waits for the autosave under way, whose answer brings the version that is signed; once the
  // form leaves, no further autosave may overtake it.
  let underWay = 0;
  let waiting = null;
  let leaving = false;
  sheet?.addEventListener("htmx:beforeRequest", (event) => {
    if (leaving) {
      event.preventDefault();
    } else {
      underWay += 1;
    }
  });
  sheet?.addEventListener("htmx:afterRequest", () => {
    underWay -= 1;
    if (waiting && !underWay) {
      const button = waiting;
      waiting = null;
      setTimeout(() => sheet.requestSubmit(button));
    }
  });
  sheet?.addEventListener("submit", (event) => {
    if (underWay) {
      event.preventDefault();
      waiting = event.submitter;
    } else {
      leaving = true;
    }
  });

  // 409 and 422 carry their own words; htmx would drop them.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ([409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  const say = (text) => {
    const line = document.getElementById("saved");
    if (line) {
      line.textContent = text;
    }
  };
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => {
      say("連線中斷，尚未儲存；填寫的內容都還在，恢復連線後會再儲存。");
    });
  }
  // A mark outside the scale never leaves the browser: say so where the saved time stands.
  document.addEventListener("htmx:validation:failed", (event) => {
    const name = event.target.closest("[data-criterion]")?.querySelector("label")?.firstChild.textContent.trim();
    if (name) {
      say(`未儲存。${name}須在 0 至 ${event.target.max} 分之間，以 0.5 分為單位。`);
    }
  });
})();
