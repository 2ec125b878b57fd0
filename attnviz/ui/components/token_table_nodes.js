// The table's nodes, still empty; token_table.js fills and moves them.

import { GAP, ROW } from "./token_table_model.js";

export function make(className, attributes = {}, tag = "div") {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export function spans(texts, width = "") {
  return texts.map((text) => {
    const node = make("", {}, "span");
    node.textContent = node.title = text;
    node.style.width = width;
    return node;
  });
}

// The head sticks to the top of the page while the page scrolls, so it is no part of what scrolls
// sideways; the two are moved together. What is drawn is hidden from screen readers: they get one
// virtual cell, since hundreds of thousands of real ones would be too many nodes. Ids are safe in
// the shadow root.
export function buildTable() {
  const root = make("token-table");
  root.style.setProperty("--row", `${ROW}px`);
  root.style.setProperty("--gap", `${GAP}px`);
  const top = make("top", { "aria-hidden": true });
  const head = make("head");
  const corner = make("corner");
  const overview = make("overview", { hidden: "" }, "canvas");
  const scroll = make("scroll", { role: "grid", tabindex: 0, "aria-describedby": "help" });
  scroll.setAttribute("aria-activedescendant", "cell");
  const body = make("body", { "aria-hidden": true });
  const tokens = make("tokens");
  const virtualRow = make("unseen", { role: "row" });
  const virtualCell = make("", { role: "gridcell", id: "cell" });
  const more = make("more", { type: "button", hidden: "", tabindex: -1 }, "button");
  virtualRow.append(virtualCell);
  top.append(overview, head, more);
  scroll.append(body, virtualRow);
  const marks = {};
  for (const name of ["column", "cell", "pin", "hover"]) {
    marks[name] = make(`mark ${name}-mark`, { hidden: "" });
  }
  const around = buildAround();
  root.append(top, scroll, ...around.nodes);
  return {
    root, top, scroll, head, corner, overview, body, tokens, virtualRow, virtualCell, marks, more,
    ...around,
  }; // prettier-ignore
}

// What stands around a table in either layout: its other layout, the foot, the tip, the live region.
// The button is behind the table in the order of Tab, and above it on the page.
export function buildAround() {
  const turn = make("turn", { type: "button", hidden: "" }, "button");
  const live = make("unseen live", { "aria-live": "polite" });
  const foot = buildFoot();
  const hint = buildTooltip();
  return { nodes: [turn, foot.foot, hint.tooltip, live], turn, live, ...foot, ...hint };
}

function buildFoot() {
  const foot = make("foot");
  const help = make("help", { id: "help" });
  const readout = make("readout", { hidden: "" });
  const unpin = make("unpin", { type: "button" }, "button");
  const readoutToken = make("readout-token", { dir: "auto" }, "bdi");
  const readoutHover = make("readout-hover", {}, "span");
  const readoutBars = make("readout-bars", {}, "span");
  readout.append(unpin, readoutToken, readoutBars, readoutHover);
  foot.append(help, readout);
  return { foot, help, readout, unpin, readoutToken, readoutHover, readoutBars };
}

// A popover lies above everything and, unlike a fixed box, is placed relative to the window even
// inside containers that would catch fixed boxes.
function buildTooltip() {
  const tooltip = make("tooltip", { popover: "manual", "aria-hidden": true });
  const tip = {};
  for (const name of ["panel", "column", "token", "value", "meaning", "channels", "row"]) {
    tip[name] = make(`tip-${name}`, { dir: "auto" });
  }
  const where = make("tip-where");
  where.append(tip.panel, tip.column, tip.token);
  tooltip.append(where, tip.value, tip.meaning, tip.channels, tip.row);
  return { tooltip, tip };
}

export function buildPanel(key) {
  const view = { head: make("panel-head"), body: make("panel") };
  for (const name of ["group", "title", "note", "names", "numbers"]) view[name] = make(name);
  view.plain = make("plain", {}, "span");
  view.term = make("term", {}, "span");
  view.ramp = make("ramp", {}, "i");
  view.ends = make("ends", {}, "span");
  view.title.append(view.plain, view.term);
  view.note.append(view.ramp, view.ends);
  view.canvas = make("values", { "data-panel": key }, "canvas");
  view.head.append(view.group, view.title, view.note, view.names);
  view.body.append(view.canvas, view.numbers);
  return view;
}
