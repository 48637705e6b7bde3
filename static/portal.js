// Small comforts; every page works without them.

// A menu closes when one clicks elsewhere or presses Escape.
const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  openMenus().forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  openMenus().forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

// The section one is in stays in sight where a menu or a strip of choices scrolls sideways.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(":is(.nav-a, .pick) > [aria-current]").forEach((current) => {
    const strip = current.parentElement;
    const before = current.getBoundingClientRect().left - strip.getBoundingClientRect().left;
    strip.scrollLeft += before - (strip.clientWidth - current.offsetWidth) / 2;
  });
});

// A form is sent once, however often its button is pressed; after a while it may be sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, 5000);
});

// Coming back to a page by the browser's back button makes its forms usable again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
