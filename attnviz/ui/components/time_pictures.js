// Films and pictures in the time table: frames above their steps, a picture turned along the axis.

import { xOf, inSight } from "./time_axis.js";

const NARROWEST_FRAME = 22; // px; where steps are narrower, some frames are left out
const SAMPLED_FRAME = 40; // px of those that stay

const UPRIGHT_ROW = 40; // device pixels, of a row of the upright table

const drawn = new WeakMap(); // bytes of a film → its frames as canvases

export function drawFilm(context, track, view, look) {
  const [, rows, columns] = track.panel.pictures;
  const room = view.step - 2 < NARROWEST_FRAME ? SAMPLED_FRAME : view.step - 2;
  const wide = Math.min((track.height * columns) / rows, room);
  const tall = (wide * rows) / columns;
  const every = Math.max(1, Math.ceil((wide + 2) / view.step));
  const [first, end] = inSight(view);
  context.imageSmoothingEnabled = wide < columns;
  for (let row = first - (first % every); row < end; row += every) {
    const x = xOf(view, row) + (every > 1 ? 0 : (view.step - wide) / 2);
    context.drawImage(frameOf(track.panel, row), x, (track.height - tall) / 2, wide, tall);
    context.strokeStyle = look.colours.line;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, (track.height - tall) / 2 + 0.5, wide - 1, tall - 1);
  }
}

export function drawPicture(context, track, view) {
  context.imageSmoothingEnabled = false;
  context.drawImage(frameOf(track.panel, 0), -view.left, 0, view.steps * view.step, track.height);
}

// Upright, a frame stands in its row, and a picture is turned back so that it is read downwards.
export function paintPictures(canvas, panel, rows) {
  const [, high, wide] = panel.pictures;
  [canvas.width, canvas.height] = [panel.cell * 2, rows * UPRIGHT_ROW];
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  if (panel.mark === "picture") {
    context.transform(0, 1, 1, 0, 0, 0);
    return context.drawImage(frameOf(panel, 0), 0, 0, rows * UPRIGHT_ROW, panel.cell * 2);
  }
  const width = Math.min(panel.cell * 2, (UPRIGHT_ROW * wide) / high);
  for (let row = 0; row < rows; row++)
    context.drawImage(frameOf(panel, row), 0, row * UPRIGHT_ROW, width, UPRIGHT_ROW - 2);
}

export function frameOf(panel, number) {
  if (!drawn.has(panel.pixels)) drawn.set(panel.pixels, new Map());
  const frames = drawn.get(panel.pixels);
  if (!frames.has(number)) frames.set(number, frame(panel, number));
  return frames.get(number);
}

function frame({ pictures: [, rows, columns, colours], pixels }, number) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [columns, rows];
  const image = new ImageData(columns, rows);
  for (let at = 0, from = number * rows * columns * colours; at < rows * columns; at++, from += colours) {
    const green = colours > 1 ? 1 : 0;
    image.data.set([pixels[from], pixels[from + green], pixels[from + 2 * green], 255], 4 * at);
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
