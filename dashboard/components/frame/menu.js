// On a phone the menu lies over the page: it closes once a page is chosen, which Streamlit does for its own links alone.
export default function () {
  if (window.menuCloses) return;
  window.menuCloses = true;
  document.addEventListener("click", (event) => {
    if (window.innerWidth >= 768 || !event.target.closest(".st-key-pages a")) return;
    setTimeout(() => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click());
  });
}
