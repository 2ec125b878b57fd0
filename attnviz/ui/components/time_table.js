// The time table: time runs across the page, panels stand one below the other on one axis.

import { JUMPS, MOVES, clamp, fill, rounded } from "./token_table_model.js";
import { classHue } from "./token_table_paint.js";
import { make } from "./token_table_nodes.js";
import { showReadoutHover } from "./token_table_pointer.js";
import { PinnedTable } from "./table_pins.js";
import { inSight, rowAt, xOf } from "./time_axis.js";
import { tracksOf } from "./time_tracks.js";
import { drawBars, drawCells, drawLines, nameEnds } from "./time_marks.js";
import { drawFilm, drawPicture } from "./time_pictures.js";
import { buildTimeTable, buildTrack } from "./time_nodes.js";
import { drawAxis, inWords, naming } from "./time_axis_nodes.js";
import { beginDrag, drag, endDrag, stretchOf } from "./time_zoom.js";
import { placeAt, pointAt, putCell, putColumn } from "./time_pointer.js";

const DRAWN = { lines: drawLines, bars: drawBars, cells: drawCells, film: drawFilm, picture: drawPicture };
const GROUPS = ["reads", "looks", "decides", "detects", "remembers"];
const WIDEST = 120; // px of a step
const NARROWEST = { film: 26, picture: 0 }; // px of a step, where it shows more than a number
const GUTTER = 84; // px right of the axis, for what bars come to
const ROOMY = 640; // px from where on there is one
const TURNED = { ArrowLeft: "ArrowUp", ArrowRight: "ArrowDown", ArrowUp: "ArrowLeft", ArrowDown: "ArrowRight" };

export class TimeTable extends PinnedTable {
  constructor(parent, before) {
    super(parent, buildTimeTable(), before);
    this.turned = "upright";
    this.view = { steps: 0, step: 1, left: 0, width: 0, gutter: 0, scale: 1 };
    this.stretch = null; // [first step, last step exclusive]: what is zoomed to
    this.layout = [];
    const { scroll } = this;
    scroll.addEventListener("pointerdown", (event) => beginDrag(this, event));
    scroll.addEventListener("pointerup", () => endDrag(this));
    scroll.addEventListener("dblclick", () => this.zoom(null));
    this.plot.addEventListener("click", ({ clientX }) => this.pinNamed(clientX));
    this.whole.addEventListener("click", () => this.zoom(null));
    this.more.addEventListener("click", () => scroll.scrollBy({ left: this.view.width / 2, behavior: "smooth" }));
  }

  // What counts when lies directly below what was read, as `laid_flat` has it in figures.
  order(panels) {
    const place = ({ group }) => GROUPS.indexOf(group);
    return panels.slice().sort((one, other) => place(one) - place(other));
  }

  arrange(before) {
    const { model, corner, help, turn, whole } = this;
    corner.textContent = model.strings.token;
    help.textContent = model.strings.flat_help;
    turn.textContent = model.strings.set_upright;
    whole.textContent = model.strings.whole;
    this.labelled.textContent = model.marks.map((mark) => inWords(model, mark)).join("; ");
    if (before.rows.length !== model.rows.length) this.stretch = null;
    this.naming = naming(this);
    this.layout = tracksOf(model);
    this.canvases = null;
  }

  paint() {
    this.placeTracks();
    this.fit();
    this.draw();
  }

  placeTracks() {
    const colours = this.colours;
    const nodes = this.layout.map((track) => {
      if (track.kind === "lines") track.ends = [track.high, track.low].map((end) => rounded(end));
      const place = track.called && track.panel.classes[track.units[0]][0];
      return buildTrack(track, track.called && classHue(colours, place));
    });
    this.tracks.replaceChildren(...nodes.map(({ node }) => node));
    this.canvases = nodes.map(({ canvas }) => canvas);
    const bands = this.model.marks.map(([, , name]) => make("band", { title: name }));
    this.behind.replaceChildren(...bands);
  }

  // How wide a step is, as far as the window lets it be.
  fit() {
    const { model, scroll, corner, stretch } = this;
    const steps = model.rows.length;
    const room = Math.max(1, scroll.clientWidth - corner.offsetWidth);
    const ends = model.panels.some(({ mark, ramp, level }) => mark === "bars" && (level !== null || ramp === "classes"));
    const gutter = ends && room > ROOMY ? GUTTER : 0;
    const width = room - gutter;
    const least = Math.max(this.naming.narrowest, ...model.panels.map(({ mark }) => NARROWEST[mark] ?? 0));
    const whole = clamp(width / (steps || 1), least, Math.max(WIDEST, least));
    const step = stretch ? Math.max(whole, width / (stretch[1] - stretch[0])) : whole;
    this.view = { steps, step, left: 0, width, gutter, scale: devicePixelRatio || 1 };
    this.whole.hidden = !stretch;
    this.root.style.setProperty("--gutter", `${gutter}px`);
    this.stage.style.width = `${scroll.clientWidth}px`;
    this.reel.style.width = `${corner.offsetWidth + gutter + Math.floor(steps * step)}px`;
    if (stretch) scroll.scrollLeft = stretch[0] * step;
    this.view.left = scroll.scrollLeft;
  }

  draw() {
    const { view, layout } = this;
    if (!this.canvases) return;
    const { strings, rows } = this.model;
    const out = rows.length - 1 - rowAt(view, view.width - view.step / 2);
    this.more.hidden = out < 1;
    this.more.textContent = `${fill(strings.more, { count: out })} ›`;
    layout.forEach((track, at) => this.drawTrack(track, this.canvases[at]));
    drawAxis(this);
    this.model.marks.forEach(([from, to], at) => {
      const band = this.behind.children[at];
      band.style.transform = `translateX(${xOf(view, from)}px)`;
      band.style.width = `${(to - from) * view.step}px`;
    });
    this.framePin();
    this.frameActive();
  }

  drawTrack(track, canvas) {
    const { view, colours, paper, model, closest } = this;
    const width = view.width + view.gutter;
    canvas.width = Math.round(width * view.scale);
    canvas.height = Math.round(track.height * view.scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${track.height}px`;
    const context = canvas.getContext("2d");
    context.scale(view.scale, view.scale);
    const font = getComputedStyle(this.root).fontFamily;
    const row = this.hovered?.row ?? null;
    const look = { colours, paper, font, strings: model.strings, closest: closest?.track === track ? closest.unit : null, row };
    context.save();
    context.beginPath();
    context.rect(0, 0, view.width, track.height);
    context.clip();
    DRAWN[track.kind](context, track, view, look);
    context.restore();
    if (track.kind === "bars") nameEnds(context, track, view, look);
  }

  // Of several lines the one that is pointed at comes to the front.
  showClosest(place) {
    const track = place?.column && this.layout.find(
      ({ panel, kind, units }) => kind === "lines" && units.length > 1 && units.includes(place.column - panel.first),
    ); // prettier-ignore
    const closest = track ? { track, unit: place.column - track.panel.first } : null;
    const before = this.closest;
    if (closest?.track === before?.track && closest?.unit === before?.unit) return;
    this.closest = closest;
    for (const each of new Set([before?.track, closest?.track])) {
      const at = this.layout.indexOf(each);
      if (at >= 0 && this.canvases) this.drawTrack(each, this.canvases[at]);
    }
  }

  resize() {
    if (!this.canvases || this.scroll.clientWidth === this.seen) return;
    this.seen = this.scroll.clientWidth;
    this.fit();
    this.draw();
  }

  slide() {
    this.view.left = this.scroll.scrollLeft;
    this.sliding ??= requestAnimationFrame(() => {
      this.sliding = null;
      if (this.root.isConnected) this.draw();
    });
    this.schedule();
  }

  locate(x, y) {
    return placeAt(this, x, y);
  }

  point(place, x, y) {
    pointAt(this, place, x, y);
  }

  showReadoutHover() {
    showReadoutHover(this);
  }

  follow(event) {
    super.follow(event);
    drag(this, event);
  }

  leave() {
    super.leave();
    this.marks.stretch.hidden = true;
    this.from = null;
  }

  click(event) {
    if (this.dragged || event.detail > 1) return; // a double click pins and unpins nothing
    super.click(event);
  }

  // A name on the axis is a way to its step, too.
  pinNamed(x) {
    const across = x - this.plot.getBoundingClientRect().left;
    if (across >= xOf(this.view, this.view.steps)) return;
    this.active = { row: rowAt(this.view, across), column: 0 };
    this.showActive();
    this.pin(this.active.row);
  }

  // Null for the whole.
  zoom(stretch) {
    this.stretch = stretch && stretchOf(this.view, stretch);
    this.leave();
    this.fit();
    this.draw();
  }

  // The whole, then no pin.
  escape() {
    if (this.stretch) this.zoom(null);
    else super.escape();
  }

  pressed(key) {
    const half = { "+": 0.25, "=": 0.25, "-": 1, "\u2212": 1 }[key];
    if (half === undefined) return false;
    const [first, end] = inSight(this.view);
    const reach = Math.max(2, (end - first) * half);
    this.zoom([Math.floor(this.active.row - reach), Math.ceil(this.active.row + reach)]);
    return true;
  }

  // What goes down in the upright table goes right in this one.
  move(key, far) {
    if (key === "Home" || key === "End") return JUMPS[far ? key : key === "Home" ? "ArrowUp" : "ArrowDown"];
    return (far && TURNED[key] ? JUMPS : MOVES)[TURNED[key] ?? key];
  }

  pageRows() {
    return Math.max(1, Math.floor(this.view.width / this.view.step / 2));
  }

  bringIn(row) {
    const { view, scroll } = this;
    const x = row * view.step;
    if (x < view.left || x + view.step > view.left + view.width) scroll.scrollLeft = x - view.width / 2;
  }

  framePin() {
    const { pinned, marks, plot } = this;
    plot.querySelector(".pinned")?.classList.remove("pinned");
    if (pinned === null) return;
    plot.querySelector(`[data-row="${pinned}"]`)?.classList.add("pinned");
    putColumn(this, marks.pin, pinned);
  }

  frameActive() {
    const { row, column } = this.active;
    this.plot.querySelector(".active")?.classList.remove("active");
    if (!column) this.plot.querySelector(`[data-row="${row}"]`)?.classList.add("active");
    putCell(this, this.marks.cell, this.active);
  }

  scrollToActive() {
    const { scroll, view, marks, active, over } = this;
    const x = active.row * view.step;
    scroll.scrollLeft = clamp(scroll.scrollLeft, x + view.step + 16 - view.width, x - 16);
    view.left = scroll.scrollLeft;
    this.frameActive();
    if (active.column) marks.cell.scrollIntoView({ block: "nearest" });
    const box = over.getBoundingClientRect();
    const cell = marks.cell.getBoundingClientRect();
    const left = box.left + xOf(view, active.row);
    return active.column ? cell : { right: left + view.step, bottom: box.top + 20, left };
  }
}

