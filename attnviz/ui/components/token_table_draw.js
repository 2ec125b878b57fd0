// What the token table shows: tokens, heads of panels, bars and cells, numbers, the overview.

import { classHue, paintBars, paintCells, range, shareOf } from "./token_table_paint.js";
import { ROW, columnName, rounded, same, valueAt, writtenOut } from "./token_table_model.js";
import { buildPanel, make, spans } from "./token_table_nodes.js";
import { paintPictures } from "./time_pictures.js";

const LONG = 60; // rows; a longer text has an overview above the table
const SHORT = 30; // rows; of so few, what is read off a row need not cover the last one
const ROOM = 46; // px that a number needs inside its bar

export function placeTokens(table) {
  const { labels, words } = table.model;
  while (table.tokens.children.length > labels.length) table.tokens.lastChild.remove();
  while (table.tokens.children.length < labels.length) {
    const token = make("token", { "data-row": table.tokens.children.length });
    token.append(make("", { dir: "auto" }, "bdi"));
    table.tokens.append(token);
  }
  labels.forEach((label, row) => {
    const token = table.tokens.children[row];
    token.firstChild.textContent = label;
    token.classList.toggle("joins-next", words[row] === words[row + 1]);
    token.classList.toggle("joins-previous", words[row] === words[row - 1]);
  });
}

export function placePanels(table) {
  const { panels, groups } = table.model;
  table.root.classList.toggle("ungrouped", !Object.keys(groups).length);
  table.root.classList.toggle("short", table.model.rows.length <= SHORT);
  const keys = panels.map((panel) => panel.key);
  if (!table.marks.hover.isConnected || !same([...table.views.keys()], keys)) {
    const old = table.views;
    table.views = new Map(keys.map((key) => [key, old.get(key) ?? buildPanel(key)]));
    const views = [...table.views.values()];
    table.head.replaceChildren(table.corner, ...views.map((view) => view.head));
    const bodies = views.map((view) => view.body);
    table.body.replaceChildren(table.tokens, ...bodies, ...Object.values(table.marks));
  }
  for (const panel of panels) describePanel(table, panel);
}

function describePanel(table, panel) {
  const view = table.views.get(panel.key);
  const { columns, cell, mark, signed } = panel;
  view.group.textContent = panel.starts_group ? table.model.groups[panel.group] ?? "" : "";
  view.plain.textContent = panel.plain;
  view.term.textContent = panel.plain && panel.group === "detects" ? "" : panel.title;
  view.title.title = [panel.plain, panel.title].filter(Boolean).join(" · ");
  view.ends.textContent = panel.note || range(panel).map((value) => rounded(value, 2)).join(" – ");
  view.ramp.hidden = mark === "bars" || Boolean(panel.pixels);
  const names = mark !== "cells" && columns.length > 1;
  view.names.hidden = !names;
  view.names.replaceChildren(
    ...spans(names ? columns.map((_, unit) => columnName(table.model, panel, unit)) : [], `${cell}px`),
  );
  for (const node of [view.head, view.body]) {
    node.classList.remove("bars", "cells", "signed");
    node.classList.add(mark);
    node.classList.toggle("signed", signed);
    node.classList.toggle("starts-group", panel.starts_group);
    node.classList.toggle("ends-group", panel.ends_group);
    node.style.width = `${panel.width}px`;
    node.style.marginLeft = `${panel.gap}px`;
    node.style.setProperty("--cells-width", `${cell * columns.length}px`);
  }
  const at = (value) => `${panel.inset + shareOf(panel, value) * (cell - 2 * panel.inset)}px`;
  view.body.style.setProperty("--cell", `${cell}px`);
  view.body.style.setProperty("--seam", mark === "cells" && cell > 5 ? "1px" : "0px");
  view.body.style.setProperty("--zero", at(0));
  view.body.classList.toggle("levelled", panel.level !== null);
  if (panel.level !== null) view.body.style.setProperty("--level", at(panel.level));
}

export function paintPanel(table, panel) {
  const { canvas, ramp } = table.views.get(panel.key);
  const rows = table.model.rows.length;
  if (panel.mark === "bars") paintBars(canvas, panel, rows, table.colours, table.paper);
  else if (panel.pixels) paintPictures(canvas, panel, rows);
  else paintCells(canvas, panel, rows, table.colours);
  const stops = table.colours.ramps[panel.ramp];
  ramp.style.background = stops ? `linear-gradient(to right, ${stops.join()})` : "";
  writeNumbers(table, panel);
}

// Beside a bar, or in it where there is no room beside.
function writeNumbers(table, panel) {
  const { numbers } = table.views.get(panel.key);
  const zero = shareOf(panel, 0);
  const room = panel.cell - 2 * panel.inset;
  numbers.replaceChildren(
    ...writtenOut(table.model, panel).map(({ row, unit, value, text }) => {
      const end = shareOf(panel, value);
      const [from, to] = [Math.min(zero, end), Math.max(zero, end)];
      const inside = (to - from) * room > ROOM;
      const node = make(`number${inside ? " inside" : ""}`, {}, "span");
      node.textContent = text;
      node.style.top = `${row * ROW}px`;
      const start = unit * panel.cell + panel.inset;
      // A bar to the left has its number at its left end, outside or inside.
      const toLeft = (value < 0) !== inside;
      const edge = start + (value < 0 ? from : to) * room;
      if (toLeft) node.style.right = `${panel.width - edge + 4}px`;
      else node.style.left = `${edge + 4}px`;
      return node;
    }),
  );
}

// A long text at a glance: what each position votes, up for the prediction and down against it.
export function paintOverview(table) {
  const { overview, model } = table;
  const votes = model.panels.find((panel) => panel.ramp === "classes");
  const rows = model.rows.length;
  overview.hidden = rows <= LONG || !votes;
  if (overview.hidden) return;
  const height = 48;
  overview.width = rows * 2;
  overview.height = height;
  const context = overview.getContext("2d");
  const reach = Math.max(Math.abs(votes.low), Math.abs(votes.high)) || 1;
  for (let row = 0; row < rows; row++) {
    const value = valueAt(votes, row, 0);
    context.fillStyle = classHue(table.colours, votes.classes[0][value < 0 ? 1 : 0]);
    const tall = Math.max(1, (Math.abs(value) / reach) * (height / 2));
    context.fillRect(row * 2, value < 0 ? height / 2 : height / 2 - tall, 2, tall);
  }
}
