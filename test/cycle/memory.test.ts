import { test } from '@jest/globals';
import { saysTheSame } from './remembering.ts';

test('what the agent remembers between looks saves work, and changes nothing that it says', () => saysTheSame(30), 60_000);
