import { controlsAt, loadControls } from '#src/controls.ts';
import { rules } from '#src/registry.ts';
import type { Command, Invocation } from './command.ts';
import { table } from './text.ts';

export const controls: Command = {
  summary: 'The controls in force, with their criteria and the rules that test them.',
  usage: 'controls',
  run: async (invocation) => {
    const inForce = controlsInForce(invocation);
    const built = new Set(rules.map(({ id }) => id));
    const document = inForce.map((control) => ({
      ...control,
      unavailable: [...control.key, ...control.supporting].filter((id) => !built.has(id)),
    }));
    invocation.answer(document, () =>
      table(
        ['CONTROL', 'TITLE', 'OWNER', 'CRITERIA', 'KEY RULES'],
        document.map(({ id, title, owner, criteria, key }) => [
          id,
          title,
          owner,
          criteria.join(' '),
          `${key.filter((rule) => built.has(rule)).length} of ${key.length} available`,
        ]),
      ),
    );
    return 0;
  },
};

/** The company's controls today; the starter set where there is no configuration. */
export function controlsInForce({ config, options, cwd, now }: Invocation) {
  const settings = configured(config, options.config !== undefined || options.example === true, cwd);
  return controlsAt(loadControls(settings?.controls ? [settings.controls] : [], { timeZone: settings?.timeZone ?? 'UTC', rules }), now());
}

function configured(config: Invocation['config'], asked: boolean, _cwd: string) {
  try {
    return config();
  } catch (error) {
    if (!asked && (error as { code?: string }).code === 'CONFIG_FILE_MISSING') return null;
    throw error;
  }
}
