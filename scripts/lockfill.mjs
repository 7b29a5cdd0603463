// A registry that lacks the packages of other platforms makes npm leave them out of the lockfile, which `npm ci` then refuses.
// This adds an entry for each optional dependency that is named and missing. Run it after every change of the dependencies.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = ['darwin', 'win32', 'linux', 'freebsd', 'android', 'openbsd', 'netbsd', 'sunos', 'aix', 'openharmony'];
const processors = ['arm64', 'x64', 'ia32', 'ppc64', 's390x', 'riscv64', 'loong64', 'mips64el', 'wasm32', 'arm'];

/** Where Node would find `name` from the package at `from`, if the lockfile has it. */
function isLocked(from, name) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${base ? `${base}/` : ''}node_modules/${name}`]) return true;
    if (!base) return false;
    if (!base.includes('/node_modules/')) base = '';
    if (base === '' && lock.packages[`node_modules/${name}`]) return true;
    if (base === '') return false;
  }
}

const added = {};
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    const key = lock.packages[`node_modules/${name}`] ? `${path}/node_modules/${name}` : `node_modules/${name}`;
    if (isLocked(path, name) || added[key]) continue;
    const words = name.split('/').at(-1).split(/[-_.]/);
    const os = systems.find((system) => words.includes(system)) ?? (words.includes('win') ? 'win32' : undefined);
    const cpu = processors.find((processor) => words.includes(processor));
    added[key] = {
      version: String(range).replace(/^[\^~]/, ''),
      optional: true,
      ...(os && { os: [os] }),
      ...(cpu && { cpu: [cpu] }),
      ...(entry.dev && { dev: true }),
    };
  }
}
lock.packages = Object.fromEntries(Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`added ${Object.keys(added).length} entries`);
