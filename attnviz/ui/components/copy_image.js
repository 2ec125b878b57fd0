// A button that puts a picture into the clipboard.

export default function ({ data, parentElement }) {
  const node = document.createElement("button");
  node.type = "button";
  node.textContent = data.copy;
  node.addEventListener("click", async () => {
    try {
      const bytes = Uint8Array.from(atob(data.image), (letter) => letter.charCodeAt(0));
      const picture = new Blob([bytes], { type: "image/png" });
      await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
      node.textContent = data.copied;
    } catch {
      node.textContent = data.refused;
    }
    setTimeout(() => (node.textContent = data.copy), 2500);
  });
  const root = document.createElement("div");
  root.className = "bar-tools";
  root.append(node);
  parentElement.querySelectorAll?.(".bar-tools").forEach((old) => old.remove()); // of an earlier call
  parentElement.append(root);
  return () => root.remove();
}
