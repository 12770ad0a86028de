// The Ablations tab: which studies there are, each one's page from the server, anew where its records have changed.

import { button, offerPictures, save } from "./pictures.js";
import { prepareTable } from "./table.js";
import { followTheme } from "./theme.js";

const REFRESH_MS = 3000;
const MOST_CHOSEN = 12; // variants, as the server draws them
const HERE = new URL(".", import.meta.url);
const SERVER = new URL("../../../", HERE);

const page = { picked: [], stamps: new Map(), chosen: new Map(), options: new Map(), open: new Set(), shown: false, said: null, studies: [] };

export async function render() {
  followTheme();
  document.documentElement.lang = "en";
  document.title = "Ablations";
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: new URL("style.css", HERE) });
  document.head.append(style);
  document.body.innerHTML = `<nav class="picker" aria-label="studies"></nav>
    <main><p class="message" role="status">Reading the records …</p><div class="board"></div></main>`;
  await lookAgain();
}

// One look at a time; the next one begins a while after this one has ended.
async function lookAgain() {
  try {
    await look();
  } catch (error) {
    showError(error);
  }
  setTimeout(lookAgain, REFRESH_MS);
}

// Ask what there is; draw what is new or has changed.
async function look() {
  if (document.hidden && page.stamps.size) {
    return;
  }
  const { studies, logdir } = await ask("studies");
  drawPicker(studies);
  message(studies.length ? (page.said ?? "") : `No trial is recorded yet below ${logdir}. The first one shows up here by itself.`);
  const names = studies.map((study) => study.name);
  page.picked = page.picked.filter((name) => names.includes(name));
  if (!page.picked.length && names.length) {
    page.picked = [names.includes(wanted("study")) ? wanted("study") : names[0]];
    markPicked();
  }
  page.studies = studies;
  await drawPicked();
}

// Draw what is picked and new or changed; what is no longer picked goes.
async function drawPicked() {
  for (const article of document.querySelectorAll(".board > article")) {
    if (!page.picked.includes(article.dataset.study)) {
      article.remove();
    }
  }
  for (const study of page.studies.filter((each) => page.picked.includes(each.name))) {
    const drawn = document.querySelector(`.board > article[data-study="${CSS.escape(study.name)}"]`);
    if (!drawn || page.stamps.get(study.name) !== study.stamp) {
      try {
        await drawStudy(study.name);
        page.stamps.set(study.name, study.stamp);
      } catch (error) {
        fault(study.name, error);
      }
    }
  }
}

// The study, or the variant, that the address behind TensorBoard's # names: #ablations&study=NAME&variant=NAME
function wanted(what) {
  try {
    return new URLSearchParams(window.parent.location.hash.replace(/^#ablations&?/, "")).get(what);
  } catch {
    return null;
  }
}

function drawPicker(studies) {
  const picker = document.querySelector(".picker");
  const told = JSON.stringify(studies.map(({ name, trials, running }) => [name, trials, running]));
  if (picker.dataset.told === told) {
    return;
  }
  picker.dataset.told = told;
  picker.hidden = studies.length === 0;
  const label = Object.assign(document.createElement("span"), { textContent: studies.length > 1 ? "Studies (several: side by side):" : "Study:" });
  picker.replaceChildren(label, ...studies.map(studyBox));
  markPicked();
}

function studyBox(study) {
  const box = Object.assign(document.createElement("input"), { type: "checkbox", value: study.name });
  box.addEventListener("change", () => {
    page.picked = box.checked ? [...page.picked, study.name] : page.picked.filter((name) => name !== study.name);
    if (!page.picked.length) {
      box.checked = true;
      page.picked = [study.name];
    }
    drawPicked().catch(showError);
  });
  const label = document.createElement("label");
  label.append(box, ` ${study.name} (${study.trials}${study.running ? ", running" : ""})`);
  return label;
}

function markPicked() {
  for (const box of document.querySelectorAll(".picker input")) {
    box.checked = page.picked.includes(box.value);
  }
}

// Return what puts the reader back to where they were in a study's head, once it is drawn anew.
function focused(article) {
  const active = document.activeElement;
  const open = article.querySelector(".columns")?.open ?? false;
  const inside = article.querySelector(".head")?.contains(active) ?? false;
  const which = active?.classList.contains("search") ? ".search" : active?.name ? `[name="${active.name}"]` : active?.value ? `[value="${CSS.escape(active.value)}"]` : null;
  const [from, to] = [active?.selectionStart, active?.selectionEnd];
  return () => {
    if (article.querySelector(".columns")) {
      article.querySelector(".columns").open = open;
    }
    const again = inside && which && article.querySelector(`.head ${which}`);
    if (again) {
      again.focus();
      if (typeof from === "number" && again.setSelectionRange) {
        again.setSelectionRange(from, to);
      }
    }
  };
}

// The head of a study by the epoch that was chosen; where it has none to choose by, by the last one, and that is said.
async function askStudy(name) {
  try {
    return await askText("study", { study: name, ...chosenOptions(name, ["epoch"]) });
  } catch (error) {
    if (!page.options.delete(`${name}/epoch`)) {
      throw error;
    }
    page.said = error.message;
    return askText("study", { study: name });
  }
}

// The place of a study on the page, made where it is missing.
function articleOf(name) {
  const board = document.querySelector(".board");
  const there = board.querySelector(`article[data-study="${CSS.escape(name)}"]`);
  if (there) {
    return there;
  }
  const article = Object.assign(document.createElement("article"), { className: "study" });
  article.dataset.study = name;
  article.innerHTML = `<p class="fault wrong" role="alert" hidden></p><div class="head"></div>
    <section class="selection" aria-label="chosen variants"></section>
    <section class="overview" aria-label="the study as a whole"></section>`;
  board.append(article);
  return article;
}

// What keeps a study from being shown as it is now stays with it until it is shown; what stood there is out of date.
function fault(name, error) {
  const article = articleOf(name);
  const said = article.querySelector(".fault");
  said.hidden = false;
  said.textContent = error instanceof TypeError ? "TensorBoard does not answer any more." : `Not shown as it is now: ${error.message}`;
  for (const part of article.querySelectorAll(".head, .selection, .overview")) {
    part.classList.add("outdated");
  }
}

async function drawStudy(name) {
  const head = await askStudy(name);
  if (!page.picked.includes(name)) {
    return;
  }
  const article = articleOf(name);
  article.querySelector(".fault").hidden = true;
  for (const part of article.querySelectorAll(".outdated")) {
    part.classList.remove("outdated");
  }
  const focus = focused(article);
  const scrolled = article.querySelector(".scroll")?.scrollLeft ?? 0;
  article.querySelector(".head").innerHTML = head;
  prepareTable(article, { onFilter: (filter) => ask("filter", { study: name, filter, ...chosenOptions(name, ["epoch"]) }) });
  prepareEpoch(article, name);
  article.querySelector(".scroll")?.scrollTo(scrolled, 0);
  focus();
  const boxes = [...article.querySelectorAll("input.chosen")];
  if (page.chosen.has(name)) {
    for (const box of boxes) {
      box.checked = page.chosen.get(name).includes(box.value);
    }
  }
  for (const box of boxes) {
    box.hidden = false;
    box.setAttribute("aria-label", `show ${box.value}`);
    box.addEventListener("change", () => {
      if (boxes.filter((each) => each.checked).length > MOST_CHOSEN) {
        box.checked = false;
        page.said = `At most ${MOST_CHOSEN} variants are shown together: take the tick from another first.`;
        message(page.said);
        return;
      }
      page.said = null;
      message("");
      page.chosen.set(name, boxes.filter((each) => each.checked).map((each) => each.value));
      drawSelection(article).catch((error) => fault(name, error));
    });
  }
  const asked = page.shown ? null : boxes.find((box) => box.value === wanted("variant"));
  if (asked) {
    page.shown = true;
    asked.checked = true;
    page.open.add(`${name}/${asked.value}`);
  }
  page.chosen.set(name, boxes.filter((each) => each.checked).map((each) => each.value));
  addExports(article.querySelector("section[aria-label=variants] > .tools"), name, "table");
  await Promise.all([drawSelection(article), drawOverview(article)]);
  if (asked) {
    article.querySelector(`details[data-variant="${CSS.escape(asked.value)}"]`)?.scrollIntoView();
  }
}

async function drawSelection(article) {
  const name = article.dataset.study;
  const place = article.querySelector(".selection");
  const text = await newest(place, askText("selection", { study: name, variants: page.chosen.get(name), ...chosenOptions(name, ["epoch", "curve", "mark"]) }));
  if (text === null) {
    return;
  }
  place.innerHTML = text;
  for (const link of place.querySelectorAll(".elsewhere a")) {
    link.href = new URL(link.getAttribute("href"), SERVER);
  }
  prepareOptions(place, name, () => drawSelection(article));
  for (const detail of place.querySelectorAll("details.variant-detail")) {
    prepareDetail(detail, name);
  }
  offerPictures(place, name);
}

// An answer for a place on the page; null where another one was asked for meanwhile, which alone counts.
async function newest(place, answer) {
  const mine = Number(place.dataset.asked ?? 0) + 1;
  place.dataset.asked = mine;
  const text = await answer;
  return Number(place.dataset.asked) === mine ? text : null;
}

function prepareEpoch(article, name) {
  const label = article.querySelector("label.epoch");
  label.hidden = false;
  label.querySelector("select").addEventListener("change", (event) => {
    page.options.set(`${name}/epoch`, event.target.value);
    page.said = null;
    drawStudy(name)
      .then(() => article.querySelector("select[name=epoch]").focus())
      .catch(showError);
  });
}

// A variant beside its control is asked for when it is opened.
function prepareDetail(detail, study) {
  const key = `${study}/${detail.dataset.variant}`;
  const fill = async () => {
    const place = detail.querySelector(".detail");
    if (!place.dataset.filled) {
      place.dataset.filled = "yes";
      place.innerHTML = await askText("variant", { study, variant: detail.dataset.variant });
      prepareRecords(place, study, detail.dataset.variant);
    }
  };
  detail.addEventListener("toggle", () => {
    page.open[detail.open ? "add" : "delete"](key);
    if (detail.open) {
      fill().catch(showError);
    }
  });
  detail.open = page.open.has(key);
}

function prepareRecords(place, study, variant) {
  for (const opener of place.querySelectorAll("button.record")) {
    opener.hidden = false;
    opener.addEventListener("click", async () => {
      const shown = opener.parentElement.querySelector("pre.record-text");
      if (shown) {
        shown.remove();
        return;
      }
      const text = Object.assign(document.createElement("pre"), { className: "record-text" });
      text.textContent = await askText("record", { study, variant, seed: opener.dataset.seed });
      opener.parentElement.append(text);
    });
  }
}

async function drawOverview(article) {
  const name = article.dataset.study;
  const place = article.querySelector(".overview");
  const text = await newest(place, askText("overview", { study: name, ...chosenOptions(name, ["epoch", "cost", "data", "down", "across"]) }));
  if (text === null) {
    return;
  }
  place.innerHTML = text;
  prepareOptions(place, name, () => drawOverview(article));
  const exports = place.querySelector(".exports");
  if (exports) {
    addExports(exports, name, "pivot");
  }
  offerPictures(place, name);
}

function prepareOptions(place, study, redraw) {
  for (const tools of place.querySelectorAll(".tools")) {
    tools.hidden = false;
  }
  for (const select of place.querySelectorAll(".tools select")) {
    select.addEventListener("change", async () => {
      page.options.set(`${study}/${select.name}`, select.value);
      if (select.name === "down" && page.options.get(`${study}/across`) === select.value) {
        page.options.delete(`${study}/across`);
      }
      await redraw().catch(showError);
      document.querySelector(`article[data-study="${CSS.escape(study)}"] select[name=${select.name}]`)?.focus();
    });
  }
}

function chosenOptions(study, names) {
  return Object.fromEntries(names.map((name) => [name, page.options.get(`${study}/${name}`) ?? ""]));
}

function addExports(place, study, what) {
  for (const format of ["csv", "markdown", "latex"]) {
    place.append(
      button(`save as ${format === "latex" ? "LaTeX" : format === "csv" ? "CSV" : "Markdown"}`, async () => {
        const text = await askText("export", { study, what, format, ...chosenOptions(study, ["epoch", "down", "across"]) });
        save(text, `${study}-${what}.${{ csv: "csv", markdown: "md", latex: "tex" }[format]}`, "text/plain");
      }),
    );
  }
}

async function askText(route, values = {}) {
  const address = new URL(route, HERE);
  for (const [name, value] of Object.entries(values)) {
    for (const each of [value].flat()) {
      address.searchParams.append(name, each);
    }
  }
  const answer = await fetch(address);
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  return answer.text();
}

async function ask(route, values) {
  return JSON.parse(await askText(route, values));
}

function message(text, wrong = false) {
  const place = document.querySelector(".message");
  place.hidden = !text;
  place.classList.toggle("wrong", wrong);
  if (place.textContent !== text) {
    place.textContent = text;
  }
}

function showError(error) {
  message(error instanceof TypeError ? "TensorBoard does not answer any more." : error.message, true);
}
