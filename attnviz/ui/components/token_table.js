// The token table, upright: tokens run down the page, panels stand side by side.

import { ROW, clamp, panelAt } from "./token_table_model.js";
import { buildTable } from "./token_table_nodes.js";
import { paintOverview, paintPanel, placePanels, placeTokens } from "./token_table_draw.js";
import { hover, locate, putMark, showReadoutHover } from "./token_table_pointer.js";
import { PinnedTable } from "./table_pins.js";

export class TokenTable extends PinnedTable {
  constructor(parent, before) {
    super(parent, buildTable(), before);
    this.views = new Map(); // key → nodes of a panel
    this.turned = "flat";
    this.more.addEventListener("click", () => {
      this.scroll.scrollBy({ left: this.scroll.clientWidth / 2, behavior: "smooth" });
    });
    this.overview.addEventListener("click", (event) => this.jump(event));
  }

  arrange() {
    const { rows, strings } = this.model;
    this.root.style.setProperty("--rows", rows.length);
    this.corner.textContent = strings.token;
    this.turn.textContent = strings.lay_flat;
    this.help.textContent = strings.keyboard_help;
    this.overview.title = strings.overview;
    placeTokens(this);
    placePanels(this);
    requestAnimationFrame(() => this.announceRest()); // it measures, which layout is done for then
  }

  paint() {
    for (const panel of this.model.panels) paintPanel(this, panel);
    paintOverview(this);
  }

  resize() {
    this.announceRest();
  }

  locate(x, y) {
    return locate(this, x, y);
  }

  point(place, x, y) {
    hover(this, place, x, y);
  }

  showReadoutHover() {
    showReadoutHover(this);
  }

  jump(event) {
    const box = this.overview.getBoundingClientRect();
    const row = Math.floor(((event.clientX - box.left) / box.width) * this.model.rows.length);
    this.tokens.children[clamp(row, 0, this.model.rows.length - 1)].scrollIntoView({ block: "center" });
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

  bringIn(row) {
    this.tokens.children[row]?.scrollIntoView({ block: "nearest" });
  }

  framePin() {
    const { pinned } = this;
    this.tokens.querySelector(".pinned")?.classList.remove("pinned");
    if (pinned === null) return;
    this.tokens.children[pinned].classList.add("pinned");
    this.marks.pin.style.transform = `translateY(${pinned * ROW}px)`;
  }

  pageRows() {
    return Math.max(1, Math.floor((innerHeight - this.top.getBoundingClientRect().bottom) / ROW) - 1);
  }

  frameActive() {
    const { row, column } = this.active;
    this.tokens.querySelector(".active")?.classList.remove("active");
    if (!column) this.tokens.children[row]?.classList.add("active");
    putMark(this, this.marks.cell, column, row);
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
