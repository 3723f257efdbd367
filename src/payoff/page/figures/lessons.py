"""The figure of the chapter on convolutions."""

import pandas as pd

from payoff.page.figures.axes import axis_label, legend_above
from payoff.page.figures.looks import INK
from payoff.page.figures.page_figure import PageFigure, mark, on_page


@on_page
def output_over_input_size(sizes: pd.DataFrame, *, width: float) -> PageFigure:
    """The side of a convolution's output over that of its input, with one line per stride.

    sizes: one row per stride and input_size, with its output_size.
    """
    figure = PageFigure(width, 3.4)
    axis = figure.subplots()
    for (stride, line), style in zip(sizes.groupby("stride"), ("-o", "--s", ":^", "-.D"), strict=False):
        axis.plot(line["input_size"], line["output_size"], style, color=INK, label=f"stride {stride}")
        for row in line.itertuples():
            text = f"Stride {stride}, input of {row.input_size} px\noutput of {row.output_size} px"
            mark(axis, row.input_size, row.output_size, text)
    for axle, quantity in ((axis.xaxis, "input_size"), (axis.yaxis, "output_size")):
        axle.get_major_locator().set_params(integer=True)
        axle.set_label_text(axis_label(quantity))
    axis.set_ylim(bottom=0)
    legend_above(figure, [axis])
    return figure
