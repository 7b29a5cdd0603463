import { controlReference, type PageContext } from '../context.ts';
import { html } from '../html.ts';
import { type Page, trail } from '../layout.ts';
import { conclusionMark } from '../told.ts';

/** Every criterion in scope, the controls that serve it, and whether a key rule reaches it. */
export function criteriaPage(context: PageContext): Page {
  const { criteria } = context.status;
  const controls = new Map(context.report.controls().map((control) => [control.id, control]));
  const reached = criteria.filter((criterion) => criterion.reached).length;
  return {
    title: 'Criteria',
    here: '/criteria',
    body: html`${trail(html`Criteria`)}<header class="head"><div><h1>Criteria</h1><p class="sub">${reached} of ${criteria.length} reached by a key rule that exists</p></div></header>
<p>Ids of the Trust Services Criteria with paraphrases of our own. A criterion is reached when a key rule that exists tests a control that serves it. That says that something is tested, not what came of it, nor that it is enough.</p>
${
  criteria.length === 0
    ? html`<p class="notice">No criterion is in scope. Choose the categories under <code>categories</code> in <code>holdfast.yaml</code>.</p>`
    : html`<table><thead><tr><th scope="col">Id</th><th scope="col">Paraphrase</th><th scope="col">Reached</th><th scope="col">Controls</th></tr></thead><tbody>${criteria.map(
        ({ id, says, controls: serving, reached: byRule }) =>
          html`<tr><th scope="row" class="id">${id}</th><td class="paraphrase">${says}</td><td data-label="Reached">${byRule ? 'yes' : html`<b>no</b>`}</td><td>${
            serving.length === 0
              ? 'No control serves it.'
              : serving.map((control) => {
                  const report = controls.get(control);
                  return html`<div>${controlReference(control, report === undefined ? control : `${control} ${report.title}`, context)} ${report === undefined ? null : conclusionMark(report.conclusion)}</div>`;
                })
          }</td></tr>`,
      )}</tbody></table>`
}`,
  };
}
