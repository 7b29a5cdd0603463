/**
 * Whether a text, JSON or not, mentions one of some texts: as a word of its own, in whatever case. JSON within JSON is seen too. One that is
 * too common costs no more than a message told twice.
 */
export function mentioning(texts: readonly string[]): (text: string) => boolean {
  const ways = new Set(texts.filter(Boolean).flatMap((text) => [text, inJson(text), inJson(inJson(text))]));
  if (ways.size === 0) return () => false;
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}])(?:${[...ways].map((way) => way.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})(?![\\p{L}\\p{N}])`,
    'iu',
  );
  // A line's end is no letter, also where it is written as one.
  return (text) => pattern.test(text) || pattern.test(text.replaceAll(/\\+[nrtbf]/g, ' '));
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
