"""A pivot as a picture: a field a variant, in the colour of its verdict."""

from markupsafe import Markup

from harness.report import svg
from harness.report.pivot import Pivot

CELL_WIDTH, CELL_HEIGHT, LETTER, TOP = 150, 44, 7.2, 48


def pivot_chart(pivot: Pivot, metric: str) -> Markup:
    """Return the pivot as SVG; metric: what its values are of."""
    left = 16 + LETTER * max(len(name) for name in (*(side for side, _ in pivot.rows), pivot.down))
    parts: list[Markup] = []
    if pivot.across:
        parts.append(svg.label(pivot.across.replace("_", " "), left + 4, 16, anchor="start", class_="name"))
    parts.append(svg.label(pivot.down.replace("_", " "), 4, TOP - 12, anchor="start", class_="name"))
    parts += [
        svg.label(head, left + CELL_WIDTH * (place + 0.5), TOP - 12, class_="tick") for place, head in enumerate(pivot.columns)
    ]
    for line, (side, cells) in enumerate(pivot.rows):
        y = TOP + line * CELL_HEIGHT
        parts.append(svg.label(side, left - 8, y + 27, anchor="end", class_="tick"))
        for place, cell in enumerate(cells):
            if cell is None:
                continue
            x = left + place * CELL_WIDTH
            box = svg.element("rect", x=x + 1, y=y + 1, width=CELL_WIDTH - 2, height=CELL_HEIGHT - 2, class_="field")
            texts = [svg.label(cell.value, x + CELL_WIDTH / 2, y + 20, class_="value")]
            texts.append(svg.label(cell.verdict or cell.variant, x + CELL_WIDTH / 2, y + 36, class_="tick"))
            parts.append(svg.element("g", [svg.title(cell.variant), box, *texts], class_=f"cell {cell.verdict}"))
    width, height = left + CELL_WIDTH * len(pivot.columns) + 8, TOP + CELL_HEIGHT * len(pivot.rows) + 8
    by = f"{pivot.down} and {pivot.across}" if pivot.across else pivot.down
    return svg.chart(parts, width=width, height=height, name=f"{metric} by {by.replace('_', ' ')}", class_="chart pivot-chart")
