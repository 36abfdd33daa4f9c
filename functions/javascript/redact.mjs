// Redaction of JSON members of a response.
//
// `sidecar-param-members` lists names; wherever a member of the response is called so, at any depth, its
// value becomes "[redacted]". A body that cannot be read (no JSON, compressed, too large to be sent) is
// not passed on: what is in it is not known.
//
// A whole number beyond 2^53 in a body that is redacted loses its last digits, as everywhere in JavaScript.

const UNREADABLE = {
  terminate: { code: 502, message: 'the response cannot be read, so it is not passed on' },
};

export const handler = async ({ params = {}, response = {} }) => {
  const listed = String(params.members ?? '').split(',').map((name) => name.trim());
  const names = listed.filter((name) => name !== '');
  if (response.payloadLength === 0) {
    return {};
  }
  if (response.payload === undefined || response.payloadBase64Encoded) {
    return UNREADABLE;
  }
  let redacted = false;
  const replace = function (name, value) {
    if (Array.isArray(this) || !names.includes(name)) {
      return value;
    }
    redacted = true;
    return '[redacted]';
  };
  try {
    const text = JSON.stringify(JSON.parse(response.payload), replace);
    // As text, so that the response keeps its content type.
    return redacted ? { modify: { payload: text } } : {};
  } catch {
    return UNREADABLE; // no JSON, or too deep
  }
};
