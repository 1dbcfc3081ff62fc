// One of the two maps: what it shows, and what a hand does to it by mouse, finger or key.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }

class Stage {
  constructor(maps, element, side) {
    Object.assign(this, { maps, element, side, fingers: new Map(), path: null })
    this.points = new Surface(element.querySelector(".points"))
    this.marks = element.querySelector(".marks")
    this.#listen()
  }

  get camera() {
    return this.maps.cameras[this.side]
  }

  get size() {
    return [this.element.clientWidth, this.element.clientHeight]
  }

  screen(row) {
    return this.camera.toScreen(...this.maps.grids[this.side].at(row), ...this.size)
  }

  // ---- what it shows

  paint() {
    const { maps } = this, [width, height] = this.size
    if (!width) return
    this.camera.clamp(width, height)
    this.element.classList.toggle("zoomed", this.camera.zoom > 1)
    const background = getComputedStyle(this.element).backgroundColor.match(/\d+/g).slice(0, 3).map(Number)
    const dark = background[0] < 128
    this.points.paint({
      positions: maps.positions,
      codes: maps.codes,
      side: this.side,
      camera: this.camera,
      looks: maps.data.legend.map(look => ({ ...look, colour: dark ? look.dark : look.colour })),
      hidden: maps.hidden,
      chosen: maps.chosen,
      radius: maps.radius,
      density: maps.rough ? 1 : Math.min(2, devicePixelRatio || 1),
      background,
    })
    this.paintMarks()
  }

  /** Rings and the drawn area, above the points. */
  paintMarks() {
    const { maps } = this, [width, height] = this.size, density = devicePixelRatio || 1
    this.marks.width = width * density
    this.marks.height = height * density
    const pen = this.marks.getContext("2d")
    pen.scale(density, density)
    const { color: line, backgroundColor: edge } = getComputedStyle(this.element)
    const ring = (row, radius, width) => {
      const [x, y] = this.screen(row)
      for (const [colour, thick] of [[edge, width + 3], [line, width]]) {
        Object.assign(pen, { strokeStyle: colour, lineWidth: thick })
        pen.beginPath()
        pen.arc(x, y, radius, 0, 2 * Math.PI)
        pen.stroke()
      }
    }
    const area = this.path ?? (maps.selection?.side === this.side ? maps.selection.corners : null)
    if (area?.length > 1) {
      pen.beginPath()
      area.forEach(([x, y]) => pen.lineTo(...this.camera.toScreen(x, y, width, height)))
      pen.closePath()
      Object.assign(pen, { strokeStyle: line, lineWidth: 1.5, fillStyle: "rgb(91 141 239 / 14%)" })
      pen.setLineDash([5, 4])
      pen.fill()
      pen.stroke()
      pen.setLineDash([])
    }
    if (maps.selection?.pair !== undefined && maps.selected.length) ring(maps.selected[0], maps.radius + 6, 2.5)
    if (maps.pointed != null) ring(maps.pointed, maps.radius + 4, 1.5)
  }

  // ---- what a hand does

  enlarge(factor, x = this.size[0] / 2, y = this.size[1] / 2) {
    this.camera.enlarge(factor, x, y, ...this.size)
    this.maps.draw(true)
  }

  pan(dx, dy) {
    this.camera.pan(dx, dy, ...this.size)
    this.maps.draw(true)
  }

  /** The shown point under a place of the stage, or null. */
  under(x, y) {
    const [width, height] = this.size, reach = (REACH * STEPS) / this.camera.unit(width, height)
    return this.maps.grids[this.side].near(...this.camera.toMap(x, y, width, height), reach, this.maps.shown(this.side))[0] ?? null
  }

  /** Everything in sight. */
  pickAll() {
    const [width, height] = this.size
    const corners = [[0, 0], [width, 0], [width, height], [0, height]].map(([x, y]) => this.camera.toMap(x, y, width, height))
    this.maps.pickArea(this.side, corners)
  }

  #listen() {
    const on = (name, act, options) => this.element.addEventListener(name, act, options)
    on("wheel", event => this.#wheel(event), { passive: false })
    on("pointerdown", event => this.#down(event))
    on("pointermove", event => this.#move(event))
    on("pointerup", event => this.#up(event))
    on("pointercancel", event => this.#up(event))
    on("pointerleave", () => this.fingers.size || this.maps.point(null))
    on("dblclick", () => this.maps.reset())
    on("keydown", event => this.#key(event))
    on("blur", () => this.maps.point(null))
  }

  #wheel(event) {
    if (event.deltaY > 0 && this.camera.zoom <= 1) return // the page scrolls on
    event.preventDefault()
    this.maps.point(null)
    const pixels = event.deltaMode ? 30 * event.deltaY : event.deltaY
    this.enlarge(Math.exp(-Math.max(-150, Math.min(150, pixels)) / 300), event.offsetX, event.offsetY)
  }

  #down(event) {
    this.element.setPointerCapture(event.pointerId)
    this.fingers.set(event.pointerId, [event.offsetX, event.offsetY])
    this.moved = 0
    if (this.fingers.size === 1 && (this.maps.mode === "lasso" || event.shiftKey)) this.path = [this.#onMap(event)]
    else this.path = null
  }

  #onMap(event) {
    return this.camera.toMap(event.offsetX, event.offsetY, ...this.size)
  }

  #move(event) {
    const before = this.fingers.get(event.pointerId), now = [event.offsetX, event.offsetY]
    if (!before) return this.maps.point(this.under(...now), this.side)
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]]
    this.moved += Math.hypot(dx, dy)
    if (this.moved > CLICK) this.maps.point(null)
    if (this.fingers.size === 2) return this.#pinch(event.pointerId, now)
    this.fingers.set(event.pointerId, now)
    if (this.path) {
      this.path.push(this.#onMap(event))
      return this.paintMarks()
    }
    this.element.classList.add("moving")
    if (this.camera.zoom > 1 && this.moved > CLICK) this.pan(dx, dy)
  }

  #pinch(finger, now) {
    const other = [...this.fingers].find(([id]) => id !== finger)[1], before = this.fingers.get(finger)
    const far = place => Math.max(1, Math.hypot(place[0] - other[0], place[1] - other[1]))
    this.fingers.set(finger, now)
    this.enlarge(far(now) / far(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2)
  }

  #up(event) {
    if (!this.fingers.delete(event.pointerId)) return
    this.element.classList.remove("moving")
    const path = this.path
    this.path = null
    if (event.type === "pointercancel") return this.paintMarks()
    if (this.moved <= CLICK) return this.maps.pickRow(this.under(event.offsetX, event.offsetY))
    if (path) this.maps.pickArea(this.side, path)
    this.paintMarks()
  }

  #key(event) {
    const step = ARROWS[event.key], [width, height] = this.size
    if (step && event.shiftKey) this.pan(-60 * step[0], -60 * step[1])
    else if (step) this.#walk(step)
    else if (event.key === "+" || event.key === ";" || event.key === "=") this.enlarge(1.6)
    else if (event.key === "-") this.enlarge(1 / 1.6)
    else if (event.key === "0" || event.key === "Home") this.maps.reset()
    else if (event.key === "Enter" && this.maps.pointed != null) this.maps.pickRow(this.maps.pointed)
    else if (event.key === "Escape") this.maps.pick("")
    else return
    event.preventDefault()
    if (this.maps.pointed != null && step && !event.shiftKey) {
      const [x, y] = this.screen(this.maps.pointed)
      if (x < 0 || y < 0 || x > width || y > height) this.pan(width / 2 - x, height / 2 - y)
    }
  }

  /** To the next point that way; the first is the one nearest to the middle of what is in sight. */
  #walk([dx, dy]) {
    const { maps } = this, grid = maps.grids[this.side], shown = maps.shown(this.side)
    const from = maps.pointed ?? null
    const next =
      from === null
        ? grid.near(...this.camera.toMap(this.size[0] / 2, this.size[1] / 2, ...this.size), STEPS, shown)[0]
        : grid.towards(...grid.at(from), dx, dy, shown)
    if (next != null) maps.point(next, this.side)
  }
}
