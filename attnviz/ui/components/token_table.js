// The token table: what happens to it, pins and the keyboard. It mounts in a shadow root.

import { isDark, pageColour } from "./token_table_paint.js";
import {
  JUMPS, MOVES, ROW, clamp, decode, fill, panelAt, same, sentence, summary,
} from "./token_table_model.js"; // prettier-ignore
import { buildTable, spans } from "./token_table_nodes.js";
import { paintOverview, paintPanel, placePanels, placeTokens } from "./token_table_draw.js";
import { hover, locate, putMark, showReadoutHover } from "./token_table_pointer.js";

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
    for (const panel of this.model.panels) paintPanel(this, panel);
    paintOverview(this);
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
    placeTokens(this);
    placePanels(this);
    this.leave();
    this.showPin();
    this.showActive();
    requestAnimationFrame(() => this.announceRest()); // it measures, which layout is done for then
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
      if (this.pointer) hover(this, locate(this, ...this.pointer), ...this.pointer);
    });
  }

  leave() {
    this.pointer = null;
    hover(this, null);
  }

  click(event) {
    const place = locate(this, event.clientX, event.clientY);
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
    const aside = innerWidth > 640; // on a phone the table is not beside what it belongs to
    if (this.model.in_view && aside) setTimeout(show, 600); // once all around it has its place
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
    showReadoutHover(this);
  }

  // Rows that are no tokens of a text are nobody else's business.
  announcePin() {
    const { of_text } = this.model;
    if (of_text) dispatchEvent(new CustomEvent(PINNED, { detail: { row: this.pinned, of_text } }));
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
    hover(this, this.active, box.right, box.bottom);
    // The virtual cell keeps its id, so readers hear moves from the live region, and only once.
    this.live.textContent = this.virtualCell.textContent;
  }

  showActive() {
    const { row, column } = this.active;
    this.tokens.querySelector(".active")?.classList.remove("active");
    if (!column) this.tokens.children[row]?.classList.add("active");
    putMark(this, this.marks.cell, column, row);
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
