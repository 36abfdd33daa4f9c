import assert from 'node:assert/strict';
import { test } from 'node:test';

import { handler } from './authorize.mjs';

const ask = (tier, method) =>
  handler({
    params: { 'methods-free': 'get', 'methods-gold': 'get, post' },
    ...(tier && { eavs: { tier } }),
    ...(method && { operation: { httpVerb: method } }),
  });

test('a tier may use the methods listed for it', async () => {
  for (const [tier, method] of [['free', 'get'], ['gold', 'get'], ['gold', 'post']]) {
    assert.deepEqual(await ask(tier, method), {});
  }
});

test('everything else is forbidden', async () => {
  for (const [tier, method, message] of [
    ['free', 'post', 'POST is not for tier free'],
    ['gold', 'po', 'PO is not for tier gold'],
    ['silver', 'get', 'GET is not for tier silver'],
    [undefined, 'get', 'GET is not for tier none'],
    ['gold', undefined, 'UNKNOWN is not for tier gold'],
  ]) {
    assert.deepEqual(await ask(tier, method), { terminate: { code: 403, message } });
  }
});
