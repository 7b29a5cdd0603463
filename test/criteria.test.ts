import { expect, test } from '@jest/globals';
import { categories, criteriaIn, defaultCategories, isCriterionId } from '#src/criteria.ts';

test('61 criteria: 33 common, 3 of availability, 2 of confidentiality, 5 of processing integrity, 18 of privacy', () => {
  const criteria = criteriaIn(categories);
  expect(criteria).toHaveLength(61);
  expect(categories.map((category) => criteriaIn([category]).length)).toEqual([33, 3, 2, 5, 18]);
  expect(new Set(criteria.map(({ id }) => id)).size).toBe(61);
});

test('the default scope has 38', () => {
  expect(criteriaIn(defaultCategories)).toHaveLength(38);
  expect(criteriaIn([])).toEqual([]);
});

test('ids carry their category, and each paraphrase is one sentence', () => {
  const prefixes = { security: 'CC', availability: 'A', confidentiality: 'C', 'processing-integrity': 'PI', privacy: 'P' };
  for (const { id, category, says } of criteriaIn(categories)) {
    expect(id).toMatch(new RegExp(`^${prefixes[category]}\\d\\.\\d$`));
    expect(says).toMatch(/^[A-Z][^.]*(?:\(incl\.[^.]*)?\.$/);
  }
});

test('ids are told from other words', () => {
  expect(isCriterionId('CC6.1')).toBe(true);
  expect(['CC6.9', 'cc6.1', '', 'constructor'].some(isCriterionId)).toBe(false);
});
