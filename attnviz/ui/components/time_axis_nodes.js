// The axis of the time table: named steps, and the brackets of labelled intervals.

import { fill } from "./token_table_model.js";
import { make } from "./token_table_nodes.js";
import { inSight, ticks, xOf } from "./time_axis.js";

const NARROWEST_TOKEN = 26; // px of a step
const SHARE = 0.7; // of the mean name that a step must be as wide as, since names stand in two lines
const WIDEST_NAME = 3; // steps; longer names end in an ellipsis
const AROUND = 12; // px between one name and the next

// How wide names are, and how wide a step must be so that each token has its own.
export function naming({ model, root }) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = `${model.of_steps ? 12 : 15}px ${getComputedStyle(root).fontFamily}`;
  const widthOf = (name) => context.measureText(name).width + AROUND;
  if (model.of_steps) {
    let longest = "";
    for (const label of model.labels) if (label.length > longest.length) longest = label;
    return { width: widthOf(longest), narrowest: 0 };
  }
  const widths = model.labels.map(widthOf);
  const mean = widths.reduce((sum, width) => sum + width, 0) / (widths.length || 1);
  return { widths, narrowest: Math.max(SHARE * mean, NARROWEST_TOKEN) };
}

// In which line each name stands and how wide it may be: in the upper one, unless it would touch the
// one before it there.
function linesOf(widths, step) {
  const ends = [-Infinity, -Infinity];
  return widths.map((width, row) => {
    const half = Math.min(width, WIDEST_NAME * step) / 2;
    const middle = (row + 0.5) * step;
    const line = middle - half >= ends[0] || ends[0] <= ends[1] ? 0 : 1;
    const free = Math.min(half, Math.max(middle - ends[line], step / 2));
    ends[line] = middle + free;
    return { line, width: 2 * free };
  });
}

export function drawAxis(table) {
  const { model, plot, root } = table;
  root.classList.toggle("of-steps", model.of_steps);
  root.classList.toggle("marked", model.marks.length > 0);
  const names = model.of_steps ? tickNodes(table) : tokenNodes(table);
  plot.replaceChildren(...names, ...model.marks.map((mark) => bracket(table, mark)));
}

function tokenNodes(table) {
  const { model, view, naming } = table;
  if (naming.step !== view.step) Object.assign(naming, { step: view.step, lines: linesOf(naming.widths, view.step) });
  table.root.classList.toggle("two-lines", naming.lines.some(({ line }) => line === 1));
  const [first, end] = inSight(view);
  const nodes = [];
  for (let row = first; row < end && row < model.labels.length; row++) {
    const { words } = model;
    const node = make("token", { "data-row": row, title: model.labels[row] });
    node.classList.toggle("joins-next", words[row] === words[row + 1]);
    node.classList.toggle("joins-previous", words[row] === words[row - 1]);
    node.classList.toggle("lower", naming.lines[row].line === 1);
    const name = make("", { dir: "auto" }, "bdi");
    name.textContent = model.labels[row];
    const number = make("number-of", {}, "span");
    number.textContent = row + 1;
    node.append(name, number);
    const { width } = naming.lines[row];
    const over = Math.max(0, width - view.step) / 2;
    const inwards = row === 0 ? over : row === model.labels.length - 1 ? -over : 0;
    name.style.cssText = `max-width: ${width}px; transform: translateX(${inwards}px)`;
    node.style.cssText = `left: ${xOf(view, row)}px; width: ${view.step}px`;
    nodes.push(node);
  }
  return nodes;
}

function tickNodes(table) {
  const { model, view, naming } = table;
  const { labels } = model;
  if (!labels.length) return [];
  const need = naming.width / view.step;
  if (table.ticked?.need !== need || table.ticked.labels !== labels) {
    table.ticked = { need, labels, ...ticks(labels, need) };
  }
  const { every, from } = table.ticked;
  const [first, end] = inSight(view);
  const nodes = [];
  const start = from + Math.max(0, Math.floor((first - from) / every)) * every;
  for (let row = start; row < end; row += every) {
    const node = make("tick");
    node.textContent = labels[row];
    const x = xOf(view, row);
    node.classList.toggle("last", x + naming.width > view.width);
    node.style.left = `${x}px`;
    nodes.push(node);
  }
  return nodes;
}

export function inWords({ labels, strings }, [from, to, name]) {
  return fill(strings.labelled, { name, first: labels[from], last: labels[to - 1] });
}

// Named at its right end, or at its left where there is more room.
function bracket({ model, view }, [from, to, name]) {
  const node = make("bracket");
  const [left, right] = [xOf(view, from), xOf(view, to)];
  node.style.cssText = `left: ${left}px; width: ${right - left}px`;
  const said = make(`bracket-name${view.width - right < 200 && left > view.width - right ? " before" : ""}`, {}, "span");
  said.textContent = inWords(model, [from, to, name]);
  node.append(said);
  return node;
}
