interface Named {
  /** Its key. */
  readonly item: string;
  readonly name: string;
}

/** Which items somebody means: by key, else by name, else by the last part of a key, as an ARN ends with the id that the console shows. */
export function meant<Row extends Named>(rows: readonly Row[], text: string): readonly Row[] {
  const ways: readonly ((row: Row) => boolean)[] = [
    ({ item }) => item === text,
    ({ name }) => name === text,
    ({ item }) => item.split('/').at(-1) === text,
  ];
  return ways.map((way) => rows.filter(way)).find((found) => found.length > 0) ?? [];
}
