import { expect, test } from '@jest/globals';
import { chainOf, remembered } from '#collectors/aws/credentials.ts';

const minute = 60_000;

function source(lifetime: number | null) {
  const state = { now: 0, asked: 0, fails: false };
  const credentials = remembered(
    () => {
      state.asked++;
      if (state.fails) return Promise.reject(new Error('no'));
      return Promise.resolve({
        accessKeyId: `key ${state.asked}`,
        secretAccessKey: 's',
        ...(lifetime !== null && { expiration: new Date(state.now + lifetime) }),
      });
    },
    () => state.now,
  );
  return { state, credentials };
}

test('credentials are asked for once, until five minutes before they expire', async () => {
  const { state, credentials } = source(60 * minute);
  await Promise.all([credentials(), credentials()]);
  state.now = 55 * minute - 1;
  expect(await credentials()).toMatchObject({ accessKeyId: 'key 1' });
  state.now = 55 * minute;
  expect(await credentials()).toMatchObject({ accessKeyId: 'key 2' });
});

test('credentials that never expire are looked up again, for someone may have renewed them', async () => {
  const { state, credentials } = source(null);
  expect((await credentials()).expiration).toEqual(new Date(60 * minute));
  state.now = 60 * minute;
  expect(await credentials()).toMatchObject({ accessKeyId: 'key 2' });
});

test('a refusal is not remembered', async () => {
  const { state, credentials } = source(null);
  state.fails = true;
  await expect(credentials()).rejects.toThrow('no');
  state.fails = false;
  expect(await credentials()).toMatchObject({ accessKeyId: 'key 2' });
});

test('without anything given, the environment has them', async () => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = process.env;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'from the environment', AWS_SECRET_ACCESS_KEY: 's' });
  delete process.env.AWS_SESSION_TOKEN;
  delete process.env.AWS_PROFILE;
  try {
    expect(await chainOf('eu-west-1')()).toMatchObject({ accessKeyId: 'from the environment' });
  } finally {
    for (const [name, value] of Object.entries({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});
