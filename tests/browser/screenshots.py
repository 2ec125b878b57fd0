"""Every page as people see it: `python -m tests.browser.screenshots FOLDER [--only NAME …]`.

In every width, theme and language, of the app as it is here, with a scored file in each language.
`FOLDER/index.html` shows all of them, so that they can be looked at at once. `--only` takes parts
of their names: `--only inspect-causes dark 390`.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from attnviz.ui.components.questions import QUESTIONS
from tests.browser.serving import ARGUMENTS, ROOT, find_chromium, serve

SIZES = ((1920, 1080), (1400, 900), (1280, 720), (1024, 768), (390, 844))
THEMES = ("light", "dark")
LANGUAGES = {"en": ("en-sentiment", "reviews_en.csv"), "zh": ("zh-sentiment", "reviews_zh.csv")}
VIEWS = ("overview", "queue", "causes", "contrast", "similar", "slices", "compare", "export")
LONG = {"en": "The film was not bad, and I would see it again. ", "zh": "这家店不错，下次还来。"}
QUIET_MS = 1_500  # without a change, before a picture is taken


@dataclass(frozen=True)
class Scene:
    """One page: its name, its path, what its address says, what is done there first."""

    name: str
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    act: Callable[[Page, str], None] = lambda page, language: None


def long_text(page: Page, language: str) -> None:
    field = page.locator("textarea")
    page.locator(".st-key-edit button").click()
    field.fill(LONG[language] * 60)
    page.keyboard.press("Control+Enter")


def nothing_to_read(page: Page, language: str) -> None:
    page.locator(".st-key-edit button").click()
    page.locator("textarea").fill("   ")
    page.keyboard.press("Control+Enter")


def click(selector: str) -> Callable[[Page, str], None]:
    return lambda page, language: page.locator(selector).locator("visible=true").first.click()


SCENES = (
    Scene("explore"),
    Scene("explore-long", act=long_text),
    Scene("explore-flat", act=click(".turn")),
    Scene("explore-error", act=nothing_to_read),
    Scene("explore-models", act=click(".st-key-open-models button")),
    Scene("explore-units", act=click(".st-key-explore-units-menu button")),
    Scene("explore-figure", act=click(".st-key-figure button")),
    *(Scene(f"explore-{name}", query=(("view", name), ("token", "4"))) for name in QUESTIONS),
    Scene("inspect", "/inspect"),
    *(Scene(f"inspect-{name}", "/inspect", (("run", ""), ("view", name))) for name in VIEWS),
    Scene("inspect-opened", "/inspect", (("run", ""), ("view", "queue"), ("row", "first"))),
    Scene("training", "/training"),
)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("folder", type=Path)
    given.add_argument("--only", nargs="*", default=[])
    options = given.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    taken = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        first = {language: score(language, Path(place) / "runs") for language in LANGUAGES}
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        with serve(Path(place) / "log.txt") as app:
            for scene, size, theme, language in product(SCENES, SIZES, THEMES, LANGUAGES):
                name = f"{scene.name}-{size[0]}-{theme}-{language}.png"
                if all(part in f"{name}" for part in options.only):
                    address = app + address_of(scene, language, first)
                    take(browser, scene, address, size, theme, language, options.folder / name)
                    taken.append(name)
                    print(name, flush=True)
    write_index(options.folder, taken)


def score(language: str, runs: Path) -> str:
    """Score our sample of a language; the row of its first mistake, as the address names it."""
    from attnviz.runs import Filter, Run

    model, sample = LANGUAGES[language]
    command = [sys.executable, "-m", "attnviz", "evaluate", f"attnviz/ui/samples/{sample}"]
    command += ["--model", f"pretrained/{model}", "--output", str(runs / language)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    page = Run.open(runs / language).page(Filter(outcome="wrong"), most=1)
    return str(int(page["row"][0]))


def address_of(scene: Scene, language: str, first: dict[str, str]) -> str:
    values = {"run": language, "row": first[language]}
    said = {name: values.get(name, value) for name, value in scene.query}
    said |= {"language": language, "model": LANGUAGES[language][0]}
    return f"{scene.path}?{urlencode(said)}"


def take(browser: Browser, scene: Scene, address: str, size, theme, language, to: Path) -> None:
    window = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=window, color_scheme=theme)
    page = context.new_page()
    page.goto(address)
    quiet(page)
    scene.act(page, language)
    quiet(page)
    page.screenshot(path=to)
    context.close()


def quiet(page: Page) -> None:
    """Wait until no script runs and nothing is at work, as long as that takes within a minute."""
    running = "[data-testid=stApp][data-test-script-state=running], [role=progressbar]"
    page.locator("[data-testid=stApp]").wait_for()
    still = 0
    for _ in range(240):
        page.wait_for_timeout(250)
        still = 0 if page.locator(running).count() else still + 250
        if still >= QUIET_MS:
            return


def write_index(folder: Path, names: list[str]) -> None:
    figures = "".join(
        f'<figure><a href="{escape(name)}"><img loading="lazy" src="{escape(name)}"></a>'
        f"<figcaption>{escape(name)}</figcaption></figure>"
        for name in names
    )
    style = "body{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0}img{width:480px}"
    page = f"<!doctype html><meta charset=utf-8><style>{style}</style>{figures}"
    (folder / "index.html").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
