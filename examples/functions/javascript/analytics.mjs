// Analytics, in event mode: a line of JSON for each call.
//
// The line goes to the end of the file that ANALYTICS_FILE names, else to standard output, where AWS
// Lambda takes it into the function's log. Members that the sidecar did not send are left out. The call
// does not wait, and the verdict is not looked at.

import { appendFile } from 'node:fs/promises';

export const handler = async (envelope) => {
  // In one piece, so that lines of several processes do not mix.
  const text = `${JSON.stringify(line(envelope))}\n`;
  const path = process.env.ANALYTICS_FILE;
  if (path === undefined) {
    process.stdout.write(text);
  } else {
    await appendFile(path, text);
  }
  return {};
};

// Members that are undefined are left out of the JSON.
export const line = ({ operation = {}, response = {}, eavs = {}, ...envelope }) => ({
  id: envelope.masheryMessageId,
  service: envelope.serviceId,
  endpoint: envelope.endpointId,
  method: operation.httpVerb,
  path: operation.path,
  status: response.code,
  bytes: response.payloadLength,
  tier: eavs.tier,
});
