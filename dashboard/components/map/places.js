// Where points are: what lies under the pointer, what lies within an area, and what part of the map is in sight.

const STEPS = 65535
const CELLS = 128
const CORNERS = 40
const MOST_ZOOM = 60
const EDGE = 0.02 // of the map, free around the outermost points

/** Points of one side by cells of a grid, so that the nearest one is found without looking at all. */
class Grid {
  constructor(positions, side) {
    this.positions = positions
    this.side = side
    const n = positions.length / 4, cell = new Uint32Array(n)
    this.starts = new Uint32Array(CELLS * CELLS + 1)
    for (let i = 0; i < n; i++) {
      const [x, y] = this.at(i)
      cell[i] = Grid.row(y) * CELLS + Grid.row(x)
      this.starts[cell[i] + 1]++
    }
    for (let c = 0; c < CELLS * CELLS; c++) this.starts[c + 1] += this.starts[c]
    const next = this.starts.slice()
    this.order = new Uint32Array(n)
    for (let i = 0; i < n; i++) this.order[next[cell[i]]++] = i
  }

  static row(v) {
    return Math.min(CELLS - 1, Math.max(0, Math.floor((v * CELLS) / (STEPS + 1))))
  }

  at(i) {
    return [this.positions[4 * i + 2 * this.side], this.positions[4 * i + 2 * this.side + 1]]
  }

  /** Up to `count` points within `reach` of a place that are `shown`, the nearest first. */
  near(x, y, reach, shown, count = 1) {
    const found = []
    for (let row = Grid.row(y - reach); row <= Grid.row(y + reach); row++) {
      for (let at = this.starts[row * CELLS + Grid.row(x - reach)]; at < this.starts[row * CELLS + Grid.row(x + reach) + 1]; at++) {
        const i = this.order[at], [px, py] = this.at(i), far = (px - x) ** 2 + (py - y) ** 2
        if (far > reach * reach || !shown(i) || (found.length === count && far >= found[count - 1][0])) continue
        found.push([far, i])
        found.sort((one, other) => one[0] - other[0])
        if (found.length > count) found.pop()
      }
    }
    return found.map(([, i]) => i)
  }

  /** The nearest shown point in the direction (dx, dy) from a place, at most as far aside as ahead; null where there is none. */
  towards(x, y, dx, dy, shown) {
    let best = null, least = Infinity
    for (let i = 0; i < this.order.length; i++) {
      const [px, py] = this.at(i), ahead = (px - x) * dx + (py - y) * dy, aside = Math.abs((px - x) * dy - (py - y) * dx)
      if (ahead > 0 && aside <= ahead && ahead + aside < least && shown(i)) [best, least] = [i, ahead + aside]
    }
    return best
  }
}

/** Whether a place lies within an area, given by its corners: as the server counts it, edge by edge. */
function isInside(corners, x, y) {
  let inside = false
  for (let i = 0, j = corners.length - 1; i < corners.length; j = i++) {
    const [ax, ay] = corners[i], [bx, by] = corners[j]
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
  }
  return inside
}

/** A drawn line as at most `CORNERS` corners, evenly along it, in whole steps. */
function asCorners(path) {
  const kept = path.length <= CORNERS ? path : Array.from({ length: CORNERS }, (_, k) => path[Math.floor((k * path.length) / CORNERS)])
  const whole = v => Math.min(STEPS, Math.max(0, Math.round(v)))
  return kept.map(([x, y]) => [whole(x), whole(y)])
}

/** What was picked as text, as `kdmcse.evaluation.map_selection` reads it. */
function writeSelection({ pair, side, corners, hidden }) {
  if (pair !== undefined) return `p${pair}`
  const digits = v => v.toString(36).padStart(4, "0")
  return "ba"[side] + corners.flat().map(digits).join("") + hidden.map(code => `~${code}`).join("")
}

function readSelection(text) {
  if (/^p\d{1,12}$/.test(text)) return { pair: Number(text.slice(1)) }
  const found = /^([ab])((?:[0-9a-z]{8}){3,48})((?:~\d{1,3}){0,64})$/.exec(text)
  if (!found) return null
  const numbers = found[2].match(/.{4}/g).map(digits => parseInt(digits, 36))
  const corners = Array.from({ length: numbers.length / 2 }, (_, i) => [numbers[2 * i], numbers[2 * i + 1]])
  return { side: found[1] === "b" ? 0 : 1, corners, hidden: found[3].split("~").slice(1).map(Number) }
}

/** What part of the map is in sight: its middle, from 0 to 1, and how many times it is enlarged beyond where all of it fits. */
class Camera {
  constructor() {
    this.extent = [1, 1]
    this.reset()
  }

  reset() {
    Object.assign(this, { x: 0.5, y: 0.5, zoom: 1 })
  }

  /** How much of the width and height of the map holds points, on either side; they lie around its middle. */
  static extentOf(positions) {
    const least = [STEPS, STEPS], most = [0, 0]
    for (let at = 0; at < positions.length; at++) {
      least[at % 2] = Math.min(least[at % 2], positions[at])
      most[at % 2] = Math.max(most[at % 2], positions[at])
    }
    return [0, 1].map(way => Math.max(0.05, (most[way] - least[way]) / STEPS + 2 * EDGE))
  }

  /** Pixels that the whole map is wide and high on a stage of this size. */
  unit(width, height) {
    return this.zoom * Math.min(width / this.extent[0], height / this.extent[1])
  }

  /** Move by pixels of a stage of this size. */
  pan(dx, dy, width, height) {
    const unit = this.unit(width, height)
    this.x -= dx / unit
    this.y -= dy / unit
    this.clamp(width, height)
  }

  /** Enlarge by a factor; what lies at (px, py) of the stage stays there. */
  enlarge(factor, px, py, width, height) {
    const before = this.unit(width, height)
    this.zoom = Math.min(MOST_ZOOM, Math.max(1, this.zoom * factor))
    const shift = 1 / before - 1 / this.unit(width, height)
    this.x += (px - width / 2) * shift
    this.y += (py - height / 2) * shift
    this.clamp(width, height)
  }

  /** The map never leaves the sight: no edge of it comes further in than to the edge of the stage, or to where it stands unenlarged. */
  clamp(width, height) {
    const unit = this.unit(width, height)
    const within = (v, size, extent) => {
      const free = extent / 2 - size / 2 / unit
      return free <= 0 ? 0.5 : Math.min(0.5 + free, Math.max(0.5 - free, v))
    }
    this.x = within(this.x, width, this.extent[0])
    this.y = within(this.y, height, this.extent[1])
  }

  toScreen(x, y, width, height) {
    const unit = this.unit(width, height)
    return [(x / STEPS - this.x) * unit + width / 2, (y / STEPS - this.y) * unit + height / 2]
  }

  toMap(px, py, width, height) {
    const unit = this.unit(width, height)
    return [((px - width / 2) / unit + this.x) * STEPS, ((py - height / 2) / unit + this.y) * STEPS]
  }
}
