import { z } from 'zod';
import { isLocalDate } from '#src/config/local-date.ts';
import { field, listed } from '#src/config/mistakes.ts';
import { type CriterionId, criteria, isCriterionId } from '#src/criteria.ts';
import { nearestTo } from '#src/errors.ts';

/** JSON without fractions. */
export type ParameterValue = string | number | boolean | null | readonly ParameterValue[] | { readonly [key: string]: ParameterValue };

/** By rule id and parameter. */
export type Parameters = Readonly<Record<string, Readonly<Record<string, ParameterValue>>>>;

const kinds = ['preventive', 'detective', 'corrective', 'directive', 'automated', 'manual'] as const;

/*
 * One entry of a controls file: a whole control, or from a day on another version of one. Which fields must be there depends
 * on what came before, so all but the id may be absent here.
 */

const text = (meaning: string, expected: string) =>
  field(z.string().regex(/\S/).max(2000), meaning, { expected, mend: 'Write it as text.' });

const ruleList = (meaning: string) =>
  field(
    z.array(
      field(z.string().regex(/^[a-z0-9]+(?:[.-][a-z0-9]+)+$/), 'A rule.', {
        expected: 'the id of a rule',
        mend: 'Write for example aws.iam.root-mfa-enabled.',
      }),
    ),
    meaning,
    { expected: 'a list of rule ids', mend: 'Write it as [rule, rule].' },
  );

const day = field(z.string().refine(isLocalDate), 'The day from which it is in force, in the time zone of the window.', {
  expected: 'a day of the calendar, YYYY-MM-DD',
  mend: 'Write year, month and day, for example 2026-04-01.',
});

const controlEntry = field(
  z.strictObject({
    id: field(z.string().regex(/^[A-Z][A-Z0-9]{0,7}-\d{1,4}$/), 'The id of the control.', {
      expected: 'the id of a control',
      mend: 'Write capital letters, a hyphen and a number, for example AC-07.',
    }),
    from: day.optional(),
    retire: field(z.literal(true), 'Ends the control.', { expected: 'true', mend: 'Write `retire: true`, or leave it out.' }).optional(),
    reason: text('Why the control ends.', 'the reason why it ends').optional(),
    title: text('Its name.', 'a title').optional(),
    statement: text('What the company says it does. Auditors test it as written.', 'the wording of the control').optional(),
    owner: text('Who answers for it.', 'a role or a person').optional(),
    type: field(
      z
        .array(field(z.enum(kinds), 'A kind.', { expected: listed(kinds), mend: 'Name one of them.' }))
        .refine(
          (words) =>
            words.some((word) => word === 'automated' || word === 'manual') &&
            words.some((word) => word !== 'automated' && word !== 'manual'),
        ),
      'What it does and how it is done.',
      { expected: `a list of ${listed(kinds)}, with automated or manual among them`, mend: 'Write for example [preventive, automated].' },
    ).optional(),
    frequency: text('How often it is performed.', 'how often it is performed').optional(),
    criteria: field(
      z
        .array(
          field(
            z.custom<CriterionId>((id) => typeof id === 'string' && isCriterionId(id)),
            'A criterion.',
            {
              expected: 'the id of a criterion',
              mend: ({ value }) => {
                const nearest = typeof value === 'string' ? nearestTo(value, Object.keys(criteria)) : undefined;
                return nearest === undefined ? 'Write for example CC6.1.' : `Did you mean "${nearest}"?`;
              },
            },
          ),
        )
        .min(1),
      'The criteria that it meets.',
      { expected: 'a list of criteria', mend: 'Write for example [CC6.1, CC6.3].' },
    ).optional(),
    key: ruleList('The rules without which the statement is not tested.').optional(),
    supporting: ruleList('Rules that tell more, and may lower what is concluded but never raise it.').optional(),
    parameters: field(
      z.record(
        z.string(),
        field(
          z.record(
            z.string(),
            field(z.custom<ParameterValue>(isParameter), 'A value.', {
              expected: 'a value without fractions',
              mend: 'Write whole numbers, for example 90.',
            }),
          ),
          'The parameters of one rule.',
          { expected: 'a map from parameter to value', mend: 'Write for example { maxAgeDays: 90 }.' },
        ),
      ),
      'What the wording sets for its rules, by rule id.',
      { expected: 'a map from rule id to parameters', mend: 'Write for example aws.iam.access-key-rotated: { maxAgeDays: 90 }.' },
    ).optional(),
  }),
  'One control, or one version of it.',
  { expected: 'a map with the id of a control', mend: 'Write it as - id: AC-07.' },
);

export const controlsFile = field(z.array(controlEntry), 'Controls.', {
  expected: 'a list of controls',
  mend: 'Begin each with `- id: AC-07`.',
});

export type ControlEntry = z.output<typeof controlEntry>;

function isParameter(value: unknown): value is ParameterValue {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isParameter);
}
