// A chart as a file: SVG with the colours that it has on the page, or the same as PNG at twice the size.

const PROPERTIES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "text-anchor", "color"];
const SCALE = 2;

export function svgText(chart) {
  const copy = chart.cloneNode(true);
  const originals = [chart, ...chart.querySelectorAll("*")];
  [copy, ...copy.querySelectorAll("*")].forEach((element, place) => {
    const style = getComputedStyle(originals[place]);
    element.setAttribute("style", PROPERTIES.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
    element.removeAttribute("class");
    element.removeAttribute("tabindex");
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return new XMLSerializer().serializeToString(copy);
}

export async function pngOf(chart) {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(chart))}`;
  await picture.decode();
  const { width, height } = chart.viewBox.baseVal;
  const canvas = Object.assign(document.createElement("canvas"), { width: width * SCALE, height: height * SCALE });
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export function save(content, name, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// Buttons below every chart of an element that has none yet.
export function offerPictures(element, name) {
  for (const figure of element.querySelectorAll("figure:has(svg.chart):not([data-offered])")) {
    figure.dataset.offered = "yes";
    const chart = figure.querySelector("svg.chart");
    const line = Object.assign(document.createElement("p"), { className: "tools" });
    const file = `${name}-${chart.getAttribute("aria-label").split(" ").slice(0, 3).join("-")}`.replace(/[^\w.-]+/g, "");
    line.append(
      button("save as SVG", () => save(svgText(chart), `${file}.svg`, "image/svg+xml")),
      button("save as PNG", async () => save(await pngOf(chart), `${file}.png`, "image/png")),
    );
    figure.append(line);
  }
}

export function button(words, onClick) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: words });
  made.addEventListener("click", onClick);
  return made;
}
