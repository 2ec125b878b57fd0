// The bar's tools that only the browser can do: copy the address, change the theme, keep the text.

const KEPT = "attnviz-text";

export default function ({ data, parentElement, setTriggerValue }) {
  const root = document.createElement("div");
  root.className = "bar-tools";
  root.append(copyLink(data), theme(data));
  parentElement.querySelectorAll?.(".bar-tools").forEach((old) => old.remove()); // of an earlier call
  parentElement.append(root);
  keep(data, setTriggerValue);
  return () => root.remove();
}

function button(text, title, act) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = text;
  if (title) node.title = title;
  node.addEventListener("click", () => act(node));
  return node;
}

// The address holds what is open, but for a typed text: that goes into a link only when the person
// says so, as addresses are kept in histories and logs.
function copyLink(data) {
  const node = button(data.copy, data.copy_help, () => {
    if (data.typed) choice.showPopover();
    else copy(node, location.href, data);
  });
  const choice = document.createElement("div");
  choice.popover = "auto";
  choice.className = "link-choice";
  choice.setAttribute("role", "group");
  choice.setAttribute("aria-label", data.copy);
  choice.addEventListener("toggle", () => {
    const { left, bottom } = node.getBoundingClientRect();
    choice.style.left = `${Math.max(8, Math.min(left, innerWidth - choice.offsetWidth - 8))}px`;
    choice.style.top = `${bottom + 6}px`;
  });
  const offer = (text, address) =>
    button(text, "", () => {
      choice.hidePopover();
      copy(node, address(), data);
    });
  const withText = offer(data.with_text, () => {
    const address = new URL(location.href);
    address.searchParams.set("text", data.text);
    return address.href;
  });
  withText.disabled = data.too_long;
  choice.append(offer(data.without_text, () => location.href), withText);
  const said = document.createElement("span"); // what a screen reader announces
  said.className = "unseen";
  said.setAttribute("role", "status");
  const place = document.createElement("span");
  place.append(node, choice, said);
  return place;
}

async function copy(node, address, { copy: name, copied }) {
  try {
    await navigator.clipboard.writeText(address);
  } catch {
    const field = document.createElement("textarea"); // without the right to the clipboard
    field.value = address;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const said = node.parentElement.querySelector("[role=status]");
  node.textContent = said.textContent = copied;
  setTimeout(() => {
    node.textContent = name;
    said.textContent = "";
  }, 1500);
}

// A typed text outlives a reload in the memory of its browser tab, where nobody else reads it.
// With it comes what the address said of it before the page was drawn with another text.
// A browser may refuse the memory, or have no room for so long a text: it is not kept then.
let before = remember(() => sessionStorage.getItem(KEPT));
const opened = Object.fromEntries(new URLSearchParams(location.search));

function keep({ text, fresh }, setTriggerValue) {
  if (fresh) {
    if (before) setTriggerValue("restored", { text: before, opened });
  } else {
    remember(() => sessionStorage.removeItem(KEPT)); // so that no older text comes back
    if (text) remember(() => sessionStorage.setItem(KEPT, text));
  }
  before = null;
}

function remember(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

// Streamlit keeps the theme of each page's address for itself and reads it when it starts.
function theme({ dark, page, pages, theme_help: help, light_name: light, dark_name: name }) {
  const title = `${help}: ${dark ? light : name}`;
  const node = button(dark ? "☀" : "☾", title, () => {
    const here = location.pathname.replace(/\/$/, "");
    const root = page && here.endsWith(`/${page}`) ? here.slice(0, -page.length - 1) : here;
    for (const name of pages) {
      localStorage.setItem(`stActiveTheme-${root}/${name}-v2`, JSON.stringify(dark ? "Light" : "Dark"));
    }
    location.reload();
  });
  node.setAttribute("aria-label", title); // its character has another name
  return node;
}
