// Keys and buttons of the meeting mode: from slide to slide, full screen, and out of it. Makes the type smaller where a slide would not fit.
const WIDE = 1000; // px from which a slide fills the window; below, one scrolls
const LEAST = 0.6;

const button = (name, text, label, act) => {
  const made = document.createElement("button");
  made.className = name;
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.title = label;
  made.addEventListener("click", act);
  return made;
};

const fit = () => {
  const main = document.querySelector('[data-testid="stMain"]');
  const set = (scale) => document.documentElement.style.setProperty("--meeting-fit", scale);
  let scale = 1;
  set(scale);
  while (main && window.innerWidth >= WIDE && main.scrollHeight > main.clientHeight + 1 && scale > LEAST) {
    scale -= 0.04;
    set(scale);
  }
};

const fullScreen = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
};

const leave = () => {
  if (document.fullscreenElement) document.exitFullscreen();
  document.querySelector(".st-key-leave a")?.click();
};

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.ends?.abort();
  const ends = (parentElement.ends = new AbortController());
  const { signal } = ends;
  const { slide, count, words } = data;
  let wanted = slide;
  const show = (to) => {
    if (to < 1 || to > count || to === wanted) return;
    wanted = to;
    setTriggerValue("slide", to);
  };
  const back = () => show(wanted - 1);
  const next = () => show(wanted + 1);
  const acts = {
    ArrowRight: next, ArrowDown: next, PageDown: next, " ": next, ArrowLeft: back, ArrowUp: back, PageUp: back,
    Home: () => show(1), End: () => show(count), f: fullScreen, F: fullScreen,
    Escape: () => (document.fullscreenElement ? document.exitFullscreen() : leave()),
  };
  const pressed = (event) => {
    const at = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)) return;
    if (event.key === " " && at.closest?.("button, a")) return;
    const act = event.key === " " && event.shiftKey ? back : acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  document.addEventListener("keydown", pressed, { signal, capture: true });

  const focused = parentElement.querySelector("button:focus")?.className;
  parentElement.querySelector(".meeting")?.remove();
  const bar = document.createElement("div");
  bar.className = "meeting";
  const [earlier, later] = [button("back", "‹", words.back, back), button("next", "›", words.next, next)];
  earlier.disabled = slide === 1;
  later.disabled = slide === count;
  const number = document.createElement("span");
  number.className = "number";
  number.setAttribute("aria-live", "polite");
  number.textContent = words.number;
  const about = document.createElement("span");
  about.className = "about";
  about.textContent = words.about;
  bar.append(earlier, about, button("screen", words.full_screen, words.full_screen, fullScreen), number, later);
  parentElement.append(bar);
  if (focused) parentElement.querySelector(`.${focused}`)?.focus();

  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(fit);
  };
  const watch = new ResizeObserver(soon); // slides come in parts, tables and pictures last
  for (const one of document.querySelectorAll('[data-testid="stMain"], [data-testid="stMainBlockContainer"]')) watch.observe(one);
  signal.addEventListener("abort", () => watch.disconnect());
  return () => ends.abort();
}
