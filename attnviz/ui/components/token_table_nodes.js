// The table's nodes, still empty; token_table.js fills and moves them.

function make(className, attributes = {}, tag = "div") {
  const node = document.createElement(tag);
  node.className = className;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function spans(texts, width = "") {
  return texts.map((text) => {
    const node = make("", {}, "span");
    node.textContent = node.title = text;
    node.style.width = width;
    return node;
  });
}

// What is drawn is hidden from screen readers: they get one virtual cell, since hundreds of
// thousands of real ones would be too many nodes. Ids are safe in the shadow root.
function buildTable() {
  const root = make("token-table");
  root.style.setProperty("--row", `${ROW}px`);
  root.style.setProperty("--gap", `${GAP}px`);
  const scroll = make("scroll", { role: "grid", tabindex: 0, "aria-describedby": "help" });
  scroll.setAttribute("aria-activedescendant", "cell");
  const head = make("head", { "aria-hidden": true });
  const corner = make("corner");
  const body = make("body", { "aria-hidden": true });
  const tokens = make("tokens");
  const virtualRow = make("unseen", { role: "row" });
  const virtualCell = make("", { role: "gridcell", id: "cell" });
  virtualRow.append(virtualCell);
  scroll.append(head, body, virtualRow);
  const marks = {};
  for (const name of ["column", "cell", "pin", "hover"]) {
    marks[name] = make(`mark ${name}-mark`, { hidden: "" });
  }
  const live = make("unseen live", { "aria-live": "polite" });
  const foot = buildFoot();
  const hint = buildTooltip();
  root.append(scroll, foot.foot, hint.tooltip, live);
  return {
    root, scroll, head, corner, body, tokens, virtualRow, virtualCell, marks, live,
    ...foot, ...hint,
  }; // prettier-ignore
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
  for (const name of ["token", "row", "panel", "column", "value"]) {
    tip[name] = make(`tip-${name}`, { dir: "auto" });
  }
  tooltip.append(...Object.values(tip));
  return { tooltip, tip };
}

function buildPanel(key) {
  const view = { head: make("panel-head"), body: make("panel") };
  for (const name of ["title", "ends", "names"]) view[name] = make(name);
  view.legend = make("legend", {}, "canvas");
  view.canvas = make("values", { "data-panel": key }, "canvas");
  view.head.append(view.title, view.legend, view.ends, view.names);
  view.body.append(view.canvas);
  return view;
}
