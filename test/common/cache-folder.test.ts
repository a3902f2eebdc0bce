import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { cacheFolder } from '#ozma/common/cache-folder.js';

test('the cache folder: own variable, then the shared one, then home', () => {
  expect(cacheFolder({ OZMA_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ OZMA_CACHE: '', XDG_CACHE_HOME: '/b' })).toBe('/b/ozma');
  expect(cacheFolder({ XDG_CACHE_HOME: 'relative' })).toBe(`${homedir()}/.cache/ozma`);
  expect(cacheFolder({})).toBe(`${homedir()}/.cache/ozma`);
});
