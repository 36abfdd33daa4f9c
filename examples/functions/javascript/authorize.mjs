// Authorization by EAV and method.
//
// The application's attribute `tier` decides which methods it may use: `sidecar-param-methods-TIER`
// lists them. Whoever has no tier, or one that is not listed, may use none.

export const handler = async ({ eavs = {}, operation = {}, params = {} }) => {
  const tier = eavs.tier ?? 'none';
  // Without `expand-input: operation` the method is not known, so none is allowed.
  const method = operation.httpVerb ?? 'unknown';
  const allowed = String(params[`methods-${tier}`] ?? '').split(',');
  if (allowed.some((name) => name.trim() === method)) {
    return {};
  }
  return { terminate: { code: 403, message: `${method.toUpperCase()} is not for tier ${tier}` } };
};
