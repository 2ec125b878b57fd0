// A table on its page, in the layout that its data ask for. It mounts in a shadow root.

import { headerOf, same } from "./token_table_model.js";
import { TokenTable } from "./token_table.js";
import { TimeTable } from "./time_table.js";

const LAYOUTS = { upright: TokenTable, flat: TimeTable };

const places = new WeakMap(); // parent → { table, calls }

// Streamlit calls this on every rerun and every change of theme. It may run the cleanup of an
// earlier, overtaken call after a later call: only the latest may take the table down.
export default function ({ data, parentElement, setTriggerValue }) {
  if (!places.has(parentElement)) places.set(parentElement, { table: null, calls: 0 });
  const place = places.get(parentElement);
  const call = ++place.calls;
  const known = place.table && (!data || same(place.table.bytes ?? [], data));
  if (!known) lay(place, parentElement, data ? headerOf(data).layout : "upright");
  place.table.tell = setTriggerValue; // a state would be told only when it differs from what was told before
  if (data) place.table.update(data);
  return () => {
    if (call !== place.calls) return;
    place.table.remove();
    places.delete(parentElement);
  };
}

// Another layout takes over from the one before; the same goes on.
function lay(place, parent, layout) {
  const before = place.table;
  if (before?.constructor === LAYOUTS[layout]) return;
  before?.remove();
  const table = new LAYOUTS[layout](parent, before);
  place.table = table;
  // At once, from the same data; the page hears of it, and sends the panels in that layout's order.
  table.turn.addEventListener("click", () => {
    table.tell("turned", table.turned);
    lay(place, parent, table.turned);
    place.table.tell = table.tell;
    place.table.update(table.bytes);
    place.table.turn.focus();
  });
}
