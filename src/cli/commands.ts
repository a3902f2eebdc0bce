// The table of commands: what each is called, takes and says of itself, and which file answers. Handlers
// are imported when they are run, so that `--help` loads none of them.

import {
  ccOptions,
  dataCollectOptions,
  dataCorpusOptions,
  dataDisassemblyOptions,
  dataEmulationOptions,
  dataExportOptions,
  dataLabelsOptions,
  dataLiftedOptions,
  dataPretrainingOptions,
  dataQueryOptions,
  dataTuningOptions,
  disassembleOptions,
  doctorOptions,
  emulateOptions,
  evaluateAllOptions,
  evaluateDisassembleOptions,
  evaluateReportOptions,
  evaluateTaskOptions,
  exportOptions,
  passesCheckOptions,
  passesListOptions,
  trainStageOptions,
  trainTokenizerOptions,
  tuneOptions,
} from './options.ts';
import { command } from './command-row.ts';
import type { CommandRow } from './command-row.ts';

/** What each stage of training is for, in the order in which they follow each other. */
const stageSummaries = {
  pretrain: 'learn to read and write IR and assembly: next token on plain text',
  emulate: 'learn what pass lists do: prompts with the code and sizes after them',
  tune: 'learn which pass list makes code smallest',
  disassemble: 'learn to turn assembly into IR',
} as const;

function stageCommand(stage: keyof typeof stageSummaries): CommandRow {
  const start = stage === 'pretrain' ? '--depth 4 --tokenizer tokenizer' : '--from runs/pretrain';
  return command(
    {
      name: `train ${stage}`,
      operands: '[data...]',
      operandsHelp: 'sets made by ozma data, .parquet or .jsonl files, or folders of .ll and .s files',
      afterDashes: 'flags of TRL',
      summary: stageSummaries[stage],
      description:
        'Trains on the data and writes checkpoints, a log, a loss curve and model.gguf into the output folder. ' +
        'The same command goes on from the newest checkpoint there. Ctrl-C stops with a checkpoint.',
      options: trainStageOptions,
      examples: [
        `ozma train ${stage} data/${stage} ${start} --minutes 20 -o runs/${stage}`,
        `ozma train ${stage} --config ${stage}.json`,
      ],
    },
    async (input) => (await import('./train-stage.ts')).trainStage(stage, input),
  );
}

const evaluationData = 'flags of clang, for a folder of sources';

export const commands: readonly CommandRow[] = [
  command(
    {
      name: 'tune',
      operands: '<source...>',
      operandsHelp: '.c, .cc, .cpp, .ll or .bc files, or a compile_commands.json',
      afterDashes: 'clang flags',
      summary: 'compile to fewer bytes than clang -Oz',
      description:
        'Searches for the pass list that makes each source smallest, by compiling and measuring. ' +
        'The result is never larger than what clang -Oz makes.',
      options: tuneOptions,
      examples: [
        'ozma tune deflate.c -o deflate.o',
        'ozma tune main.cpp --seconds 20 --json -- -std=c++20 -Iinclude',
      ],
    },
    async (input) => (await import('./tune.ts')).tune(input),
  ),
  command(
    {
      name: 'cc',
      operands: '[arguments...]',
      operandsHelp: 'the arguments of clang',
      summary: 'a drop-in CC: compiles like clang -Oz and tunes each file',
      description:
        'Takes the arguments of clang and is silent like it. Each file that it compiles is tuned; what was found ' +
        'is kept in the cache folder by the hash of the IR. A command line that compiles and links at once ' +
        '(cc a.c b.c -o program) goes to clang as it is. Settings come from the environment.',
      options: ccOptions,
      fromEnvironment: true,
      examples: ["make CC='ozma cc'", 'OZMA_COMPILES=20 ozma cc -c deflate.c -o deflate.o'],
    },
    async (input) => (await import('./cc.ts')).cc(input, 'clang'),
  ),
  command(
    {
      name: 'c++',
      operands: '[arguments...]',
      operandsHelp: 'the arguments of clang++',
      summary: 'the same for C++: a drop-in CXX',
      description: 'Like `ozma cc`, with clang++ in the place of clang.',
      options: ccOptions,
      fromEnvironment: true,
      examples: ["make CC='ozma cc' CXX='ozma c++'"],
    },
    async (input) => (await import('./cc.ts')).cc(input, 'clang++'),
  ),
  command(
    {
      name: 'disassemble',
      operands: '<file...>',
      operandsHelp: 'assembly as clang and gcc write it (.s), objects and linked files; x86-64 or AArch64',
      summary: 'assembly back to LLVM-IR, each function checked',
      description:
        'Lifts every function, compiles the result back and compares: exact means the same instructions, ' +
        'equivalent the same results on made-up inputs, recompiles only that it is valid. Exit code 1 when a ' +
        'function has no IR.',
      options: disassembleOptions,
      examples: [
        'ozma disassemble hash.s -o hash.ll',
        'ozma disassemble hash.s --function crc32 --json',
        'ozma disassemble --coverage build',
      ],
    },
    async (input) => (await import('./disassemble.ts')).disassemble(input),
  ),
  command(
    {
      name: 'emulate',
      operands: '<file>',
      operandsHelp: 'a .c, .cc, .cpp, .ll or .bc file',
      afterDashes: 'clang flags',
      summary: 'predict what a pass list makes of code, without running it',
      description:
        'A model predicts the code of each function after the pass list, its instruction count and its size. Predicted ' +
        'IR is shown to LLVM; with --check the compiler runs the list and the difference is printed. Exit code 1 when a ' +
        'function has no valid prediction, with --check when one is not exact.',
      options: emulateOptions,
      examples: [
        "ozma emulate hash.c -p 'function(sroa,instcombine<no-verify-fixpoint>)'",
        "ozma emulate hash.ll -p 'default<Oz>' --asm --check",
      ],
    },
    async (input) => (await import('./emulate.ts')).emulate(input),
  ),
  command(
    {
      name: 'passes list',
      isDefault: true,
      summary: 'the passes that candidates are made of',
      description: 'Prints each pass with its level, its parameters and whether it is trusted.',
      options: passesListOptions,
      examples: ['ozma passes list --all'],
    },
    async (input) => (await import('./passes.ts')).listPasses(input),
  ),
  command(
    {
      name: 'passes check',
      operands: '<pipeline...>',
      operandsHelp: "pass lists in LLVM's own notation",
      summary: 'run self-testing programs built with a pass list',
      description:
        'Builds the programs of the suite with each pass list and runs them. Exit code 1 when a list breaks one.',
      options: passesCheckOptions,
      examples: ["ozma passes check 'function(sroa,early-cse),globaldce'"],
    },
    async (input) => (await import('./passes.ts')).checkPasses(input),
  ),
  command(
    {
      name: 'data collect',
      operands: '[what...]',
      operandsHelp:
        'Debian source packages by name, folders of sources, compile_commands.json, C, C++, .ll or .bc files',
      summary: 'sources to unoptimised IR',
      description:
        'Fetches packages with apt, compiles their sources to unoptimised bitcode and writes one Parquet file a ' +
        'package, with what went wrong counted beside. Without operands it takes its own list of packages. The same ' +
        'command goes on after an interruption.',
      options: dataCollectOptions,
      examples: [
        'ozma data collect -o data/collected',
        'ozma data collect build/compile_commands.json -o mine/',
      ],
    },
    async (input) => (await import('./data-collect.ts')).collect(input),
  ),
  command(
    {
      name: 'data corpus',
      operands: '<collected...>',
      operandsHelp: "folders that collect filled, and Parquet files in ComPile's layout",
      summary: 'unoptimised IR to a corpus of functions',
      description:
        'Cuts modules into functions that stand alone, keeps each once, splits by package, leaves out of the held-out ' +
        'splits what training has or nearly has, and writes Parquet with a data card.',
      options: dataCorpusOptions,
      examples: ['ozma data corpus data/collected -o data/corpus'],
    },
    async (input) => (await import('./data-corpus.ts')).corpus(input),
  ),
  command(
    {
      name: 'data query',
      operands: '<sql>',
      operandsHelp: 'a query in the SQL of DuckDB',
      summary: 'ask the corpus and the sets in SQL',
      description:
        'Every finished set in the folder is a view by the name of its folder: the corpus is `corpus`. Prints a table, ' +
        'or one JSON document.',
      options: dataQueryOptions,
      examples: [
        "ozma data query --data data 'SELECT package, count(*) FROM corpus GROUP BY ALL ORDER BY 2 DESC'",
      ],
    },
    async (input) => (await import('./data-query.ts')).query(input),
  ),
  command(
    {
      name: 'data export',
      operands: '<set>',
      operandsHelp: 'the folder of a set',
      summary: 'a set as JSON lines',
      description: 'Writes one file a split, with the columns that trainers read: prompt and completion.',
      options: dataExportOptions,
      examples: ['ozma data export data/disassembly -o jsonl/'],
    },
    async (input) => (await import('./data-export.ts')).exportSet(input),
  ),
  command(
    {
      name: 'data labels',
      operands: '<corpus>',
      operandsHelp: 'a corpus made by ozma data',
      summary: 'find the best pass list of each program',
      description:
        'Searches for each program of the corpus, checks what it finds with self-testing programs, measures it on ' +
        'all others, and writes one label a program and code generation level as Parquet. The same command goes ' +
        'on after an interruption.',
      options: dataLabelsOptions,
      examples: ['ozma data labels corpus/ -o labels/ --limit 10000'],
    },
    async (input) => (await import('./data-labels.ts')).labels(input),
  ),
  command(
    {
      name: 'data pretraining',
      operands: '<corpus>',
      operandsHelp: 'a corpus made by ozma data',
      summary: 'IR and assembly to learn the language from',
      description:
        'Writes every function of the corpus before any pass and at a level drawn by chance, as IR and as assembly; ' +
        '85 % x86-64, 15 % AArch64.',
      options: dataPretrainingOptions,
      examples: ['ozma data pretraining corpus/ -o pretraining/'],
    },
    async (input) => (await import('./data-task-sets.ts')).pretraining(input),
  ),
  command(
    {
      name: 'data emulation',
      operands: '<corpus>',
      operandsHelp: 'a corpus made by ozma data',
      summary: 'random pass lists and what they make of the code',
      description:
        'Draws pass lists for every function, runs them, and writes prompts with IR or assembly and sizes as answers.',
      options: dataEmulationOptions,
      examples: ['ozma data emulation corpus/ -o emulation/ --jsonl'],
    },
    async (input) => (await import('./data-task-sets.ts')).emulation(input),
  ),
  command(
    {
      name: 'data tuning',
      operands: '<corpus>',
      operandsHelp: 'a corpus made by ozma data',
      summary: 'the best pass list of each labelled function, as examples',
      description:
        'Writes prompts, and answers with the list of the label, sizes and optimised IR. The list is run and measured ' +
        'again on the text of the prompt; nothing is searched.',
      options: dataTuningOptions,
      examples: ['ozma data tuning corpus/ --labels labels/ -o tuning/'],
    },
    async (input) => (await import('./data-task-sets.ts')).tuning(input),
  ),
  command(
    {
      name: 'data disassembly',
      operands: '<corpus>',
      operandsHelp: 'a corpus made by ozma data',
      summary: 'assembly and the IR that it was generated from',
      description:
        'Compiles every function at levels drawn by chance for x86-64 and AArch64. Each answer is compiled back; the ' +
        'column exact says whether that gave the assembly of the prompt.',
      options: dataDisassemblyOptions,
      examples: ['ozma data disassembly corpus/ -o disassembly/ --levels paper,Oz'],
    },
    async (input) => (await import('./data-task-sets.ts')).disassembly(input),
  ),
  command(
    {
      name: 'data lifted',
      operands: '<file...>',
      operandsHelp:
        'what ozma disassemble reads: assembly, objects, linked files, or folders of .s and .o files',
      summary: 'assembly and the IR that the rules lift it to, for code without its source',
      description:
        'Lifts every function, checks the result, and writes what compiles back exactly in the form of data ' +
        'disassembly. What is not lifted, or not well enough, is counted.',
      options: dataLiftedOptions,
      examples: ['ozma data lifted build/ --package mine -o lifted/'],
    },
    async (input) => (await import('./data-task-sets.ts')).lifted(input),
  ),
  command(
    {
      name: 'train tokenizer',
      operands: '<input...>',
      operandsHelp: 'text files, folders of them, Parquet files, or sets made by ozma data',
      summary: 'learn a vocabulary from IR and assembly',
      description:
        'Byte-pair encoding with byte fallback and without word splitting. Writes tokenizer.json as Hugging Face ' +
        'reads it; exported models carry the same tokenizer.',
      options: trainTokenizerOptions,
      examples: ['ozma train tokenizer ir/ asm/ -o tokenizer --vocabulary 4096'],
    },
    async (input) => (await import('./train-tokenizer.ts')).trainTokenizer(input),
  ),
  stageCommand('pretrain'),
  stageCommand('emulate'),
  stageCommand('tune'),
  stageCommand('disassemble'),
  command(
    {
      name: 'evaluate all',
      afterDashes: evaluationData,
      summary: 'every evaluation that the data allows, and the report',
      description:
        'Runs tune, disassemble, emulate and perplexity on a folder of sets (each evaluation on its set) or on a folder of ' +
        'sources that nobody prepared, code on the files named, and writes the report: a page, and tables for READMEs. ' +
        'Says before what it will do and about how long it takes. The same command goes on after an interruption.',
      options: evaluateAllOptions,
      examples: [
        'ozma evaluate all --data src/ -o results/',
        'ozma evaluate all --data sets/ -o results/ --limit 100,tune=40 --candidates disassemble=8 --markdown README.md',
      ],
    },
    async (input) => (await import('./evaluate-all.ts')).evaluateAll(input),
  ),
  command(
    {
      name: 'evaluate report',
      operands: '<results>',
      operandsHelp: 'the folder that evaluations wrote to',
      summary: 'results as a page, and as a table for a README',
      description:
        'Writes one HTML file that needs nothing else: figures with intervals beside the baselines and the published ' +
        'ones, saving against compiles, before and after, disassembly by length, curves of loss, worst cases.',
      options: evaluateReportOptions,
      examples: ['ozma evaluate report results/ --markdown README.md'],
    },
    async (input) => (await import('./evaluate-all.ts')).evaluateReport(input),
  ),
  command(
    {
      name: 'evaluate tune',
      afterDashes: evaluationData,
      summary: "bytes that a model's pass lists save beside -Oz, and what compiles save without it",
      description:
        'Asks for pass lists of held-out functions and measures them with code generation at -O0, as published, and at ' +
        '-Oz, as it ships: the first list alone, and the best of 1, 4, 16 and 45 with -Oz as backup. Random lists, the ' +
        'known lists in order and the search get the same numbers of compiles.',
      options: evaluateTaskOptions,
      examples: ['ozma evaluate tune --data sets/tuning --candidates 4 -o results/'],
    },
    async (input) => (await import('./evaluate.ts')).evaluateTask('tune', input),
  ),
  command(
    {
      name: 'evaluate disassemble',
      afterDashes: evaluationData,
      summary: 'how much of assembly comes back as IR, exact, equivalent or at all',
      description:
        'Asks the model for the IR of held-out functions, compiles every answer back, compares and runs it, and does ' +
        'the same with what the rules lift. Writes every record and figures with intervals, apart by machine, level ' +
        'and length. The same command goes on after an interruption.',
      options: evaluateDisassembleOptions,
      examples: [
        'ozma evaluate disassemble --data sets/disassembly -o results/',
        'ozma evaluate disassemble --data src/ --model none -- -Iinclude',
      ],
    },
    async (input) => (await import('./evaluate.ts')).evaluateTask('disassemble', input),
  ),
  command(
    {
      name: 'evaluate emulate',
      afterDashes: evaluationData,
      summary: 'what a model predicts of a pass list, beside what it does',
      description:
        'Asks what pass lists make of held-out functions and compares with what LLVM made: code, sizes, and whether the ' +
        'answer compiles; lists of one pass apart by pass. The baseline says that nothing changes.',
      options: evaluateTaskOptions,
      examples: ['ozma evaluate emulate --data sets/emulation -o results/'],
    },
    async (input) => (await import('./evaluate.ts')).evaluateTask('emulate', input),
  ),
  command(
    {
      name: 'evaluate perplexity',
      afterDashes: evaluationData,
      summary: 'bits that a byte of IR and assembly costs the model',
      description:
        'Reads held-out IR and assembly with a model in a GGUF file, long texts by a sliding window, and reports bits ' +
        'per byte and perplexity per token by kind and machine.',
      options: evaluateTaskOptions,
      examples: ['ozma evaluate perplexity --data sets/pretraining --model model.gguf'],
    },
    async (input) => (await import('./evaluate.ts')).evaluateTask('perplexity', input),
  ),
  command(
    {
      name: 'evaluate code',
      summary: 'programs that a model writes, run against tests',
      description:
        'HumanEval and HumanEval-X in the files of their authors: pass@k. Programs run in namespaces of their own without ' +
        'network, files or rights, within limits; exit code 3 where this machine cannot do that, or lacks python3 or C++ headers.',
      options: evaluateTaskOptions,
      examples: ['ozma evaluate code --data HumanEval.jsonl.gz --model http://localhost:8080/v1'],
    },
    async (input) => (await import('./evaluate.ts')).evaluateTask('code', input),
  ),
  command(
    {
      name: 'export',
      summary: 'weights for llama.cpp, or for Hugging Face',
      description:
        'Converts a model of the Llama architecture between GGUF and Hugging Face folders, its tokenizer included, ' +
        'tensor by tensor. Any of ours, Code Llama or LLM Compiler; quantised files beyond q8_0 cannot be converted.',
      options: exportOptions,
      examples: [
        'ozma export --from checkpoint --type q8_0 -o model.gguf',
        'ozma export --from model.gguf --to huggingface -o model',
      ],
    },
    async (input) => (await import('./export.ts')).exportModel(input),
  ),
  command(
    {
      name: 'doctor',
      summary: 'what is installed, what is missing and how to mend it',
      description:
        'Looks at Node, LLVM, the C and C++ headers and the cache. Exit code 3 when something needed is missing.',
      options: doctorOptions,
      examples: ['ozma doctor --json'],
    },
    async (input) => (await import('./doctor.ts')).doctor(input),
  ),
];
