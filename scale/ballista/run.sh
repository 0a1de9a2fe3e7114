#!/usr/bin/env bash
# Six questions to kndb, and to its export in Parquet by DataFusion, Ballista (a scheduler and two executors on loopback), DuckDB and chdb:
# equal answers, or an error; times as tables for docs/scale.md.
#
#   scale/ballista/run.sh [FOLDER [FACTS …]]     default: target/scale of this folder, 1280 2560 5120 10240
#
# Takes a quarter of an hour to build, and for 10,240 facts 2 GB of disk and some ten minutes. Nothing listens but on loopback.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/target/scale}; [ $# -gt 0 ] && shift
sizes=("${@:-}"); [ -n "${sizes[0]}" ] || sizes=(1280 2560 5120 10240)
rounds=${KNDB_ROUNDS:-5}
# Where the scheduler listens; the executors take the four after it.
port=${KNDB_PORT:-50150}

(cd "$here" && cargo build --release)
kndb_scale=${CARGO_TARGET_DIR:-$here/target}/release/kndb-scale
mkdir -p "$folder"
python=$folder/venv/bin/python
if [ ! -x "$python" ]; then
    python3 -m venv "$folder/venv"
    # The versions of bench/peers, so that figures of both stand beside each other.
    grep -E '^(duckdb|chdb|pyarrow)==' "$here/../../bench/peers/requirements.txt" | "$python" -m pip install --quiet --only-binary :all: -r /dev/stdin
fi

trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
"$kndb_scale" scheduler "$port" >"$folder/scheduler.log" 2>&1 &
for n in 1 3; do
    # A core each: together what the others have.
    "$kndb_scale" executor $((port + n)) "$port" $(( ($(nproc) + 1) / 2 )) >"$folder/executor-$n.log" 2>&1 &
done

for facts in "${sizes[@]}"; do
    at=$folder/$facts
    rm -rf "$at"; mkdir "$at"
    "$kndb_scale" make "$facts" "$at/store" "$at/export" >"$at/made.json"
    "$kndb_scale" ask "$facts" "$at/store" "$at/export" "$port" "$rounds" >"$at/asked.jsonl"
    "$python" "$here/peers.py" ask "$at" "$rounds" >"$at/peers.jsonl"
done
"$python" "$here/peers.py" table "$folder" "${sizes[@]}"
