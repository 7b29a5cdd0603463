declare module '#src/package/verifiers/verify.mjs' {
  /** What a check found. */
  export interface Check {
    readonly check: string;
    readonly says: string | null;
    readonly faults: readonly string[];
    readonly notEstablished: readonly string[];
  }

  export interface Report {
    readonly checks: readonly Check[];
    readonly failed: boolean;
    /** Files that rest on the word of who made the package. */
    readonly unbound: readonly string[];
    lines(): string[];
  }

  /** What an auditor holds from outside. */
  export interface Held {
    readonly vkeys?: readonly string[];
    readonly signers?: string | null;
    readonly checkpoints?: readonly { readonly name: string; readonly text: string }[];
    readonly judge?: 'sample' | 'all' | 'none';
    readonly seconds?: number;
  }

  export function verifyPackage(given: string | Uint8Array, held?: Held): Promise<Report>;
}
