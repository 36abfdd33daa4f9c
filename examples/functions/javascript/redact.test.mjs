import assert from 'node:assert/strict';
import { test } from 'node:test';

import { handler } from './redact.mjs';

const LISTED = { members: 'password, cardNumber' };
const ask = (response, params = LISTED) => handler({ params, response });
const askText = (payload, params) =>
  ask({ payloadLength: payload.length, payload, payloadBase64Encoded: false }, params);

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
  for (const text of ['null', '[]', '{"Password":"password"}', '{"a:":[{"b":": \\":"},{"b":1}]}']) {
    assert.deepEqual(await askText(text), {});
  }
});

test('what cannot be read is not passed on', async () => {
  for (const verdict of [
    await askText('{"password":'),
    await askText('{"password": 1, "n": 1e400}'),
    await askText('{"n": -1e400}'),
    await askText('['.repeat(100_000) + ']'.repeat(100_000)),
    await ask({ payloadLength: 2, payload: 'H4s=', payloadBase64Encoded: true }),
    await ask({ payloadLength: 70000 }),
    await ask({ code: 206, payloadLength: 4, payload: '4111', payloadBase64Encoded: false }),
    await ask({ code: 226, payloadLength: 4, payload: '4111', payloadBase64Encoded: false }),
    await askText('{"a":{"password":"p"},"a":1}'),
    await askText('{"a":{"password":"p"},"\\u0061":{}}'),
    await ask({}),
  ]) {
    assert.equal(verdict.terminate.code, 502);
  }
});

test('where no member is listed nothing is passed on', async () => {
  const empty = ['', ' , ', 7, 1.5, true].map((members) => ({ members }));
  for (const params of [{}, { member: 'password' }, ...empty]) {
    for (const verdict of [await askText('{}', params), await ask({ payloadLength: 0 }, params)]) {
      assert.equal(verdict.terminate?.code, 502, JSON.stringify(params));
    }
  }
  assert.equal((await handler({ response: { payloadLength: 0 } })).terminate?.code, 502);
});
