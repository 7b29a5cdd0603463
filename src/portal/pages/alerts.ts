import type { ListedAlert } from '#src/alerts/list.ts';
import { instant, named, type PageContext, ruleLink } from '../context.ts';
import { type Html, html } from '../html.ts';
import { number } from '../wording.ts';

const shown = 20;

/** What is told as wrong now, and to whom; nothing where nobody watches, as over the example. */
export function openAlerts(context: PageContext): Html | string {
  const { alerts } = context;
  if (alerts === null) return '';
  if (alerts === 'unknown')
    return html`<section><h2>Open alerts</h2><p>Not known yet: they were not worked out since the agent first began.</p></section>`;
  const count = html` <span class="count">${number(alerts.length)}</span>`;
  if (alerts.length === 0) return html`<section><h2>Open alerts${count}</h2><p>None.</p></section>`;
  const more =
    alerts.length > shown
      ? html`<p class="sub">And ${number(alerts.length - shown)} more: <code>holdfast alerts</code> lists them.</p>`
      : null;
  return html`<section><h2>Open alerts${count}</h2><table class="alerts"><thead><tr><th scope="col">Alert</th><th scope="col">Severity</th><th scope="col">Since</th><th scope="col">What</th><th scope="col">Told</th></tr></thead><tbody>${alerts
    .slice(0, shown)
    .map((alert) => row(alert, context))}</tbody></table>${more}</section>`;
}

function row(
  { alert, severity, since, headline, rule, state, assigned, acknowledged, channel, told }: ListedAlert,
  { clock }: PageContext,
): Html {
  const what = rule === null ? named(headline) : html`<a href="${ruleLink(rule)}">${named(headline)}</a>`;
  const who = [
    ...(state === 'flapping' ? ['turns again and again'] : []),
    ...(acknowledged === null ? [] : [`${acknowledged.by} took note of it`]),
    ...(assigned === null ? [] : [`assigned to ${assigned}`]),
  ].join('; ');
  const where =
    channel === null
      ? 'nobody: no channel is configured'
      : told === null
        ? html`not yet: ${named(channel)}`
        : html`${instant(told, clock)}, ${named(channel)}`;
  return html`<tr><th scope="row"><code>${alert}</code></th><td>${severity}</td><td>${instant(since, clock)}</td><td>${what}${who === '' ? null : html`<br><span class="sub">${named(who)}</span>`}</td><td>${where}</td></tr>`;
}
