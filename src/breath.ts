/**
 * For loops that last: awaited with each step, it lets others be heard whenever `every` ms have passed, and costs little otherwise.
 * Throws the reason of the signal once that has aborted.
 */
export function breathing(signal?: AbortSignal, every = 40): () => Promise<void> | undefined {
  let since = performance.now();
  const rest = async (): Promise<void> => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    since = performance.now();
  };
  return () => (performance.now() - since < every ? undefined : rest());
}
