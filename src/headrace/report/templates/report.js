// Searches, filters and sorts what stands in the page; without it everything is there, only in its first order.
"use strict";
(() => {
  const search = document.getElementById("search");
  const shown = document.getElementById("verdict");
  const count = document.getElementById("count");
  const cards = document.getElementById("cards");
  const items = [...document.querySelectorAll("[data-verdict]")];

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let left = 0;
    for (const item of items) {
      const text = item.dataset.text ?? (item.dataset.text = item.textContent.toLowerCase());
      const fits = words.every((word) => text.includes(word)) && (!shown.value || item.dataset.verdict === shown.value);
      item.hidden = !fits;
      left += fits && item.tagName === "TR";
    }
    const rows = items.filter((item) => item.tagName === "TR").length;
    count.textContent = `${left} of ${rows} findings`;
    for (const group of document.querySelectorAll("details[data-slices]")) {
      if (words.length || shown.value) group.open = true;
    }
  };

  const value = (cell) => {
    const text = cell.dataset.sort ?? cell.textContent.trim();
    const number = parseFloat(text.replace(/,/g, ""));
    return text === "" ? null : cell.classList.contains("n") && !Number.isNaN(number) ? number : text.toLowerCase();
  };

  const compare = (a, b, sign) => {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a === typeof b) return sign * (a < b ? -1 : a > b ? 1 : 0);
    return typeof a === "number" ? -1 : 1;
  };

  for (const button of document.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const table = head.closest("table");
      const column = [...head.parentNode.children].indexOf(head);
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [value(row.cells[column]), row]);
      rows.sort((a, b) => compare(a[0], b[0], down ? -1 : 1));
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  }

  const order = document.getElementById("order");
  if (order && cards) {
    const first = [...cards.children];
    order.addEventListener("change", () => {
      const sorted = [...first];
      if (order.value === "name") sorted.sort((a, b) => a.dataset.name.localeCompare(b.dataset.name));
      cards.append(...sorted);
    });
  }
  document.getElementById("tools").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", filter);
  shown.addEventListener("change", filter);
  document.getElementById("tools").hidden = false;
  filter();
})();
