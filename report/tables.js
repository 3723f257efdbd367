"use strict";

// Tables that sort, filter and copy. The address holds what the reader has chosen.

const FILTERED = ["site", "dataset", "recipe", "model", "mode", "device", "threads", "hidden_size"];
const HANDFUL = 5; // a table with no more rows than this needs no filter
const SHOWN = 200; // rows of a table at once: payoff.page.html.markup.ROWS
const MISSING = "–";
const natural = new Intl.Collator("en", { numeric: true }).compare;

/** What a text sorts by: its leading number if its column is numeric, else itself; null for an empty cell. */
function sortKey(text, numeric) {
  if (text === "" || text === MISSING) return null;
  if (!numeric) return text;
  const number = parseFloat(text.replaceAll(",", "").replace("∞", "Infinity").replace("< ", ""));
  if (Number.isNaN(number)) return null;
  return text.startsWith("<") ? number * (1 - Number.EPSILON) : number; // "< 0.001" sorts just before 0.001
}

/** A comparison for Array.sort; empty cells come last in both directions. */
function compareKeys(a, b, descending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === "number" ? (a > b) - (a < b) : natural(a, b); // not a - b: ∞ - ∞ is NaN
  return descending ? -order : order;
}

/** A table of the page with its controls. Their state is its query: model=MLP+in+torch&sort=-epoch_time_s */
class LiveTable {
  constructor(table) {
    this.table = table;
    this.heads = [...table.tHead.rows[0].cells];
    this.columns = this.heads.map((head) => head.dataset.column);
    this.titles = this.heads.map(headWithUnit);
    this.numeric = this.heads.map((head) => head.classList.contains("number"));
    // Lists of texts, in the order of the page: ties keep it, a reset restores it.
    this.rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(textOf));
    const others = document.getElementById(`${table.id}-others`); // of a long table, which shows the first rows alone
    if (others) this.rows.push(...JSON.parse(others.textContent));
    this.matching = this.rows; // those that pass the filters, in the chosen order
    this.sort = ""; // "column", "-column" for descending
    this.selects = new Map(); // column -> its <select>
    if (this.rows.length > 1) this.heads.forEach((head) => this.addSortButton(head));
    this.bar = this.makeBar();
    table.closest(".scroll").before(this.bar);
    if (others) table.closest(".scroll").nextElementSibling.hidden = true; // "The first 200 …": the filters reach all
    this.refresh();
  }

  addSortButton(head) {
    const { column } = head.dataset;
    const button = makeButton("", () => this.choose({ sort: this.sort === column ? `-${column}` : column }));
    button.append(...head.childNodes);
    head.append(button);
  }

  makeBar() {
    const region = this.table.closest(".scroll").getAttribute("aria-label");
    const bar = make("div", { class: "controls", role: "group", "aria-label": `Controls: ${region}` });
    if (this.rows.length > HANDFUL) bar.append(...FILTERED.flatMap((column) => this.makeFilter(column)));
    this.count = make("span", { role: "status" });
    this.count.hidden = this.selects.size === 0; // without filters, all rows are always shown
    this.said = make("span", { role: "status" });
    this.reset = makeButton("Reset", () => {
      (this.bar.querySelector("select") ?? this.heads[0].firstChild).focus(); // the button is about to disappear
      this.choose({ sort: "", filters: {} });
    });
    const csv = makeButton("Copy CSV", () => this.copy("CSV", asCsv));
    const markdown = makeButton("Copy Markdown", () => this.copy("Markdown", asMarkdown));
    bar.append(this.count, this.reset, csv, markdown, this.said);
    return bar;
  }

  /** A list with one labelled <select>; an empty list if there is nothing to choose from. */
  makeFilter(column) {
    const index = this.columns.indexOf(column);
    if (index < 0) return [];
    const keys = new Map(this.rows.map((row) => [row[index], sortKey(row[index], this.numeric[index])]));
    if (keys.size < 2) return [];
    const values = [...keys.keys()].sort((a, b) => compareKeys(keys.get(a), keys.get(b)));
    const options = values.map((value) => make("option", { value }, value));
    const id = `${this.table.id}-${column}-filter`;
    const select = make("select", { id }, make("option", { value: "" }, "all"), ...options);
    select.addEventListener("change", () => this.choose({}));
    this.selects.set(column, select);
    return [make("span", {}, make("label", { for: id }, `${this.titles[index]}:`), " ", select)];
  }

  /** Show the reader's choice and keep it in the address. */
  choose({ sort = this.sort, filters }) {
    this.sort = sort;
    if (filters) this.setFilters(filters);
    this.refresh();
    writeAddress(this);
  }

  setFilters(wanted) {
    for (const [column, select] of this.selects) {
      select.value = wanted[column] ?? "";
      if (select.selectedIndex < 0) select.selectedIndex = 0; // no such value in this table
    }
  }

  get query() {
    const chosen = [...this.selects].filter(([, select]) => select.value).map(([column, select]) => [column, select.value]);
    return new URLSearchParams(this.sort ? [...chosen, ["sort", this.sort]] : chosen).toString();
  }

  set query(text) {
    const { sort = "", ...filters } = Object.fromEntries(new URLSearchParams(text));
    this.sort = this.rows.length > 1 && this.columns.includes(sort.replace(/^-/, "")) ? sort : "";
    this.setFilters(filters);
    this.refresh();
  }

  /** Show the first of the rows that pass the filters, in the chosen order. */
  refresh() {
    const filters = [...this.selects].filter(([, select]) => select.value);
    const chosen = filters.map(([column, select]) => [this.columns.indexOf(column), select.value]);
    const passing = this.rows.filter((row) => chosen.every(([index, value]) => row[index] === value));

    const column = this.sort.replace(/^-/, "");
    const index = this.columns.indexOf(column);
    const descending = this.sort !== column;
    const keys = new Map(passing.map((row) => [row, index < 0 ? 0 : sortKey(row[index], this.numeric[index])]));
    this.matching = passing.sort((a, b) => compareKeys(keys.get(a), keys.get(b), descending));
    this.heads.forEach((head) => head.removeAttribute("aria-sort"));
    if (index >= 0) this.heads[index].setAttribute("aria-sort", descending ? "descending" : "ascending");

    const shown = this.matching.slice(0, SHOWN);
    this.table.tBodies[0].replaceChildren(...shown.map((row) => this.makeRow(row)));
    const rest = shown.length < this.matching.length ? `; the first ${SHOWN} are shown` : "";
    this.count.textContent = `${grouped(this.matching.length)} of ${grouped(this.rows.length)} rows${rest}`;
    this.said.textContent = "";
    this.reset.hidden = !this.query;
  }

  makeRow(texts) {
    const cells = texts.map((text, index) => make("td", this.numeric[index] ? { class: "number" } : {}, text));
    return make("tr", {}, ...cells);
  }

  /** Copy all rows that pass the filters, also those that are too many to be shown. */
  async copy(name, write) {
    const rows = this.matching;
    const done = await copyText(write(this.titles, rows, this.numeric), this.bar);
    this.said.textContent = done
      ? `Copied ${grouped(rows.length)} ${rows.length === 1 ? "row" : "rows"} as ${name}.`
      : "Press Ctrl+C to copy what is selected.";
  }
}

/** "Epoch (ms)" */
function headWithUnit(head) {
  const unit = head.querySelector(".unit");
  return unit ? `${textOf(head).slice(0, -textOf(unit).length).trim()} (${textOf(unit)})` : textOf(head);
}

/** Comma-separated values by RFC 4180. A text that a spreadsheet would compute gets a leading apostrophe. */
function asCsv(heads, rows) {
  const number = /^[+-]?(∞|\d[\d,.]*(e[+-]?\d+)?)( \[([-+\d,.∞e ]+|too few)\])?$/;
  const safe = (text) => (/^[=+\-@]/.test(text) && !number.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [heads, ...rows].map((row) => `${row.map((text) => quoted(safe(text))).join(",")}\r\n`).join("");
}

/** A table in GitHub's Markdown; characters that would be markup are escaped. */
function asMarkdown(heads, rows, numeric) {
  const line = (texts) => `| ${texts.join(" | ")} |\n`;
  const escaped = (texts) => texts.map((text) => text.replace(/[\\|<*`]|\](?=[([:])/g, "\\$&"));
  const rule = numeric.map((right) => (right ? "--:" : "---"));
  return [escaped(heads), rule, ...rows.map(escaped)].map(line).join("");
}

/** Copy the text; return whether that worked. If not, show it selected in `container`, for the reader to copy. */
async function copyText(text, container) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // This browser gives no clipboard to a page from a file, or refused it: use the old way.
  }
  const before = document.activeElement;
  const area = make("textarea", { readonly: "", "aria-label": "To copy" }, text);
  container.append(area);
  area.select();
  const done = document.execCommand("copy");
  if (done) {
    area.remove();
    before.focus();
  } else area.addEventListener("blur", () => area.remove());
  return done;
}

// The address: "#table-of-cells?model=MLP+in+torch;failures?sort=-epoch". Queries are encoded, so they contain no ; and no ?.

const tables = [...document.querySelectorAll("table[id]")]
  .filter((table) => table.querySelector("th[data-column]"))
  .map((table) => new LiveTable(table));

function writeAddress(changed) {
  const chosen = [changed, ...tables.filter((live) => live !== changed)].filter((live) => live.query);
  const fragment = chosen.map((live) => `${live.table.id}?${live.query}`).join(";") || changed.table.id;
  try {
    history.replaceState(null, "", `#${fragment}`);
  } catch {
    // A preview in a frame may forbid this. Then the choice is applied, but the address does not show it.
  }
}

/** Show what the address asks for. An address without a query leaves the tables as they are. */
function readAddress() {
  const parts = location.hash.slice(1).split(";").map((part) => part.split("?", 2));
  const queries = new Map(parts);
  const [first, query] = parts[0];
  if (parts.some((part) => part.length > 1)) for (const live of tables) live.query = queries.get(live.table.id) ?? "";
  const target = tables.find((live) => live.table.id === first)?.bar ?? document.getElementById(first);
  const closed = target?.closest("details:not([open])");
  if (target && (closed || query !== undefined)) reveal(target);
}

function reveal(target) {
  for (let closed; (closed = target.closest("details:not([open])")); ) closed.open = true;
  target.scrollIntoView();
}

readAddress();
window.addEventListener("hashchange", readAddress);
