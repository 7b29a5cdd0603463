import { readFileSync } from 'node:fs';
import { parse, parseAllDocuments } from 'yaml';

export const root = new URL('../../', import.meta.url).pathname;
export const text = (path: string): string => readFileSync(root + path, 'utf8');
export const { version, engines } = JSON.parse(text('package.json')) as { version: string; engines: { node: string } };

export interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly secrets?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>;
  readonly [other: string]: unknown;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const compose = (): Compose => parse(text('docker-compose.yml'), { merge: true }) as Compose;

export interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
}

export const resources = (file: string): Resource[] =>
  parseAllDocuments(text(`deploy/kubernetes/${file}`), { strict: true, uniqueKeys: true }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as Resource;
  });
