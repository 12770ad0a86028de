"""A real S3 server on loopback: moto's, which loses all it has when it is killed."""

import os
import socket
import subprocess
import sys
import time
from functools import cache


class Server:
    """moto's S3 server, a process on a port of its own."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        files().mkdir("bucket")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@cache
def files():
    import s3fs

    return s3fs.S3FileSystem(use_listings_cache=False, skip_instance_cache=True, endpoint_url=os.environ["AWS_ENDPOINT_URL"])
