// Light or dark: as TensorBoard around the page is, else as the reader's system is.

export function followTheme(root = document.documentElement) {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const around = window.parent === window ? null : bodyOf(window.parent);
  const apply = () => root.classList.toggle("dark", around ? around.classList.contains("dark-mode") : system.matches);
  apply();
  system.addEventListener("change", apply);
  if (around) {
    new MutationObserver(apply).observe(around, { attributes: true, attributeFilter: ["class"] });
  }
}

function bodyOf(frame) {
  try {
    return frame.document.body;
  } catch {
    return null; // of another origin
  }
}
