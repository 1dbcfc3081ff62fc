// Bars from 0 with their intervals. Every text is set as text.
const element = (kind, name, style = {}) => {
  const made = document.createElement(kind);
  made.className = name;
  Object.assign(made.style, style);
  return made;
};

export default function ({ data, parentElement }) {
  const frame = element("div", data.written ? "bars written" : "bars");
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", data.described);
  for (const bar of data.bars) {
    const name = element("span", "name");
    name.textContent = bar.name;
    const track = element("span", "track");
    track.title = bar.text;
    track.append(element("i", "bar", { left: `${bar.left}%`, width: `${bar.width}%`, background: bar.colour }));
    if (bar.low !== null) track.append(element("i", "whisker", { left: `${bar.low}%`, width: `${bar.high - bar.low}%` }));
    if (data.written) {
      const head = element("div", "head");
      const value = element("span", "value");
      value.textContent = bar.text;
      head.append(name, value);
      frame.append(head, track);
    } else frame.append(name, track);
  }
  parentElement.querySelector(".bars")?.remove();
  parentElement.append(frame);
}
