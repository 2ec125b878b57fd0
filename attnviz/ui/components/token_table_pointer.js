// What the token table shows of the place that the pointer or the keyboard is at.

import { ROW, channelsAt, panelAt, read } from "./token_table_model.js";
import { make } from "./token_table_nodes.js";

// From a point of the window to a place; the head and the token column lie above whatever has
// been scrolled under them.
export function locate(table, x, y) {
  const { scroll, model } = table;
  const box = scroll.getBoundingClientRect();
  const across = x - box.left;
  const tokenWidth = table.tokens.offsetWidth;
  const covered = y < table.top.getBoundingClientRect().bottom || across >= scroll.clientWidth;
  const row = Math.floor((y - box.top) / ROW);
  if (covered || row < 0 || row >= model.rows.length) return null;
  if (across < tokenWidth) return { row, column: 0 };
  const left = across - tokenWidth + scroll.scrollLeft;
  const inside = (panel) =>
    left >= panel.left && left < panel.left + panel.cell * panel.columns.length;
  const panel = model.panels.find(inside);
  const column = panel ? panel.first + Math.floor((left - panel.left) / panel.cell) : null;
  return { row, column };
}

export function hover(table, place, x, y) {
  table.hovered = place;
  table.marks.hover.hidden = !place;
  if (place) table.marks.hover.style.transform = `translateY(${place.row * ROW}px)`;
  markColumn(table, place?.column);
  showTooltip(table, place?.column === null ? null : place, x, y);
  showReadoutHover(table);
}

// One unit is one column in all gates and states: its mark goes through every one of them.
function markColumn(table, column) {
  const panel = panelAt(table.model, column);
  const unit = panel && panel.columns[column - panel.first];
  const twins = panel?.unit_of
    ? table.model.panels.filter((other) => other.unit_of === panel.unit_of)
    : panel ? [panel] : []; // prettier-ignore
  const marks = (table.columnMarks ??= [table.marks.column]);
  while (marks.length < twins.length) {
    marks.push(make("mark column-mark", { hidden: "" }));
    table.body.append(marks.at(-1));
  }
  marks.forEach((mark, at) => {
    const twin = twins[at];
    const place = twin ? twin.columns.indexOf(unit) : -1;
    if (place >= 0 && !mark.isConnected) table.body.append(mark);
    putMark(table, mark, place < 0 ? null : twin.first + place);
  });
}

// Marks start at the end of the token column, whose width is the style sheet's business. Moving
// by transforms leaves the layout alone.
export function putMark(table, mark, column, row = 0) {
  const panel = panelAt(table.model, column);
  mark.hidden = !panel;
  if (!panel) return;
  const left = panel.left + (column - panel.first) * panel.cell;
  mark.style.transform = `translate(${left}px, ${row * ROW}px)`;
  if (mark.dataset.cell !== String(panel.cell)) mark.style.width = `${panel.cell}px`;
  mark.dataset.cell = panel.cell;
}

// Anchored on the side with more room, so it need not be measured to stay in the window.
export function showTooltip(table, place, x, y) {
  table.tooltip.classList.toggle("shown", Boolean(place));
  if (!place) return;
  if (!table.tooltip.matches(":popover-open")) table.tooltip.showPopover();
  const texts = { ...read(table.model, place), channels: channelsAt(table.model, place.row) };
  for (const name in table.tip) table.tip[name].textContent = texts[name] ?? "";
  const left = x < innerWidth / 2 ? `${x + 14}px` : "auto";
  const right = left === "auto" ? `${innerWidth - x + 14}px` : "auto";
  const top = y < innerHeight / 2 ? `${y + 18}px` : "auto";
  const bottom = top === "auto" ? `${innerHeight - y + 12}px` : "auto";
  table.tooltip.style.inset = `${top} ${right} ${bottom} ${left}`;
}

// The column under the pointer, read at the pinned row, so that two rows can be compared.
export function showReadoutHover(table) {
  if (table.pinned === null) return;
  const { panel, column, value } = read(table.model, { ...table.hovered, row: table.pinned });
  const name = [panel, column].filter(Boolean).join(": ");
  table.readoutHover.textContent = panel ? `${name} = ${value}` : "";
}
