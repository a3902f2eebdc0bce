#!/usr/bin/env bash
# The released models, from an empty disk, one command a step. models/README.md says which of these stages were trained on which data: the
# first ones on smaller corpora and sets, with the same settings. Each step goes on where it was stopped, even by kill -9; run the same
# line again.
#
#   runs/release.sh [FOLDER]        default: data
#
# The first step takes two and a quarter hours of 2 cores, the rest about nine and a half (added up, never run in one go).
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-data}

# 1. Corpus, labels and task sets.
[ -f "$data/tuning/manifest.json" ] || runs/data-laptop.sh "$data"

# 2. What stages train on mostly: short rows, from which copying is learnt; functions that rules do not lift exactly; lists of one pass;
#    of tuning the rows with a list that beats -Oz, those that save more several times, the optimised code in one of eight, since most
#    of an answer's tokens are code and only the list is wanted.
./ozma data disassembly "$data/corpus" -o "$data/hard" --beyond-rules --limit 40000 --characters 1000
./ozma data emulation "$data/corpus" -o "$data/single" --longest 1 --characters 1500 --limit 60000
choose() { # NAME COLUMNS FROM WHERE
  for split in train validation; do
    ./ozma data query --data "$data" "COPY (SELECT $2 FROM $3 WHERE split = '$split' AND $4 ORDER BY hash(id))
      TO '$data/$1-$split.parquet' (FORMAT parquet)"
  done
}
pair='prompt, completion'
choose short-emulation "$pair" emulation "characters < 1500"
choose medium-emulation "$pair" emulation "characters BETWEEN 1500 AND 3000"
choose single-emulation "$pair" single true
choose short-disassembly "$pair" disassembly "characters < 1000"
choose medium-disassembly "$pair" disassembly "characters BETWEEN 1000 AND 3000"
for target in x86-64 aarch64; do
  choose "short-$target" "$pair" disassembly "target = '$target' AND characters < 1000"
  choose "hard-$target" "$pair" hard "target = '$target'"
done
choose long-emulation "$pair" emulation "characters BETWEEN 3000 AND 7000"
choose long-disassembly "$pair" disassembly "characters BETWEEN 3000 AND 7000"
lists() { # NAME LEVEL TIMES BYTES: a row once more for each BYTES that its list saves, up to TIMES
  choose "$1-$2" "prompt, CASE WHEN hash(id) % 8 = 0 THEN completion
    ELSE split_part(completion, chr(10) || chr(10) || '<code>', 1) END AS completion" \
    "tuning, range(CASE WHEN split = 'train' THEN least($3, 1 + (bytes_oz - bytes_after) // $4) ELSE 1 END)" \
    "codegen = '$2' AND pipeline <> 'default<Oz>' AND bytes_after < bytes_oz"
}
lists lists Oz 4 16
lists lists O0 4 16
lists heavy Oz 8 12
lists heavy O0 16 24
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

#    Emulation again, mostly of short functions, in a longer context, four times; the last two, of the fourth and fifth release, are of longer ones too.
cat > "$data/emulate-short.json" <<JSON
{ "output": "$data/trained/emulate-short", "from": "$data/trained/emulate",
  "data": [$(part short-emulation 3), { "path": "$data/emulation" }],
  "earlier": [{ "path": "$data/pretraining" }], "earlierShare": 0.1,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.002, "tokens": 3500032 }
JSON
./ozma train emulate --config "$data/emulate-short.json"
cat > "$data/emulate-more.json" <<JSON
{ "output": "$data/trained/emulate-more", "from": "$data/trained/emulate-short",
  "data": [$(part short-emulation 4), { "path": "$data/emulation" }],
  "earlier": [{ "path": "$data/pretraining" }], "earlierShare": 0.1,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.0015, "tokens": 4503552 }
JSON
./ozma train emulate --config "$data/emulate-more.json"
cat > "$data/base.json" <<JSON
{ "output": "$data/trained/base", "from": "$data/trained/emulate-more",
  "data": [$(part short-emulation 4), $(part medium-emulation 4), $(part single-emulation 1.5)],
  "earlier": [{ "path": "$data/pretraining" }], "earlierShare": 0.07,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.002, "tokens": 13500416, "threads": 1 }
JSON
./ozma train emulate --config "$data/base.json"
cat > "$data/base-long.json" <<JSON
{ "output": "$data/trained/base-long", "from": "$data/trained/base",
  "data": [$(part short-emulation 3), $(part medium-emulation 4), $(part long-emulation 2), $(part single-emulation 1.5)],
  "earlier": [{ "path": "$data/pretraining" }], "earlierShare": 0.15,
  "context": 4096, "batchTokens": 4096, "graphTokens": 4096, "learningRate": 0.0015, "tokens": 20000768, "threads": 1 }
JSON
./ozma train emulate --config "$data/base-long.json"

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

#    Flag tuning, together with what would be unlearnt otherwise; then the same at greater length, three times.
cat > "$data/together.json" <<JSON
{ "output": "$data/trained/together", "from": "$data/trained/disassemble",
  "data": [$(part lists-Oz 4), $(part short-x86-64 2), $(part short-aarch64 1.5), { "path": "$data/disassembly", "share": 0.5 }],
  "earlier": [$(part short-emulation 2), { "path": "$data/pretraining" }], "earlierShare": 0.15,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.001, "tokens": 3000320 }
JSON
./ozma train tune --config "$data/together.json"
cat > "$data/longer.json" <<JSON
{ "output": "$data/trained/longer", "from": "$data/trained/together",
  "data": [$(part short-x86-64 3), $(part short-aarch64 2.5), $(part medium-disassembly 3), $(part lists-Oz 2)],
  "earlier": [$(part short-emulation 1), { "path": "$data/pretraining" }], "earlierShare": 0.1,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.0015, "tokens": 9523200 }
JSON
./ozma train tune --config "$data/longer.json"
cat > "$data/ftd.json" <<JSON
{ "output": "$data/trained/ftd", "from": "$data/trained/longer",
  "data": [$(part lists-Oz 2), $(part lists-O0 1.5), $(part hard-x86-64 1.5), $(part hard-aarch64 1.5),
    $(part short-disassembly 1.5), $(part medium-disassembly 1.5)],
  "earlier": [$(part short-emulation 1), { "path": "$data/pretraining" }], "earlierShare": 0.08,
  "context": 2048, "batchTokens": 2048, "graphTokens": 2048, "learningRate": 0.0015, "tokens": 13000704, "threads": 1 }
JSON
./ozma train tune --config "$data/ftd.json"
cat > "$data/ftd-long.json" <<JSON
{ "output": "$data/trained/ftd-long", "from": "$data/trained/ftd",
  "data": [$(part heavy-Oz 2), $(part heavy-O0 2), $(part hard-x86-64 1), $(part hard-aarch64 1),
    $(part short-disassembly 2), $(part medium-disassembly 2), $(part long-disassembly 0.5)],
  "earlier": [$(part short-emulation 1), { "path": "$data/pretraining" }], "earlierShare": 0.08,
  "context": 4096, "batchTokens": 4096, "graphTokens": 4096, "learningRate": 0.0015, "tokens": 20000768, "threads": 1 }
JSON
./ozma train tune --config "$data/ftd-long.json"

# 5. The released files: ozma-base and ozma-ftd.
./ozma export --from "$data/trained/base-long/model.gguf" --to gguf -o models/ozma-base.gguf
./ozma export --from "$data/trained/ftd-long/model.gguf" --to gguf -o models/ozma-ftd.gguf

# 6. What they reach on held-out packages: figures, page and the tables of both READMEs. PROGRAMS names the files of HumanEval and
#    HumanEval-X; without it that evaluation is left out.
./ozma evaluate all --data "$data" -o "$data/results" --seed 1 \
  --limit tune=100,disassemble=120,emulate=80,perplexity=100,code=20 \
  --candidates tune=16,disassemble=8 --tokens tune=128,disassemble=512,emulate=768,code=256 \
  ${PROGRAMS:+--programs "$PROGRAMS"} \
  --logs "$data/trained/pretrain/log.jsonl,$data/trained/base-long/log.jsonl,$data/trained/disassemble/log.jsonl,$data/trained/ftd-long/log.jsonl" \
  --page docs/results/released-models.html --markdown README.md,models/README.md
