"""The C library of a server keeps few heaps."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from asgi_project.serving.allocator import MAX_HEAPS

ALLOCATE_IN_THREADS = """
import ctypes, sys, tempfile, threading
from asgi_project.serving import allocator
if sys.argv[1] == "settled":
    allocator.settle()
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
barrier = threading.Barrier(16)
def allocate():
    barrier.wait()
    for _ in range(100):
        library.malloc(1000)
    barrier.wait()
threads = [threading.Thread(target=allocate) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(library.fopen(file.name.encode(), b"w"))
    library.malloc_info(0, stream)
    library.fclose(stream)
    print(file.read().count(b"<heap nr="))
"""


def heaps_of(state: str) -> int:
    command = [sys.executable, "-c", ALLOCATE_IN_THREADS, state]
    return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries need nothing")
def test_threads_of_a_server_share_two_heaps():
    assert heaps_of("untouched") > MAX_HEAPS
    assert heaps_of("settled") <= MAX_HEAPS
