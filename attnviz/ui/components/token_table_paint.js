// From numbers to pixels: palettes, heat maps, bars, legends. No DOM besides canvases.

// Lookup tables have 256 entries. Entry 0 is for what is not a number; values use 1…255, so that
// the zero of a signed panel is exactly entry 128.
const FIRST = 1;
const CENTRE = 128;
const LAST = 255;

// Lightness falls (rises in the dark) evenly, so each ramp also works in grey. Blue and orange stay
// apart for every kind of colour-blindness; blue ends darker, which tells the signs apart in grey.
const STOPS = {
  light: {
    sequential: ["#eff5f3", "#bfe0da", "#6db9b4", "#1f8a90", "#0d5a6b", "#0a2c40"],
    diverging: ["#0a2f6b", "#2d6db5", "#94bfe3", "#f7f6f3", "#f6b877", "#d9731a", "#963c06"],
  },
  dark: {
    sequential: ["#15202a", "#134353", "#14707a", "#2fa398", "#8fd3b0", "#f0f9df"],
    diverging: ["#7fb8ff", "#3f83d4", "#24507f", "#1d222a", "#84501f", "#e08a35", "#ffd9a3"],
  },
};

// Halfway to the end of each arm: strong enough against the page, calmer than the extremes.
const BAR_STRENGTH = { sequential: 0.62, diverging: 0.7 };
const BAR_INSET = 4; // px between a bar and its neighbour column
const BITMAP_SCALE = 2; // bars are painted at twice their width, for sharp ends on dense screens

const cache = new Map();

function palette(dark, signed) {
  const theme = dark ? "dark" : "light";
  const kind = signed ? "diverging" : "sequential";
  const name = theme + kind;
  if (!cache.has(name)) cache.set(name, lookupTable(STOPS[theme][kind]));
  return cache.get(name);
}

function lookupTable(stops) {
  const points = stops.map(hexToOklab);
  const table = new Uint32Array(LAST + 1);
  for (let index = FIRST; index <= LAST; index++) {
    const position = ((index - FIRST) / (LAST - FIRST)) * (points.length - 1);
    const left = Math.min(Math.floor(position), points.length - 2);
    const share = position - left;
    table[index] = oklabToPixel(
      points[left].map((value, axis) => value + share * (points[left + 1][axis] - value)),
    );
  }
  return table;
}

// Mixing in Oklab (Ottosson 2020) keeps the steps between stops even for the eye.
function hexToOklab(hex) {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function oklabToPixel([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const [red, green, blue] = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((value) => {
    const curved = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(Math.max(curved, 0), 1));
  });
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0; // little-endian RGBA
}

function reach(panel) {
  return Math.max(Math.abs(panel.low), Math.abs(panel.high)) || 1;
}

function range(panel) {
  return panel.signed ? [-reach(panel), reach(panel)] : [panel.low, panel.high];
}

function paintCells(canvas, panel, rows, dark) {
  const table = palette(dark, panel.signed);
  const [low, high] = range(panel);
  const slope = (LAST - FIRST) / (high - low || 1);
  const start = panel.signed ? CENTRE : FIRST - low * slope;
  const { values } = panel;
  paint(canvas, panel.columns.length, rows, (pixels) => {
    for (let at = 0; at < pixels.length; at++) {
      const index = Math.round(start + values[at] * slope);
      // A comparison with NaN is false, so what is not a number ends at entry 0.
      pixels[at] = table[index >= LAST ? LAST : index > FIRST ? index : index <= FIRST ? FIRST : 0];
    }
  });
}

function paintBars(canvas, panel, rows, dark) {
  const [negative, positive] = barColours(panel, dark);
  const [low, high] = range(panel);
  const step = panel.cell * BITMAP_SCALE;
  const inset = BAR_INSET * BITMAP_SCALE;
  const share = (value) => (Math.min(Math.max(value, low), high) - low) / (high - low || 1);
  const place = (value) => Math.round(share(value) * (step - 2 * inset));
  const zero = panel.signed ? place(0) : 0;
  paint(canvas, panel.columns.length * step, rows, (pixels) => {
    panel.values.forEach((value, at) => {
      if (Number.isNaN(value)) return;
      const origin = at * step + inset; // rows follow each other without a gap, as in the values
      const end = place(value);
      const colour = value < 0 ? negative : positive;
      pixels.fill(colour, origin + Math.min(zero, end), origin + Math.max(zero, end));
    });
  });
}

// [below zero, above zero]
function barColours(panel, dark) {
  const table = palette(dark, panel.signed);
  const arm = Math.round(BAR_STRENGTH.diverging * (LAST - CENTRE));
  const single = table[Math.round(BAR_STRENGTH.sequential * LAST)];
  return panel.signed ? [table[CENTRE - arm], table[CENTRE + arm]] : [single, single];
}

// One pixel for each entry of the palette; bars have two colours at most.
function paintLegend(canvas, panel, dark) {
  paint(canvas, LAST, 1, (pixels) => {
    if (panel.mark === "cells") pixels.set(palette(dark, panel.signed).subarray(FIRST));
    else barColours(panel, dark).forEach((colour, at) => pixels.fill(colour, at && CENTRE - 1));
  });
}

function paint(canvas, width, height, fill) {
  canvas.width = width;
  canvas.height = height;
  if (!width || !height) return; // an ImageData cannot be empty
  const image = new ImageData(width, height);
  fill(new Uint32Array(image.data.buffer));
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Painted to be read back, because a theme may write its colour in any of CSS's notations.
function isDark(element) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillStyle = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110;
}
