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

# 2. A vocabulary learned from its training packages. 2,048 tokens are enough where each digit is one. 1 minute.
[ -e "$trained/tokenizer/tokenizer.json" ] ||
  ./ozma train tokenizer "$data/pretraining" --columns completion --vocabulary 2048 -o "$trained/tokenizer"

# 3. 4 layers, 256 wide: 3.7 million parameters.
./ozma train pretrain "$data/pretraining" --depth 4 --tokenizer "$trained/tokenizer" --minutes "$minutes" \
  --batch-tokens 4096 -o "$trained/pretrain"

# 4. Bits per byte on held-out packages, beside a 5-gram model of the same tokens, xz and gzip. 2 minutes.
npm run -s bench:build
node dist-bench/yardsticks.js "$trained/pretrain"
