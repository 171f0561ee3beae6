"""docs/bench.svg: what share of its limit each thing reaches, as bars with target marks."""

from html import escape
from pathlib import Path

from bench.report import Recorded
from bench.result import Figure, Result

FILE = Path(__file__).parents[1] / "docs" / "bench.svg"
GROUPS = {
    "api": "One API process, of bare FastAPI and asyncpg",
    "gateway": "Through nginx, of direct",
    "scale": "A million rows, of a small table",
    "jobs": "The job engine, of plain arq",
}
WIDTH, LEFT, RIGHT, BAR, ROW, HEAD = 760, 250, 60, 14, 26, 34
TOP = 56

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .head { font-weight: 600; } .small { fill: #59636e; font-size: 12px; }
  .title { font-size: 16px; font-weight: 600; }
  .bar { fill: #2f6feb; } .under { fill: #bc4c00; } .grid { stroke: #d1d9e0; }
  .mark { stroke: #1f2328; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .small { fill: #9198a1; } .grid { stroke: #3d444d; }
    .bar { fill: #4493f8; } .under { fill: #db6d28; } .mark { stroke: #f0f6fc; }
  }
"""


def write(recorded: Recorded) -> None:
    """Draw the shares of all recorded parts."""
    FILE.write_text(draw(_groups(recorded)))


def draw(groups: list[tuple[str, list[Figure]]]) -> str:
    """Return the chart as SVG."""
    figures = [figure for _, found in groups for figure in found]
    most = max([1.0, *(figure.value for figure in figures)])
    scale = (WIDTH - LEFT - RIGHT) / most
    body, y = [], TOP
    for title, found in groups:
        body.append(f'<text class="head" x="16" y="{y + 14}">{escape(title)}</text>')
        y += HEAD
        for figure in found:
            body += _bar(figure, y, scale)
            y += ROW
        y += 8
    lines = [_grid(share / 4, y, scale) for share in range(int(most * 4) + 1)]
    height = y + 28
    words = "; ".join(f"{title}: {_said(found)}" for title, found in groups)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}" role="img" aria-labelledby="title desc">',
        '<title id="title">Share of the limit that Taskbell reaches</title>',
        f'<desc id="desc">{escape(words)}</desc>',
        f"<style>{STYLE}</style>",
        '<text class="title" x="16" y="26">Share of the limit, measured in the same run</text>',
        '<text class="small" x="16" y="44">by rate, or by CPU time where that is lower and the'
        " limit waits; marks are targets</text>",
        *lines,
        *body,
        "</svg>\n",
    ])  # fmt: skip


def _groups(recorded: Recorded) -> list[tuple[str, list[Figure]]]:
    groups = []
    for part, title in GROUPS.items():
        if part in recorded:
            figures = Result.parse(recorded[part]["result"]).figures
            groups.append((title, [figure for figure in figures if figure.share]))
    return groups


def _bar(figure: Figure, y: int, scale: float) -> list[str]:
    length = figure.value * scale
    kind = "bar" if figure.met else "under"
    parts = [
        f'<text x="{LEFT - 10}" y="{y + 11}" text-anchor="end">{escape(figure.name)}</text>',
        f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="2"/>',
    ]
    end = length
    if figure.at_least is not None:
        x = LEFT + figure.at_least * scale
        parts.append(
            f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 3}" y2="{y + BAR + 3}"/>'
        )
        # beside the mark too, where the bar ends just before it
        if length <= figure.at_least * scale < length + 40:
            end = figure.at_least * scale
    parts.append(f'<text x="{LEFT + end + 6:.1f}" y="{y + 12}">{figure.value:.2f}</text>')
    return parts


def _grid(share: float, bottom: int, scale: float) -> str:
    x = LEFT + share * scale
    return (
        f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom}"/>'
        f'<text class="small" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{share:g}</text>'
    )


def _said(figures: list[Figure]) -> str:
    return ", ".join(
        f"{figure.name} {figure.value:.2f}"
        + ("" if figure.at_least is None else f" (target {figure.at_least:.2f})")
        for figure in figures
    )
