// The page to draw on: strokes become 28 × 28 pixels, which the models answer; whatever they say is a table too.

const SIDE = 28;
const FINE = 12; // fine pixels to a pixel's side: the paper is drawn fine, and averaged
const PEN = 1.15; // pixels from a stroke's middle to its edge

const $ = (id) => document.getElementById(id);
const paper = $("paper");
const ink = new Float32Array(SIDE * FINE * SIDE * FINE); // what is drawn, from 0 to 1
const page = { words: {}, models: [], curves: {}, last: null, cursor: [14, 14], asked: 0, answered: 0, waiting: false, turn: {} };

start().catch(showError);

async function start() {
  const state = await ask("/state");
  page.words = state.words;
  page.models = state.models;
  const clothes = state.clothes.length > 0;
  if (clothes) {
    document.querySelector("h1").textContent = document.title = state.words["title-clothes"];
    $("centre").closest("p").hidden = true; // digits were centred so, clothes were not
    $("why").hidden = true;
  }
  for (const [name, strokes] of Object.entries(clothes ? {} : state.examples)) {
    addExample(state.words[name], () => drawStrokes(strokes));
  }
  if (state.models.length > 1) {
    addExample(state.words.disagreement, () => fetchSample("disagreement"));
  }
  addExample(state.words[clothes ? "clothes" : "test-image"], () => fetchSample("test"));
  prepareHead();
  $("clear").addEventListener("click", clear);
  $("centre").addEventListener("change", () => {
    $("why").textContent = page.words[$("centre").checked ? "centre-on" : "centre-off"];
    changed();
  });
  $("look").addEventListener("change", look);
  preparePointer();
  paper.addEventListener("keydown", onKey);
  clear();
  // An address may begin with a drawing: #one-edge, or #one-edge,centre.
  const [asked, centred] = window.location.hash.slice(1).split(",");
  if (centred) {
    $("centre").click();
  }
  if (Object.hasOwn(state.examples, asked)) {
    drawStrokes(state.examples[asked]);
  }
  page.curves = await ask("/curves");
  drawShift();
}

function addExample(words, draw) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: words });
  made.addEventListener("click", () => Promise.resolve(draw()).catch(showError));
  $("examples").append(made);
}

// ---- drawing

function preparePointer() {
  let from = null;
  const place = (event) => {
    const box = paper.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * SIDE, ((event.clientY - box.top) / box.height) * SIDE];
  };
  paper.addEventListener("pointerdown", (event) => {
    paper.setPointerCapture(event.pointerId);
    from = place(event);
    stroke(from, from);
    event.preventDefault();
    paper.focus();
  });
  paper.addEventListener("pointermove", (event) => {
    if (from) {
      for (const step of event.getCoalescedEvents?.() ?? [event]) {
        const to = place(step);
        stroke(from, to);
        from = to;
      }
    }
  });
  for (const end of ["pointerup", "pointercancel"]) {
    paper.addEventListener(end, () => {
      from = null;
    });
  }
}

function onKey(event) {
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (steps[event.key]) {
    const from = [...page.cursor];
    page.cursor = page.cursor.map((value, axis) => Math.min(SIDE - 0.5, Math.max(0.5, value + steps[event.key][axis])));
    if (event.shiftKey) {
      stroke(from, page.cursor);
    }
  } else if (event.key === " ") {
    stroke(page.cursor, page.cursor);
  } else if (event.key === "Backspace" || event.key === "Delete") {
    stroke(page.cursor, page.cursor, true);
  } else {
    return;
  }
  event.preventDefault();
  show();
}

function erasing() {
  return document.querySelector("input[name=tool]:checked").value === "eraser";
}

// Draw, or erase, a line from one place to another, in pixels.
function stroke(from, to, erase = erasing()) {
  const radius = erase ? 2 * PEN : PEN;
  const [x0, y0, x1, y1] = [...from, ...to];
  const [left, right] = [Math.min(x0, x1) - radius, Math.max(x0, x1) + radius].map((value) => clamp(Math.floor(value * FINE)));
  const [top, bottom] = [Math.min(y0, y1) - radius, Math.max(y0, y1) + radius].map((value) => clamp(Math.floor(value * FINE)));
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const near = distance((x + 0.5) / FINE, (y + 0.5) / FINE, x0, y0, x1, y1);
      if (near <= radius) {
        ink[y * SIDE * FINE + x] = erase ? 0 : 1;
      }
    }
  }
  $("truth").textContent = "";
  changed();
}

function clamp(value) {
  return Math.min(SIDE * FINE - 1, Math.max(0, value));
}

function distance(x, y, x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const along = dx || dy ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy))) : 0;
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}

function drawStrokes(strokes) {
  ink.fill(0);
  for (const points of strokes) {
    points.forEach((point, place) => {
      const [from, to] = [points[Math.max(place - 1, 0)], point].map((each) => each.map((value) => value * SIDE));
      stroke(from, to, false);
    });
  }
  changed();
}

async function fetchSample(kind) {
  page.turn[kind] = (page.turn[kind] ?? -1) + 1;
  const found = await ask(`/sample/${kind}/${kind === "test" ? Math.floor(Math.random() * 10000) : page.turn[kind]}`);
  setPixels(found.pixels);
  changed();
  $("truth").textContent = `${page.words["true-class"]}: ${found.class} (#${found.number})`;
}

function setPixels(pixels) {
  for (let y = 0; y < SIDE * FINE; y++) {
    for (let x = 0; x < SIDE * FINE; x++) {
      ink[y * SIDE * FINE + x] = pixels[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] / 255;
    }
  }
}

function clear() {
  ink.fill(0);
  $("truth").textContent = "";
  changed();
}

// The drawing as the models get it: the mean of each pixel's fine ones, from 0 to 255.
function pixels() {
  const found = new Array(SIDE * SIDE).fill(0);
  for (let y = 0; y < SIDE * FINE; y++) {
    for (let x = 0; x < SIDE * FINE; x++) {
      found[Math.floor(y / FINE) * SIDE + Math.floor(x / FINE)] += ink[y * SIDE * FINE + x];
    }
  }
  return found.map((sum) => Math.round((255 * sum) / (FINE * FINE)));
}

// ---- answers

function changed() {
  show();
  page.asked++;
  $("summary").setAttribute("aria-busy", "true");
  answer().catch(showError);
}

// One request at a time; what was drawn meanwhile is asked next.
async function answer() {
  if (page.waiting) {
    return;
  }
  page.waiting = true;
  try {
    while (page.answered !== page.asked) {
      const mine = page.asked;
      page.last = await ask("/answer", { pixels: pixels(), centre: $("centre").checked });
      page.answered = mine;
      showAnswers();
      $("summary").setAttribute("aria-busy", String(page.answered !== page.asked));
    }
  } finally {
    page.waiting = false;
  }
  if ($("look").checked) {
    await look();
  }
}

function show() {
  const context = paper.getContext("2d");
  const picture = context.createImageData(SIDE * FINE, SIDE * FINE);
  ink.forEach((value, place) => {
    picture.data.set([255 * value, 255 * value, 255 * value, 255], 4 * place);
  });
  context.putImageData(picture, 0, 0);
  if (document.activeElement === paper) {
    context.strokeStyle = "#6cb6ff";
    context.strokeRect((page.cursor[0] - 0.5) * FINE, (page.cursor[1] - 0.5) * FINE, FINE, FINE);
  }
}

function paint(canvas, values, most) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(SIDE, SIDE);
  values.forEach((value, place) => {
    const grey = (255 * value) / most;
    picture.data.set([grey, grey, grey, 255], 4 * place);
  });
  context.putImageData(picture, 0, 0);
}

function prepareHead() {
  const head = document.createElement("tr");
  head.append(cell("th", page.words.class), ...page.models.map((model) => cell("th", model.name)));
  $("all").tHead.replaceChildren(head);
}

function cell(kind, text, className = "") {
  return Object.assign(document.createElement(kind), { textContent: text, className });
}

function mean(rows) {
  return rows[0].map((_, place) => rows.reduce((sum, row) => sum + row[place], 0) / rows.length);
}

function best(values) {
  return values.indexOf(Math.max(...values));
}

function showAnswers() {
  paint($("seen"), page.last.seen, 255);
  const empty = page.last.offset === null;
  const found = page.models.map((model) => ({ model, seeds: page.last.answers[model.name], mean: mean(page.last.answers[model.name]) }));
  $("summary").tBodies[0].replaceChildren(
    ...found.map(({ model, seeds, mean: means }, place) => {
      const row = document.createElement("tr");
      const said = empty ? page.words.nothing : model.classes[best(means)];
      const votes = empty ? "" : seeds.map((each) => model.classes[best(each)]).join(" · ");
      const sure = empty ? "" : `${(100 * Math.max(...means)).toFixed(1)}%`;
      row.append(cell("th", `${model.name} (${model.data})`, `model-${place % 4}`), cell("td", said, empty ? "" : "said"), cell("td", sure), cell("td", votes));
      row.firstChild.scope = "row";
      return row;
    }),
  );
  const most = Math.max(...page.models.map((model) => model.classes.length));
  $("all").tBodies[0].replaceChildren(
    ...Array.from({ length: most }, (_, number) => {
      const row = document.createElement("tr");
      row.append(cell("th", page.models[0].classes[number] ?? number), ...found.map(({ mean: means }) => cell("td", `${(100 * (means[number] ?? 0)).toFixed(1)}%`)));
      row.firstChild.scope = "row";
      return row;
    }),
  );
  $("bars").replaceChildren(bars(found, most));
  drawShift();
}

// A group of bars a class, the mean of each model; dots are its seeds.
function bars(found, most) {
  const [width, height, left, bottom] = [560, 190, 30, 24];
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": page.words.answers });
  const step = (width - left) / most;
  const up = (value) => (height - bottom) * (1 - value) + 4;
  for (let number = 0; number < most; number++) {
    const name = String(page.models[0].classes[number] ?? number);
    chart.append(svg("text", { x: left + step * (number + 0.5), y: height - 6, "text-anchor": "middle", class: "tick" }, name.length > 7 ? `${name.slice(0, 6)}…` : name));
    found.forEach(({ seeds, mean: means }, place) => {
      const wide = (step * 0.8) / found.length;
      const x = left + step * (number + 0.1) + wide * place;
      const group = svg("g", { class: `model-${place % 4}` });
      group.append(svg("rect", { x, y: up(means[number] ?? 0), width: wide * 0.85, height: Math.max(0, height - bottom + 4 - up(means[number] ?? 0)), class: "bar" }));
      seeds.forEach((each) => {
        group.append(svg("circle", { cx: x + wide * 0.42, cy: up(each[number] ?? 0), r: 2, class: "dot" }));
      });
      chart.append(group);
    });
  }
  chart.append(svg("line", { x1: left, y1: height - bottom + 4, x2: width, y2: height - bottom + 4, class: "axis" }));
  for (const value of [0, 0.5, 1]) {
    chart.append(svg("text", { x: left - 4, y: up(value) + 5, "text-anchor": "end", class: "tick" }, `${100 * value}`));
  }
  return chart;
}

function drawShift() {
  const known = Object.entries(page.curves).filter(([, curve]) => curve);
  document.querySelector(".shift").hidden = known.length === 0;
  if (!known.length) {
    return;
  }
  const [width, height, left, bottom] = [560, 220, 40, 40];
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": page.words.shift });
  const shifts = known[0][1].map(([shift]) => shift);
  const across = (value) => left + ((value - shifts[0]) / (shifts.at(-1) - shifts[0])) * (width - left - 12);
  const up = (value) => (height - bottom - 8) * (1 - value) + 8;
  for (const value of [0, 0.25, 0.5, 0.75, 1]) {
    chart.append(svg("text", { x: left - 6, y: up(value) + 4, "text-anchor": "end", class: "tick" }, value));
  }
  for (const shift of shifts.filter((value) => value % 4 === 0)) {
    chart.append(svg("text", { x: across(shift), y: height - bottom + 18, "text-anchor": "middle", class: "tick" }, shift));
  }
  chart.append(svg("line", { x1: left, y1: up(0), x2: width - 12, y2: up(0), class: "axis" }));
  chart.append(svg("text", { x: (left + width) / 2, y: height - 6, "text-anchor": "middle", class: "tick" }, page.words["right-of-middle"]));
  known.forEach(([name, curve]) => {
    const place = page.models.findIndex((model) => model.name === name);
    const points = curve.map(([shift, value]) => `${across(shift)},${up(value)}`).join(" ");
    const group = svg("g", { class: `model-${place % 4}` });
    group.append(svg("polyline", { points, class: "line" }), svg("title", {}, `${name}: ${curve.map(([shift, value]) => `${shift}: ${value.toFixed(2)}`).join(", ")}`));
    chart.append(group);
  });
  if (page.last?.offset) {
    const here = across(Math.min(shifts.at(-1), Math.max(shifts[0], page.last.offset[0])));
    chart.append(svg("line", { x1: here, y1: up(0), x2: here, y2: up(1), class: "here" }));
  }
  $("shift").replaceChildren(chart);
}

async function look() {
  if (!$("look").checked) {
    $("looks").replaceChildren();
    return;
  }
  const found = await ask("/saliency", { pixels: pixels(), centre: $("centre").checked });
  $("looks").replaceChildren(
    cell("p", page.words.looked, "hint"),
    ...page.models.flatMap((model, place) => {
      const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE, className: "looked" });
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${model.name}: ${page.words.looked}`);
      paint(canvas, found[model.name], 1);
      return [cell("p", model.name, `model-${place % 4}`), canvas];
    }),
  );
}

function svg(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.textContent = text;
  return made;
}

async function ask(address, content) {
  const options = content && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) };
  const answer = await fetch(address, options);
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
  document.querySelector(".message").textContent = "";
  return answer.json();
}

function showError(error) {
  document.querySelector(".message").textContent = error instanceof TypeError ? (page.words.gone ?? error.message) : error.message;
}
