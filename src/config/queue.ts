import { z } from 'zod';
import { duration, map, secret } from '#src/config/fields.ts';
import { field } from '#src/config/mistakes.ts';

/* The part of holdfast.yaml that is about several processes: where jobs for workers lie. */

export const queue = field(
  z.strictObject({
    redis: secret(
      'The address of a Redis for the jobs, `redis://…` or `rediss://…`. Absent: they lie beside the evidence, in its folder or database.',
    ).optional(),
    patience: duration('The longest a cycle waits for its workers. What is not collected by then is recorded as not read.').default('30m'),
  }),
  'Workers collect: start them with `holdfast worker`. Absent: the agent collects by itself.',
  map("{ redis: '${env:REDIS_URL}' }"),
);
