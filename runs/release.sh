#!/usr/bin/env bash
# The released models, from an empty disk: what models/README.md reports was made by these lines, one command a step.
# Each step goes on where it was stopped, even by kill -9; run the same line again.
#
#   runs/release.sh [FOLDER]        default: data
#
# The first step is runs/data-laptop.sh as far as the corpus. The rest takes about six hours of 2 cores (added up, never run in one go).
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-data}

# 1. The corpus.
[ -f "$data/corpus/manifest.json" ] || runs/data-laptop.sh "$data" corpus

# 2. Task sets in normal form.
./ozma data disassembly "$data/corpus" -o "$data/disassembly" --pairs 2
./ozma data pretraining "$data/corpus" -o "$data/pretraining" --limit 16000
./ozma data emulation "$data/corpus" -o "$data/emulation" --limit 12000 --characters 4096
./ozma data emulation "$data/corpus" -o "$data/short/emulation" --characters 1500 --lists 3
./ozma data labels "$data/corpus" -o "$data/labels" --limit 3000 --largest 300 --rounds 1 --search 40 --broadcast 24
./ozma data tuning "$data/corpus" --labels "$data/labels" --codegen both -o "$data/tuning"

#    (The released model's lists for both levels were tried in another order, docs/labels.md: a model trained anew will answer others.)
#    What stages train on mostly: short rows, from which copying is learnt; of tuning the rows with a list that beats -Oz, the
#    optimised code in one of four, since most of an answer's tokens are code and only the list is wanted.
choose() { # NAME COLUMNS FROM WHERE [SETS]
  for split in train validation; do
    ./ozma data query --data "${5:-$data}" "COPY (SELECT $2 FROM $3 WHERE split = '$split' AND $4 ORDER BY hash(id))
      TO '$data/$1-$split.parquet' (FORMAT parquet)"
  done
}
choose short-emulation 'prompt, completion' emulation true "$data/short"
choose short-x86-64 'prompt, completion' disassembly "target = 'x86-64' AND characters < 1000"
choose short-aarch64 'prompt, completion' disassembly "target = 'aarch64' AND characters < 1000"
choose medium 'prompt, completion' disassembly "characters BETWEEN 1000 AND 3000"
choose lists "prompt, CASE WHEN hash(id) % 4 = 0 THEN completion
  ELSE split_part(completion, chr(10) || chr(10) || '<code>', 1) END AS completion" tuning "pipeline <> 'default<Oz>'"
part() { # NAME SHARE
  echo "{ \"path\": \"$data/$1-train.parquet\", \"validation\": \"$data/$1-validation.parquet\", \"share\": $2 }"
}

# 3. A vocabulary of 2,048 from every twelfth pair.
./ozma data query --data "$data" "COPY (SELECT prompt, completion FROM disassembly
  WHERE split = 'train' AND characters < 6000 AND hash(id) % 12 = 0) TO '$data/tokenizer.parquet' (FORMAT parquet)"
./ozma train tokenizer "$data/tokenizer.parquet" --columns prompt,completion --vocabulary 2048 -o "$data/tokenizer"

# 4. Four stages of a network of 2.16 million parameters. The stages' order is the paper's but for the last two: labels were done
#    last. Minutes are of 2 cores that were shared with other work; --tokens would be exact.
mkdir -p "$data/trained"
cat > "$data/pretrain.json" <<JSON
{ "output": "$data/trained/pretrain", "data": [{ "path": "$data/pretraining" }],
  "tokenizer": "$data/tokenizer", "depth": 4,
  "network": { "width": 192, "heads": 6, "keyValueHeads": 6, "headSize": 32, "feedForwardWidth": 512 },
  "context": 1024, "batchTokens": 4096, "learningRate": 0.003, "tokens": 6987776 }
JSON
./ozma train pretrain --config "$data/pretrain.json"

cat > "$data/emulate.json" <<JSON
{ "output": "$data/trained/emulate", "from": "$data/trained/pretrain",
  "data": [{ "path": "$data/emulation" }], "earlier": [{ "path": "$data/pretraining" }],
  "context": 1024, "batchTokens": 4096, "learningRate": 0.0015, "tokens": 1032192 }
JSON
./ozma train emulate --config "$data/emulate.json"

#    Emulation again, mostly of short functions, in a longer context, twice: this is ozma-base.
cat > "$data/emulate-short.json" <<JSON
{ "output": "$data/trained/emulate-short", "from": "$data/trained/emulate",
  "data": [$(part short-emulation 3), { "path": "$data/emulation" }],
  "earlier": [{ "path": "$data/pretraining" }], "earlierShare": 0.1,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.002, "tokens": 3500032 }
JSON
./ozma train emulate --config "$data/emulate-short.json"
cat > "$data/base.json" <<JSON
{ "output": "$data/trained/base", "from": "$data/trained/emulate-short",
  "data": [$(part short-emulation 4), { "path": "$data/emulation" }],
  "earlier": [{ "path": "$data/pretraining" }], "earlierShare": 0.1,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.0015, "tokens": 4503552 }
JSON
./ozma train emulate --config "$data/base.json"

#    Disassembly: first pairs of every length, then mostly short ones, which is where copying was learned.
cat > "$data/disassemble-all.json" <<JSON
{ "output": "$data/trained/disassemble-all", "from": "$data/trained/emulate",
  "data": [{ "path": "$data/disassembly" }], "earlier": [{ "path": "$data/pretraining" }, { "path": "$data/emulation" }],
  "context": 1024, "batchTokens": 4096, "learningRate": 0.0025, "tokens": 2777088 }
JSON
./ozma train disassemble --config "$data/disassemble-all.json"
cat > "$data/disassemble.json" <<JSON
{ "output": "$data/trained/disassemble", "from": "$data/trained/disassemble-all",
  "data": [$(part short-x86-64 2), $(part short-aarch64 1), { "path": "$data/disassembly" }],
  "earlier": [{ "path": "$data/pretraining" }, { "path": "$data/emulation" }], "earlierShare": 0.1,
  "context": 1024, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.0025, "tokens": 11649024 }
JSON
./ozma train disassemble --config "$data/disassemble.json"

#    Flag tuning, together with what would be unlearnt otherwise; then the same at greater length: this is ozma-ftd.
cat > "$data/together.json" <<JSON
{ "output": "$data/trained/together", "from": "$data/trained/disassemble",
  "data": [$(part lists 4), $(part short-x86-64 2), $(part short-aarch64 1.5), { "path": "$data/disassembly", "share": 0.5 }],
  "earlier": [$(part short-emulation 2), { "path": "$data/pretraining" }], "earlierShare": 0.15,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.001, "tokens": 3000320 }
JSON
./ozma train tune --config "$data/together.json"
cat > "$data/ftd.json" <<JSON
{ "output": "$data/trained/ftd", "from": "$data/trained/together",
  "data": [$(part short-x86-64 3), $(part short-aarch64 2.5), $(part medium 3), $(part lists 2)],
  "earlier": [$(part short-emulation 1), { "path": "$data/pretraining" }], "earlierShare": 0.1,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.0015, "tokens": 9523200 }
JSON
./ozma train tune --config "$data/ftd.json"

# 5. The released files.
./ozma export --from "$data/trained/base/model.gguf" --to gguf -o models/ozma-base.gguf
./ozma export --from "$data/trained/ftd/model.gguf" --to gguf -o models/ozma-ftd.gguf

# 6. What they reach on held-out packages: figures, page and the tables of both READMEs. PROGRAMS names the files of HumanEval and
#    HumanEval-X; without it that evaluation is left out.
./ozma evaluate all --data "$data" -o "$data/results" --seed 1 \
  --limit tune=100,disassemble=120,emulate=80,perplexity=100,code=20 \
  --candidates tune=16,disassemble=8 --tokens tune=128,disassemble=512,emulate=768,code=256 \
  ${PROGRAMS:+--programs "$PROGRAMS"} \
  --logs "$data/trained/pretrain/log.jsonl,$data/trained/base/log.jsonl,$data/trained/disassemble/log.jsonl,$data/trained/ftd/log.jsonl" \
  --page docs/results/released-models.html --markdown README.md,models/README.md
