// The bar's tools that only the browser can do: copy the address, change the theme.

const PAGES = ["/", "/inspect", "/training"];

export default function ({ data, parentElement }) {
  const root = document.createElement("div");
  root.className = "bar-tools";
  root.append(copyLink(data), theme(data));
  parentElement.querySelectorAll?.(".bar-tools").forEach((old) => old.remove()); // of an earlier call
  parentElement.append(root);
  return () => root.remove();
}

function button(text, title, act) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = text;
  node.title = title;
  node.addEventListener("click", () => act(node));
  return node;
}

// The address holds what is open; it is copied as it is when the button is clicked.
function copyLink({ copy, copied, copy_help: help }) {
  return button(copy, help, async (node) => {
    try {
      await navigator.clipboard.writeText(location.href);
    } catch {
      const field = document.createElement("textarea"); // without the right to the clipboard
      field.value = location.href;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
    }
    node.textContent = copied;
    setTimeout(() => (node.textContent = copy), 1500);
  });
}

// Streamlit keeps the theme of each page's address for itself and reads it when it starts.
function theme({ dark, theme_help: help, light_name: light, dark_name: name }) {
  return button(dark ? "☀" : "☾", `${help}: ${dark ? light : name}`, () => {
    const root = location.pathname.replace(/\/(inspect|training)\/?$/, "").replace(/\/$/, "");
    for (const page of PAGES) {
      localStorage.setItem(`stActiveTheme-${root}${page}-v2`, JSON.stringify(dark ? "Light" : "Dark"));
    }
    location.reload();
  });
}
