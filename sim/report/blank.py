"""What stands in the place of a picture where a run has nothing to draw: a title and the reason."""

from typing import TYPE_CHECKING

from sim.report.looks import finish

if TYPE_CHECKING:
    import plotly.graph_objects as go


def blank(title: str, why: str) -> "go.Figure":
    """Return a figure without axes and marks that says why nothing is drawn; texts are escaped already."""
    import plotly.graph_objects as go

    figure = finish(go.Figure(), 160, title)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    figure.add_annotation(text=why, x=0, y=0.6, xref="paper", yref="paper", xanchor="left", showarrow=False)
    return figure
