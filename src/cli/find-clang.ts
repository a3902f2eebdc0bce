// For the launcher `./ozma`, not for people: prints the path of the clang that will be used, or says what
// is missing and exits with 3. So the rule for finding LLVM stays in one place, src/llvm/installation.ts.

import { OzmaError } from '../common/errors.ts';
import { findInstallation, programPath } from '../llvm/installation.ts';

try {
  process.stdout.write(`${programPath(findInstallation(), 'clang')}\n`);
} catch (error) {
  if (!(error instanceof OzmaError)) throw error;
  process.stderr.write(`ozma: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
