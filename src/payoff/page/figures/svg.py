"""Figures as HTML that needs no other file, and as files: the drawing, its caption and its numbers."""

import copy
import io
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
from markupsafe import Markup

from payoff.files.whole import appearing_whole
from payoff.page.figures.looks import FAINT, INK, model_colors
from payoff.page.figures.page_figure import RUNS, STYLE, PageFigure, Point
from payoff.page.words.sentences import unbroken

# Colours become custom properties, so that one drawing serves the light page, the dark page and print.
PROPERTIES = {INK: "--ink", FAINT: "--hairline"} | {
    light: f"--{model.replace('_', '-')}" for model, (light, _) in model_colors().items()
}
DOTS_PER_INCH = 200
MANY_RUNS = 1000  # from this many on, each run is a dot, whatever its device, and positions have one decimal
HEAVY = 100_000  # bytes; a drawing as large as this has no second version for phones: the reader scrolls it there
REACH = 9  # radius of the circle in which a reader can point at a point; it ends halfway to the next point

SVG, XLINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
ElementTree.register_namespace("", SVG[1:-1])
ElementTree.register_namespace("xlink", XLINK[1:-1])


def figure_html(
    figure: PageFigure, name: str, finding: str, alternative: str, table: Markup, folder: str | Path | None = None
) -> Markup:
    """A <figure>: the drawing, a caption that states the finding, and the numbers behind it, one click away.

    It is drawn twice, as wide as the page and as narrow as a phone; the style sheet shows one of them. name: unique on
    the page, a valid HTML id; alternative: what the drawing shows, for readers who cannot see it; folder: where the
    figure is also written as files, see `figure_files`.
    """
    drawing, notes = inline_svg(figure, name, alternative), _sentences(figure.notes)
    if figure.narrowed and len(drawing) < HEAVY:
        narrow = figure.narrowed()
        drawing += inline_svg(narrow, f"{name}-narrow", alternative, "narrow")
        notes = _notes_of_both(figure, narrow)
    if folder is not None:
        figure_files(figure, name, folder)
    return Markup(
        '<figure id="{name}"><div class="drawing" tabindex="0" role="region" aria-label="{alternative}">{drawing}</div>'
        "<figcaption><p>{finding}{notes}</p><details><summary>The numbers</summary>{table}</details></figcaption>"
        "</figure>"
    ).format(
        name=name,
        alternative=alternative,
        drawing=drawing,
        finding=unbroken(finding),
        notes=notes,
        table=table,
    )


def _notes_of_both(wide: PageFigure, narrow: PageFigure) -> str:
    """The notes below a figure that is drawn twice. The style sheet shows those of the drawing that it shows."""
    if wide.notes == narrow.notes:
        return _sentences(wide.notes)
    return Markup('<span class="wide">{}</span><span class="narrow">{}</span>').format(
        _sentences(wide.notes), _sentences(narrow.notes)
    )


def _sentences(notes: Sequence[str]) -> str:
    """The notes, each after a space."""
    return unbroken("".join(f" {note}" for note in notes))


def inline_svg(figure: PageFigure, name: str, alternative: str, kind: str = "wide") -> Markup:
    """The figure as an <svg> with real text: first the drawing, then the points. Its ids begin with `name`, so that ids
    are unique on a page with several figures."""
    svg = _labelled(_drawn(figure, name), alternative)
    svg.set("class", kind)
    for length in ("width", "height"):
        del svg.attrib[length]
    for element in svg.iter():
        if style := element.get("style"):
            element.set("style", _with_properties(style))
    return Markup(ElementTree.tostring(svg, encoding="unicode"))


def figure_files(figure: PageFigure, name: str, folder: str | Path) -> None:
    """Write <name>.svg and <name>.png into the folder: in light colours, on white, for slides."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    svg = _labelled(_drawn(figure, name), name.replace("-", " "))
    svg.insert(0, ElementTree.Element(f"{SVG}rect", {"width": "100%", "height": "100%", "fill": "#ffffff"}))
    with appearing_whole(folder / f"{name}.svg") as temporary:
        temporary.write_bytes(ElementTree.tostring(svg, encoding="utf-8", xml_declaration=True))
    with appearing_whole(folder / f"{name}.png") as temporary, matplotlib.rc_context(STYLE):
        how = {"compress_level": 3}  # by default it takes half as long again, for files that are a twelfth smaller
        figure.savefig(temporary, format="png", dpi=DOTS_PER_INCH, facecolor="#ffffff", pil_kwargs=how)


@lru_cache(maxsize=2)  # the wide drawing is wanted twice, for the page and for the file; the narrow one in between
def _drawn(figure: PageFigure, name: str) -> ElementTree.Element:
    """The <svg>, which nobody may change: a group with matplotlib's drawing, cut down to what it needs, and
    <g class="points">."""
    svg = ElementTree.fromstring(_as_svg(figure))
    for metadata in svg.findall(f"{SVG}metadata"):
        svg.remove(metadata)
    many = len(svg.findall(f".//{SVG}g[@id='{RUNS}']//{SVG}use")) > MANY_RUNS
    if many:
        shapes = {path.get("id", ""): path.get("d", "") for path in svg.iterfind(f".//{SVG}defs/{SVG}path")}
        for group in svg.findall(f".//{SVG}g[@id='{RUNS}']"):
            _as_dots(group, shapes)
    _share_styles(svg)
    _one_font(svg)
    _prefix_ids(svg, name)
    _round(svg, 1 if many else 2)
    drawing = ElementTree.Element(f"{SVG}g")
    drawing.extend(list(svg))
    for child in list(svg):
        svg.remove(child)
    svg.extend([drawing, _points(figure)])
    return svg


def _labelled(drawn: ElementTree.Element, alternative: str) -> ElementTree.Element:
    """A copy of the <svg> for readers who cannot see it: its first group is an image, described in words."""
    svg = copy.deepcopy(drawn)
    for element, role in ((svg[0], "img"), (svg, "group")):
        element.set("role", role)
        element.set("aria-label", alternative)
    return svg


def _as_svg(figure: PageFigure) -> bytes:
    """What matplotlib draws. Its layout is computed here, once, and kept for the PNG: as long as a figure has a layout
    engine, savefig draws everything twice."""
    buffer = io.BytesIO()
    if engine := figure.get_layout_engine():
        with matplotlib.rc_context(STYLE):
            engine.execute(figure)
    with matplotlib.rc_context(STYLE | {"figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)  # the one that the style names, which is none here
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _points(figure: PageFigure) -> ElementTree.Element:
    """The points with their texts, at the positions that the last drawing gave them."""
    group = ElementTree.Element(f"{SVG}g", {"class": "points", "fill": "none", "pointer-events": "all"})
    height = figure.get_figheight() * 72

    def position(point: Point, x: float, y: float) -> np.ndarray:
        across, up = point.transform.transform((x, y)) / figure.dpi * 72
        return np.array([across, height - up])

    def add(kind: str, text: str, **numbers: float) -> None:
        shape = ElementTree.SubElement(group, f"{SVG}{kind}", _numbers(**numbers))
        shape.set("class", "point")
        ElementTree.SubElement(shape, f"{SVG}title").text = text

    texts: dict[tuple[float, float], list[str]] = {}  # of the circles, by their centres
    for point in figure.points:
        at = position(point, point.x, point.y)
        if point.corner is None:
            across, down = at.round(1).tolist()
            texts.setdefault((across, down), []).append(point.text)
        else:
            other = position(point, *point.corner)
            (x, y), (across, down) = np.minimum(at, other), np.abs(at - other)
            add("rect", point.text, x=x, y=y, width=across, height=down)
    centres = np.array(list(texts))
    for centre, told in texts.items():
        apart = np.hypot(*(centres - centre).T)
        nearest = apart[apart > 0].min(initial=2 * REACH)
        add("circle", "\n".join(told), cx=centre[0], cy=centre[1], r=min(REACH, nearest / 2))
    return group


def _as_dots(group: ElementTree.Element, shapes: dict[str, str]) -> None:
    """Replace the elements of the runs, one each, by one path: a line of no length with round ends is a dot.

    shapes: id -> its path.
    """
    for parent in list(group.iter()):
        uses = parent.findall(f"{SVG}use")
        if not uses:
            continue
        shape = shapes[uses[0].get(f"{XLINK}href", "#")[1:]]
        size = 2 * max(abs(float(number)) for number in re.findall(r"-?\d+\.?\d*", shape))
        style = dict(part.split(": ", 1) for part in uses[0].get("style", "").split("; "))
        strength = style.get("fill-opacity", style.get("stroke-opacity", "1"))
        look = f"fill: none; stroke: {style['stroke']}; stroke-opacity: {strength}"
        steps, last = [], np.zeros(2)
        for point in np.array([[use.get("x"), use.get("y")] for use in uses]).astype(float).round(1):
            across, down = point - last
            steps.append(f"m{across:.1f} {down:.1f}h0")
            last = point
        dots = {"d": "".join(steps), "style": f"{look}; stroke-width: {size:.1f}; stroke-linecap: round"}
        for use in uses:
            parent.remove(use)
        ElementTree.SubElement(parent, f"{SVG}path", dots)


def _share_styles(svg: ElementTree.Element) -> None:
    """Where all markers of a group look the same, move their style to the group."""
    for parent in svg.iter():
        uses = parent.findall(f"{SVG}use")
        if len(uses) > 1 and len({use.get("style") for use in uses}) == 1:
            parent.set("style", uses[0].get("style", ""))
            for use in uses:
                del use.attrib["style"]


def _one_font(svg: ElementTree.Element) -> None:
    """Name the font once, for all text, and drop rotations by an angle of 0."""
    for text in svg.iter(f"{SVG}text"):
        text.set("style", re.sub(r"font-family: [^;]*; ", "", text.get("style", "")))
        if text.get("transform", "").startswith("rotate(-0 "):
            del text.attrib["transform"]
    svg.set("font-family", "'DejaVu Sans', sans-serif")


def _prefix_ids(svg: ElementTree.Element, name: str) -> None:
    """Let each id begin with `name`, and drop those that nothing refers to."""
    used = {
        target
        for element in svg.iter()
        for value in element.attrib.values()
        for target in re.findall(r"^#(.+)|url\(#(.+?)\)", value)
        for target in target
        if target
    }
    for element in svg.iter():
        if (identity := element.get("id")) and identity not in used:
            del element.attrib["id"]
        elif identity:
            element.set("id", f"{name}-{identity}")
        for key, value in element.attrib.items():
            if key == f"{XLINK}href" and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))


def _round(svg: ElementTree.Element, digits: int) -> None:
    """Round all coordinates to so many decimals, which are enough on any screen."""
    for element in svg.iter():
        if element.tag == f"{SVG}image":  # rounding would stretch its pixels
            continue
        for key in {"d", "x", "y", "transform"} & set(element.attrib):
            value = re.sub(r"-?\d+\.\d+", lambda number: _short(float(number[0]), digits), element.attrib[key])
            element.set(key, re.sub(r"\s+(?=[A-Za-z]|$)|(?<=[A-Za-z])\s+", "", value) if key == "d" else value)


def _numbers(**attributes: float) -> dict[str, str]:
    return {key: _short(float(value), 2) for key, value in attributes.items()}


def _short(number: float, digits: int) -> str:
    text = f"{number:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _with_properties(style: str) -> str:
    for color, custom_property in PROPERTIES.items():
        style = style.replace(color, f"var({custom_property})")
    return style
