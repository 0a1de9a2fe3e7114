#!/usr/bin/env bash
# kndb's engine on a GPU beside PyTorch, in two parts: one on a machine with cargo, one on a machine with a GPU.
#
#     bench/gpu/run.sh prepare [LIBTORCH]   # here: builds bench/gpu/ready/attribution (20 MB), all that has to be carried beside the repository
#     bench/gpu/run.sh measure [OPTIONS]    # there: at most 8 minutes; prints the tables of docs/performance.md, also into $OUT/tables.md
#     KNDB_GPU_DEVICE=cpu bench/gpu/run.sh measure --small   # the same on libtorch's CPU, layers and facts cut down to minutes
#
# LIBTORCH has PyTorch 2.11's `include` and `lib`; where none is given, the Python's own if it has that PyTorch (KNDB_PYTHON, else python3),
# or what engine/libtorch.sh makes in target/libtorch. "There" needs a Python with PyTorch 2.11 (CUDA 13), transformers, safetensors and
# tokenizers, and glibc 2.35; `measure --help` says what can be chosen. On a machine that is lent with a copy of the repository:
#     command: bench/gpu/run.sh measure; carried beside the repository: bench/gpu/ready
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
ready=$here/ready

python=${KNDB_PYTHON:-python3}

prepare() {
    local libtorch=${1:-}
    if [ -z "$libtorch" ]; then
        libtorch=$("$python" -c 'import os, torch; assert torch.__version__.startswith("2.11."); print(os.path.dirname(torch.__file__))' 2>/dev/null) ||
            libtorch=$root/target/libtorch
    fi
    if [ ! -e "$libtorch/lib/libtorch_cpu.so" ]; then "$root/engine/libtorch.sh" "$libtorch"; fi
    libtorch=$(cd "$libtorch" && pwd)
    (cd "$root" && LIBTORCH=$libtorch LIBTORCH_BYPASS_VERSION_CHECK=1 cargo build --release -p kndb-bench --features tch --bin attribution)
    mkdir -p "$ready"
    cp "${CARGO_TARGET_DIR:-$root/target}/release/attribution" "$ready/attribution"
    strip "$ready/attribution"
    ls -l "$ready"
}

measure() {
    [ -x "$ready/attribution" ] || { echo "$ready/attribution is not there: \`bench/gpu/run.sh prepare\` makes it, on a machine with cargo" >&2; exit 2; }
    local torch
    # The libraries of the Python's own PyTorch, which find NVIDIA's beside them.
    torch=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')
    LD_LIBRARY_PATH=$torch${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
        "$python" -u "$here/measure.py" --binary "$ready/attribution" "$@"
}

case ${1:-} in
    prepare) shift; prepare "$@" ;;
    measure) shift; measure "$@" ;;
    *) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
