// The token table's nodes, pointer and keyboard. It is joined behind token_table_paint.js (pixels),
// token_table_model.js (texts and places) and token_table_nodes.js, and mounts in a shadow root.

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
    scroll.addEventListener("scroll", () => this.schedule(), { passive: true });
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
  }

  // All listeners are on the root's own nodes and go with them; only the frame is left to stop.
  remove() {
    cancelAnimationFrame(this.frame);
    this.root.remove();
  }

  update(bytes) {
    const dark = isDark(this.root);
    const fresh = !this.bytes || !same(this.bytes, bytes);
    if (!fresh && dark === this.dark) return;
    const start = performance.now();
    this.dark = dark;
    if (fresh) this.load(bytes);
    for (const panel of this.model.panels) this.paint(panel);
    this.root.dataset.painted = ++this.painted;
    performance.clearMeasures("attnviz:token-table");
    performance.measure("attnviz:token-table", { start });
  }

  load(bytes) {
    const before = this.model;
    this.bytes = bytes;
    this.model = decode(bytes);
    const { rows, columns, strings, height } = this.model;
    if (!same(before.rows, rows)) {
      this.pinned = null;
      this.active = { row: 0, column: 0 };
      this.scroll.scrollTop = 0;
    }
    this.active.column = Math.min(this.active.column, columns - 1);
    this.obeyPin(before);
    this.scroll.style.maxHeight = height ? `${height}px` : "";
    this.scroll.setAttribute("aria-label", strings.table_label);
    this.scroll.setAttribute("aria-rowcount", rows.length);
    this.scroll.setAttribute("aria-colcount", columns);
    this.scroll.style.setProperty("--rows", rows.length);
    this.corner.textContent = strings.token;
    this.help.textContent = strings.keyboard_help;
    this.unpin.textContent = strings.unpin;
    this.placeTokens();
    this.placePanels();
    this.leave();
    this.showPin();
    this.showActive();
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
    const { panels } = this.model;
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
    const [low, high] = range(panel);
    const width = `${cell * columns.length}px`;
    view.title.textContent = view.title.title = panel.title;
    const marks = (signed ? [low, 0, high] : [low, high]).map((value) => rounded(value, 2));
    view.ends.replaceChildren(...spans(marks));
    const names = columnNames(this.model, panel);
    view.names.replaceChildren(...spans(names, mark === "bars" ? `${cell}px` : ""));
    for (const node of [view.head, view.body]) {
      node.classList.remove("bars", "cells", "signed");
      node.classList.add(mark);
      node.classList.toggle("signed", signed);
      node.style.width = `${panel.width}px`;
      node.style.setProperty("--cells-width", width);
    }
    view.body.style.setProperty("--cell", `${cell}px`);
  }

  paint(panel) {
    const { canvas, legend } = this.views.get(panel.key);
    const painter = panel.mark === "bars" ? paintBars : paintCells;
    painter(canvas, panel, this.model.rows.length, this.dark);
    paintLegend(legend, panel, this.dark);
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
      if (this.pointer) this.hover(this.locate(...this.pointer), ...this.pointer);
    });
  }

  // From a point of the window to a place; the sticky header and the sticky token column lie above
  // whatever has been scrolled under them.
  locate(x, y) {
    const { scroll, model } = this;
    const box = scroll.getBoundingClientRect();
    const below = y - box.top - this.head.offsetHeight;
    const across = x - box.left;
    const tokenWidth = this.tokens.offsetWidth;
    const outside = y >= box.top + scroll.clientHeight || across >= scroll.clientWidth;
    const row = Math.floor((below + scroll.scrollTop) / ROW);
    if (below < 0 || outside || row >= model.rows.length) return null;
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
    this.putMark(this.marks.column, place?.column);
    this.showTooltip(place?.column === null ? null : place, x, y);
    this.showReadoutHover();
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
    for (const name in texts) this.tip[name].textContent = texts[name];
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
  obeyPin(before) {
    const { pinned } = this.model;
    this.unpin.hidden = pinned !== null;
    const old = pinned === before.pinned && same(before.rows, this.model.rows);
    if (pinned === null || pinned === this.pinned || old) return;
    this.pinned = pinned;
    this.active = { row: pinned, column: 0 };
    this.scroll.scrollTop = Math.max(0, (pinned - 4) * ROW);
  }

  pin(row) {
    const again = row === this.pinned || row === null;
    if (again && this.model.pinned !== null) return;
    this.pinned = again ? null : row;
    if (!again) this.tell("pinned", row);
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
    if (none) return;
    this.tokens.children[pinned].classList.add("pinned");
    marks.pin.style.transform = `translateY(${pinned * ROW}px)`;
    this.readoutToken.textContent = model.labels[pinned];
    this.readoutBars.replaceChildren(...spans(summary(model, pinned)));
    this.showReadoutHover();
  }

  // The column under the pointer, read at the pinned row, so that two rows can be compared.
  showReadoutHover() {
    if (this.pinned === null) return;
    const { panel, column, value } = read(this.model, { ...this.hovered, row: this.pinned });
    this.readoutHover.textContent = panel ? `${panel}: ${column} = ${value}` : "";
  }

  press(event) {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (altKey) return; // Alt + arrow is the browser's way back
    const move = (ctrlKey || metaKey ? JUMPS : MOVES)[key];
    if (!this.model.rows.length) return;
    if (move) this.moveTo(move(this.active, this.model, this.page()));
    else if (key === "Enter" || key === " ") this.pin(this.active.row);
    else if (key === "Escape") this.escape();
    else return;
    event.preventDefault();
  }

  escape() {
    this.leave();
    if (this.pinned !== null) this.pin(null);
  }

  page() {
    return Math.max(1, Math.floor((this.scroll.clientHeight - this.head.offsetHeight) / ROW) - 1);
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

  // By hand, because scrollIntoView knows nothing of the sticky header and token column.
  scrollToActive() {
    const { scroll } = this;
    const { row, column } = this.active;
    const height = scroll.clientHeight - this.head.offsetHeight;
    const width = scroll.clientWidth - this.tokens.offsetWidth;
    scroll.scrollTop = clamp(scroll.scrollTop, (row + 1) * ROW - height, row * ROW);
    const panel = panelAt(this.model, column);
    const left = panel ? panel.left + (column - panel.first) * panel.cell : 0;
    const right = panel ? left + panel.cell : width;
    scroll.scrollLeft = clamp(scroll.scrollLeft, right + GAP - width, left - GAP);
    const node = panel ? this.marks.cell : this.tokens.children[row];
    node.scrollIntoView({ block: "nearest", inline: "nearest" }); // now only the page moves
    return node.getBoundingClientRect();
  }
}
