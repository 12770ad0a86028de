// The table of variants: sorting by a column's heading, search, the choice of columns. What the reader chose is kept by
// study, and applied again when the table is drawn anew.

const chosen = new Map();

export function prepareTable(article, { onFilter } = {}) {
  const table = article.querySelector("table.variants");
  if (!table) {
    return;
  }
  const name = article.dataset.study;
  const state = chosen.get(name) ?? { sort: null, search: "", filter: "", columns: null, kept: null };
  chosen.set(name, state);
  const tools = article.querySelector("section[aria-label=variants] > .tools");
  tools.hidden = false;
  prepareSorting(table, state);
  prepareSearch(table, tools, state);
  prepareColumns(table, tools, state);
  const form = tools.querySelector("form.filter");
  form.hidden = !onFilter;
  if (onFilter) {
    prepareFilter(form, table, tools, state, onFilter);
  }
  applyRows(table, state);
}

function prepareSorting(table, state) {
  for (const heading of table.tHead.rows[0].cells) {
    const label = heading.querySelector(".heading");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label.textContent;
    label.replaceChildren(button);
    heading.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      state.sort = heading.getAttribute("aria-sort") === "descending" ? null : { key: heading.dataset.key, down };
      sortRows(table, state);
    });
  }
  [...table.tBodies[0].rows].forEach((row, place) => {
    row.dataset.place = place;
  });
  sortRows(table, state);
}

export function sortRows(table, state) {
  const rows = [...table.tBodies[0].rows];
  for (const heading of table.tHead.rows[0].cells) {
    const mine = state.sort?.key === heading.dataset.key;
    heading.setAttribute("aria-sort", mine ? (state.sort.down ? "descending" : "ascending") : "none");
  }
  rows.sort((one, other) => Number(one.dataset.place) - Number(other.dataset.place));
  if (state.sort) {
    const value = (row) => row.querySelector(`[data-key="${CSS.escape(state.sort.key)}"]`)?.dataset.sort ?? "";
    rows.sort((one, other) => compare(value(one), value(other), state.sort.down));
  }
  table.tBodies[0].append(...rows);
}

// Numbers by their size, texts by the alphabet; what has no value comes last, whichever way.
export function compare(one, other, down = false) {
  if (one === "" || other === "") {
    return (one === "") - (other === "");
  }
  const [first, second] = [Number(one), Number(other)];
  const numbers = !Number.isNaN(first) && !Number.isNaN(second);
  const order = numbers ? first - second : one.localeCompare(other, undefined, { numeric: true });
  return down ? -order : order;
}

function prepareSearch(table, tools, state) {
  const field = tools.querySelector("input.search");
  field.value = state.search;
  field.addEventListener("input", () => {
    state.search = field.value;
    applyRows(table, state);
  });
}

function prepareColumns(table, tools, state) {
  const boxes = [...tools.querySelectorAll(".columns input")];
  const apply = () => {
    const shown = new Set(["variant", ...boxes.filter((box) => box.checked).map((box) => box.value)]);
    for (const cell of table.querySelectorAll("[data-key]")) {
      cell.classList.toggle("off", !shown.has(cell.dataset.key));
    }
  };
  for (const box of boxes) {
    if (state.columns) {
      box.checked = state.columns.includes(box.value);
    }
    box.addEventListener("change", () => {
      state.columns = boxes.filter((each) => each.checked).map((each) => each.value);
      apply();
    });
  }
  apply();
}

function prepareFilter(form, table, tools, state, onFilter) {
  const field = form.elements.filter;
  const said = tools.querySelector(".filter-said");
  field.value = state.filter;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    state.filter = field.value.trim();
    const answer = state.filter ? await onFilter(state.filter) : { variants: null };
    if (mine !== asked) {
      return; // another one was asked meanwhile
    }
    state.kept = answer.error ? state.kept : answer.variants && new Set(answer.variants);
    said.classList.toggle("wrong", Boolean(answer.error));
    said.textContent = answer.error ?? (state.kept ? `${state.kept.size} of ${table.tBodies[0].rows.length} rows fit.` : "");
    applyRows(table, state);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  field.addEventListener("change", ask);
  if (state.filter) {
    ask();
  }
}

function applyRows(table, state) {
  const sought = state.search.toLowerCase();
  for (const row of table.tBodies[0].rows) {
    const found = row.textContent.toLowerCase().includes(sought);
    row.classList.toggle("out", !found || (state.kept !== null && !state.kept.has(row.dataset.variant)));
  }
}
