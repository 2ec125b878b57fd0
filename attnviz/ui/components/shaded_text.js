// The text itself, each word shaded by its vote and underlined by its attention. A click on a word
// opens its row in the token table; the row that is pinned there is framed here.

const PIN = "attnviz:pin"; // to the tables of this text: open this row
const PINNED = "attnviz:pinned"; // from them: this row is pinned
const WHICH = "attnviz:which"; // to them: say it again
const FAINTEST = 0.04; // of the largest; below that a word is left white

const texts = new WeakMap();

export default function ({ data, parentElement }) {
  if (!texts.has(parentElement)) texts.set(parentElement, new ShadedText(parentElement));
  const text = texts.get(parentElement);
  const call = ++text.calls;
  if (data) text.update(data);
  return () => {
    if (call !== text.calls) return;
    text.remove();
    texts.delete(parentElement);
  };
}

class ShadedText {
  constructor(parent) {
    this.calls = 0;
    this.root = document.createElement("p");
    this.root.className = "shaded-text";
    this.root.addEventListener("click", (event) => this.click(event));
    this.onPinned = ({ detail }) => detail.of_text === this.data?.of_text && this.frame(detail.row);
    addEventListener(PINNED, this.onPinned);
    this.fold = document.createElement("button");
    this.fold.type = "button";
    this.fold.className = "fold";
    this.fold.addEventListener("click", () => this.unfold(this.root.classList.contains("folded")));
    parent.append(this.root, this.fold);
  }

  remove() {
    removeEventListener(PINNED, this.onPinned);
    this.root.remove();
    this.fold.remove();
  }

  update(data) {
    const another = this.data?.of_text !== data.of_text;
    this.data = data;
    this.root.dir = "auto";
    for (const [name, hue] of Object.entries(data.hues)) this.root.style.setProperty(`--${name}`, hue);
    this.root.classList.toggle("long", data.long);
    this.root.replaceChildren(...data.pieces.map((piece) => this.node(piece)));
    if (another) this.unfold(!data.long);
    dispatchEvent(new CustomEvent(WHICH, { detail: { of_text: data.of_text } }));
  }

  // A long text shows its first lines, so that what is below it stays in sight.
  unfold(whole) {
    this.root.classList.toggle("folded", !whole);
    this.fold.hidden = !this.data.long || (!whole && this.root.scrollHeight <= this.root.clientHeight);
    this.fold.textContent = whole ? this.data.strings.less : this.data.strings.whole;
    this.fold.setAttribute("aria-expanded", whole);
  }

  // A piece is [characters] between words, or [characters, number of the word].
  node([characters, number]) {
    if (number === undefined) return document.createTextNode(characters);
    const { vote, attention, title, row } = this.data.words[number];
    const node = document.createElement("span");
    node.textContent = characters;
    node.title = title;
    node.dataset.row = row;
    if (Math.abs(vote) > FAINTEST) {
      node.classList.add(vote > 0 ? "towards" : "against");
      node.style.setProperty("--share", `${Math.round(10 + 50 * Math.abs(vote))}%`);
    }
    if (attention > FAINTEST) {
      node.classList.add("heard");
      node.style.setProperty("--thick", `${(1 + 2.5 * attention).toFixed(1)}px`);
    }
    return node;
  }

  click(event) {
    const row = event.target.dataset?.row;
    if (row === undefined) return;
    const { of_text } = this.data;
    dispatchEvent(new CustomEvent(PIN, { detail: { row: Number(row), of_text } }));
  }

  // The word whose rows hold the pinned one.
  frame(row) {
    this.root.querySelector(".pinned")?.classList.remove("pinned");
    if (row === null) return;
    const { words } = this.data;
    const number = words.findIndex(({ first, last }) => first <= row && row <= last);
    const word = this.root.querySelectorAll("span")[number];
    word?.classList.add("pinned");
    if (word && this.root.classList.contains("folded")) {
      this.root.scrollTop = word.offsetTop - this.root.offsetTop - this.root.clientHeight / 2;
    }
  }
}
