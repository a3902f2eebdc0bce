// Runs a program that a model wrote, which may do anything: in namespaces of its own without a network, on a file
// system of its own of which only an empty folder in memory can be written, without privileges, with limits of
// time, memory, processes and file sizes. Linux only, with the tools of util-linux; where that cannot be had
// nothing is run at all. Not a wall against who attacks the kernel: do not run strangers' models on a
// machine that matters.

import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { OzmaError } from '../../common/errors.ts';
import { runLimited, type ProcessEnd } from '../../passes/evaluation/limited-process.ts';

export interface SandboxLimits {
  /** Of processor time, for each process; six times as many by the clock, for what sleeps. */
  seconds: number;
  /** Address space of each process. */
  memoryMegabytes: number;
  /** Processes and threads at the same time. */
  processes: number;
  /** Of one file, and of the folder that can be written. */
  fileMegabytes: number;
}

export interface SandboxedProgram {
  /** Shell text, run in the empty folder. Its standard input is `input`. */
  script: string;
  input: string;
  limits: SandboxLimits;
  signal?: AbortSignal | undefined;
}

/** What can be read in there: programs and their libraries. Everything else does not exist. */
const readable = ['/usr', '/bin', '/sbin', '/lib', '/lib64'];

/** Nobody: limits on processes do not hold for root. */
const nobody = '65534';

/**
 * Makes the file system and becomes the program. `$1` is where to mount, `$2` the megabytes of the writable
 * folder, the rest the command. Nothing of the old file system stays reachable.
 */
function setUp(): string {
  const mounts = readable
    .filter((path) => existsSync(path))
    .map((path) =>
      lstatSync(path).isSymbolicLink()
        ? `ln -s ${readlinkSync(path)} $r${path}`
        : `mkdir $r${path}; mount --rbind ${path} $r${path}; mount -o remount,bind,ro,nosuid,nodev $r${path}`,
    );
  return [
    'set -e',
    'r="$1"; size="$2"; shift 2',
    'mount -t tmpfs -o size=1m,mode=755 tmpfs "$r"',
    ...mounts,
    'mkdir $r/proc $r/dev $r/work $r/old',
    'mount -t proc proc $r/proc',
    ': > $r/dev/null; mount --bind /dev/null $r/dev/null',
    'mount -t tmpfs -o size="${size}m",mode=777,nosuid,nodev tmpfs $r/work',
    'cd $r; pivot_root . old; cd /work; umount -l /old; rmdir /old; mount -o remount,bind,ro /',
    // Without rights inside of the namespace either, and no way to get any.
    'exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --securebits=+noroot,+noroot_locked "$@"',
  ].join('\n');
}

const environment = [
  '-i',
  'PATH=/usr/bin:/bin',
  'HOME=/work',
  'TMPDIR=/work',
  'LC_ALL=C.UTF-8',
  'PYTHONHASHSEED=0',
];

/**
 * The clock may not decide what a program scores: on a machine with much else to do, what takes a second of processor
 * time was seen to take twenty. Processor time ends what computes, the clock only what waits.
 */
const clockPerSecond = 6;
/** Room beyond the program's own limits for the tools that set them. */
const setUpMilliseconds = 2000;

/** How the program ended; the namespaces and all that ran in them are gone then. */
export function runSandboxed({ script, input, limits, signal }: SandboxedProgram): Promise<ProcessEnd> {
  const { seconds, memoryMegabytes, processes, fileMegabytes } = limits;
  const asNobody =
    process.getuid?.() === 0 ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
  const bytes = (megabytes: number): number => megabytes * 2 ** 20;
  const words = [
    ...asNobody,
    ...['unshare', '--user', '--map-root-user', '--mount', '--net', '--pid', '--ipc', '--uts', '--cgroup'],
    ...['--fork', '--kill-child=SIGKILL'],
    ...['/bin/sh', '-c', setUp(), 'sh', mountPoint, String(fileMegabytes)],
    ...['prlimit', `--nproc=${processes}`, `--fsize=${bytes(fileMegabytes)}`, `--cpu=${seconds}`],
    ...[`--as=${bytes(memoryMegabytes)}`, '--core=0', '--nofile=64'],
    ...['env', ...environment, '/bin/sh', '-c', script],
  ];
  return runLimited(
    words[0]!,
    words.slice(1),
    { time: 1000 * clockPerSecond * seconds + setUpMilliseconds, memory: bytes(8 * memoryMegabytes) },
    { folder: '/', input, ...(signal === undefined ? {} : { signal }) },
  );
}

/** Any folder that is there: what is mounted on it is seen inside alone. */
const mountPoint = tmpdir();

/** Throws `environment` where programs cannot be run apart from everything else. */
export async function mustBeSandboxed(): Promise<void> {
  const end = await runSandboxed({
    script: 'echo ready; cat',
    input: ' and listening',
    limits: { seconds: 10, memoryMegabytes: 512, processes: 8, fileMegabytes: 1 },
  });
  if (end.stdout === 'ready\n and listening') return;
  const why = end.stderr.trim().split('\n').at(-1) ?? '';
  throw new OzmaError(
    'environment',
    'evaluate code runs programs that a model wrote, and only apart from everything else: expected Linux with ' +
      `user namespaces and unshare, setpriv, prlimit of util-linux, found: ${why === '' ? 'no output' : why}`,
  );
}
