import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { progressLine, startProgress } from '#ozma/cli/progress.js';

function recorder(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 60 });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => String(stream.read() ?? '') };
}

test('a pipe sees lines and no bar', () => {
  const { stream, text } = recorder(false);
  const progress = startProgress({ label: 'a.c', total: 4, stream });
  progress.update(2);
  progress.say('something to know');
  progress.stop();
  expect(text()).toBe('something to know\n');
});

test('a terminal sees a bar that is taken away', () => {
  const { stream, text } = recorder(true);
  const progress = startProgress({ label: 'a.c', total: 4, stream });
  progress.update(4, 'best 120');
  progress.stop();
  const seen = text();
  expect(seen).toContain('4/4  best 120');
  expect(seen.endsWith('\r\x1b[2K')).toBe(true);
});

test('a line is never wider than the terminal', () => {
  const settings = { label: 'a-long-name-of-a-file.c', total: 10 };
  expect(progressLine(settings, 5, 'x'.repeat(100), 40)).toHaveLength(39);
  expect(progressLine({ label: 'a', total: 0 }, 3, '', 80)).toContain('3/0');
});
