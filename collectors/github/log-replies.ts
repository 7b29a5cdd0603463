import { z } from 'zod';

const login = z.string().nullish();

/** An event of the audit log. GitHub writes instants as epoch milliseconds. */
export const AuditEvent = z.object({
  '@timestamp': z.number(),
  action: z.string(),
  actor: login,
  user: login,
  repo: z.string().nullish(),
  _document_id: z.string().optional(),
  actor_is_bot: z.boolean().optional(),
  programmatic_access_type: z.string().nullish(),
  user_agent: z.string().nullish(),
});

/** A branch that was made, moved or deleted. */
export const Activity = z.object({
  id: z.int(),
  ref: z.string(),
  timestamp: z.iso.datetime({ offset: true }),
  activity_type: z.string(),
  actor: z.object({ login: z.string(), type: z.string().optional() }).nullish(),
});

/** What happened in a repository. Only kinds that tell of a setting are of use; there are few. */
export const RepositoryEvent = z.object({
  id: z.string(),
  type: z.string(),
  created_at: z.iso.datetime({ offset: true }).nullish(),
  actor: z.object({ login: z.string() }).nullish(),
});
