"""Fixtures on disk, as safetensors: 8 bytes of header length, a JSON header, the tensors one after the other."""

import json
import struct

import numpy as np

DTYPES = {"F32": np.dtype("<f4"), "I32": np.dtype("<i4")}


def write(path, arrays, metadata):
    """Writes arrays (float32 or int32) sorted by name, which is also their order in the file."""
    header, end = {"__metadata__": metadata}, 0
    for name in sorted(arrays):
        begin, end = end, end + arrays[name].nbytes
        dtype = next(code for code, kind in DTYPES.items() if kind == arrays[name].dtype)
        header[name] = {"dtype": dtype, "shape": list(arrays[name].shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(arrays[name].tobytes() for name in sorted(arrays)))


def read(path):
    """The arrays and the metadata of a file that `write` made."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    metadata = header.pop("__metadata__")
    return {
        name: np.frombuffer(data[start:][slice(*info["data_offsets"])], DTYPES[info["dtype"]]).reshape(info["shape"])
        for name, info in header.items()
    }, metadata
