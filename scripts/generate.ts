import { writeFile } from 'node:fs/promises';
import { generate } from '#src/catalogue/generate.ts';

const root = new URL('..', import.meta.url).pathname.replace(/\/$/, '');
for (const [path, text] of await generate(root)) await writeFile(`${root}/${path}`, text);
