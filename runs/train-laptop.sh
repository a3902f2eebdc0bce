#!/usr/bin/env bash
# From a corpus to a small trained model and what its loss is worth, on one laptop: one command a step. Each step
# goes on where it was stopped, even by kill -9; run the same line again. Minutes are for 2 cores with nothing else
# to do.
#
#   runs/train-laptop.sh [DATA] [FOLDER] [MINUTES]        default: data trained 20
#
# DATA/corpus is what runs/data-laptop.sh makes. The model and everything about it come into FOLDER.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-data}
trained=${2:-trained}
minutes=${3:-20}

# 1. 16,000 functions as IR before and after passes and as assembly. 3 minutes.
./ozma data pretraining "$data/corpus" -o "$data/pretraining" --limit 16000

# 2. A vocabulary learned from the training packages. 2,048 tokens are enough where each digit is one. 1 minute.
[ -e "$trained/tokenizer/tokenizer.json" ] ||
  ./ozma train tokenizer "$data/pretraining" --columns completion --vocabulary 2048 -o "$trained/tokenizer"

# 3. 4 layers of width 192: 2.2 million parameters, and as many steps as the minutes allow (docs/training.md).
cat >"$trained/pretrain.json" <<END
{
  "output": "$trained/pretrain",
  "data": [{ "path": "$data/pretraining" }],
  "tokenizer": "$trained/tokenizer",
  "depth": 4,
  "network": { "width": 192, "heads": 6, "keyValueHeads": 6, "headSize": 32 },
  "context": 1024,
  "batchTokens": 4096,
  "learningRate": 0.003,
  "validations": 10,
  "minutes": $minutes
}
END
./ozma train pretrain --config "$trained/pretrain.json"

# 4. Bits per byte on held-out packages, beside a 5-gram model of the same tokens, xz and gzip. 3 minutes.
npm run -s bench:build
node dist-bench/yardsticks.js "$trained/pretrain"
