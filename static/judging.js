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

  // 409 and 422 carry their own words; htmx would drop them.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ([409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => {
      const line = document.getElementById("saved");
      if (line) {
        line.textContent = "連線中斷，尚未儲存；填寫的內容都還在，恢復連線後會再儲存。";
      }
    });
  }
})();
