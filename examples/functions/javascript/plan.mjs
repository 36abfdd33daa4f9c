// Plan: looks up the caller's plan once, at the request, and tells the client of it at the response.
//
// One function for both halves. The request half relays what it found, and the response half needs no
// second lookup. A tier without a plan is answered 403.

// Yours would be in a database.
const PLANS = new Map([
  ['free', { name: 'Starter', quota: 100 }],
  ['gold', { name: 'Business', quota: 10000 }],
]);

export const handler = async ({ point, eavs = {}, relay = {} }) => {
  if (point === 'PreProcessor') {
    const plan = PLANS.get(eavs.tier);
    if (plan === undefined) return { terminate: { code: 403, message: 'no plan' } };
    return { relay: { plan } };
  }
  const { plan } = relay;
  if (plan === undefined) return {};
  return { modify: { addHeaders: { 'x-plan': plan.name, 'x-quota': plan.quota } } };
};
