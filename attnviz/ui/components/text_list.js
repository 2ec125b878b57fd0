// The texts of a run as a list: a click opens one. Beside it the keys of the whole view, which press
// the page's own buttons, and the height that is left for both panes.

const EDITABLE = "input, textarea, select, [contenteditable=''], [contenteditable=true]";
const FOCUS_WAIT = 3000; // ms until the field that a key opens must be there

const lists = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  if (!lists.has(parentElement)) lists.set(parentElement, new TextList(parentElement));
  const list = lists.get(parentElement);
  list.tell = setTriggerValue;
  const call = ++list.calls;
  if (data) list.update(data);
  return () => {
    if (call !== list.calls) return;
    list.remove();
    lists.delete(parentElement);
  };
}

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

const LINE = { width: 240, height: 30 };
const SVG = "http://www.w3.org/2000/svg";

// A sample's line, which breaks where values are missing; its name stands beside it.
function sparkline({ line, channel }) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${LINE.width} ${LINE.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("aria-hidden", "true");
  const step = LINE.width / Math.max(1, line.length - 1);
  const at = (value, place) => `${(place * step).toFixed(1)} ${(2 + (1 - value) * (LINE.height - 4)).toFixed(1)}`;
  const parts = line.map((value, place) => {
    if (value === null) return "";
    return (place && line[place - 1] !== null ? "L" : "M") + at(value, place);
  });
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", parts.join(" "));
  svg.append(path);
  const node = element("span", "picture");
  node.append(svg, element("small", "", channel));
  return node;
}

// A film's middle frame, or a picture, in grey.
function frame({ width, height, grey }) {
  const canvas = element("canvas", "frame");
  Object.assign(canvas, { width, height });
  canvas.setAttribute("aria-hidden", "true");
  const image = new ImageData(width, height);
  [...atob(grey)].forEach((tone, place) => {
    image.data.set([...Array(3).fill(tone.charCodeAt(0)), 255], 4 * place);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  const node = element("span", "picture");
  node.append(canvas);
  return node;
}

class TextList {
  constructor(parent) {
    this.calls = 0;
    this.root = element("ol", "text-list");
    this.root.addEventListener("click", (event) => this.click(event));
    this.onKey = (event) => this.press(event);
    addEventListener("keydown", this.onKey, true); // before Streamlit, for which R draws the page anew
    this.onResize = () => this.measure();
    addEventListener("resize", this.onResize);
    parent.append(this.root);
    this.watched = new ResizeObserver(this.onResize);
  }

  remove() {
    removeEventListener("keydown", this.onKey, true);
    removeEventListener("resize", this.onResize);
    this.watched.disconnect();
    this.root.remove();
  }

  update(data) {
    const focused = this.root.contains(this.root.getRootNode().activeElement);
    const moved = this.data?.current !== data.current;
    this.data = data;
    this.root.setAttribute("aria-label", data.strings.label);
    this.root.replaceChildren(...data.items.map((item) => this.item(item)));
    const current = this.current();
    if (focused) current?.focus({ preventScroll: true });
    if (moved) this.show(current);
    this.measure();
  }

  current() {
    return this.root.querySelector("[aria-current=true]");
  }

  item({ row, text, picture, mark, sides, tag, more, share, percent, help }) {
    const button = element("button", "item");
    Object.assign(button, { type: "button", title: help });
    button.dataset.row = row;
    button.classList.toggle("marked", mark !== "");
    button.setAttribute("aria-current", row === this.data.current);
    const words = element("span", "words", mark ? `${mark} ${text}` : text);
    words.dir = "auto";
    if (picture) words.classList.add("name");
    const line = element("span", "line");
    line.append(this.sides(sides));
    if (tag) line.append(element("span", "tag", tag));
    if (more) line.append(element("span", "and-more", more));
    const bar = element("span", "bar");
    const filled = element("i", "");
    filled.style.width = `${100 * share}%`;
    bar.append(filled);
    line.append(bar, element("span", "percent", percent));
    button.append(words, ...(picture ? [picture.line ? sparkline(picture) : frame(picture)] : []), line);
    const entry = element("li", "");
    entry.append(button);
    return entry;
  }

  // [[label, hue], [prediction, hue]], or the prediction alone.
  sides(sides) {
    const node = element("span", "sides");
    sides.forEach(([name, hue], number) => {
      if (number) node.append(" → ");
      const side = element("b", "", name);
      if (hue) side.style.color = hue;
      node.append(side);
    });
    return node;
  }

  click(event) {
    const button = event.target.closest(".item");
    if (!button) return;
    this.current()?.setAttribute("aria-current", "false");
    button.setAttribute("aria-current", "true");
    this.tell("opened", Number(button.dataset.row));
  }

  // The open text in sight in its list, and at its beginning beside it.
  show(current) {
    current?.scrollIntoView({ block: "nearest" });
    document.querySelector(this.data.detail)?.scrollTo({ top: 0 });
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const at = event.composedPath()[0];
    if (at.matches?.(EDITABLE) || document.querySelector("[role=dialog], [role=listbox]")) return;
    const within = event.composedPath().includes(this.root);
    const arrow = within && { ArrowDown: "j", ArrowUp: "shift+j" }[event.key];
    const key = arrow || (event.shiftKey ? "shift+" : "") + event.key.toLowerCase();
    const [target, field] = this.data?.keys[key] ?? (event.key === "/" ? this.data.keys["/"] : []);
    if (!target && !field) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat && !arrow) return;
    if (target) document.querySelector(`${target} button:not(:disabled)`)?.click();
    if (field) this.focus(field, performance.now() + FOCUS_WAIT);
  }

  focus(selector, until) {
    const field = document.querySelector(`${selector} input`);
    if (field) field.focus();
    else if (performance.now() < until) requestAnimationFrame(() => this.focus(selector, until));
  }

  // How far down the panes begin: the rest of the window is theirs.
  measure() {
    const panes = document.querySelector(this.data?.panes);
    if (!panes) return;
    const page = panes.closest("[data-testid=stMain]");
    for (const node of [page.firstElementChild, panes.parentElement]) this.watched.observe(node);
    const top = panes.getBoundingClientRect().top + page.scrollTop;
    document.documentElement.style.setProperty("--panes-top", `${Math.round(top)}px`);
  }
}
