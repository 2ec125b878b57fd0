// Lines, bars and cells of one track on its canvas, drawn for what is in sight.
//
// At most one column is drawn for each device pixel. Where a pixel holds several steps, a line goes
// through the smallest and the largest value; a bar and a cell show the value that is
// farthest from 0, but a cell of a gate or of attention shows the mean.
//
// A look is { colours, paper, font, strings, closest }: `closest` is the channel that is pointed at.

import { barColours, paint, placeOf, placing, rampOf } from "./token_table_paint.js";
import { fill, percent, valueAt, written } from "./token_table_model.js";
import { eachColumn, xOf } from "./time_axis.js";
import { heightOf } from "./time_tracks.js";

const SEAM = 10; // px of a step, from where on cells have a line between them
const NUMBERED = 34; // px of a step that a number fits over
const LOOKED_AT = 1000; // steps, to find the channel that is off the others
const WRITTEN = "11.5px"; // the size of letters in tracks

export function write(context, text, x, y, colour, look, align = "left", weight = "400") {
  context.font = `${weight} ${WRITTEN} ${look.font}`;
  context.textAlign = align;
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = look.paper; // letters stay readable over lines
  context.strokeText(text, x, y);
  context.fillStyle = colour;
  context.fillText(text, x, y);
}

export function drawLines(context, track, view, look) {
  const { units } = track;
  const { ink, other, quiet } = look.colours;
  const front = units.includes(look.closest) ? look.closest : oddOne(track).unit;
  const several = units.length > 1;
  for (const unit of [...units.filter((each) => each !== front), front]) {
    context.strokeStyle = unit === front ? ink : other;
    context.lineWidth = several && unit === front ? 2 : 1.4;
    drawLine(context, track, unit, view);
  }
  for (const unit of units) drawMissing(context, track, unit, view, look);
  if (several && (units.includes(look.closest) || isOff(track))) nameLines(context, track, front, view, { ...look, ink, quiet });
}

function drawLine(context, track, unit, view) {
  const { panel } = track;
  const alone = []; // a value between two missing ones is a point
  let pen = false;
  const go = (x, value) => {
    context[pen ? "lineTo" : "moveTo"](x, heightOf(track, value));
    pen = true;
  };
  context.beginPath();
  const column = (from, to, x, width) => {
    const ends = span(panel, unit, from, to);
    if (!ends) return (pen = false);
    const first = !pen;
    for (const value of ends) go(x + width / 2, value);
    const last = to >= view.steps || Number.isNaN(valueAt(panel, to, unit));
    if (first && last) alone.push([x + width / 2, ends[0]]);
  };
  eachColumn(view, column, 1);
  context.stroke();
  context.fillStyle = context.strokeStyle;
  for (const [x, value] of alone) context.fillRect(x - 1.5, heightOf(track, value) - 1.5, 3, 3);
}

// What a line goes through in a column: one value, or the smallest and the largest of several in
// the order in which they come; null where none is a number.
function span(panel, unit, from, to) {
  const units = panel.columns.length;
  let [low, high, lowest, highest] = [Infinity, -Infinity, 0, 0];
  for (let row = from, at = from * units + unit; row < to; row++, at += units) {
    const value = panel.values[at];
    if (value < low) [low, lowest] = [value, row];
    if (value > high) [high, highest] = [value, row];
  }
  if (low > high) return null;
  if (lowest === highest) return [low];
  return lowest < highest ? [low, high] : [high, low];
}

// A ring where values are missing, halfway between those at its sides; where steps are narrower
// than a pixel, a tick at the foot of the track.
function drawMissing(context, track, unit, view, look) {
  const { quiet } = look.colours;
  let said = false;
  let begun = null;
  eachColumn(view, (from, to, x, width) => {
    const missing = Number.isNaN(valueAt(track.panel, from, unit));
    if (width <= 3) {
      if (!missing) return;
      context.fillStyle = quiet;
      context.fillRect(x, track.height - 3, Math.max(width, 1 / view.scale), 3);
      if (!said) write(context, look.strings.missing, x, track.height - 6, quiet, look);
      said = true;
      return;
    }
    if (missing) begun ??= from;
    if (begun === null || (missing && to < view.steps)) return;
    const end = missing ? to : from;
    const [left, right] = [valueAt(track.panel, begun - 1, unit), valueAt(track.panel, end, unit)];
    const sides = [left, right].filter(Number.isFinite);
    const value = sides.length ? (sides[0] + sides.at(-1)) / 2 : track.low;
    const [middle, y] = [(xOf(view, begun) + xOf(view, end)) / 2, heightOf(track, value)];
    ring(context, middle, y, quiet);
    const [edge, align] = middle < 60 ? [middle + 8, "left"] : [middle - 8, "right"];
    if (!said) write(context, look.strings.missing, edge, y < 16 ? y + 12 : y - 3, quiet, look, align);
    [said, begun] = [true, null];
  });
}

function ring(context, x, y, colour) {
  context.save();
  context.beginPath();
  context.setLineDash([2, 1.5]);
  context.lineWidth = 1;
  context.strokeStyle = colour;
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.stroke();
  context.restore();
}

// The channel that differs most from the middle one of its unit, and where it does most.
export function oddOne(track) {
  if (track.odd) return track.odd;
  const { panel, units } = track;
  const off = units.map(() => ({ sum: 0, most: -1, row: 0, below: false }));
  const steps = panel.values.length / panel.columns.length;
  for (let row = 0; row < steps; row += Math.ceil(steps / LOOKED_AT)) {
    const values = units.map((unit) => valueAt(panel, row, unit));
    const sorted = values.filter(Number.isFinite).sort((one, other) => one - other);
    if (sorted.length < 2) continue;
    const middle = sorted[sorted.length >> 1];
    values.forEach((value, at) => {
      const difference = Math.abs(value - middle);
      if (!(difference >= 0)) return;
      off[at].sum += difference;
      if (difference > off[at].most) Object.assign(off[at], { most: difference, row, below: value < middle });
    });
  }
  const sums = off.map(({ sum }) => sum);
  const at = units.length > 2 ? sums.indexOf(Math.max(...sums)) : 0;
  track.odd = { ...off[at], unit: units[at] };
  return track.odd;
}

// By so much that it is worth a name.
function isOff(track) {
  return oddOne(track).most > 0.06 * (track.high - track.low);
}

// The name of the line that is in front, where it is off the others.
function nameLines(context, track, front, view, look) {
  const { panel } = track;
  const odd = oddOne(track);
  const row = look.row !== null && look.closest === front ? look.row : odd.row;
  const value = valueAt(panel, row, front);
  if (Number.isNaN(value)) return;
  const y = heightOf(track, value) + (odd.below && row === odd.row ? 14 : -6);
  const x = Math.min(Math.max(xOf(view, row + 0.5), 4), view.width - 4);
  const align = x < 60 ? "left" : x > view.width - 60 ? "right" : "center";
  const inside = Math.min(Math.max(y, 11), track.height - 3);
  write(context, panel.names[front], x, inside, look.ink, look, align, "600");
}

export function drawBars(context, track, view, look) {
  const { panel, units: [unit] } = track; // prettier-ignore
  const { below, above, faint } = barColours(panel, unit, look.colours);
  const zero = heightOf(track, 0);
  const numbers = [];
  let highest = null;
  eachColumn(view, (from, to, x, width) => {
    const value = farthest(panel, unit, from, to);
    if (Number.isNaN(value)) return;
    const end = heightOf(track, Math.max(Math.min(value, track.high), track.low));
    const space = width > 4 ? Math.min(3, width / 8) : 0;
    context.fillStyle = value < 0 ? below : above;
    context.globalAlpha = value < 0 ? faint : 1;
    context.fillRect(x + space, Math.min(zero, end), Math.max(width - 2 * space, 1 / view.scale), Math.abs(end - zero));
    const number = { x: x + width / 2, y: value < 0 ? end + 11 : end - 3, value };
    if (width >= NUMBERED && panel.named !== null && Math.abs(value) >= panel.named) numbers.push(number);
    if (!(Math.abs(highest?.value ?? 0) >= Math.abs(value))) highest = number;
  });
  context.globalAlpha = 1;
  rule(context, zero, view, look.colours.quiet);
  if (panel.level !== null) rule(context, heightOf(track, panel.level), view, look.colours.quiet, [3, 3]);
  if (track.inset[0] < 10) return; // there is no room for numbers
  for (const { x, y, value } of numbers.length || !highest ? numbers : [highest]) {
    const text = panel.share ? percent(value) : written(panel, value, unit);
    write(context, text, Math.max(x, 14), y, look.colours.ink, look, "center");
  }
}

// Right of the axis, or where there is no room at its end: the name of the even line, and what the
// votes of all steps come to.
export function nameEnds(context, track, view, look) {
  const { panel, units: [unit] } = track; // prettier-ignore
  const [x, align] = view.gutter ? [view.width + 6, "left"] : [Math.min(view.width, xOf(view, view.steps)) - 2, "right"];
  const put = (text, y, colour, weight) =>
    write(context, text, x, Math.min(Math.max(y, 10), track.height - 2), colour, look, align, weight);
  if (panel.level !== null) {
    const text = fill(look.strings.even, { level: percent(panel.level) });
    put(text, heightOf(track, panel.level) - (view.gutter ? 0 : 4), look.colours.quiet, "400");
  }
  if (panel.ramp !== "classes") return;
  let sum = 0;
  for (let row = 0; row < view.steps; row++) sum += valueAt(panel, row, unit);
  const { below, above } = barColours(panel, unit, look.colours);
  const text = fill(look.strings.in_all, { value: written(panel, sum, unit) });
  put(text, heightOf(track, 0) + (view.gutter ? 4 : sum < 0 ? 12 : -4), sum < 0 ? below : above, "600");
}

function rule(context, y, view, colour, dash = []) {
  context.save();
  context.globalAlpha = 0.6;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(0, Math.round(y) + 0.5);
  context.lineTo(Math.min(view.width, xOf(view, view.steps)), Math.round(y) + 0.5);
  context.stroke();
  context.restore();
}

function farthest(panel, unit, from, to) {
  let found = valueAt(panel, from, unit);
  for (let row = from + 1; row < to; row++) {
    const value = valueAt(panel, row, unit);
    if (!(Math.abs(found) >= Math.abs(value))) found = value;
  }
  return found;
}

function mean(panel, unit, from, to) {
  let sum = 0;
  for (let row = from; row < to; row++) sum += valueAt(panel, row, unit);
  return sum / (to - from);
}

export function drawCells(context, track, view, look) {
  const { panel, units, height } = track;
  const columns = [];
  eachColumn(view, (...column) => columns.push(column));
  if (!columns.length) return;
  const value = panel.share ? mean : farthest;
  const table = rampOf(panel, look.colours);
  const bitmap = document.createElement("canvas");
  paint(bitmap, columns.length, units.length, (pixels) => {
    units.forEach((unit, line) => {
      const place = placing(panel, unit);
      columns.forEach(([from, to], at) => {
        const number = to - from === 1 ? valueAt(panel, from, unit) : value(panel, unit, from, to);
        pixels[line * columns.length + at] = table[placeOf(place, number)];
      });
    });
  });
  const [[, , left], [, , right, width]] = [columns[0], columns.at(-1)];
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0, columns.length, units.length, left, 0, right + width - left, height);
  context.fillStyle = look.paper;
  if (width >= SEAM) for (const [, , x] of columns) context.fillRect(x + width - 1, 0, 1, height);
  const line = height / units.length;
  if (line >= 5) for (let y = line; y < height; y += line) context.fillRect(0, y - 0.5, view.width, 0.5);
}
