// Ends with 0 where the agent on this machine says that it lives. HOLDFAST_HEALTH names another address.
const address = process.env.HOLDFAST_HEALTH ?? 'http://127.0.0.1:8321/healthz';
const answer = await fetch(address, { signal: AbortSignal.timeout(4_000), redirect: 'error' }).catch((error) => ({ ok: false, error }));
if (!answer.ok) console.error(answer.error?.message ?? `${address} answered ${answer.status}`);
process.exit(answer.ok ? 0 : 1);
