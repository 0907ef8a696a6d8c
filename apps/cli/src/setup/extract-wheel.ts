/**
 * A Python program that takes out of a wheel what the addon is compiled and linked with: TensorFlow's two libraries and
 * its C headers (all of it would be 1.4 GB in 20,000 files), or the libraries of a part of CUDA.
 *
 *     python3 -c <program> <wheel> <folder>    fills lib, include and cuda in the folder; prints the wheel's needs for CUDA
 */
export const extractWheel = `
import os, re, shutil, sys, zipfile

INCLUDE = "tensorflow/include/"
HEADERS = tuple(INCLUDE + part for part in ("tensorflow/c/", "tensorflow/core/platform/", "tensorflow/tsl/", "tsl/", "xla/tsl/"))
LIBRARIES = {"libtensorflow_cc.so.2": "libtensorflow.so", "libtensorflow_framework.so.2": "libtensorflow_framework.so"}

def target_of(name):
    parts = name.split("/")
    if parts[0] == "tensorflow" and len(parts) == 2 and parts[1] in LIBRARIES:
        return os.path.join("lib", parts[1])
    if name.startswith(HEADERS) and parts[-1]:
        return os.path.join("include", name[len(INCLUDE):])
    if parts[0] == "nvidia" and len(parts) == 4 and parts[2] == "lib" and ".so" in parts[3]:
        return os.path.join("cuda", parts[1], parts[3])

wheel_path, folder = sys.argv[1:]
with zipfile.ZipFile(wheel_path) as wheel:
    names = wheel.namelist()
    for name in names:
        target = target_of(name)
        if target:
            path = os.path.join(folder, target)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with wheel.open(name) as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
    metadata = wheel.read(next(name for name in names if name.endswith(".dist-info/METADATA"))).decode()
for library, link in LIBRARIES.items():
    os.stat(os.path.join(folder, "lib", library))
    if not os.path.lexists(os.path.join(folder, "lib", link)):
        os.symlink(library, os.path.join(folder, "lib", link))
os.stat(os.path.join(folder, "include", "tensorflow", "c", "eager", "c_api.h"))
for need, condition in re.findall(r"^Requires-Dist: ([^;\\n]+);(.*)$", metadata, re.M):
    if "and-cuda" in condition and need.startswith("nvidia"):
        print(re.sub(r"[ ()]", "", need))
`;
