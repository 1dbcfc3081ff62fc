// Two maps of the same captions, before and after, that move together: look, point, pick, draw an area. What a visitor picked goes to the server
// as text and comes back as such; pictures and captions are fetched when they are pointed at. Nothing of the user's becomes markup.

const REACH = 12 // pixels from the pointer within which a point is meant
const GALLERY = 24
const AHEAD = 6 // further points whose picture is fetched once one is shown
const MANY = 8000 // points from which on a map in motion is drawn at one pixel per pixel
const SETTLED = 120 // milliseconds after which it has come to rest
const PATIENCE = 500 // milliseconds that a gallery may take before the server hears of it
const CLICK = 4 // pixels that a hand moves while it clicks
const known = new WeakMap()

function decode(text, type) {
  return new type(Uint8Array.from(atob(text), one => one.charCodeAt(0)).buffer)
}

/** For whoever measures: when something was asked for, and when it was there. */
function mark(name) {
  performance.clearMarks(name)
  performance.mark(name)
}

class LinkedMaps {
  constructor(root) {
    this.root = root.querySelector(".maps")
    this.stages = [...this.root.querySelectorAll(".stage")].map((element, side) => new Stage(this, element, side))
    this.cameras = [new Camera(), new Camera()]
    this.cameras[1] = this.cameras[0]
    this.mode = "move"
    this.hidden = []
    this.facts = new Map()
    this.picked = this.received = ""
    this.#listen()
    new ResizeObserver(() => this.draw()).observe(this.root)
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTimeout(() => this.draw(), SETTLED))
  }

  $(selector) {
    return this.root.querySelector(selector)
  }

  /** What the server says now; called again after every run of the page. */
  show({ data, setStateValue }) {
    this.data = data
    this.send = text => setStateValue("picked", text)
    if (data.places !== this.places) {
      this.places = data.places
      this.positions = decode(data.positions, Uint16Array)
      this.pairs = decode(data.pairs, Uint32Array)
      this.rowOf = new Map(Array.from(this.pairs, (pair, row) => [pair, row]))
      this.grids = [0, 1].map(side => new Grid(this.positions, side))
      this.cameras.forEach(camera => (camera.extent = Camera.extentOf(this.positions)))
      this.facts.clear()
      this.reset()
    }
    if (data.colours !== this.colours) {
      this.colours = data.colours
      this.codes = decode(data.codes, Uint8Array)
      this.hidden = data.legend.map(() => false)
    }
    this.#words()
    this.#legend()
    if (data.picked !== this.received) {
      this.received = data.picked
      if (data.picked !== this.picked) this.#choose(data.picked)
    }
    this.draw()
    mark("map drawn")
  }

  // ---- what stands around the maps

  #words() {
    const { words, titles } = this.data
    this.root.querySelectorAll("section h2").forEach((title, side) => (title.textContent = titles[side]))
    this.stages.forEach((stage, side) => stage.element.setAttribute("aria-label", `${titles[side]}. ${words.keys}`))
    for (const name of ["reset", "view", "clear"]) this.$(`.${name}`).textContent = words[name]
    this.$(".tools").setAttribute("aria-label", words.tools)
    this.$(".keys").textContent = words.keys
    this.$(".zoom-in").setAttribute("aria-label", words.zoom_in)
    this.$(".zoom-out").setAttribute("aria-label", words.zoom_out)
    this.$(".linked").textContent = words.linked
    this.$(".linked").setAttribute("aria-pressed", this.cameras[0] === this.cameras[1])
    this.root.querySelectorAll(".mode").forEach(button => {
      button.textContent = words[button.dataset.mode]
      button.setAttribute("aria-pressed", button.dataset.mode === this.mode)
    })
    this.$(".clear").disabled = !this.picked
    this.stages.forEach(stage => stage.element.classList.toggle("lasso", this.mode === "lasso"))
  }

  #legend() {
    const list = this.$(".legend"), { legend, alike, words } = this.data
    const lines = legend.map((entry, code) => {
      const button = document.createElement("button")
      button.type = "button"
      button.setAttribute("aria-pressed", !this.hidden[code])
      const name = document.createElement("span"), count = document.createElement("span")
      name.className = "name"
      name.textContent = entry.name
      count.className = "count"
      count.textContent = alike ? this.#number(entry.before) : `${this.#number(entry.before)} → ${this.#number(entry.after)}`
      button.append(swatch(entry), name, count)
      button.title = entry.name
      button.addEventListener("click", () => {
        this.hidden[code] = !this.hidden[code]
        this.#legend()
        list.children[code].firstChild.focus()
        this.draw()
      })
      return button
    })
    if (this.hidden.some(Boolean)) {
      const all = document.createElement("button")
      all.type = "button"
      all.textContent = words.show_all
      all.addEventListener("click", () => {
        this.hidden.fill(false)
        this.#legend()
        this.draw()
      })
      lines.push(all)
    }
    list.replaceChildren(
      ...lines.map(line => {
        const item = document.createElement("li")
        item.append(line)
        return item
      }),
    )
  }

  #number(value) {
    return value.toLocaleString(this.data.language)
  }

  #listen() {
    const on = (selector, act) => this.$(selector).addEventListener("click", act)
    const middle = factor => this.stages.slice(0, this.cameras[0] === this.cameras[1] ? 1 : 2).forEach(stage => stage.enlarge(factor))
    on(".zoom-in", () => middle(1.6))
    on(".zoom-out", () => middle(1 / 1.6))
    on(".reset", () => this.reset())
    on(".clear", () => this.pick(""))
    on(".view", () => this.stages[0].pickAll())
    on(".linked", () => {
      this.cameras[1] = this.cameras[0] === this.cameras[1] ? Object.assign(new Camera(), this.cameras[0]) : this.cameras[0]
      this.#words()
      this.draw()
    })
    this.root.querySelectorAll(".mode").forEach(button =>
      button.addEventListener("click", () => {
        this.mode = button.dataset.mode
        this.#words()
      }),
    )
  }

  reset() {
    this.cameras.forEach(camera => camera.reset())
    this.draw()
  }

  // ---- the maps

  shown(side) {
    return row => !this.hidden[this.codes[2 * row + side]]
  }

  get radius() {
    return Math.min(7, Math.min(4.5, Math.max(1.5, 220 / Math.sqrt(this.pairs.length))) * this.cameras[0].zoom ** 0.35)
  }

  /** Soon, and once a frame; in motion roughly. */
  draw(inMotion = false) {
    this.rough = inMotion && this.pairs?.length > MANY
    clearTimeout(this.settling)
    if (this.rough) this.settling = setTimeout(() => this.draw(), SETTLED)
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null
      if (this.positions) this.stages.forEach(stage => stage.paint())
      mark("map painted")
    })
  }

  /** Point at a caption, or at none: its place on both maps, its picture and its words. */
  point(row, side) {
    if (row === this.pointed) return
    this.pointed = row
    this.stages.forEach(stage => stage.paintMarks())
    const card = this.$(".card")
    card.hidden = row === null
    if (row === null) return
    mark("hover asked")
    this.#place(card, row, side)
    const [before, after] = [0, 1].map(one => this.data.legend[this.codes[2 * row + one]].name)
    card.querySelector(".of").textContent = before === after ? before : `${before} → ${after}`
    this.#fill(card, ".caption", row).then(() => {
      if (this.pointed !== row) return
      mark("hover shown")
      const [x, y] = this.grids[side].at(row)
      this.fetch(this.grids[side].near(x, y, STEPS / 20, this.shown(side), AHEAD))
    })
  }

  #place(card, row, side) {
    const box = this.stages[side].element.getBoundingClientRect(), around = this.$(".both").getBoundingClientRect()
    const [x, y] = this.stages[side].screen(row)
    const left = box.left - around.left + x, top = box.top - around.top + y
    card.style.left = `${Math.max(0, left + 16 + card.offsetWidth > around.width ? left - 16 - card.offsetWidth : left + 16)}px`
    card.style.top = `${Math.max(0, Math.min(top - 30, around.height - 210))}px`
  }

  /** Put caption and picture of a point into an element; done when the picture can be seen. */
  async #fill(element, words, row) {
    const image = element.querySelector("img"), text = element.querySelector(words)
    text.textContent = ""
    image.hidden = true
    element.dataset.row = row
    const fact = (await this.fetch([row]))[0]
    if (element.dataset.row !== String(row)) return // meanwhile it stands for another point
    text.textContent = fact?.caption ?? ""
    if (!fact?.picture) return
    image.alt = fact.caption
    image.src = fact.picture
    image.hidden = false
    await image.decode().catch(() => {})
  }

  /** Caption and picture of points, asked for once each. */
  async fetch(rows) {
    const missing = rows.filter(row => !this.facts.has(row))
    if (missing.length) {
      const asked = fetch(`${this.data.source}&pairs=${missing.map(row => this.pairs[row])}`)
        .then(answer => (answer.ok ? answer.json() : []))
        .catch(() => [])
        .then(list => new Map(list.map(one => [one.pair, one])))
      for (const row of missing) {
        const fact = asked.then(found => found.get(this.pairs[row]) ?? null)
        this.facts.set(row, fact)
        fact.then(found => found || this.facts.delete(row)) // asked again next time
      }
    }
    return Promise.all(rows.map(row => this.facts.get(row)))
  }

  // ---- what is picked

  /** Pick what a text says, and tell the server. */
  pick(text) {
    mark("pick ended")
    if (text === this.picked) return
    // First what can be seen at once: the answer of the server draws the page anew.
    const later = new Promise(wait => setTimeout(wait, PATIENCE))
    Promise.race([this.#choose(text), later]).then(() => this.picked === text && this.send(text))
  }

  pickRow(row) {
    this.pick(row === null ? "" : writeSelection({ pair: this.pairs[row] }))
  }

  pickArea(side, path) {
    const corners = asCorners(path)
    const hidden = this.hidden.flatMap((is, code) => (is ? [code] : []))
    if (corners.length >= 3) this.pick(writeSelection({ side, corners, hidden }))
  }

  #choose(text) {
    this.picked = text
    const selection = readSelection(text)
    let rows = []
    if (selection?.pair !== undefined) rows = [this.rowOf.get(selection.pair)].filter(row => row !== undefined)
    else if (selection) rows = this.#within(selection)
    this.selection = selection
    this.selected = rows
    this.chosen = null // a single one has its ring
    if (rows.length && selection.pair === undefined) {
      this.chosen = new Uint8Array(this.pairs.length)
      rows.forEach(row => (this.chosen[row] = 1))
    }
    this.$(".clear").disabled = !text
    this.draw()
    return this.#gallery()
  }

  #within({ side, corners, hidden }) {
    const rows = [], away = new Set(hidden), grid = this.grids[side]
    for (let row = 0; row < this.pairs.length; row++)
      if (!away.has(this.codes[2 * row + side]) && isInside(corners, ...grid.at(row))) rows.push(row)
    return rows
  }

  /** Of an area a few of its captions, spread evenly, and how many more there are. */
  async #gallery() {
    const gallery = this.$(".gallery"), told = this.$(".told"), { words } = this.data, rows = this.selected
    gallery.hidden = this.selection?.pair !== undefined || !rows.length
    told.textContent = this.picked && !rows.length ? words.nothing : rows.length > 1 ? words.picked.replace("{n}", this.#number(rows.length)) : ""
    if (gallery.hidden) return
    const some = Array.from({ length: Math.min(GALLERY, rows.length) }, (_, k) => rows[Math.floor((k * rows.length) / Math.min(GALLERY, rows.length))])
    gallery.querySelector("h2").textContent = words.gallery
    const more = gallery.querySelector(".more")
    more.textContent = rows.length > some.length ? words.more.replace("{n}", this.#number(rows.length - some.length)) : ""
    this.fetch(some) // all in one request
    const cards = some.map(row => {
      const item = document.createElement("li"), button = document.createElement("button")
      const image = document.createElement("img"), caption = document.createElement("span")
      button.type = "button"
      caption.className = "words"
      button.append(image, caption)
      button.addEventListener("click", () => this.pickRow(row))
      for (const [event, pointed] of [["mouseenter", row], ["focus", row], ["mouseleave", null], ["blur", null]])
        button.addEventListener(event, () => this.ring(pointed))
      item.append(button)
      return [item, this.#fill(button, ".words", row)]
    })
    gallery.querySelector("ol").replaceChildren(...cards.map(([item]) => item))
    await Promise.all(cards.map(([, filled]) => filled))
    mark("gallery shown")
  }

  /** Only the ring, on both maps. */
  ring(row) {
    this.pointed = row
    this.stages.forEach(stage => stage.paintMarks())
  }
}

export default function (component) {
  const { parentElement } = component
  if (!known.has(parentElement)) known.set(parentElement, new LinkedMaps(parentElement))
  known.get(parentElement).show(component)
}
