from .drawing import draw as draw
from .embedding import point_cloud as point_cloud
from .figure_data import (
    FigureData as FigureData,
)
from .figure_data import (
    NotApplicable as NotApplicable,
)
from .figure_data import (
    Surface as Surface,
)
from .figure_data import (
    answers as answers,
)
from .figure_data import (
    first_output as first_output,
)
from .input_plane import Plane as Plane
from .input_plane import plane as plane
from .kernels import first_kernel as first_kernel
from .kernels import named_weights as named_weights
