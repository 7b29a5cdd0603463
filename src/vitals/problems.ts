/** Why the agent is not well. `key` is the same for as long as it is the same. */
export interface Problem {
  readonly key: string;
  readonly says: string;
}

/** The instant of the last cycle of each connection that has something due; null where there was none. Epoch ms. */
export interface Ages {
  readonly connection: string;
  readonly ended: number | null;
  /** How often something of it is due, in milliseconds. */
  readonly period: number;
}

/** Connections whose last cycle is older than allowed: twice their period where nothing else is said. */
export function staleIn(ages: Iterable<Ages>, now: number, within?: number): Problem[] {
  return [...ages].flatMap(({ connection, ended, period }): Problem[] => {
    const allowed = within ?? 2 * period;
    if (ended !== null && now - ended <= allowed) return [];
    const due = `it is due every ${spanInWords(period)}`;
    return [
      {
        key: `connection ${connection}`,
        says:
          ended === null
            ? `${connection} was not looked at yet; ${due}`
            : `${connection} was last looked at ${spanInWords(now - ended)} ago; ${due}`,
      },
    ];
  });
}

/** A span in one unit, as people say it. */
export function spanInWords(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
}
