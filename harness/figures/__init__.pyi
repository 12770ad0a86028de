from .embedding import point_cloud as point_cloud
from .figure_data import (
    FigureData as FigureData,
    NotApplicable as NotApplicable,
    Surface as Surface,
    answers as answers,
    as_grey as as_grey,
    first_output as first_output,
    images_of as images_of,
    names_of as names_of,
)
from .figure_registry import draw as draw
from .input_plane import Plane as Plane, plane as plane
from .kernels import first_kernel as first_kernel, named_weights as named_weights
