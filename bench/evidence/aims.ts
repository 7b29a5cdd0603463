/** What is aimed at: the goals of the design for 5,000 items, and for 100,000. Other sizes are only measured. */
export interface Aims {
  /** MB of a year, B of a quiet cycle and of a change, MB of memory. */
  readonly year?: number;
  readonly quiet?: number;
  readonly change?: number;
  readonly memory?: number;
  /** Milliseconds. */
  readonly append?: { readonly p50: number; readonly p99: number };
  readonly control?: { readonly p50: number; readonly p99: number };
  readonly timeTravel?: { readonly p50: number };
  readonly verify?: { readonly p50: number };
  readonly ruleYear?: { readonly p50: number };
}

const perCycle = { quiet: 450, change: 200, memory: 300 };
const aims: Readonly<Record<number, Aims>> = {
  5_000: {
    ...perCycle,
    year: 15,
    append: { p50: 2, p99: 10 },
    control: { p50: 5, p99: 40 },
    timeTravel: { p50: 75 },
    verify: { p50: 5_000 },
    ruleYear: { p50: 500 },
  },
  100_000: {
    ...perCycle,
    year: 200,
    control: { p50: 30, p99: 200 },
    timeTravel: { p50: 1_200 },
    verify: { p50: 90_000 },
  },
};

export const aimsFor = (items: number): Aims => aims[items] ?? {};
