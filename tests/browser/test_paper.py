"""The report of the tiny twin on paper: as Chromium prints it, no drawing is cut, and all of it is there."""

import io
import unicodedata

import pytest
from pypdf import PdfReader

A4 = {"format": "A4", "margin": dict.fromkeys(("top", "right", "bottom", "left"), "15mm")}
INSIDE = 680  # pixels of 1/96 inch between these margins
LEFT, RIGHT = 40, 554  # where they are, in points

# What reaches over the right edge; on paper nothing can be scrolled to.
TOO_WIDE = """() => [...document.querySelectorAll('body > *, table, figure, pre, section > *')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 120))"""

# Puts a word into two opposite corners of each drawing that is printed: where the words are on paper, the drawing is.
MARK = """() => [...document.querySelectorAll('figure svg')].filter(svg => svg.checkVisibility()).map((svg, place) => {
  const view = svg.viewBox.baseVal;
  for (const [word, x, y, anchor] of [['begin', view.x + 2, view.y + 2, 'start'],
      ['end', view.x + view.width - 2, view.y + view.height - 2, 'end']]) {
    const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    const set = (name, value) => text.setAttribute(name, value);
    set('x', x); set('y', y); set('text-anchor', anchor); set('font-size', 1);
    text.textContent = `${word}${place}q`;
    svg.append(text);
  }
  return svg.closest('figure').id;
})"""


def print_(page) -> PdfReader:
    return PdfReader(io.BytesIO(page.pdf(**A4)))


def placed_words(reader: PdfReader) -> list[tuple[int, str, float, float]]:
    """(page, words, x, y) of every piece of text, in points from the paper's lower left corner."""
    found = []
    for number, sheet in enumerate(reader.pages):

        def keep(text, matrix, text_matrix, *_, number=number):
            x, y = text_matrix[4], text_matrix[5]
            place = (matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5])
            found.append((number, "".join(text.split()), *place))

        sheet.extract_text(visitor_text=keep)
    return found


@pytest.fixture
def sheet(opened):
    """The page as it is laid out for paper, from a browser that is set to dark."""
    page = opened(color_scheme="dark", viewport={"width": INSIDE, "height": 1000})
    page.emulate_media(media="print", color_scheme="dark")
    return page


def test_paper_is_light(sheet):
    style = "getComputedStyle(document.documentElement).getPropertyValue"
    assert sheet.evaluate(f"{style}('--paper')") == "#ffffff"
    assert sheet.evaluate(f"{style}('--numpy-mlp')") == "#d55e00"


def test_nothing_is_wider_than_the_paper(sheet):
    cut = sheet.evaluate(TOO_WIDE)
    assert not cut, "\n".join(cut)


def test_every_drawing_is_whole_on_one_sheet(sheet):
    figures = sheet.evaluate(MARK)
    assert len(figures) > 10
    corners = {words: place for *place, words in ((n, x, y, words) for n, words, x, y in placed_words(print_(sheet)))}
    for place, figure in enumerate(figures):
        (begins_on, left, top), (ends_on, right, bottom) = (corners[f"{end}{place}q"] for end in ("begin", "end"))
        assert begins_on == ends_on, f"{figure} is cut by the edge of a sheet"
        assert top > bottom + 50, f"{figure} is flat"
        assert LEFT - 1 <= left < right <= RIGHT, f"{figure} is cut by the right edge"


def test_the_words_are_on_paper(sheet):
    """Headings, findings, and the axes of the drawings, as text that can be searched."""

    def letters(words: str) -> str:
        return "".join(unicodedata.normalize("NFKC", words).split())  # a ligature is its letters

    printed = "".join(letters(page.extract_text()) for page in print_(sheet).pages)
    pieces = sheet.locator("h1, h2, h3, figcaption > p, figure svg.wide text, dt").all_text_contents()
    assert len(pieces) > 50
    lost = [words for words in pieces if letters(words) not in printed]
    assert not lost, "\n".join(lost)
