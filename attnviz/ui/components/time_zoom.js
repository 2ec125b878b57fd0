// A press that moves draws the stretch of steps to zoom to; a finger scrolls instead.

import { clamp } from "./token_table_model.js";
import { rowAt } from "./time_axis.js";

const CLOSEST = 4; // steps of the shortest stretch
const LONGEST = 10_000_000; // px of all steps; browsers know no longer nodes
const DRAGGED = 5; // px from where on a press is no click

export function beginDrag(table, { clientX, pointerType, button }) {
  table.dragged = false;
  table.from = pointerType === "touch" || button ? null : across(table, clientX);
}

export function drag(table, { clientX, buttons }) {
  const { stretch } = table.marks;
  if (!(buttons & 1) || table.from === null) return;
  const to = clamp(across(table, clientX), 0, table.view.width);
  if (Math.abs(to - table.from) < DRAGGED && !table.dragged) return;
  table.dragged = true;
  table.to = to;
  stretch.hidden = false;
  stretch.style.transform = `translateX(${Math.min(to, table.from)}px)`;
  stretch.style.width = `${Math.abs(to - table.from)}px`;
}

export function endDrag(table) {
  table.marks.stretch.hidden = true;
  if (!table.dragged) return;
  const [from, to] = [table.from, table.to].sort((one, other) => one - other);
  table.zoom([rowAt(table.view, from), rowAt(table.view, to) + 1]);
}

function across(table, x) {
  return x - table.over.getBoundingClientRect().left;
}

// A stretch that can be shown, around the middle of the one that was asked for; null for the whole.
export function stretchOf({ steps, width }, [from, to]) {
  const least = Math.max(CLOSEST, Math.ceil((width * steps) / LONGEST));
  const length = clamp(to - from, Math.min(least, steps), steps);
  const first = clamp(Math.round((from + to - length) / 2), 0, steps - length);
  return length < steps ? [first, first + length] : null;
}
