// The score sheet: steps of 0.5 by button and arrow, keys, refusals shown where the saved time stands, and
// what was typed kept through a session that ends.
(() => {
  "use strict";
  const sheet = document.getElementById("score-sheet");

  // What was typed and not yet saved is kept in this tab, for this person and work, so that a session that
  // ends takes nothing along. It goes once it is saved, or when somebody else uses the tab.
  const PREFIX = "sheet:";
  const box = window.sessionStorage;
  const own = sheet ? `${PREFIX}${sheet.dataset.owner}:${sheet.dataset.code}` : "";
  const isOurs = (name) => /^(version|comment|(marks|abstain|reason)_\d+)$/.test(name);

  const keep = (more) => {
    const fields = [...new FormData(sheet)].filter(([name]) => isOurs(name));
    box.setItem(own, JSON.stringify({ fields, ...more }));
  };
  const forget = () => box.removeItem(own);

  const restore = () => {
    for (const key of Object.keys(box).filter((each) => each.startsWith(PREFIX))) {
      const isElse = sheet && !key.startsWith(`${PREFIX}${sheet.dataset.owner}:`);
      // Another page of the judge's is open: what was sent there has arrived.
      const hasArrived = key !== own && JSON.parse(box.getItem(key)).left;
      if (isElse || hasArrived) {
        box.removeItem(key);
      }
    }
    const kept = sheet && JSON.parse(box.getItem(own));
    if (!kept || sheet.querySelector("[data-conflict]")) {
      return;
    }
    const before = new Map(kept.fields);
    let differs = false;
    for (const field of [...sheet.elements].filter((each) => isOurs(each.name) && each.name !== "version")) {
      if (field.type === "checkbox") {
        differs ||= field.checked !== before.has(field.name);
        field.checked = before.has(field.name);
      } else if (before.has(field.name)) {
        const [value, now] = [before.get(field.name), field.value];
        differs ||= field.type === "number" ? Number(value || -1) !== Number(now || -1) : value !== now;
        field.value = value;
      }
    }
    if (!differs) {
      forget();
      return;
    }
    sheet.elements.version.value = before.get("version");
    say("已帶回登入逾時前填寫的內容，正在儲存…");
    setTimeout(() => sheet.dispatchEvent(new Event("change", { bubbles: true })));
  };

  const say = (text) => {
    const line = document.getElementById("saved");
    if (line) {
      line.textContent = text;
    }
  };
  const isElsewhere = ({ responseURL }) => responseURL && !new URL(responseURL).pathname.endsWith("/save/");
  const tellOfLogin = () => {
    say("登入已逾時，尚未儲存；填寫的內容留在這個分頁，重新登入後會帶回。 ");
    const link = document.createElement("a");
    link.href = window.location.href;
    link.textContent = "重新登入";
    document.getElementById("saved")?.append(link);
  };

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

  sheet?.addEventListener("input", (event) => {
    if (isOurs(event.target.name)) {
      keep();
    }
  });
  sheet?.addEventListener("click", (event) => {
    if (event.target.closest("[data-discard]")) {
      forget();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) {
      return;
    }
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "Enter") {
        event.preventDefault();
        sheet?.querySelector('button[value="sign"]')?.click();
      }
      return;
    }
    if (event.altKey) {
      if (event.code === "KeyN") {
        event.preventDefault();
        document.querySelector("[data-unscored]")?.click();
      }
      return;
    }
    const typing = event.target.closest("input, textarea, select");
    if (marks.includes(event.target) && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      step(event.target, event.key === "ArrowUp" ? 0.5 : -0.5);
    } else if (event.key === "Enter" && event.target.matches("[data-criterion] input")) {
      // From mark to mark as in a spreadsheet; a signature is asked for by its own button or keys alone.
      event.preventDefault();
      const here = event.target.closest("[data-criterion]").querySelector('input[type="number"]');
      const next = marks[marks.indexOf(here) + 1] ?? sheet.elements.comment;
      next.focus();
      next.select();
    } else if (typing) {
      return;
    } else if (/^[1-9]$/.test(event.key) && marks[event.key - 1]) {
      event.preventDefault();
      marks[event.key - 1].focus();
      marks[event.key - 1].select();
    } else if (event.key === "?") {
      const keys = document.getElementById("keys");
      if (keys) {
        keys.open = !keys.open;
      }
    } else if (event.key === "j" || event.key === "J") {
      document.querySelector("[data-next]")?.click();
    } else if (event.key === "k" || event.key === "K") {
      document.querySelector("[data-previous]")?.click();
    }
  });

  if (sheet) {
    window.saving(sheet, {
      // While two versions wait for the judge's choice, saving again would only ask the same question.
      mayBegin: () => !sheet.querySelector("[data-conflict]"),
      onLeave: () => keep({ left: true }),
    });
    sheet.addEventListener("htmx:afterRequest", (event) => {
      if (event.detail.successful && !isElsewhere(event.detail.xhr)) {
        forget();
      }
    });
  }

  // 409 and 422 carry their own words; htmx would drop them. An answer from elsewhere is the login page.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isElsewhere(event.detail.xhr) || event.detail.xhr.status === 403) {
      event.detail.shouldSwap = false;
      event.detail.isError = false;
      tellOfLogin();
    } else if ([409, 422].includes(event.detail.xhr.status)) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
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

  document.querySelector('a[href="#stand-back"]')?.addEventListener("click", () => {
    document.getElementById("stand-back").open = true;
  });

  restore();
})();
