import { z } from 'zod';
import { duration, listening, map, secret } from '#src/config/fields.ts';
import { field } from '#src/config/mistakes.ts';

/* The part of holdfast.yaml by which others see whether the agent lives and is well. */

export const metrics = field(
  z.strictObject({
    listen: listening('Where /healthz, /readyz and /metrics are served, apart from the pages.', '127.0.0.1:9321'),
  }),
  'Served apart from the pages, for Prometheus and for probes. Absent: the pages serve them too, where they listen.',
  map("{ listen: '0.0.0.0:9321' }"),
);

export const heartbeat = field(
  z.strictObject({
    url: secret('The address to call while all is well. Whoever runs it tells you when the calls stop.'),
    every: duration('How often.').default('5m'),
    fail: field(
      z.string().regex(/^\/[A-Za-z0-9_/-]{1,60}$/),
      'What is put behind the address when all is not well, as `/fail` of healthchecks.io, with the reasons as text. Absent: silence says it.',
      { expected: 'the end of an address, /fail', mend: 'Write /fail, or leave it out.' },
    ).optional(),
  }),
  'A sign of life to a service outside, which notices when it stops: the one alert that an agent which is down cannot send.',
  map("{ url: '${file:/run/secrets/heartbeat_url}', every: 5m }"),
);
