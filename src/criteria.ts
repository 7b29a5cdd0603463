/**
 * The Trust Services Criteria (2017, points of focus revised 2022) by id, each with a paraphrase of our own:
 * the text itself is the AICPA's and does not ship with Holdfast.
 */
export const criteria = {
  'CC1.1': { category: 'security', says: 'Integrity and ethical values are demonstrated from the top and expected of everyone.' },
  'CC1.2': { category: 'security', says: 'A governing body independent of management oversees internal control.' },
  'CC1.3': { category: 'security', says: 'Structures, reporting lines and authority are set out for pursuing objectives.' },
  'CC1.4': { category: 'security', says: 'Competent people are attracted, developed and kept.' },
  'CC1.5': { category: 'security', says: 'Individuals answer for their control responsibilities.' },
  'CC2.1': { category: 'security', says: 'Control activities run on relevant, quality information.' },
  'CC2.2': { category: 'security', says: 'Objectives and control responsibilities are communicated inside the entity.' },
  'CC2.3': { category: 'security', says: 'Matters affecting internal control are communicated with outside parties.' },
  'CC3.1': { category: 'security', says: 'Objectives are specified clearly enough that risks to them can be identified.' },
  'CC3.2': { category: 'security', says: 'Risks to objectives are identified and analyzed across the entity.' },
  'CC3.3': { category: 'security', says: 'The potential for fraud is part of the risk assessment.' },
  'CC3.4': { category: 'security', says: 'Changes that could significantly affect internal control are identified and assessed.' },
  'CC4.1': { category: 'security', says: 'Ongoing and/or separate evaluations check that controls are present and working.' },
  'CC4.2': { category: 'security', says: 'Deficiencies are evaluated and communicated in time to those who must act.' },
  'CC5.1': { category: 'security', says: 'Control activities that bring risks down to acceptable levels are chosen and developed.' },
  'CC5.2': { category: 'security', says: 'General control activities over technology are chosen and developed.' },
  'CC5.3': { category: 'security', says: 'Control activities are deployed through policies and procedures.' },
  'CC6.1': {
    category: 'security',
    says: 'Logical access software, infrastructure and architecture protect information assets (identity, authentication, segmentation, encryption, keys).',
  },
  'CC6.2': {
    category: 'security',
    says: 'Users are registered and authorized before credentials are issued, and credentials go when access is no longer authorized.',
  },
  'CC6.3': {
    category: 'security',
    says: 'Access is granted, changed and removed by role/responsibility, with least privilege and segregation of duties.',
  },
  'CC6.4': { category: 'security', says: 'Physical access to facilities and protected assets is limited to authorized people.' },
  'CC6.5': { category: 'security', says: 'Protections over physical assets end only once data can no longer be recovered from them.' },
  'CC6.6': { category: 'security', says: 'Logical access measures protect against threats from outside the system boundary.' },
  'CC6.7': {
    category: 'security',
    says: 'Transmission, movement and removal of information is limited to authorized users and protected on the way.',
  },
  'CC6.8': { category: 'security', says: 'Unauthorized or malicious software is prevented, or detected and acted on.' },
  'CC7.1': {
    category: 'security',
    says: 'Configuration changes that add vulnerabilities, and newly found vulnerabilities, are detected.',
  },
  'CC7.2': {
    category: 'security',
    says: 'System components are monitored for anomalies that may be security events, and the anomalies analyzed.',
  },
  'CC7.3': { category: 'security', says: 'Security events are evaluated to decide whether they are incidents, and acted on.' },
  'CC7.4': { category: 'security', says: 'Incidents are answered with a defined response program.' },
  'CC7.5': { category: 'security', says: 'Recovery from incidents is planned, carried out and learned from.' },
  'CC8.1': {
    category: 'security',
    says: 'Changes to infrastructure, data, software and procedures are authorized, designed, documented, tested, approved and implemented in a controlled way.',
  },
  'CC9.1': { category: 'security', says: 'Risks of business disruption are identified and mitigated.' },
  'CC9.2': { category: 'security', says: 'Risks from vendors and business partners are assessed and managed.' },
  'A1.1': { category: 'availability', says: 'Capacity and use are monitored, evaluated and managed.' },
  'A1.2': {
    category: 'availability',
    says: 'Environmental protections, backups and recovery infrastructure are designed, run and monitored.',
  },
  'A1.3': { category: 'availability', says: 'Recovery plan procedures are tested.' },
  'C1.1': { category: 'confidentiality', says: 'Confidential information is identified and kept protected.' },
  'C1.2': { category: 'confidentiality', says: 'Confidential information is disposed of.' },
  'PI1.1': {
    category: 'processing-integrity',
    says: 'Definitions of the data processed and of product/service specifications are obtained and communicated.',
  },
  'PI1.2': { category: 'processing-integrity', says: 'Inputs are complete and accurate.' },
  'PI1.3': { category: 'processing-integrity', says: 'Processing follows specification.' },
  'PI1.4': { category: 'processing-integrity', says: 'Outputs are complete, accurate, timely and go to the right recipients.' },
  'PI1.5': { category: 'processing-integrity', says: 'Stored inputs, items in process and outputs are complete, accurate and timely.' },
  'P1.1': { category: 'privacy', says: 'Notice of privacy practices is given and kept current.' },
  'P2.1': {
    category: 'privacy',
    says: 'Choices on collection, use, retention, disclosure and disposal are communicated and consent obtained.',
  },
  'P3.1': { category: 'privacy', says: 'Personal information is collected in line with privacy objectives.' },
  'P3.2': { category: 'privacy', says: 'Explicit consent is obtained where required, and consequences of refusal communicated.' },
  'P4.1': { category: 'privacy', says: 'Use of personal information is limited to the stated purposes.' },
  'P4.2': { category: 'privacy', says: 'Personal information is retained in line with objectives.' },
  'P4.3': { category: 'privacy', says: 'Personal information is securely disposed of.' },
  'P5.1': { category: 'privacy', says: 'Data subjects can get access to their information for review.' },
  'P5.2': { category: 'privacy', says: 'Data subjects can have it corrected or amended, and third parties told.' },
  'P6.1': { category: 'privacy', says: 'Disclosure to third parties happens with consent and in line with objectives.' },
  'P6.2': { category: 'privacy', says: 'A complete, accurate record of authorized disclosures is kept.' },
  'P6.3': { category: 'privacy', says: 'A record of detected or reported unauthorized disclosures (incl. breaches) is kept.' },
  'P6.4': {
    category: 'privacy',
    says: 'Privacy commitments are obtained from third parties with access, and their compliance assessed.',
  },
  'P6.5': { category: 'privacy', says: 'Third parties commit to notify of actual or suspected unauthorized disclosure.' },
  'P6.6': { category: 'privacy', says: 'Breaches and incidents are notified to affected people, regulators and others.' },
  'P6.7': { category: 'privacy', says: 'Data subjects are given an accounting of the information held and disclosed on request.' },
  'P7.1': { category: 'privacy', says: 'Personal information is kept accurate, up to date, complete and relevant.' },
  'P8.1': { category: 'privacy', says: 'Inquiries, complaints and disputes are received, addressed and their resolution tracked.' },
} as const satisfies Record<string, { category: string; says: string }>;

export type CriterionId = keyof typeof criteria;
export type Category = (typeof criteria)[CriterionId]['category'];
export type Criterion = { id: CriterionId; category: Category; says: string };

/** Security is part of every SOC 2; the others are chosen. */
export const categories = [
  'security',
  'availability',
  'confidentiality',
  'processing-integrity',
  'privacy',
] as const satisfies readonly Category[];

export const defaultCategories = ['security', 'availability', 'confidentiality'] as const satisfies readonly Category[];

/** The criteria of the chosen categories, in the order of the standard. */
export function criteriaIn(chosen: Iterable<Category>): Criterion[] {
  const wanted = new Set(chosen);
  const all = Object.entries(criteria) as [CriterionId, Omit<Criterion, 'id'>][];
  return all.filter(([, { category }]) => wanted.has(category)).map(([id, { category, says }]) => ({ id, category, says }));
}

export function isCriterionId(id: string): id is CriterionId {
  return Object.hasOwn(criteria, id);
}
