// What the table says: from bytes to panels, places and texts. No nodes, no pixels.
//
// A place is { row, column }. Column 0 is the token; then the columns of all panels are counted
// through; null stands for the gap between two panels.

export const ROW = 20; // px
export const GAP = 16; // px between panels
export const GROUP_GAP = 28; // px between what decides, looks, detects and remembers
const INSET = 2; // px between a bar and its neighbour column
const WIDEST_CELL = 9; // px
const BARS = { votes: 170, attention: 112, ledger: 170, push: 140, scores: 150 }; // px, of a single column
const NARROWEST_PANEL = 84; // px, room for the title
const MOST_NAMED = 12; // channels whose values are read out at once; of more, half as many

export function headerOf(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
}

// `order` puts the panels in the order of a layout.
export function decode(bytes, order = (panels) => panels) {
  const model = headerOf(bytes);
  takeNumbers(model, bytes.slice().buffer); // a copy starts at 0, so the floats are aligned
  model.panels = order(model.panels);
  let [left, first] = [0, 1];
  model.panels.forEach((panel, number) => {
    const units = panel.columns.length;
    const before = model.panels[number - 1];
    panel.starts_group = before?.group !== panel.group;
    panel.ends_group = model.panels[number + 1]?.group !== panel.group;
    panel.columns = panel.columns.map(visible);
    panel.cell = cellWidth(panel, model.map_width);
    panel.inset = INSET;
    panel.width = Math.max(panel.cell * units, NARROWEST_PANEL);
    panel.gap = number && panel.starts_group ? GROUP_GAP : GAP;
    panel.left = left + panel.gap; // px right of the token column
    panel.first = first; // number of its first column
    left = panel.left + panel.width;
    first += units;
  });
  model.columns = first;
  model.labels = model.rows.map(visible);
  return model;
}

// Panel after panel, and behind all numbers the pictures: [number, rows, columns, bytes of a pixel].
function takeNumbers({ panels, rows }, buffer) {
  let offset = 4 + new DataView(buffer).getUint32(0, true);
  for (const panel of panels) {
    panel.values = new Float32Array(buffer, offset, rows.length * panel.columns.length);
    offset += panel.values.byteLength;
  }
  for (const panel of panels.filter(({ pictures }) => pictures)) {
    panel.pixels = new Uint8Array(buffer, offset, panel.pictures.reduce((one, other) => one * other));
    offset += panel.pixels.byteLength;
  }
}

// Several bars are as wide as their names, within bounds.
function cellWidth({ mark, columns, key }, mapWidth) {
  if (mark === "cells") return clamp(Math.round(mapWidth / columns.length), 2, WIDEST_CELL);
  const alone = BARS[key] ?? BARS[key.split("/")[0]];
  if (columns.length === 1 && alone) return alone;
  const longest = Math.max(0, ...columns.map((name) => name.length));
  return clamp(Math.round(144 / columns.length), clamp(7 * longest + 8, 66, 104), 120);
}

// What a reader could not see gets a visible stand-in: signs for newline, tab and outer spaces, and
// code points for other controls, for what turns the direction of text, and for what has no width
// of its own. Unicode's control pictures would say it shorter, but common fonts lack them.
export function visible(text) {
  if (!text) return "∅";
  const point = (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  if (/^[\p{Cf}\p{Zl}\p{Zp}\p{Mn}]+$/u.test(text)) return Array.from(text, point).join(" ");
  return text
    .replace(/\n/g, "↵")
    .replace(/\t/g, "⇥")
    .replace(/[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, (c) => `⟨${point(c)}⟩`)
    .replace(/^\p{Zs}+|\p{Zs}+$/gu, (spaces) => "␣".repeat(spaces.length));
}

export function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

// A loop, since `every` with a function takes ten times as long on megabytes.
export function same(one, other) {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// Three significant digits are what a person can compare; all of them stand in the table of numbers.
export function rounded(value, digits = 3) {
  if (!Number.isFinite(value)) return value === Infinity ? "∞" : String(value);
  return String(Number(value.toPrecision(digits))).replace(/-/g, "\u2212");
}

export function percent(value, digits = 2) {
  return `${rounded(100 * value, value >= 0.0995 ? Math.max(digits, 2) : digits)}%`;
}

// As it is read in its panel: measured in its unit, a share of the whole, a signed vote, a number.
export function written(panel, value, unit) {
  if (panel.mark === "lines") return `${rounded(value)} ${panel.units[unit]}`.trim();
  if (panel.share) return percent(value, 3);
  if (panel.ramp !== "classes") return rounded(value);
  const plain = Math.abs(value) < 0.095 ? rounded(value) : value.toFixed(2).replace("-", "\u2212");
  return (value > 0 ? "+" : "") + plain;
}

export function columnName(model, panel, unit) {
  return fill(model.strings[panel.column_string], { name: panel.columns[unit] });
}

export function panelAt(model, column) {
  const inside = ({ first, columns }) => column >= first && column < first + columns.length;
  return column ? model.panels.find(inside) : undefined;
}

// The same, or that nothing was measured.
function said(model, panel, unit, value) {
  return panel.mark === "lines" && Number.isNaN(value) ? model.strings.missing : written(panel, value, unit);
}

// All channels at a step, in one line.
export function channelsAt(model, row) {
  const lines = model.panels.find((panel) => panel.mark === "lines");
  if (!lines) return "";
  const all = lines.names.length <= MOST_NAMED;
  const named = lines.names
    .slice(0, all ? MOST_NAMED : MOST_NAMED / 2)
    .map((name, unit) => `${name} ${said(model, lines, unit, valueAt(lines, row, unit))}`.replaceAll(" ", "\u00a0"));
  return named.join(" · ") + (all ? "" : " · …");
}

export function valueAt(panel, row, unit) {
  return panel.values[row * panel.columns.length + unit];
}

// Everything that can be read at one place.
export function read(model, { row, column }) {
  const token = model.labels[row];
  const place = fill(model.strings.row, { row: row + 1, rows: model.rows.length });
  const panel = panelAt(model, column);
  if (!panel) return { token, row: place, panel: "", column: "", value: "", meaning: "" };
  const unit = column - panel.first;
  const number = valueAt(panel, row, unit);
  return {
    token,
    row: place,
    panel: panel.title,
    column: panel.columns.length > 1 || panel.mark === "cells" ? columnName(model, panel, unit) : "",
    value: said(model, panel, unit, number),
    meaning: meaning(model, panel, row, unit, number),
  };
}

// One sentence for a number; which of two depends on its sign, where the sign means something.
function meaning(model, panel, row, unit, number) {
  const template = (number < 0 && panel.meaning_below) || panel.meaning;
  if (!template) return "";
  return fill(template, {
    token: model.labels[row],
    name: panel.columns[unit],
    level: panel.level === null ? "" : percent(panel.level),
    most: rounded(largest(panel, unit, model.rows.length)),
  });
}

function largest(panel, unit, rows) {
  let most = -Infinity;
  for (let row = 0; row < rows; row++) most = Math.max(most, valueAt(panel, row, unit));
  return most;
}

export function sentence(model, place) {
  const texts = read(model, place);
  if (!texts.panel) return `${texts.token}, ${texts.row}`;
  return fill(model.strings.cell, { ...texts, column: texts.column || texts.panel });
}

// The bars of one row in a line: what votes and attention say about this token.
export function summary(model, row) {
  const column = (panel) => (_, unit) => {
    const value = written(panel, valueAt(panel, row, unit));
    return panel.columns.length > 1 ? `${columnName(model, panel, unit)} ${value}` : value;
  };
  return model.panels
    .filter((panel) => panel.mark === "bars")
    .map((panel) => `${panel.title}: ${panel.columns.map(column(panel)).join(", ")}`);
}

// The numbers that are written beside their bars: { row, unit, text }.
export function writtenOut(model, panel) {
  if (panel.mark !== "bars" || panel.named === null) return [];
  const texts = [];
  panel.values.forEach((value, at) => {
    if (Math.abs(value) < panel.named) return;
    const unit = at % panel.columns.length;
    const text = panel.share ? percent(value) : written(panel, value);
    texts.push({ row: (at - unit) / panel.columns.length, unit, value, text });
  });
  return texts;
}

// Where a key leads from a place; the caller keeps it inside the table.
export const MOVES = {
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
export const JUMPS = {
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
