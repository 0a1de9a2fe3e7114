#!/usr/bin/env bash
# Makes the folder that `--features tch` builds against, from PyTorch's own packages on PyPI (x86-64 Linux, CPU and CUDA).
#
#     engine/libtorch.sh FOLDER
#     LIBTORCH=FOLDER cargo build --release --features tch
#     LD_LIBRARY_PATH=FOLDER/lib target/release/kndb attribute … --device torch
#
# burn-tch 0.22.1 is made for libtorch 2.9 and works unchanged with 2.11. Only the CPU libraries are taken (544 MB to
# download); two stubs stand for the CUDA ones, so that the command links without 4 GB of CUDA. To run on a CUDA GPU, put
# the `torch/lib` of a full `pip install torch==2.11.0` on LD_LIBRARY_PATH instead: it brings the real ones.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work" --python-version 3.11 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux_2_17_x86_64 \
    --platform manylinux2014_x86_64 torch==2.11.0 nvidia-cuda-cupti==13.0.85 nvidia-cuda-runtime==13.0.96
for wheel in "$work"/*.whl; do
    python3 -m zipfile -e "$wheel" "$work/all"
done
rm -rf "$folder/include" "$folder/lib"
mkdir -p "$folder/lib"
mv "$work/all/torch/include" "$folder/include"
for library in libtorch_cpu.so libc10.so libgomp.so.1; do
    if [ -e "$work/all/torch/lib/$library" ]; then mv "$work/all/torch/lib/$library" "$folder/lib/"; fi
done
find "$work/all/nvidia" \( -name 'libcudart.so.*' -o -name 'libcupti.so.*' \) -exec mv {} "$folder/lib/" \;
# The real libtorch.so only names the others, CUDA's among them.
echo 'void kndb_libtorch_stub(void) {}' | gcc -shared -fPIC -Wl,-soname,libtorch.so -x c - -o "$folder/lib/libtorch.so"
cat >"$work/cuda.cpp" <<'CPP'
// The two symbols of the CUDA library that the binding names itself; never called on a CPU.
namespace at { namespace cuda {
void *getCurrentCUDABlasHandle() { return nullptr; }
int warp_size() { return 32; }
} }
CPP
g++ -shared -fPIC -Wl,-soname,libtorch_cuda.so "$work/cuda.cpp" -o "$folder/lib/libtorch_cuda.so"
echo "$folder is ready: LIBTORCH=$folder cargo build --release --features tch"
