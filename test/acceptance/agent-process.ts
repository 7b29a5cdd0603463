import { join } from 'node:path';
import { openAgent } from '#src/agent.ts';
import { loadConfig } from '#src/config.ts';
import { openLog } from '#src/log.ts';
import { repeat } from '#src/schedule/loop.ts';

/**
 * The agent as a process of its own, to be killed: `agent-process.ts FOLDER BORN SPEED`. Its clock began at `BORN` (epoch ms, real time) as
 * 2026-03-02, and runs `SPEED` times as fast, whichever process reads it.
 */
const [folder = '', born = '', speed = ''] = process.argv.slice(2);
const now = (): number => Date.parse('2026-03-02T10:00:00Z') + Math.floor((Date.now() - Number(born)) * Number(speed));

await using agent = await openAgent({ config: loadConfig(join(folder, 'holdfast.yaml'), process.env), log: openLog('info'), now });
await repeat(() => agent.runDue(), 100, new AbortController().signal);
