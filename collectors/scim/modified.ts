import { defineInvestigator } from '#investigator';

export default defineInvestigator({
  id: 'scim-modified',
  title: 'when something was changed, from `meta.lastModified`',
  reads: {},
  limits: 'SCIM tells when an account was changed last, never by whom.',
  async probe() {
    return 'SCIM does not tell who changes what';
  },
  async investigate(_, __, { questions, from, to }) {
    return questions.map(({ snapshot }) => {
      const at = typeof snapshot.modifiedAt === 'string' ? Date.parse(snapshot.modifiedAt) : Number.NaN;
      const told = at >= from && at <= to ? { at } : {};
      return { known: false as const, why: 'SCIM does not tell who changes what', ...told };
    });
  },
});
