// From numbers to pixels: ramps, heat maps, bars. No DOM besides canvases.

// Lookup tables have 256 entries. Entry 0 is for what is not a number; values use 1…255, so that
// the zero of a signed panel is exactly entry 128.
export const FIRST = 1;
export const CENTRE = 128;
export const LAST = 255;

const BITMAP_SCALE = 2; // bars are painted at twice their width, for sharp ends on dense screens
const FAINT = 0.45; // how much of a class's hue a vote against it has, where it has a column of its own

const cache = new Map();

// The browser mixes the stops: a line of 255 pixels painted with a gradient and read back.
export function lookupTable(stops) {
  const name = stops.join();
  if (!cache.has(name)) {
    const context = lineOf(LAST);
    const gradient = context.createLinearGradient(0.5, 0, LAST - 0.5, 0);
    stops.forEach((stop, at) => gradient.addColorStop(at / (stops.length - 1), stop));
    context.fillStyle = gradient;
    context.fillRect(0, 0, LAST, 1);
    const table = new Uint32Array(LAST + 1);
    table.set(new Uint32Array(context.getImageData(0, 0, LAST, 1).data.buffer), FIRST);
    cache.set(name, table);
  }
  return cache.get(name);
}

// Any colour of CSS as one little-endian RGBA number.
export function pixelOf(colour, page = colour, share = 1) {
  const context = lineOf(1);
  context.fillStyle = page;
  context.fillRect(0, 0, 1, 1);
  context.globalAlpha = share;
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0];
}

function lineOf(width) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = 1;
  return canvas.getContext("2d", { willReadFrequently: true });
}

export function reach(panel) {
  return Math.max(Math.abs(panel.low), Math.abs(panel.high)) || 1;
}

// Where the ends of the ramp or of the bars lie. Signed ramps are centred at 0.
export function range(panel) {
  return panel.signed && panel.mark === "cells" ? [-reach(panel), reach(panel)] : [panel.low, panel.high];
}

// 0…1: where a value lies between the ends.
export function shareOf(panel, value) {
  const [low, high] = range(panel);
  return (Math.min(Math.max(value, low), high) - low) / (high - low || 1);
}

// Channels have a scale for each unit of measure, other columns that of their panel.
export function scaleOf(panel, unit) {
  return panel.scales.length ? panel.scales[unit] : range(panel);
}

// How values become places in a lookup table: place = start + value × slope.
export function placing(panel, unit) {
  const [low, high] = scaleOf(panel, unit);
  const slope = (LAST - FIRST) / (high - low || 1);
  return { slope, start: panel.signed ? CENTRE : FIRST - low * slope };
}

// A comparison with NaN is false, so what is not a number ends at entry 0.
export function placeOf({ start, slope }, value) {
  const index = Math.round(start + value * slope);
  return index >= LAST ? LAST : index > FIRST ? index : index <= FIRST ? FIRST : 0;
}

export function rampOf(panel, colours) {
  return lookupTable(colours.ramps[panel.ramp] ?? colours.ramps.detectors);
}

export function paintCells(canvas, panel, rows, colours) {
  const table = rampOf(panel, colours);
  const places = panel.columns.map((_, unit) => placing(panel, unit));
  const units = places.length;
  const { values } = panel;
  paint(canvas, units, rows, (pixels) => {
    for (let row = 0, at = 0; row < rows; row++)
      for (let unit = 0; unit < units; unit++, at++) pixels[at] = table[placeOf(places[unit], values[at])];
  });
}

export function paintBars(canvas, panel, rows, colours, page) {
  const inks = panel.columns.map((_, unit) => {
    const { below, above, faint } = barColours(panel, unit, colours);
    return [pixelOf(below, page, faint), pixelOf(above)];
  });
  const step = panel.cell * BITMAP_SCALE;
  const inset = panel.inset * BITMAP_SCALE;
  const place = (value) => Math.round(shareOf(panel, value) * (step - 2 * inset));
  const zero = place(0);
  paint(canvas, panel.columns.length * step, rows, (pixels) => {
    panel.values.forEach((value, at) => {
      if (Number.isNaN(value)) return;
      const origin = at * step + inset; // rows follow each other without a gap, as in the values
      const end = place(value);
      const ink = inks[at % inks.length][value < 0 ? 0 : 1];
      pixels.fill(ink, origin + Math.min(zero, end), origin + Math.max(zero, end));
    });
  });
}

// Of bars below and above zero. A vote has the hue of the class that it speaks for; one against a
// class that has a column of its own is fainter.
export function barColours(panel, unit, colours) {
  if (panel.ramp !== "classes") {
    const [below, above] = colours.bars[panel.ramp];
    return { below, above, faint: 1 };
  }
  const [towards, against] = panel.classes[unit];
  const faint = towards === against ? FAINT : 1;
  return { below: classHue(colours, against), above: classHue(colours, towards), faint };
}

export function classHue(colours, place) {
  return colours.classes[Math.min(place, colours.classes.length - 1)];
}

export function paint(canvas, width, height, fill) {
  canvas.width = width;
  canvas.height = height;
  if (!width || !height) return; // an ImageData cannot be empty
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Painted to be read back, because a theme may write its colour in any of CSS's notations.
export function isDark(element) {
  const [red, green, blue] = new Uint8Array(new Uint32Array([pixelOf(pageColour(element), "#fff")]).buffer);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110;
}

export function pageColour(element) {
  return getComputedStyle(element).getPropertyValue("--st-background-color").trim() || "#fff";
}
