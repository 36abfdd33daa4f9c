import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { handler, line } from './analytics.mjs';

const envelope = {
  masheryMessageId: 'an-id',
  serviceId: 's',
  endpointId: 'e',
  operation: { httpVerb: 'get', path: '/orders', uri: '/orders' },
  response: { code: 200, payloadLength: 2 },
  eavs: { tier: 'gold' },
};
const expected = {
  id: 'an-id',
  service: 's',
  endpoint: 'e',
  method: 'get',
  path: '/orders',
  status: 200,
  bytes: 2,
  tier: 'gold',
};

test('a line says what is known of the call', () => {
  assert.deepEqual(line(envelope), expected);
});

test('what is not known is left out', () => {
  assert.equal(JSON.stringify(line({ masheryMessageId: 'an-id' })), '{"id":"an-id"}');
});

test('lines go to the end of the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'analytics-'));
  try {
    process.env.ANALYTICS_FILE = join(folder, 'calls');
    assert.deepEqual(await handler(envelope), {});
    assert.deepEqual(await handler(envelope), {});
    const lines = (await readFile(process.env.ANALYTICS_FILE, 'utf8')).trim().split('\n');
    assert.deepEqual(lines.map((text) => JSON.parse(text)), [expected, expected]);
  } finally {
    delete process.env.ANALYTICS_FILE;
    await rm(folder, { recursive: true });
  }
});
