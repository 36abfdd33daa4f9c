import assert from 'node:assert/strict';
import { test } from 'node:test';

import { handler } from './redact.mjs';

const ask = (response) => handler({ params: { members: 'password, cardNumber' }, response });
const askText = (payload) =>
  ask({ payloadLength: payload.length, payload, payloadBase64Encoded: false });

test('members are redacted at any depth', async () => {
  const body = { user: 'ada', password: 'p', cards: [{ cardNumber: { a: 1 }, type: 'x' }] };
  const verdict = await askText(JSON.stringify(body));
  assert.deepEqual(JSON.parse(verdict.modify.payload), {
    user: 'ada',
    password: '[redacted]',
    cards: [{ cardNumber: '[redacted]', type: 'x' }],
  });
});

test('without such members the response stays as it is', async () => {
  assert.deepEqual(await ask({ payloadLength: 0 }), {});
  for (const text of ['null', '[]', '{"Password":"password"}']) {
    assert.deepEqual(await askText(text), {});
  }
});

test('what cannot be read is not passed on', async () => {
  for (const verdict of [
    await askText('{"password":'),
    await askText('['.repeat(100_000) + ']'.repeat(100_000)),
    await ask({ payloadLength: 2, payload: 'H4s=', payloadBase64Encoded: true }),
    await ask({ payloadLength: 70000 }),
    await ask({}),
  ]) {
    assert.equal(verdict.terminate.code, 502);
  }
});
