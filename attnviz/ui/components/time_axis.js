// Where steps lie across the page, and which of them are named.
//
// A view is { steps, step, left, width, gutter, scale }: how many steps there are, px of one of them,
// px that are scrolled out at the left, px to be seen, px right of them, device pixels in a px.

const CANDIDATES = [
  1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 28, 30, 36, 40, 48, 50, 60, 72, 90, 96, 100, 120,
  144, 150, 180, 200, 240, 250, 288, 300, 360, 400, 480, 500, 600, 720, 1000, 1200, 1440, 1500, 2000,
];

const DECIMAL = /^[125]0*$/;

export function xOf(view, row) {
  return row * view.step - view.left;
}

export function rowAt(view, x) {
  return Math.min(view.steps - 1, Math.max(0, Math.floor((x + view.left) / view.step)));
}

// The steps in sight: the first and, exclusive, the last.
export function inSight(view) {
  return [rowAt(view, 0), Math.min(view.steps, rowAt(view, view.width) + 1)];
}

// Calls back for every column that is drawn: a step, or where steps are narrower, a device pixel
// with all steps in it: (first step, last step exclusive, left, width), lengths in px. With so many
// steps `beside` at either end that are just out of sight.
export function eachColumn(view, call, beside = 0) {
  const { steps, step, left, width, scale } = view;
  if (!steps) return;
  const [first, end] = inSight(view);
  if (step * scale >= 1) {
    const last = Math.min(steps, end + beside);
    for (let row = Math.max(0, first - beside); row < last; row++) call(row, row + 1, xOf(view, row), step);
    return;
  }
  const most = Math.min(width, xOf(view, steps)) * scale;
  for (let at = 0; at < most; at++) {
    const from = Math.floor((left + at / scale) / step);
    const to = Math.min(steps, Math.max(from + 1, Math.floor((left + (at + 1) / scale) / step)));
    if (from < to) call(from, to, at / scale, 1 / scale);
  }
}

// Every how many steps one is named, and from which on: at least `need` steps apart and, where
// labels allow it, at the full hour, the first month or a round number, which end alike.
export function ticks(labels, need) {
  const most = Math.max(2.5 * need, need + 2);
  let best = { every: Math.ceil(need), from: 0, alike: need <= 1 ? Infinity : 0 };
  for (const every of CANDIDATES) {
    if (every < need || every > most || 2 * every >= labels.length) continue;
    for (let from = 0; from < every; from++) {
      const alike = endsAlike(labels, every, from);
      const even = alike === best.alike;
      const rounder = even && every === best.every && isRounder(labels[from], labels[best.from], alike);
      const decimal = even && DECIMAL.test(every) && !DECIMAL.test(best.every);
      if (alike > best.alike || rounder || decimal) best = { every, from, alike };
    }
  }
  return best;
}

function isRounder(label, other, alike) {
  return alike > 0 && label.slice(-alike) < other.slice(-alike);
}

// How many letters all of these labels have in common at their ends.
function endsAlike(labels, every, from) {
  let common = labels[from].length;
  for (let row = from + every; row < labels.length && common; row += every) {
    const label = labels[row];
    let same = 0;
    while (same < common && label.at(-1 - same) === labels[from].at(-1 - same)) same++;
    common = same;
  }
  return common;
}
