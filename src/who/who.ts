import { type Connection, providerOf } from '#src/collector.ts';
import type { Connection as Configured } from '#src/config.ts';
import { investigators } from '#src/registry.ts';
import { type ConsoleLink, consoleLinkOver } from './console-link.ts';
import { type FindActor, findActorOver } from './find-actor.ts';

export type { ConsoleLink } from './console-link.ts';
export type { FindActor } from './find-actor.ts';

/** Who changed an item, and where to look at it. */
export interface Who {
  readonly findActor: FindActor;
  readonly consoleLink: ConsoleLink;
}

interface Surroundings {
  readonly connections: readonly Connection[];
  readonly configured: readonly Configured[];
  /** Epoch ms. */
  readonly now: () => number;
}

/** Over the open connections, with the investigators that are not switched off. */
export function openWho({ connections, configured, now }: Surroundings): Who {
  const withoutOf = (connection: string) => configured.find(({ id }) => id === connection)?.without ?? [];
  return {
    findActor: findActorOver({
      connections,
      investigatorOf: ({ id, provider }) => investigators.find((each) => providerOf(each) === provider && !withoutOf(id).includes(each.id)),
      now,
    }),
    consoleLink: consoleLinkOver(configured),
  };
}
