from .mirrors import (
    finish_mirrors as finish_mirrors,
    keep_pulling as keep_pulling,
    local_path as local_path,
)
from .uploading import Held as Held, hold_study as hold_study
from .urls import is_url as is_url
