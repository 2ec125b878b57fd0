// What stands below what in the time table: one track, or several, for each panel. No nodes.
//
// A track is { panel, kind, units, height, top, name, term, detail } and, where values become
// heights, { low, high, inset: [px above, px below] }.

import { clamp, fill, rounded } from "./token_table_model.js";
import { range } from "./token_table_paint.js";

const HEIGHTS = { several: 84, single: 34, attention: 60, margin: 68, vote: 25, bars: 44 }; // px
const MAP = 48; // px that a heat map takes, about
const MOST_LINES = 12; // channels of one track; more are cells
const FRAME = 64; // px, of a film's picture
const TALLEST_PICTURE = 160; // px
const SPACE = { track: 2, lines: 7, panel: 10, group: 18 }; // px
const NUMBER_ROOM = 14; // px for the number at a bar's end

export function tracksOf(model) {
  const tracks = [];
  for (const panel of model.panels) {
    PARTS[panel.mark](panel, model).forEach((part, number) => {
      const starts = number === 0 && tracks.length > 0;
      const gap = starts ? (panel.starts_group ? SPACE.group : SPACE.panel) : SPACE[part.kind] ?? SPACE.track;
      tracks.push({ panel, gap, starts_group: starts && panel.starts_group, inset: [3, 3], ...part });
    });
  }
  let top = 0;
  for (const track of tracks) {
    track.top = top + track.gap;
    top = track.top + track.height;
  }
  return tracks;
}

export function trackAt(tracks, y) {
  return tracks.find((track) => y >= track.top && y < track.top + track.height);
}

export function trackOf(tracks, panel, unit) {
  return tracks.find((track) => track.panel === panel && track.units.includes(unit));
}

// px below a track's upper edge.
export function heightOf(track, value) {
  const [above, below] = track.inset;
  const room = track.height - above - below;
  return above + (1 - (value - track.low) / (track.high - track.low || 1)) * room;
}

// Channels of one unit of measure share a track and a scale, so that they can be compared.
function lines(panel, model) {
  const groups = new Map();
  panel.columns.forEach((_, unit) => {
    const key = panel.units[unit] || `channel ${unit}`;
    groups.set(key, [...(groups.get(key) ?? []), unit]);
  });
  const alone = [...groups.values()].filter(([unit]) => !panel.units[unit]);
  if (alone.length > MOST_LINES) {
    for (const key of [...groups.keys()]) if (!panel.units[groups.get(key)[0]]) groups.delete(key);
    groups.set("", alone.flat());
  }
  return [...groups.values()].map((units) => ofOneUnit(panel, units, model));
}

function ofOneUnit(panel, units, model) {
  const [low, high] = panel.scales[units[0]];
  const names = units.map((unit) => panel.names[unit]);
  const name = names.length > 3 ? `${names[0]} – ${names.at(-1)}` : names.join(", ");
  const count = units.length > 1 ? fill(model.strings.channels, { count: units.length }) : "";
  const detail = [panel.units[units[0]], count].filter(Boolean).join(" · ");
  const part = { units, name, term: "", detail, low, high };
  if (units.length > MOST_LINES) {
    // The first stands lowest, as in a spectrogram.
    return { ...part, units: units.toReversed(), kind: "cells", height: mapHeight(units.length) };
  }
  const height = units.length > 1 ? HEIGHTS.several : HEIGHTS.single;
  return { ...part, kind: "lines", height, inset: units.length > 1 ? [7, 7] : [5, 5] };
}

function mapHeight(units) {
  return units * clamp(Math.round(MAP / units), 2, 12);
}

function cells(panel, { strings }) {
  const units = panel.columns.map((_, unit) => unit);
  const ends = panel.note || range(panel).map((value) => rounded(value, 2)).join(" – ");
  const detail = [panel.counted, ends].filter(Boolean).join(" · ");
  return [{ kind: "cells", units, height: mapHeight(units.length), ...titleOf(panel, strings), detail }];
}

// Detectors are called after what they see, which alone would say too little here.
function titleOf({ plain, title, group }, strings) {
  if (!plain) return { name: title, term: "" };
  return group === "detects" ? { name: strings.detects, term: plain } : { name: plain, term: title };
}

// All columns of a panel are drawn with as many px for 1.
function bars(panel, { strings }) {
  const several = panel.columns.length > 1;
  const margin = panel.ramp === "classes" && !several;
  const votes = panel.ramp === "classes" && several;
  const height = margin ? HEIGHTS.margin : votes ? HEIGHTS.vote : HEIGHTS[panel.ramp] ?? HEIGHTS.bars;
  const inset = votes ? [2, 2] : [NUMBER_ROOM, panel.low < 0 ? NUMBER_ROOM : 1];
  const ends = panel.columns.map((_, unit) => extent(panel, unit));
  const span = Math.max(...ends.map(([low, high]) => high - low)) || 1;
  return panel.columns.map((column, unit) => {
    const [low, high] = votes ? ends[unit] : [Math.min(panel.low, 0), Math.max(panel.high, 0)];
    const title = unit ? { name: "", term: "" } : titleOf(panel, strings);
    const part = { kind: "bars", units: [unit], height, inset, ...title, low, high };
    if (votes) return { ...part, high: low + span, called: column };
    return { ...part, detail: several ? column : panel.flat_note };
  });
}

function extent(panel, unit) {
  const units = panel.columns.length;
  let [low, high] = [0, 0];
  for (let at = unit; at < panel.values.length; at += units) {
    if (panel.values[at] < low) low = panel.values[at];
    else if (panel.values[at] > high) high = panel.values[at];
  }
  return [low, high];
}

function film(panel, { strings }) {
  return [{ kind: "film", units: [0], height: FRAME, ...titleOf(panel, strings), detail: panel.note }];
}

function picture(panel, { strings }) {
  const rows = panel.pictures[1];
  const height = Math.min(TALLEST_PICTURE, Math.max(MAP, rows * clamp(Math.round(128 / rows), 1, 12)));
  return [{ kind: "picture", units: [0], height, ...titleOf(panel, strings), detail: panel.note }];
}

const PARTS = { lines, cells, bars, film, picture };
