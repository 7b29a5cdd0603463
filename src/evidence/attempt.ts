/** What a check has to say, and a line more where it could not come to its end. */
export function* attempt(what: string, lines: () => Iterable<string>): Generator<string> {
  try {
    yield* lines();
  } catch (error) {
    yield `${what} could not be checked to the end: ${messageOf(error)}`;
  }
}

export const messageOf = (error: unknown): string => (Error.isError(error) ? error.message : String(error));
