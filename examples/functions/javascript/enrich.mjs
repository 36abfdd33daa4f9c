// Header enrichment: what the gateway knows of the caller, for a backend that trusts the gateway.
//
// The token's user and scope, the application's attribute `tier` and each `sidecar-param-header-NAME`
// become headers. The access token itself stays here, and so do headers of these names that the client
// sent.

const PREFIX = 'header-';

export const handler = async ({ token = {}, eavs = {}, params = {} }) => {
  const known = { 'x-user': token.userContext, 'x-scope': token.scope, 'x-tier': eavs.tier };
  const fromParams = Object.entries(params)
    .filter(([param]) => param.startsWith(PREFIX))
    .map(([param, value]) => [param.slice(PREFIX.length), value]);
  return {
    modify: {
      dropHeaders: ['authorization', ...Object.keys(known)],
      // Members that are undefined are left out of the JSON.
      addHeaders: { ...known, ...Object.fromEntries(fromParams) },
    },
  };
};
