"""The layout by which the Custom Scalars tab draws each curve's mean over seeds with its band."""

from collections.abc import Sequence

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2, metadata as layout_metadata
from tensorboard.util import tensor_util


def layout_summary(curves: Sequence[str]) -> Summary:
    """Return the layout by which the Custom Scalars tab draws each curve's mean with its band."""
    charts = [
        layout_pb2.Chart(
            title=curve.replace("_", " "),
            margin=layout_pb2.MarginChartContent(
                series=[
                    layout_pb2.MarginChartContent.Series(value=f"{curve}/mean", lower=f"{curve}/low", upper=f"{curve}/high")
                ]
            ),
        )
        for curve in curves
    ]
    layout = layout_pb2.Layout(category=[layout_pb2.Category(title="Mean over seeds, 95% interval", chart=charts)])
    tensor = tensor_util.make_tensor_proto(layout.SerializeToString(), dtype="string")
    tag, metadata = layout_metadata.CONFIG_SUMMARY_TAG, layout_metadata.create_summary_metadata()
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])
