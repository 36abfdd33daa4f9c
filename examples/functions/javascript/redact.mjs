// Redaction of JSON members of a response.
//
// `sidecar-param-members` lists names; wherever a member of the response is called so, at any depth, its
// value becomes "[redacted]". A body that cannot be read (no JSON, compressed, too large to be sent, a part
// of another one, two members of one name) is not passed on: what is in it is not known. Nor is any where no member is listed: that is a mistake in
// the configuration, and all would go out as it is. A list that is a single number or boolean is no text,
// so it lists none.
//
// A whole number beyond 2^53 in a body that is redacted loses its last digits, as everywhere in JavaScript.

const UNREADABLE = {
  terminate: { code: 502, message: 'the response cannot be read, so it is not passed on' },
};

// A part of a body, or its difference to another one: the rest of it goes out with other requests.
const PARTIAL = [206, 226];

// How many members a text of JSON has. JavaScript keeps the last of several with one name.
const membersIn = (text) => text.replace(/"(?:[^"\\]+|\\.)*"/g, '').split(':').length - 1;

// JavaScript reads 1e400 as infinity, and would write it as null.
const parse = (text) => {
  let members = -1; // the text as a whole counts as one
  const value = JSON.parse(text, function (_, value) {
    if (value === Infinity || value === -Infinity) {
      throw new RangeError('a number that is not finite');
    }
    members += Array.isArray(this) ? 0 : 1;
    return value;
  });
  if (members !== membersIn(text)) {
    throw new SyntaxError('two members of one name');
  }
  return value;
};

export const handler = async ({ params = {}, response = {} }) => {
  const listed = typeof params.members === 'string' ? params.members.split(',') : [];
  const names = listed.map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) {
    return UNREADABLE;
  }
  if (response.payloadLength === 0) {
    return {};
  }
  if (PARTIAL.includes(response.code) || response.payload === undefined || response.payloadBase64Encoded) {
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
    const text = JSON.stringify(parse(response.payload), replace);
    // As text, so that the response keeps its content type.
    return redacted ? { modify: { payload: text } } : {};
  } catch {
    return UNREADABLE; // no JSON, too deep, a number too large, or a name that stands twice
  }
};
