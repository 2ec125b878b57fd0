"""The table's component alone on a page, without a server: what it draws of any payload."""

from base64 import b64encode

from playwright.sync_api import Page

from attnviz.colours import PAGE
from attnviz.ui.components import token_table

MOUNT = """async ({ script, css, data, page, ink }) => {
  const host = document.querySelector('#host');
  host.style.cssText = `--st-background-color: ${page}; --st-text-color: ${ink}; display: block`;
  if (!host.shadowRoot) {
    const root = host.attachShadow({ mode: 'open' });
    root.append(Object.assign(document.createElement('style'), { textContent: css }));
    root.append(document.createElement('div'));
    const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    window.component = (await import(address)).default;
    window.told = [];
  }
  const parentElement = host.shadowRoot.lastChild;
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  component({ data: bytes, parentElement, setTriggerValue: (...said) => told.push(said) });
  return performance.getEntriesByName('attnviz:token-table')[0].duration;
}"""


def mount(page: Page, data: bytes, theme: str = "light") -> float:
    """Draw what `token_table.payload` gave, on an empty page or in place of what stands there.

    The milliseconds that it took; `told` on the page holds what the component says to Streamlit.
    """
    look = PAGE[theme]
    if not page.locator("#host").count():
        page.set_content(
            f"<!doctype html><title>Table</title><body style='margin:60px 24px;"
            f"background:{look['background']}'><div id=host></div>"
        )
    return page.evaluate(
        MOUNT,
        {
            "script": token_table.SCRIPT,
            "css": token_table.STYLE,
            "data": b64encode(data).decode(),
            "page": look["background"],
            "ink": look["text"],
        },
    )
