import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run of the tests leaves behind lies in one folder, and goes with it. */
export default function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'hf-tests-'));
  // A database server that a suite starts is another user.
  chmodSync(folder, 0o755);
  process.env.TMPDIR = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
}
