// Points as stamps on a plain canvas. No WebGL: it is switched off on remote desktops and on many managed machines, and where it is imitated
// it is slower than this. 50,000 points take about 10 ms a map.

const SHAPES = {
  circle: (x, y) => x * x + y * y <= 1,
  square: (x, y) => Math.abs(x) <= 0.88 && Math.abs(y) <= 0.88,
  triangle: (x, y) => y <= 0.8 && y >= 2 * Math.abs(x) - 1.15,
  diamond: (x, y) => Math.abs(x) + Math.abs(y) <= 1.2,
}
const OUTLINES = {
  circle: '<circle r="0.95"/>',
  square: '<rect x="-0.88" y="-0.88" width="1.76" height="1.76"/>',
  triangle: '<path d="M0 -1.15 L0.98 0.8 L-0.98 0.8 Z"/>',
  diamond: '<path d="M0 -1.2 L1.2 0 L0 1.2 L-1.2 0 Z"/>',
}
const FINE = 4 // samples across a pixel, for a smooth edge
const OPACITY = 0.8
const DIM = [140, 150, 160] // of what is not chosen, at less opacity

function rgb(colour) {
  return [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16))
}

/** Offsets of pixels, by rows of `width`, and how much of each a shape covers, 0 to 256. */
function makeStamp(shape, radius, width, opacity) {
  const reach = Math.ceil(radius * 1.25), covers = SHAPES[shape], offsets = [], amounts = []
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      let hits = 0
      for (let i = 0; i < FINE; i++)
        for (let j = 0; j < FINE; j++)
          hits += covers((x + (i + 0.5) / FINE - 0.5) / radius, (y + (j + 0.5) / FINE - 0.5) / radius)
      if (hits) {
        offsets.push(4 * (y * width + x))
        amounts.push(Math.round((256 * opacity * hits) / (FINE * FINE)))
      }
    }
  }
  return { reach, offsets: Int32Array.from(offsets), amounts: Int32Array.from(amounts) }
}

/** A canvas that is filled with points. */
class Surface {
  constructor(canvas) {
    this.canvas = canvas
    this.context = canvas.getContext("2d", { alpha: false })
  }

  /** places: side's x and y of point i at 4 * i + 2 * side. looks: colour and shape by code. chosen: null, or 1 for points that are not dimmed. */
  paint({ positions, codes, side, camera, looks, hidden, chosen, radius, density, background }) {
    const box = this.canvas.parentElement.getBoundingClientRect()
    const width = Math.max(1, Math.round(box.width * density)), height = Math.max(1, Math.round(box.height * density))
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width
      this.canvas.height = height
      this.image = null
    }
    this.image ??= this.context.createImageData(width, height)
    new Uint32Array(this.image.data.buffer).fill((255 << 24) | (background[2] << 16) | (background[1] << 8) | background[0])
    const unit = camera.unit(width, height), scale = unit / STEPS
    const left = width / 2 - camera.x * unit, top = height / 2 - camera.y * unit
    const stamp = look => makeStamp(look.shape, radius * density, width, look.opacity ?? OPACITY)
    const full = looks.map(look => ({ ...stamp(look), ink: rgb(look.colour) }))
    const dim = looks.map(look => ({ ...stamp({ shape: look.shape, opacity: 0.2 }), ink: DIM }))
    for (const wanted of chosen ? [0, 1] : [1]) {
      const stamps = wanted ? full : dim
      this.#stampAll(positions, codes, side, hidden, chosen, wanted, stamps, scale, left, top, width, height)
    }
    this.context.putImageData(this.image, 0, 0)
  }

  #stampAll(positions, codes, side, hidden, chosen, wanted, stamps, scale, left, top, width, height) {
    const pixels = this.image.data, n = codes.length / 2
    for (let i = 0; i < n; i++) {
      const code = codes[2 * i + side]
      if (hidden[code] || (chosen && chosen[i] !== wanted)) continue
      const stamp = stamps[code], reach = stamp.reach
      const x = Math.round(positions[4 * i + 2 * side] * scale + left), y = Math.round(positions[4 * i + 2 * side + 1] * scale + top)
      if (x < reach || y < reach || x >= width - reach || y >= height - reach) continue
      const at = 4 * (y * width + x), [red, green, blue] = stamp.ink, { offsets, amounts } = stamp
      for (let k = 0; k < offsets.length; k++) {
        const p = at + offsets[k], a = amounts[k]
        pixels[p] += ((red - pixels[p]) * a) >> 8
        pixels[p + 1] += ((green - pixels[p + 1]) * a) >> 8
        pixels[p + 2] += ((blue - pixels[p + 2]) * a) >> 8
      }
    }
  }
}

/** A shape for the legend. Its text is ours alone. */
function swatch(look) {
  const box = document.createElement("span")
  box.innerHTML = `<svg width="16" height="16" viewBox="-1.4 -1.4 2.8 2.8" aria-hidden="true">${OUTLINES[look.shape]}</svg>`
  box.firstChild.style.fill = `light-dark(${look.colour}, ${look.dark})`
  return box.firstChild
}
