// Runs in each page that the browser test shows; its value is the list of what is wrong.
(async () => {
  const faults = [];
  const width = document.documentElement.clientWidth;
  // Solutions are opened, so that they are checked as well.
  for (const details of document.querySelectorAll("details")) details.open = true;
  await new Promise(requestAnimationFrame);
  await document.fonts.ready;

  // Every formula has a box.
  const formulas = [...document.querySelectorAll("main .katex")];
  for (const formula of formulas) {
    const box = formula.getBoundingClientRect();
    if (box.width < 2 || box.height < 2)
      faults.push(`a formula has no size: ${formula.textContent.slice(0, 60)}`);
  }
  for (const wrong of document.querySelectorAll(".katex-error"))
    faults.push(`a formula is wrong: ${wrong.textContent}`);

  // The fonts are the book's own, and loaded.
  for (const font of document.fonts)
    if (font.status === "error") faults.push(`the font ${font.family} was not loaded`);
  const loaded = [...document.fonts].filter((font) => font.status === "loaded");
  if (formulas.length > 0 && !loaded.some((font) => font.family.includes("KaTeX_Main")))
    faults.push("KaTeX's fonts are not loaded");

  // mdBook's own scripts ran: code is highlighted.
  for (const code of document.querySelectorAll("main pre code"))
    if (!code.classList.contains("hljs")) faults.push("code is not highlighted");

  // The theme follows the reader's preference.
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  if (!document.documentElement.classList.contains(dark ? "navy" : "light"))
    faults.push(`the theme is ${document.documentElement.className}`);

  // Nothing is wider than the window, unless it scrolls by itself.
  const scrolls = (element) => {
    for (let at = element.parentElement; at && at.tagName !== "MAIN"; at = at.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(at).overflowX)) return true;
    return false;
  };
  for (const element of document.querySelectorAll("main *")) {
    const box = element.getBoundingClientRect();
    const shown = !element.closest(".katex-mathml") && !element.closest("svg svg");
    if (shown && box.right > width + 1 && !scrolls(element)) {
      faults.push(`wider than the window: ${element.outerHTML.slice(0, 80)}`);
      break;
    }
  }

  // What is drawn can be read: text of a figure is not tiny.
  for (const text of document.querySelectorAll("main svg.figure text")) {
    const height = text.getBoundingClientRect().height;
    if (height < 9) {
      faults.push(`text of a figure is ${height.toFixed(1)} pixels high: ${text.textContent}`);
      break;
    }
  }
  return faults;
})();
