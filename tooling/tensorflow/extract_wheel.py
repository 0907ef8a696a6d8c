"""Takes the two libraries and the C headers out of a TensorFlow wheel; the whole of it would be 1.4 GB in 20,000 files.

python3 extract_wheel.py <wheel> <directory>    fills <directory>/lib and <directory>/include
"""

import os
import shutil
import sys
import zipfile

INCLUDE = "tensorflow/include/"
# What the addon's C headers include, in the layouts of several TensorFlow versions.
HEADERS = tuple(INCLUDE + part for part in ("tensorflow/c/", "tensorflow/core/platform/", "tensorflow/tsl/", "tsl/", "xla/tsl/"))
LIBRARIES = {
    "libtensorflow_cc.so.2": "libtensorflow.so",
    "libtensorflow_framework.so.2": "libtensorflow_framework.so",
}


def target_of(name):
    """Where a file of the wheel goes, or None if it is not needed."""
    directory, base = os.path.split(name)
    if directory == "tensorflow" and base in LIBRARIES:
        return os.path.join("lib", base)
    if name.startswith(HEADERS) and base:
        return os.path.join("include", name[len(INCLUDE) :])
    return None


def extract(wheel_path, directory):
    with zipfile.ZipFile(wheel_path) as wheel:
        for name in wheel.namelist():
            if target := target_of(name):
                path = os.path.join(directory, target)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with wheel.open(name) as source, open(path, "wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)
    for library, link_name in LIBRARIES.items():
        os.stat(os.path.join(directory, "lib", library))  # fails, naming the file, if the wheel has none
        os.symlink(library, os.path.join(directory, "lib", link_name))
    os.stat(os.path.join(directory, "include", "tensorflow", "c", "eager", "c_api.h"))


if __name__ == "__main__":
    extract(sys.argv[1], sys.argv[2])
