// Bars from 0 with their intervals, and the same as a table for who cannot see them. Every text is set as text.
const element = (kind, name, style = {}) => {
  const made = document.createElement(kind);
  made.className = name;
  Object.assign(made.style, style);
  return made;
};

export default function ({ data, parentElement }) {
  const frame = element("div", data.written ? "bars written" : "bars");
  frame.setAttribute("aria-hidden", "true");
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
  for (const before of parentElement.querySelectorAll(".bars, .told")) before.remove();
  parentElement.append(frame, table(data));
}

const table = (data) => {
  const made = document.createElement("table");
  const told = element("div", "told"); // a table would be as wide as its words
  made.createCaption().textContent = data.described;
  for (const bar of data.bars) {
    const row = made.insertRow();
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = bar.name;
    row.append(name);
    row.insertCell().textContent = bar.text;
  }
  told.append(made);
  return told;
};
