// A pad for small pictures: ink on a fine grid, averaged to the pixels that a network reads.

const FINE = 8; // places of ink along a side of a pixel
const PEN = 0.62; // radius of the pen, in pixels
const SIDE = 240; // px of the pad

const pads = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  if (!pads.has(parentElement)) pads.set(parentElement, new Pad(parentElement));
  const pad = pads.get(parentElement);
  pad.tell = (drawn) => setStateValue("drawn", drawn);
  const call = ++pad.calls;
  if (data) pad.update(data);
  return () => {
    if (call !== pad.calls) return;
    pad.root.remove();
    pads.delete(parentElement);
  };
}

class Pad {
  constructor(parent) {
    this.calls = 0;
    this.root = document.createElement("div");
    this.root.className = "drawing-pad";
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.help = document.createElement("p");
    this.clear = document.createElement("button");
    this.clear.type = "button";
    this.live = document.createElement("span");
    this.live.className = "place";
    this.live.setAttribute("aria-live", "polite");
    this.root.append(this.canvas, this.help, this.clear, this.live);
    parent.append(this.root);
    this.at = [0, 0];
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"])
      this.canvas.addEventListener(name, () => this.release());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    for (const name of ["focus", "blur"]) this.canvas.addEventListener(name, () => this.paint());
    this.clear.addEventListener("click", () => {
      this.ink.fill(0);
      this.paint();
    });
  }

  update({ rows, columns, strings }) {
    this.strings = strings;
    this.canvas.setAttribute("aria-label", strings.label);
    this.help.textContent = strings.help;
    this.clear.textContent = strings.clear;
    if (this.rows === rows && this.columns === columns) return;
    Object.assign(this, { rows, columns });
    this.ink = new Uint8Array(rows * FINE * columns * FINE);
    const cell = SIDE / Math.max(rows, columns);
    this.canvas.width = columns * FINE;
    this.canvas.height = rows * FINE;
    this.canvas.style.width = `${cell * columns}px`;
    this.canvas.style.height = `${cell * rows}px`;
    this.paint();
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * this.columns;
    const y = ((event.clientY - box.top) / box.height) * this.rows;
    return [x, y];
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.from = this.place(event);
    this.line(this.from, this.from);
  }

  move(event) {
    if (!this.from) return;
    const to = this.place(event);
    this.line(this.from, to);
    this.from = to;
  }

  release() {
    if (!this.from) return;
    this.from = null;
    this.send();
  }

  key(event) {
    const steps = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
    const step = steps[event.key];
    if (!step && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    const [x, y] = this.at;
    if (step) {
      const bounded = (value, most) => Math.min(most - 1, Math.max(0, value));
      this.at = [bounded(x + step[0], this.columns), bounded(y + step[1], this.rows)];
      this.live.textContent = this.strings.place
        .replace("{row}", this.at[1] + 1)
        .replace("{column}", this.at[0] + 1);
      this.paint();
    } else {
      this.line([x + 0.5, y + 0.5], [x + 0.5, y + 0.5]);
      this.send();
    }
  }

  line(from, to) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    const stamps = Math.max(1, Math.ceil(length * 4));
    for (let number = 0; number <= stamps; number++) {
      const share = number / stamps;
      this.stamp(from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share);
    }
    this.paint();
  }

  stamp(x, y) {
    const reach = PEN * FINE;
    const [width, height] = [this.columns * FINE, this.rows * FINE];
    for (let row = Math.max(0, Math.floor(y * FINE - reach)); row <= Math.min(height - 1, y * FINE + reach); row++)
      for (let column = Math.max(0, Math.floor(x * FINE - reach)); column <= Math.min(width - 1, x * FINE + reach); column++)
        if (Math.hypot(column + 0.5 - x * FINE, row + 0.5 - y * FINE) <= reach)
          this.ink[row * width + column] = 255;
  }

  paint() {
    const context = this.canvas.getContext("2d");
    const image = context.createImageData(this.canvas.width, this.canvas.height);
    this.ink.forEach((value, place) => image.data.set([value, value, value, 255], 4 * place));
    context.putImageData(image, 0, 0);
    if (document.activeElement !== this.canvas && this.canvas.getRootNode().activeElement !== this.canvas) return;
    context.strokeStyle = "#f0a050";
    context.strokeRect(this.at[0] * FINE + 0.5, this.at[1] * FINE + 0.5, FINE - 1, FINE - 1);
  }

  send() {
    const width = this.columns * FINE;
    const pixels = new Uint8Array(this.rows * this.columns);
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < this.columns; column++) {
        let sum = 0;
        for (let y = 0; y < FINE; y++)
          for (let x = 0; x < FINE; x++) sum += this.ink[(row * FINE + y) * width + column * FINE + x];
        pixels[row * this.columns + column] = Math.round(sum / FINE ** 2);
      }
    let bytes = "";
    for (const value of pixels) bytes += String.fromCharCode(value);
    this.tell(btoa(bytes));
  }
}
