"""A report in a browser: what it does that it should not, and what of it is too wide."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WIDTHS = {"phone": (390, 844), "desk": (1280, 900)}
SETTLES_WITHIN = 20
"""Tenths of a second in which what moves on a page comes to its place: plotly moves what it draws anew."""

DRAWN_WITHIN = 600
"""Tenths of a second in which the charts of a tab are drawn."""

UNDRAWN = """() => !document.documentElement.dataset.ready ||
  Array.from(document.querySelectorAll('.chart:not(:has(svg))')).some((chart) => chart.checkVisibility())"""
"""Whether a chart that can be seen is not drawn yet."""

TOO_WIDE = """() => {
  const apart = '.scroll, .skip, #js-plotly-tester, svg defs, [hidden], option';
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest(apart) || ['SCRIPT', 'STYLE'].includes(element.tagName)) { continue; }
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) { continue; }
    if (box.width > innerWidth + 0.5 || box.right > innerWidth + 1.5 || box.left < -1.5) {
      found.push(`${element.tagName} ${element.getAttribute('class')} ${element.textContent.slice(0, 40)}: ` +
        `${Math.round(box.left)}..${Math.round(box.right)}`);
    }
  }
  if (document.scrollingElement.scrollWidth > innerWidth) { found.push('the page scrolls sideways'); }
  return found.slice(0, 10);
}"""
"""Elements that do not lie within the window; but those that scroll in a container of their own."""


TOO_SMALL = """(least) => Array.from(document.querySelectorAll('button, select, input, summary, nav a'))
  .filter((one) => one.checkVisibility()).map((one) => {
  const box = one.getBoundingClientRect();
  return [box, `${one.tagName} ${one.id} ${one.textContent.trim().slice(0, 20)}: ` +
    `${Math.round(box.width)} x ${Math.round(box.height)}`];
}).filter(([box]) => box.height > 0 && Math.min(box.height, box.width) < least).map(([_, said]) => said).slice(0, 10)"""
"""What is pointed at and is narrower or lower than so many pixels."""

FIRST_PICTURE = "scrollY + document.querySelector('.chart').getBoundingClientRect().top"
"""How far below the upper edge of the page the first picture begins."""


class Opened:
    """A report in a page of the browser; ``wrong`` collects errors, requests and dialogs."""

    def __init__(self, page: Any, path: Path) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", self._asked)
        page.on("request", lambda request: self._requested(request.url, path.as_uri()))
        page.goto(path.as_uri())
        self.drawn()

    def drawn(self) -> None:
        """Wait until every chart that can be seen is drawn."""
        self.page.wait_for_selector("html[data-ready]", state="attached", timeout=120_000)
        for _ in range(DRAWN_WITHIN):
            if not self.page.evaluate(UNDRAWN):
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("charts that can be seen are not drawn")

    def unroll(self) -> None:
        """Show all tabs one after the other, as without scripts, their charts drawn."""
        for tab in self.page.locator(".tabs a").all():
            tab.click()
            while tab.get_attribute("aria-selected") != "true":
                self.page.wait_for_timeout(20)
            self.drawn()
        self.page.evaluate("document.querySelectorAll('.panel').forEach((panel) => { panel.hidden = false; })")
        # The Tab key goes on from the beginning again.
        self.page.evaluate(
            "document.body.tabIndex = -1; document.body.focus(); document.body.removeAttribute('tabindex')"
        )
        self.page.evaluate("scrollTo(0, 0)")

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text}")

    def _asked(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _requested(self, url: str, own: str) -> None:
        # What stands in the page itself, or is made there to be saved, is no request to anywhere.
        if url.partition("#")[0] != own and not url.startswith(("data:", "blob:")):
            self.wrong.append(f"request: {url[:200]}")

    def too_wide(self) -> list[str]:
        """Give what does not lie within the window, once whatever moves to its place has come there."""
        for _ in range(SETTLES_WITHIN):
            found: list[str] = self.page.evaluate(TOO_WIDE)
            if not found:
                break
            self.page.wait_for_timeout(100)
        return found

    def too_small(self, least: int) -> list[str]:
        """Give what a finger could miss: all that is pointed at and has less than so many pixels."""
        found: list[str] = self.page.evaluate(TOO_SMALL, least)
        return found

    def drawing(self, chart: str) -> str:
        """Give what is drawn of a chart, as SVG."""
        return str(self.page.locator(f"#chart-{chart}").inner_html())


@contextmanager
def opened(
    chromium: Any, path: Path, width: str = "desk", scheme: str = "light", tabbed: bool = False
) -> Iterator[Opened]:
    """Open a report at one of ``WIDTHS``, in light or dark colours: all tabs unrolled, unless it stays ``tabbed``."""
    wide, high = WIDTHS[width]
    context = chromium.new_context(viewport={"width": wide, "height": high}, color_scheme=scheme)
    try:
        found = Opened(context.new_page(), path)
        if not tabbed and found.page.locator(".tabs").count():
            found.unroll()
        yield found
    finally:
        context.close()
