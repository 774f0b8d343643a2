// Shows the claims that fit the form; without this script all are shown.
const form = document.getElementById("ledger-filter");
const rows = [...document.querySelectorAll("#ledger tbody tr")];

function fits(row, verdict, section, text) {
  const sections = row.dataset.sections.split(" ");
  const within = sections.some((s) => s === section || s.startsWith(section + "."));
  const words = row.textContent.toLowerCase();
  return (!verdict || row.dataset.verdict === verdict) && (!section || within) && words.includes(text);
}

function filter() {
  const { verdict, section, text } = form.elements;
  for (const row of rows) {
    row.hidden = !fits(row, verdict.value, section.value, text.value.trim().toLowerCase());
  }
  const shown = rows.filter((row) => !row.hidden).length;
  document.getElementById("ledger-count").textContent = `${shown} of ${rows.length} claims`;
}

form.addEventListener("input", filter);
form.addEventListener("change", filter);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
filter();
