// The compile worker: a process that holds modules and answers requests about them, one at a time. It is
// expected to die now and then: passes crash, loop and eat memory, and LLVM ends the process on fatal
// errors. Nothing here tries to survive that; worker-pool.ts does.

import { loadLibrary } from './bindings.ts';
import { switchesOf } from './recipe.ts';
import { cut, describe, emit, outcomeOf, produce } from './worker-answers.ts';
import { dieWithParent, limitMemory } from './worker-limits.ts';
import { WorkerMeasurements } from './worker-measurements.ts';
import { WorkerModules } from './worker-modules.ts';
import type { Answers, FromWorker, Outcome, Request, ToWorker } from './worker-protocol.ts';

const [libraryPath, memoryMegabytes] = process.argv.slice(2);
if (libraryPath === undefined || memoryMegabytes === undefined || process.send === undefined) {
  throw new Error('a compile worker is started by worker-pool.ts, not by hand');
}

// First of all: koffi takes its settings before it has loaded any library.
const library = loadLibrary(libraryPath);
dieWithParent();
const modules = new WorkerModules(library);
const measurements = new WorkerMeasurements(modules);
limitMemory(Number(memoryMegabytes));

function answer(request: Request, part: (outcome: Outcome<unknown>) => void): Answers[keyof Answers] {
  switch (request.operation) {
    case 'cut':
      return modules.withModule(request.module, (module) => cut(modules, module, request.longest));
    case 'describe':
      return modules.withModule(request.module, describe);
    case 'measure':
      return modules.withRecipe(request, request.options.level, (module, machine) =>
        measurements.measure(module, machine, switchesOf(request.recipe), request.options),
      );
    case 'measureAll':
      modules.useSwitches([]);
      for (const pipeline of request.pipelines) {
        part(outcomeOf(() => measurements.measurePipeline(request.module, pipeline, request.levels)));
      }
      return request.pipelines.length;
    case 'variants':
      for (const variant of request.variants) {
        const asked = { module: request.module, recipe: variant.recipe };
        part(
          outcomeOf(() =>
            modules.withRecipe(asked, variant.level, (module, machine) =>
              produce(modules, module, variant, machine),
            ),
          ),
        );
      }
      return request.variants.length;
    case 'emit':
      return modules.withRecipe(request, request.level, (module, machine) =>
        emit(module, machine, request.format),
      );
  }
}

function send(message: FromWorker): void {
  process.send!(message);
}

process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'load':
      modules.load(message.module);
      return;
    case 'forget':
      modules.forget(message.module);
      return;
    case 'request': {
      const { id, request } = message;
      const outcome = outcomeOf(() => answer(request, (part) => send({ kind: 'part', id, outcome: part })));
      send({ kind: 'answer', id, outcome });
    }
  }
});
// The parent went away (or closed the channel): nothing is left to do.
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent decides what it means.
process.on('SIGINT', () => undefined);
send({ kind: 'ready' });
