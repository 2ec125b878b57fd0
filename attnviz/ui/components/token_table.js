// The token table's nodes, pointer and keyboard. It mounts in a shadow root.

import { classHue, isDark, pageColour, paintBars, paintCells, range, shareOf } from "./token_table_paint.js";
import {
  JUMPS, MOVES, ROW, clamp, columnName, decode, fill, panelAt, read, rounded, same, sentence,
  summary, valueAt, writtenOut,
} from "./token_table_model.js"; // prettier-ignore
import { buildPanel, buildTable, make, spans } from "./token_table_nodes.js";

const LONG = 60; // rows; a longer text has an overview above the table
const ROOM = 46; // px that a number needs inside its bar
const PIN = "attnviz:pin"; // what the shaded text says: open this row
const PINNED = "attnviz:pinned"; // what a table of the same text says to it
const WHICH = "attnviz:which"; // what the shaded text asks when it is drawn
const NONE = -1; // what Python hears when a row is unpinned

const tables = new WeakMap();

// Streamlit calls this on every rerun and every change of theme. It may run the cleanup of an
// earlier, overtaken call after a later call: only the latest may take the table down.
export default function ({ data, parentElement, setTriggerValue }) {
  if (!tables.has(parentElement)) tables.set(parentElement, new TokenTable(parentElement));
  const table = tables.get(parentElement);
  table.tell = setTriggerValue; // a state would be told only when it differs from what was told before
  const call = ++table.calls;
  if (data) table.update(data);
  return () => {
    if (call !== table.calls) return;
    table.remove();
    tables.delete(parentElement);
  };
}

class TokenTable {
  constructor(parent) {
    this.calls = 0;
    this.painted = 0;
    this.model = { rows: [], panels: [], pinned: null };
    this.views = new Map(); // key → nodes of a panel
    this.pinned = null; // row
    this.hovered = null; // place
    this.active = { row: 0, column: 0 }; // place of the keyboard
    Object.assign(this, buildTable());
    this.listen();
    parent.append(this.root);
  }

  listen() {
    const { scroll } = this;
    scroll.addEventListener("pointermove", (event) => this.follow(event));
    scroll.addEventListener("scroll", () => this.slide(), { passive: true });
    scroll.addEventListener("pointerleave", () => this.leave());
    scroll.addEventListener("pointerdown", () => this.root.classList.remove("keyboard"));
    scroll.addEventListener("click", (event) => this.click(event));
    scroll.addEventListener("keydown", (event) => this.press(event));
    scroll.addEventListener("blur", () => this.leave());
    scroll.addEventListener("focus", () => {
      this.root.classList.toggle("keyboard", scroll.matches(":focus-visible"));
    });
    this.unpin.addEventListener("click", () => {
      this.pin(null);
      scroll.focus(); // the button is gone, and focus would fall back to the page
    });
    this.more.addEventListener("click", () => {
      scroll.scrollBy({ left: scroll.clientWidth / 2, behavior: "smooth" });
    });
    this.overview.addEventListener("click", (event) => this.jump(event));
    this.onPin = ({ detail }) => this.pinFromOutside(detail);
    this.onWhich = ({ detail }) => detail.of_text === this.model.of_text && this.announcePin();
    addEventListener(PIN, this.onPin);
    addEventListener(WHICH, this.onWhich);
    this.resized = new ResizeObserver(() => this.announceRest());
    this.resized.observe(scroll);
  }

  // Listeners on the root's own nodes go with them; what hangs on the window is let go here.
  remove() {
    cancelAnimationFrame(this.frame);
    removeEventListener(PIN, this.onPin);
    removeEventListener(WHICH, this.onWhich);
    this.resized.disconnect();
    this.root.remove();
  }

  update(bytes) {
    const dark = isDark(this.root);
    const fresh = !this.bytes || !same(this.bytes, bytes);
    if (!fresh && dark === this.dark) return;
    const start = performance.now();
    this.dark = dark;
    if (fresh) this.load(bytes);
    this.colours = this.model.colours[dark ? "dark" : "light"];
    this.paper = pageColour(this.root);
    for (const panel of this.model.panels) this.paint(panel);
    this.paintOverview();
    this.root.dataset.painted = ++this.painted;
    performance.clearMeasures("attnviz:token-table");
    performance.measure("attnviz:token-table", { start });
  }

  load(bytes) {
    const before = this.model;
    this.bytes = bytes;
    this.model = decode(bytes);
    const { rows, columns, strings } = this.model;
    if (!same(before.rows, rows)) {
      this.pinned = null;
      this.active = { row: 0, column: 0 };
    }
    this.active.column = Math.min(this.active.column, columns - 1);
    this.obeyPin(before);
    this.scroll.setAttribute("aria-label", strings.table_label);
    this.scroll.setAttribute("aria-rowcount", rows.length);
    this.scroll.setAttribute("aria-colcount", columns);
    this.root.style.setProperty("--rows", rows.length);
    this.corner.textContent = strings.token;
    this.help.textContent = strings.keyboard_help;
    this.unpin.textContent = strings.unpin;
    this.overview.title = strings.overview;
    this.placeTokens();
    this.placePanels();
    this.leave();
    this.showPin();
    this.showActive();
    requestAnimationFrame(() => this.announceRest()); // it measures, which layout is done for then
  }

  placeTokens() {
    const { labels, words } = this.model;
    while (this.tokens.children.length > labels.length) this.tokens.lastChild.remove();
    while (this.tokens.children.length < labels.length) {
      const token = make("token", { "data-row": this.tokens.children.length });
      token.append(make("", { dir: "auto" }, "bdi"));
      this.tokens.append(token);
    }
    labels.forEach((label, row) => {
      const token = this.tokens.children[row];
      token.firstChild.textContent = label;
      token.classList.toggle("joins-next", words[row] === words[row + 1]);
      token.classList.toggle("joins-previous", words[row] === words[row - 1]);
    });
  }

  placePanels() {
    const { panels, groups } = this.model;
    this.root.classList.toggle("ungrouped", !Object.keys(groups).length);
    const keys = panels.map((panel) => panel.key);
    if (!this.marks.hover.isConnected || !same([...this.views.keys()], keys)) {
      const old = this.views;
      this.views = new Map(keys.map((key) => [key, old.get(key) ?? buildPanel(key)]));
      const views = [...this.views.values()];
      this.head.replaceChildren(this.corner, ...views.map((view) => view.head));
      const bodies = views.map((view) => view.body);
      this.body.replaceChildren(this.tokens, ...bodies, ...Object.values(this.marks));
    }
    for (const panel of panels) this.describePanel(panel);
  }

  describePanel(panel) {
    const view = this.views.get(panel.key);
    const { columns, cell, mark, signed } = panel;
    view.group.textContent = panel.starts_group ? this.model.groups[panel.group] ?? "" : "";
    view.plain.textContent = panel.plain;
    view.term.textContent = panel.plain && panel.group === "detects" ? "" : panel.title;
    view.title.title = [panel.plain, panel.title].filter(Boolean).join(" · ");
    view.ends.textContent = panel.note || range(panel).map((value) => rounded(value, 2)).join(" – ");
    view.ramp.hidden = mark !== "cells";
    const names = mark === "bars" && columns.length > 1;
    view.names.hidden = !names;
    view.names.replaceChildren(
      ...spans(names ? columns.map((_, unit) => columnName(this.model, panel, unit)) : [], `${cell}px`),
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

  paint(panel) {
    const { canvas, ramp } = this.views.get(panel.key);
    const rows = this.model.rows.length;
    if (panel.mark === "bars") paintBars(canvas, panel, rows, this.colours, this.paper);
    else paintCells(canvas, panel, rows, this.colours);
    const stops = this.colours.ramps[panel.ramp];
    ramp.style.background = stops ? `linear-gradient(to right, ${stops.join()})` : "";
    this.writeNumbers(panel);
  }

  // Beside a bar, or in it where there is no room beside.
  writeNumbers(panel) {
    const { numbers } = this.views.get(panel.key);
    const zero = shareOf(panel, 0);
    const room = panel.cell - 2 * panel.inset;
    numbers.replaceChildren(
      ...writtenOut(this.model, panel).map(({ row, unit, value, text }) => {
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
  paintOverview() {
    const { overview, model } = this;
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
      context.fillStyle = classHue(this.colours, votes.classes[0][value < 0 ? 1 : 0]);
      const tall = Math.max(1, (Math.abs(value) / reach) * (height / 2));
      context.fillRect(row * 2, value < 0 ? height / 2 : height / 2 - tall, 2, tall);
    }
  }

  jump(event) {
    const box = this.overview.getBoundingClientRect();
    const row = Math.floor(((event.clientX - box.left) / box.width) * this.model.rows.length);
    this.tokens.children[clamp(row, 0, this.model.rows.length - 1)].scrollIntoView({ block: "center" });
  }

  follow(event) {
    this.pointer = [event.clientX, event.clientY];
    this.schedule();
  }

  slide() {
    this.head.style.transform = `translateX(${-this.scroll.scrollLeft}px)`;
    this.corner.style.transform = `translateX(${this.scroll.scrollLeft}px)`;
    this.announceRest();
    this.schedule();
  }

  // What lies beyond the right edge is named, or nobody would look for it.
  announceRest() {
    const { scroll, model, more } = this;
    const edge = scroll.scrollLeft + scroll.clientWidth - this.tokens.offsetWidth;
    const rest = model.panels.filter((panel) => panel.left + Math.min(panel.width, 40) > edge);
    more.hidden = !rest.length || !scroll.clientWidth;
    if (more.hidden) return;
    const names = rest.slice(0, 3).map((panel) => panel.title).join(", ");
    more.textContent = `${names}${rest.length > 3 ? ", …" : ""} ›`;
  }

  // At most once a frame, and all reads of the layout before all writes.
  schedule() {
    if (!this.pointer || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.pointer) this.hover(this.locate(...this.pointer), ...this.pointer);
    });
  }

  // From a point of the window to a place; the head and the token column lie above whatever has
  // been scrolled under them.
  locate(x, y) {
    const { scroll, model } = this;
    const box = scroll.getBoundingClientRect();
    const across = x - box.left;
    const tokenWidth = this.tokens.offsetWidth;
    const covered = y < this.top.getBoundingClientRect().bottom || across >= scroll.clientWidth;
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

  hover(place, x, y) {
    this.hovered = place;
    this.marks.hover.hidden = !place;
    if (place) this.marks.hover.style.transform = `translateY(${place.row * ROW}px)`;
    this.markColumn(place?.column);
    this.showTooltip(place?.column === null ? null : place, x, y);
    this.showReadoutHover();
  }

  // One unit is one column in all gates and states: its mark goes through every one of them.
  markColumn(column) {
    const panel = panelAt(this.model, column);
    const unit = panel && panel.columns[column - panel.first];
    const twins = panel?.unit_of
      ? this.model.panels.filter((other) => other.unit_of === panel.unit_of)
      : panel ? [panel] : []; // prettier-ignore
    const marks = (this.columnMarks ??= [this.marks.column]);
    while (marks.length < twins.length) {
      marks.push(make("mark column-mark", { hidden: "" }));
      this.body.append(marks.at(-1));
    }
    marks.forEach((mark, at) => {
      const twin = twins[at];
      const place = twin ? twin.columns.indexOf(unit) : -1;
      if (place >= 0 && !mark.isConnected) this.body.append(mark);
      this.putMark(mark, place < 0 ? null : twin.first + place);
    });
  }

  leave() {
    this.pointer = null;
    this.hover(null);
  }

  // Marks start at the end of the token column, whose width is the style sheet's business. Moving
  // by transforms leaves the layout alone.
  putMark(mark, column, row = 0) {
    const panel = panelAt(this.model, column);
    mark.hidden = !panel;
    if (!panel) return;
    const left = panel.left + (column - panel.first) * panel.cell;
    mark.style.transform = `translate(${left}px, ${row * ROW}px)`;
    if (mark.dataset.cell !== String(panel.cell)) mark.style.width = `${panel.cell}px`;
    mark.dataset.cell = panel.cell;
  }

  // Anchored on the side with more room, so it need not be measured to stay in the window.
  showTooltip(place, x, y) {
    this.tooltip.classList.toggle("shown", Boolean(place));
    if (!place) return;
    if (!this.tooltip.matches(":popover-open")) this.tooltip.showPopover();
    const texts = read(this.model, place);
    for (const name in this.tip) this.tip[name].textContent = texts[name] ?? "";
    const left = x < innerWidth / 2 ? `${x + 14}px` : "auto";
    const right = left === "auto" ? `${innerWidth - x + 14}px` : "auto";
    const top = y < innerHeight / 2 ? `${y + 18}px` : "auto";
    const bottom = top === "auto" ? `${innerHeight - y + 12}px` : "auto";
    this.tooltip.style.inset = `${top} ${right} ${bottom} ${left}`;
  }

  click(event) {
    const place = this.locate(event.clientX, event.clientY);
    if (!place) return;
    this.active = { row: place.row, column: place.column ?? 0 };
    this.showActive();
    this.pin(place.row);
  }

  // Where the page shows one token beside the table, that row is pinned, and one always is.
  get alwaysPinned() {
    return this.model.pinned !== null && !this.model.may_unpin;
  }

  obeyPin(before) {
    const { pinned } = this.model;
    this.unpin.hidden = this.alwaysPinned;
    const old = pinned === before.pinned && same(before.rows, this.model.rows);
    if (pinned === null || pinned === this.pinned || old) return;
    this.pinned = pinned;
    this.active = { row: pinned, column: 0 };
    const show = () => this.tokens.children[pinned]?.scrollIntoView({ block: "nearest" });
    if (this.model.in_view) setTimeout(show, 600); // once what is around the table has its place
  }

  pinFromOutside({ row, of_text }) {
    if (of_text !== this.model.of_text || row === this.pinned || !(row < this.model.rows.length)) return;
    this.active = { row, column: 0 };
    this.showActive();
    this.pin(row);
    this.tokens.children[row].scrollIntoView({ block: "nearest" });
  }

  pin(row) {
    const again = row === this.pinned || row === null;
    if (again && this.alwaysPinned) return;
    this.pinned = again ? null : row;
    this.tell("pinned", this.pinned ?? NONE);
    this.showPin();
    const { strings, labels } = this.model;
    const token = labels[this.pinned];
    const pinned = token !== undefined;
    this.live.textContent = pinned ? fill(strings.pinned, { token }) : strings.unpinned;
  }

  showPin() {
    const { pinned, marks, model } = this;
    const none = pinned === null;
    marks.pin.hidden = this.readout.hidden = none;
    this.help.hidden = !none;
    this.root.dataset.pinned = none ? "" : pinned;
    this.tokens.querySelector(".pinned")?.classList.remove("pinned");
    this.announcePin();
    if (none) return;
    this.tokens.children[pinned].classList.add("pinned");
    marks.pin.style.transform = `translateY(${pinned * ROW}px)`;
    this.readoutToken.textContent = model.labels[pinned];
    this.readoutBars.replaceChildren(...spans(summary(model, pinned)));
    this.showReadoutHover();
  }

  // Rows that are no tokens of a text are nobody else's business.
  announcePin() {
    const { of_text } = this.model;
    if (of_text) dispatchEvent(new CustomEvent(PINNED, { detail: { row: this.pinned, of_text } }));
  }

  // The column under the pointer, read at the pinned row, so that two rows can be compared.
  showReadoutHover() {
    if (this.pinned === null) return;
    const { panel, column, value } = read(this.model, { ...this.hovered, row: this.pinned });
    const name = [panel, column].filter(Boolean).join(": ");
    this.readoutHover.textContent = panel ? `${name} = ${value}` : "";
  }

  press(event) {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (altKey) return; // Alt + arrow is the browser's way back
    const move = (ctrlKey || metaKey ? JUMPS : MOVES)[key];
    if (!this.model.rows.length) return;
    if (move) this.moveTo(move(this.active, this.model, this.pageRows()));
    else if (key === "Enter" || key === " ") this.pin(this.active.row);
    else if (key === "Escape") this.escape();
    else return;
    event.preventDefault();
  }

  escape() {
    this.leave();
    if (this.pinned !== null) this.pin(null);
  }

  pageRows() {
    return Math.max(1, Math.floor((innerHeight - this.top.getBoundingClientRect().bottom) / ROW) - 1);
  }

  moveTo({ row, column }) {
    const { rows, columns } = this.model;
    this.active = { row: clamp(row, 0, rows.length - 1), column: clamp(column, 0, columns - 1) };
    this.root.classList.add("keyboard");
    this.pointer = null;
    this.showActive();
    const box = this.scrollToActive();
    this.hover(this.active, box.right, box.bottom);
    // The virtual cell keeps its id, so readers hear moves from the live region, and only once.
    this.live.textContent = this.virtualCell.textContent;
  }

  showActive() {
    const { row, column } = this.active;
    this.tokens.querySelector(".active")?.classList.remove("active");
    if (!column) this.tokens.children[row]?.classList.add("active");
    this.putMark(this.marks.cell, column, row);
    this.virtualRow.setAttribute("aria-rowindex", row + 1);
    this.virtualCell.setAttribute("aria-colindex", column + 1);
    this.virtualCell.textContent = this.model.rows.length ? sentence(this.model, this.active) : "";
  }

  // Sideways by hand, because scrollIntoView knows nothing of the sticky token column; up and down
  // by the token's own margins, which keep clear of the head and the foot.
  scrollToActive() {
    const { scroll } = this;
    const { row, column } = this.active;
    const width = scroll.clientWidth - this.tokens.offsetWidth;
    const panel = panelAt(this.model, column);
    const left = panel ? panel.left + (column - panel.first) * panel.cell : 0;
    const right = panel ? left + panel.cell : width;
    scroll.scrollLeft = clamp(scroll.scrollLeft, right + 16 - width, left - 16);
    this.tokens.children[row].scrollIntoView({ block: "nearest" });
    return (panel ? this.marks.cell : this.tokens.children[row]).getBoundingClientRect();
  }
}
