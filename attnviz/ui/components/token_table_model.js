// What the table says: from bytes to panels, places and texts. No nodes, no pixels.
//
// A place is { row, column }. Column 0 is the token; then the columns of all panels are counted
// through; null stands for the gap between two panels.

const ROW = 22; // px
const GAP = 16; // px between panels
const NARROWEST_PANEL = 112; // px, room for the title and the legend

function decode(bytes) {
  const { buffer } = bytes.slice(); // a copy starts at 0, so the floats are aligned
  const length = new DataView(buffer).getUint32(0, true);
  const model = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let [offset, left, first] = [4 + length, 0, 1];
  for (const panel of model.panels) {
    const units = panel.columns.length;
    panel.columns = panel.columns.map(visible);
    panel.values = new Float32Array(buffer, offset, model.rows.length * units);
    panel.cell = cellWidth(panel, model.map_width);
    panel.width = Math.max(panel.cell * units, NARROWEST_PANEL);
    panel.left = left + GAP; // px right of the token column
    panel.first = first; // number of its first column
    offset += panel.values.byteLength;
    left = panel.left + panel.width;
    first += units;
  }
  model.columns = first;
  model.labels = model.rows.map(visible);
  return model;
}

// Bars are as wide as their names, within bounds.
function cellWidth({ mark, columns }, mapWidth) {
  if (mark === "cells") return clamp(Math.round(mapWidth / columns.length), 2, 14);
  const longest = Math.max(0, ...columns.map((name) => name.length));
  return clamp(Math.round(144 / columns.length), clamp(7 * longest + 8, 66, 104), 120);
}

// What a reader could not see gets a visible stand-in: signs for newline, tab and outer spaces, and
// code points for other controls, for what turns the direction of text, and for what has no width
// of its own. Unicode's control pictures would say it shorter, but common fonts lack them.
function visible(text) {
  if (!text) return "∅";
  const point = (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  if (/^[\p{Cf}\p{Zl}\p{Zp}\p{Mn}]+$/u.test(text)) return Array.from(text, point).join(" ");
  return text
    .replace(/\n/g, "↵")
    .replace(/\t/g, "⇥")
    .replace(/[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (c) => `⟨${point(c)}⟩`)
    .replace(/^\p{Zs}+|\p{Zs}+$/gu, (spaces) => "␣".repeat(spaces.length));
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// A loop, since `every` with a function takes ten times as long on megabytes.
function same(one, other) {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function rounded(value, digits) {
  return String(Number(value.toPrecision(digits))).replace(/-/g, "\u2212");
}

function columnName(model, panel, unit) {
  return fill(model.strings[panel.column_string], { name: panel.columns[unit] });
}

// For the header. Cells are too narrow for a name each: names that start with numbers in sequence
// show how far they go, picked or sorted ones as many as fit (the style sheet cuts the rest).
function columnNames(model, panel) {
  const { columns, mark, column_string: string } = panel;
  if (mark === "bars") return columns.map((_, unit) => columnName(model, panel, unit));
  if (!columns.length) return [];
  const sequence = columns.every((name, unit) => parseInt(name) === parseInt(columns[0]) + unit);
  if (sequence && columns.length > 1) return [columnName(model, panel, 0), columns.at(-1)];
  return [fill(model.strings[string], { name: columns.join(", ") })];
}

function panelAt(model, column) {
  const inside = ({ first, columns }) => column >= first && column < first + columns.length;
  return column ? model.panels.find(inside) : undefined;
}

// Everything that can be read at one place. The five digits are exact enough to copy, and more
// than float32 through a network keeps.
function read(model, { row, column }) {
  const token = model.labels[row];
  const place = fill(model.strings.row, { row: row + 1, rows: model.rows.length });
  const panel = panelAt(model, column);
  if (!panel) return { token, row: place, panel: "", column: "", value: "" };
  const unit = column - panel.first;
  const value = rounded(panel.values[row * panel.columns.length + unit], 5);
  return { token, row: place, panel: panel.title, column: columnName(model, panel, unit), value };
}

function sentence(model, place) {
  const texts = read(model, place);
  return texts.panel ? fill(model.strings.cell, texts) : `${texts.token}, ${texts.row}`;
}

// The bars of one row in a line: what attention and votes say about this token.
function summary(model, row) {
  const column = (panel) => (_, unit) => {
    const texts = read(model, { row, column: panel.first + unit });
    return `${texts.column} = ${texts.value}`;
  };
  return model.panels
    .filter((panel) => panel.mark === "bars")
    .map((panel) => `${panel.title}: ${panel.columns.map(column(panel)).join(", ")}`);
}

// Where a key leads from a place; the caller keeps it inside the table.
const MOVES = {
  ArrowUp: ({ row, column }) => ({ row: row - 1, column }),
  ArrowDown: ({ row, column }) => ({ row: row + 1, column }),
  ArrowLeft: ({ row, column }) => ({ row, column: column - 1 }),
  ArrowRight: ({ row, column }) => ({ row, column: column + 1 }),
  PageUp: ({ row, column }, _, page) => ({ row: row - page, column }),
  PageDown: ({ row, column }, _, page) => ({ row: row + page, column }),
  Home: ({ row }) => ({ row, column: 0 }),
  End: ({ row }) => ({ row, column: Infinity }),
};

// The same with Ctrl or Cmd held down.
const JUMPS = {
  ArrowUp: ({ column }) => ({ row: 0, column }),
  ArrowDown: ({ column }) => ({ row: Infinity, column }),
  ArrowLeft: ({ row, column }, model) => ({
    row,
    column: model.panels.findLast((panel) => panel.first < column)?.first ?? 0,
  }),
  ArrowRight: ({ row, column }, model) => ({
    row,
    column: model.panels.find((panel) => panel.first > column)?.first ?? Infinity,
  }),
  Home: () => ({ row: 0, column: 0 }),
  End: () => ({ row: Infinity, column: Infinity }),
};
