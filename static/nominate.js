// Somebody known, chosen from the list under a name, fills the line: name, title and e-mail.
document.addEventListener("input", (event) => {
  const list = event.target.list;
  if (!list || !("known" in event.target.dataset)) return;
  const chosen = [...list.options].find((option) => option.value === event.target.value);
  if (!chosen) return;
  const stem = event.target.name.slice(0, -"name".length);
  for (const name of ["name", "title", "email"]) {
    const input = event.target.form.elements[stem + name];
    if (input) input.value = chosen.dataset[name];
  }
});
