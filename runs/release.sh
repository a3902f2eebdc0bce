#!/usr/bin/env bash
# The released models, from an empty disk: what models/README.md reports was made by these lines, one command a step.
# Each step goes on where it was stopped, even by kill -9; run the same line again.
#
#   runs/release.sh [FOLDER]        default: data
#
# The first step is runs/data-laptop.sh. The rest takes about three hours of 2 cores.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-data}

# 1. The corpus.
[ -f "$data/corpus/manifest.json" ] || runs/data-laptop.sh "$data"

# 2. Task sets in normal form.
./ozma data disassembly "$data/corpus" -o "$data/disassembly" --pairs 2
./ozma data pretraining "$data/corpus" -o "$data/pretraining" --limit 16000
./ozma data emulation "$data/corpus" -o "$data/emulation" --limit 8000
./ozma data labels "$data/corpus" -o "$data/labels" --limit 1600 --largest 300 --rounds 2 --search 40 --broadcast 60
./ozma data tuning "$data/corpus" --labels "$data/labels" -o "$data/tuning"

# 3. A vocabulary of 2,048 from every twelfth pair.
./ozma data query --data "$data" "COPY (SELECT prompt, completion FROM disassembly
  WHERE split = 'train' AND characters < 6000 AND hash(id) % 12 = 0) TO '$data/tokenizer.parquet' (FORMAT parquet)"
./ozma train tokenizer "$data/tokenizer.parquet" --columns prompt,completion --vocabulary 2048 -o "$data/tokenizer"
