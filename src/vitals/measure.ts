/** A value that some part knows, and is asked for when the metrics are. */
export interface Measure {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}
