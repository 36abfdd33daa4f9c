import assert from 'node:assert/strict';
import { test } from 'node:test';

import { handler } from './enrich.mjs';

const dropHeaders = ['authorization', 'x-user', 'x-scope', 'x-tier'];

// What the sidecar is sent.
const ask = async (envelope) => JSON.parse(JSON.stringify(await handler(envelope)));

test('what is known of the caller becomes headers', async () => {
  const verdict = await ask({
    token: { userContext: 'ada', scope: 'orders' },
    eavs: { tier: 'gold' },
    params: { 'header-x-region': 'eu', 'header-x-quota': 100, other: 'no header' },
  });
  const addHeaders = {
    'x-user': 'ada',
    'x-scope': 'orders',
    'x-tier': 'gold',
    'x-region': 'eu',
    'x-quota': 100,
  };
  assert.deepEqual(verdict, { modify: { dropHeaders, addHeaders } });
});

test('what is not known is not taken from the client either', async () => {
  assert.deepEqual(await ask({}), { modify: { dropHeaders, addHeaders: {} } });
});
