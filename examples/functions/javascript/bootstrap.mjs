// A run time of one's own: the loop of AWS Lambda's Runtime API, for `provided.al2023` and for whatever
// stands in for AWS Lambda. AWS's managed Node.js run times bring theirs and do not need this file.
//
//     node bootstrap.mjs authorize.handler

import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const [file, name] = (process.argv[2] ?? process.env._HANDLER).split('.');
const module = await import(pathToFileURL(resolve(`${file}.mjs`)));
const handler = module[name];
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;

const answer = async (path, body) => {
  const response = await fetch(`${api}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  await response.arrayBuffer();
};

while (true) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id');
  try {
    const verdict = await handler(await next.json());
    await answer(`${id}/response`, verdict ?? null);
  } catch (error) {
    const { name: errorType = 'Error', message: errorMessage = String(error) } = error ?? {};
    await answer(`${id}/error`, { errorType, errorMessage });
  }
}
