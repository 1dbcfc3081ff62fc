// Two lists of results with lines between those that both have. Text is set as text, never as HTML.
export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".lists")
  root.replaceChildren(...data.columns.map(column), ...(data.columns.length > 1 ? [lines()] : []))
  root.setAttribute("role", "group")
  root.setAttribute("aria-label", data.label)
  root.classList.toggle("single", data.columns.length === 1)
  const places = side => [...root.querySelectorAll(`.side${side} li`)]

  function element(tag, className, text) {
    const made = document.createElement(tag)
    if (className) made.className = className
    if (text !== undefined) made.textContent = text
    return made
  }

  function column(one, side) {
    const made = element("section", `side side${side}`)
    const head = element("h2", "head", one.title)
    const list = element("ol")
    head.id = `head-${side}`
    list.setAttribute("aria-labelledby", head.id)
    list.append(...one.hits.map((hit, place) => row(hit, place, side)))
    made.append(head, list)
    return made
  }

  function row(hit, place, side) {
    const made = element("li")
    made.append(element("span", "rank", String(place + 1)))
    if (data.pictures) {
      const picture = element(hit.picture ? "img" : "span", "picture")
      if (hit.picture) { picture.src = hit.picture; picture.alt = "" }
      made.append(picture)
    }
    const text = element("span", "text")
    text.append(element("span", "caption", hit.caption))
    if (hit.notes.length) {
      const notes = element("span", "notes")
      notes.append(...hit.notes.map(note => element("span", `note ${note.kind}`, note.text)))
      text.append(notes)
    }
    made.append(text)
    made.title = hit.caption
    made.addEventListener("mouseenter", () => mark(side, place, true))
    made.addEventListener("mouseleave", () => mark(side, place, false))
    return made
  }

  function lines() {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "svg")
    made.setAttribute("class", "lines")
    made.setAttribute("aria-hidden", "true")
    return made
  }

  function mark(side, place, on) {
    const number = data.moves.findIndex(move => move[side] === place)
    places(side)[place].classList.toggle("marked", on)
    if (number < 0) return
    places(1 - side)[data.moves[number][1 - side]].classList.toggle("marked", on)
    root.querySelectorAll(".lines path")[number].classList.toggle("marked", on)
  }

  function draw() {
    const svg = root.querySelector(".lines")
    if (!svg) return
    const around = svg.getBoundingClientRect()
    svg.setAttribute("viewBox", `0 0 ${around.width} ${around.height}`)
    const middle = item => { const box = item.getBoundingClientRect(); return box.top + box.height / 2 - around.top }
    const [left, right] = [places(0), places(1)]
    svg.replaceChildren(...data.moves.map(([from, to]) => {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path")
      const [y, z, w] = [middle(left[from]), middle(right[to]), around.width]
      path.setAttribute("d", `M 2 ${y} C ${w / 2} ${y}, ${w / 2} ${z}, ${w - 2} ${z}`)
      path.setAttribute("class", data.blind || from === to ? "same" : to < from ? "up" : "down")
      return path
    }))
  }

  const watch = new ResizeObserver(draw)
  watch.observe(root)
  draw()
  return () => watch.disconnect()
}
