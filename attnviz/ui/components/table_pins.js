// What both layouts of a table share: when it is painted, which row is pinned, what a key does. A
// layout says how it arranges, paints, finds and shows.

import { isDark, pageColour } from "./token_table_paint.js";
import { JUMPS, MOVES, clamp, decode, fill, same, sentence, summary } from "./token_table_model.js";
import { spans } from "./token_table_nodes.js";

const PIN = "attnviz:pin"; // what the shaded text says: open this row
const PINNED = "attnviz:pinned"; // what a table of the same text says to it
const WHICH = "attnviz:which"; // what the shaded text asks when it is drawn
const NONE = -1; // what Python hears when a row is unpinned

export class PinnedTable {
  // A table that was laid out the other way leaves its pin and the place of its keyboard.
  constructor(parent, nodes, before) {
    this.painted = 0;
    this.model = before?.model ?? { rows: [], panels: [], pinned: null };
    this.pinned = before?.pinned ?? null; // row
    this.hovered = null; // place
    this.active = before?.active ?? { row: 0, column: 0 }; // place of the keyboard
    Object.assign(this, nodes);
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
    this.onPin = ({ detail }) => this.pinFromOutside(detail);
    this.onWhich = ({ detail }) => detail.of_text === this.model.of_text && this.announcePin();
    addEventListener(PIN, this.onPin);
    addEventListener(WHICH, this.onWhich);
    this.resized = new ResizeObserver(() => this.resize());
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
    this.paint();
    this.root.dataset.painted = ++this.painted;
    performance.clearMeasures("attnviz:token-table");
    performance.measure("attnviz:token-table", { start });
  }

  load(bytes) {
    const before = this.model;
    this.bytes = bytes;
    this.model = decode(bytes, this.order);
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
    this.unpin.textContent = strings.unpin;
    this.turn.hidden = !this.model.may_turn;
    this.arrange(before);
    this.leave();
    this.showPin();
    this.showActive();
  }

  follow(event) {
    this.pointer = [event.clientX, event.clientY];
    this.schedule();
  }

  // At most once a frame, and all reads of the layout before all writes.
  schedule() {
    if (!this.pointer || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.pointer) this.point(this.locate(...this.pointer), ...this.pointer);
    });
  }

  leave() {
    this.pointer = null;
    this.point(null);
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
    const aside = innerWidth > 640; // on a phone the table is not beside what it belongs to
    if (this.model.in_view && aside) setTimeout(() => this.bringIn(pinned), 600); // once all around it has its place
  }

  pinFromOutside({ row, of_text }) {
    if (of_text !== this.model.of_text || row === this.pinned || !(row < this.model.rows.length)) return;
    this.active = { row, column: 0 };
    this.showActive();
    this.pin(row);
    this.bringIn(row);
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
    this.framePin();
    this.announcePin();
    if (none) return;
    this.readoutToken.textContent = model.labels[pinned];
    this.readoutBars.replaceChildren(...spans(summary(model, pinned)));
    this.showReadoutHover();
  }

  // Rows that are no tokens of a text are nobody else's business.
  announcePin() {
    const { of_text } = this.model;
    if (of_text) dispatchEvent(new CustomEvent(PINNED, { detail: { row: this.pinned, of_text } }));
  }

  press(event) {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (altKey) return; // Alt + arrow is the browser's way back
    const move = this.move(key, ctrlKey || metaKey);
    if (!this.model.rows.length) return;
    if (move) this.moveTo(move(this.active, this.model, this.pageRows()));
    else if (key === "Enter" || key === " ") this.pin(this.active.row);
    else if (key === "Escape") this.escape();
    else if (!this.pressed(key)) return;
    event.preventDefault();
  }

  move(key, far) {
    return (far ? JUMPS : MOVES)[key];
  }

  // Keys of one layout only: whether this is one.
  pressed() {
    return false;
  }

  escape() {
    this.leave();
    if (this.pinned !== null) this.pin(null);
  }

  moveTo({ row, column }) {
    const { rows, columns } = this.model;
    this.active = { row: clamp(row, 0, rows.length - 1), column: clamp(column, 0, columns - 1) };
    this.root.classList.add("keyboard");
    this.pointer = null;
    this.showActive();
    const box = this.scrollToActive();
    this.point(this.active, box.right, box.bottom);
    // The virtual cell keeps its id, so readers hear moves from the live region, and only once.
    this.live.textContent = this.virtualCell.textContent;
  }

  showActive() {
    const { row, column } = this.active;
    this.frameActive();
    this.virtualRow.setAttribute("aria-rowindex", row + 1);
    this.virtualCell.setAttribute("aria-colindex", column + 1);
    this.virtualCell.textContent = this.model.rows.length ? sentence(this.model, this.active) : "";
  }
}
