// The time table's nodes: the axis above, what scrolls sideways, and a label and a canvas for each
// track. The axis sticks to the top of the page while the page scrolls.

import { buildAround, make } from "./token_table_nodes.js";

export function buildTimeTable() {
  const root = make("token-table time-table");
  const top = make("top", { "aria-hidden": true });
  const axis = make("axis");
  const corner = make("corner");
  const plot = make("axis-plot");
  const more = make("more", { type: "button", hidden: "", tabindex: -1 }, "button");
  axis.append(corner, plot, more);
  top.append(axis);
  const scroll = make("scroll", { role: "grid", tabindex: 0, "aria-describedby": "help labelled" });
  scroll.setAttribute("aria-activedescendant", "cell");
  const reel = make("reel", { "aria-hidden": true }); // as wide as all steps; the stage stays in sight
  const stage = make("stage");
  const tracks = make("tracks");
  const behind = make("over behind");
  const over = make("over");
  stage.append(behind, tracks, over);
  reel.append(stage);
  const virtualRow = make("unseen", { role: "row" });
  const virtualCell = make("", { role: "gridcell", id: "cell" });
  virtualRow.append(virtualCell);
  scroll.append(reel, virtualRow);
  const marks = {};
  for (const name of ["pin", "cursor", "stretch", "cell"]) marks[name] = make(`time-${name}`, { hidden: "" });
  over.append(...Object.values(marks));
  const whole = make("whole", { type: "button", hidden: "" }, "button");
  const labelled = make("unseen", { id: "labelled" }); // the brackets, which are drawn, in words
  const around = buildAround();
  root.append(top, scroll, whole, labelled, ...around.nodes);
  return {
    root, top, corner, plot, more, scroll, reel, stage, tracks, behind, over, virtualRow, virtualCell, marks,
    whole, labelled, ...around,
  }; // prettier-ignore
}

// A label with the name and what it is measured in, the ends of the scale, and the canvas.
export function buildTrack(track, hue) {
  const node = make(`track ${track.kind}${track.starts_group ? " starts-group" : ""}`);
  node.style.cssText = `height: ${track.height}px; margin-top: ${track.gap}px`;
  const label = make("track-label", { title: [track.name, track.term, track.detail].filter(Boolean).join(" · ") });
  label.append(...labelTexts(track, hue));
  const canvas = make("track-canvas", { "data-panel": track.panel.key, "data-unit": track.units[0] }, "canvas");
  node.append(label, canvas);
  return { node, canvas };
}

function labelTexts({ kind, name, term, detail, called, ends }, hue) {
  const title = make("track-title");
  const plain = make("plain", {}, "span");
  plain.textContent = name;
  const said = make(called ? "called" : "term", {}, "span");
  said.textContent = called || term;
  if (called) said.style.color = hue;
  title.append(plain, said);
  const note = make("track-note");
  note.textContent = detail ?? "";
  const scale = make("track-ends");
  if (kind === "lines") scale.append(...ends.map((end) => Object.assign(make("", {}, "span"), { textContent: end })));
  return [title, note, scale];
}
