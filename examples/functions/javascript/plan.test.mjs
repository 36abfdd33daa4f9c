import assert from 'node:assert/strict';
import { test } from 'node:test';

import { handler } from './plan.mjs';

test('what the request half looks up the response half tells the client', async () => {
  const answer = await handler({ point: 'PreProcessor', eavs: { tier: 'gold' } });
  assert.deepEqual(answer, { relay: { plan: { name: 'Business', quota: 10000 } } });
  const addHeaders = { 'x-plan': 'Business', 'x-quota': 10000 };
  const verdict = await handler({ point: 'PostProcessor', relay: answer.relay });
  assert.deepEqual(verdict, { modify: { addHeaders } });
});

test('a tier without a plan is forbidden', async () => {
  const no = { terminate: { code: 403, message: 'no plan' } };
  assert.deepEqual(await handler({ point: 'PreProcessor' }), no);
  assert.deepEqual(await handler({ point: 'PreProcessor', eavs: { tier: 'none' } }), no);
});

test('without anything relayed the response stays as it is', async () => {
  assert.deepEqual(await handler({ point: 'PostProcessor' }), {});
});
