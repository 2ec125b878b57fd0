// What the time table shows of the step that the pointer or the keyboard is at.

import { panelAt, valueAt } from "./token_table_model.js";
import { make } from "./token_table_nodes.js";
import { showReadoutHover, showTooltip } from "./token_table_pointer.js";
import { rowAt, xOf } from "./time_axis.js";
import { heightOf, trackAt, trackOf } from "./time_tracks.js";

// From a point of the window to a place; between tracks it is a step without a column.
export function placeAt(table, x, y) {
  const box = table.over.getBoundingClientRect();
  const across = x - box.left;
  const covered = y < table.top.getBoundingClientRect().bottom || y >= box.bottom;
  if (covered || across < 0 || across >= table.view.width || !table.view.steps) return null;
  if (across >= xOf(table.view, table.view.steps)) return null;
  const row = rowAt(table.view, across);
  const track = trackAt(table.layout, y - box.top);
  if (!track) return { row, column: null };
  return { row, column: track.panel.first + unitAt(track, row, y - box.top - track.top) };
}

// Of several lines the closest, of cells the one at that height.
function unitAt({ panel, units, kind, height, ...track }, row, y) {
  if (kind !== "lines") return units[Math.min(units.length - 1, Math.floor((y / height) * units.length))];
  const away = units.map((unit) => {
    const value = valueAt(panel, row, unit);
    return Number.isNaN(value) ? Infinity : Math.abs(heightOf({ ...track, height }, value) - y);
  });
  return units[away.indexOf(Math.min(...away))];
}

export function pointAt(table, place, x, y) {
  table.hovered = place;
  const { cursor } = table.marks;
  cursor.hidden = !place;
  if (place) putColumn(table, cursor, place.row);
  markUnit(table, place?.column);
  table.showClosest(place);
  showTooltip(table, place && { ...place, column: place.column ?? 0 }, x, y);
  showReadoutHover(table);
}

// A frame around one step through all tracks; nothing where it is out of sight.
export function putColumn(table, mark, row) {
  const x = xOf(table.view, row);
  const width = Math.max(table.view.step, 1);
  mark.hidden = x + width <= 0 || x >= table.view.width;
  mark.style.transform = `translateX(${x}px)`;
  mark.style.width = `${width}px`;
}

export function putCell(table, mark, { row, column }) {
  const panel = panelAt(table.model, column);
  const track = panel && trackOf(table.layout, panel, column - panel.first);
  mark.hidden = !track;
  if (!track) return;
  const lines = track.kind === "cells" ? track.units.length : 1;
  const line = track.kind === "cells" ? track.units.indexOf(column - panel.first) : 0;
  const height = track.height / lines;
  mark.style.transform = `translate(${xOf(table.view, row)}px, ${track.top + line * height}px)`;
  mark.style.width = `${Math.max(table.view.step, 3)}px`;
  mark.style.height = `${Math.max(height, 3)}px`;
}

// One unit is one line in all gates: it is marked in every one of them.
function markUnit(table, column) {
  const panel = panelAt(table.model, column ?? 0);
  const unit = panel && panel.columns[column - panel.first];
  const twins = panel?.mark !== "cells" ? [] : panel.unit_of
    ? table.model.panels.filter((other) => other.unit_of === panel.unit_of)
    : [panel]; // prettier-ignore
  const lines = (table.unitMarks ??= []);
  while (lines.length < twins.length) {
    lines.push(make("time-unit", { hidden: "" }));
    table.over.append(lines.at(-1));
  }
  lines.forEach((line, at) => {
    const place = twins[at] ? twins[at].columns.indexOf(unit) : -1;
    const track = place >= 0 && trackOf(table.layout, twins[at], place);
    line.hidden = !track;
    if (!track) return;
    const height = track.height / track.units.length;
    line.style.transform = `translateY(${track.top + track.units.indexOf(place) * height}px)`;
    line.style.height = `${height}px`;
  });
}
