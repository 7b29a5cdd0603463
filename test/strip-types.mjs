import { createHash } from 'node:crypto';
import { stripTypeScriptTypes } from 'node:module';

/** Jest sees exactly what Node runs: the same type stripping, the same lines and columns. */
export default {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
  getCacheKey: (source, path, options) =>
    createHash('sha1').update([process.version, path, options.instrument, source].join('\0')).digest('hex'),
};
