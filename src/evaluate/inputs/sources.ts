// A folder of C, C++ and IR files that nobody prepared, function by function: each file is compiled as it
// stands, with the folders of its own tree to include from; one that clang refuses is counted, no more. Also
// the assembly that clang makes of whole files.

import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import pLimit from 'p-limit';
import { OzmaError } from '../../common/errors.ts';
import type { CorpusRow } from '../../data/corpus.ts';
import { programPath } from '../../llvm/installation.ts';
import { runProgram } from '../../llvm/run-program.ts';
import { bitcodeWords, type Translation } from '../../llvm/clang.ts';
import type { OptimisationLevel } from '../../llvm/module.ts';
import { languageOf } from '../../tune/sources.ts';
import { countsOf } from './counts.ts';
import { mustExist, smallest, type Input, type Inputs, type InputSettings } from './task-rows.ts';
