// What the frame lacks: the language of the page, by which a browser breaks lines and a reader speaks; on a phone, where the menu lies over the
// page, that it closes once a page is chosen, which Streamlit does for its own links alone; that charts and wide tables are reached by keys,
// that places for files are groups with a name, which Streamlit calls presentation, and that charts are seen on a dark page.
const reach = () => {
  const charts = document.querySelectorAll('[data-testid="stPlotlyChart"][role="figure"]');
  const wide = [...document.querySelectorAll('[data-testid="stTable"] > div')].filter((one) => one.scrollWidth > one.clientWidth);
  for (const one of [...charts, ...wide]) one.tabIndex = 0;
  for (const one of document.querySelectorAll('[data-testid="stFileUploaderDropzone"]')) one.setAttribute("role", "group");
};

let waiting = null;
const soon = () => {
  waiting ??= setTimeout(() => {
    waiting = null;
    reach();
  }, 100);
};

/** Charts on a dark page: `colours` has what stands for a colour there. */
const darken = (colours) => {
  const sheet = new CSSStyleSheet();
  for (const [light, dark] of Object.entries(colours)) {
    const drawn = [1, 3, 5].map((at) => parseInt(light.slice(at, at + 2), 16)).join(", ");
    for (const part of ["fill", "stroke"])
      sheet.insertRule(`.js-plotly-plot [style*="${part}: rgb(${drawn})"] { ${part}: light-dark(${light}, ${dark}) !important; }`);
  }
  document.adoptedStyleSheets.push(sheet);
};

export default function ({ data }) {
  document.documentElement.lang = data.language;
  if (window.menuCloses) return;
  window.menuCloses = true;
  darken(data.dark);
  document.addEventListener("click", (event) => {
    if (window.innerWidth >= 768 || !event.target.closest(".st-key-pages a")) return;
    setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
  });
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  window.addEventListener("resize", soon);
  soon();
}
