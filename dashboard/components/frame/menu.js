// What the frame lacks: the language of the page, by which a browser breaks lines and a reader speaks; and on a phone, where the menu lies
// over the page, that it closes once a page is chosen, which Streamlit does for its own links alone.
export default function ({ data }) {
  document.documentElement.lang = data.language;
  if (window.menuCloses) return;
  window.menuCloses = true;
  document.addEventListener("click", (event) => {
    if (window.innerWidth >= 768 || !event.target.closest(".st-key-pages a")) return;
    setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
  });
}
