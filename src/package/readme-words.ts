import { type Html, html, preformatted } from '#src/portal/html.ts';
import { clockIn, number } from '#src/portal/wording.ts';
import type { FirstPage } from './readme.ts';

/** How to check the package, with what is at hand on the auditor's machine. */
export function checking({ ledger, vkeys, sumsSigned, verifiers }: FirstPage): Html {
  const has = (name: string) => verifiers.includes(name);
  return html`<section><h2>Check it in five minutes</h2>
<p>On a machine of your own, without a network. Take <code>--vkey</code>, the signers file and earlier checkpoints from outside: from the engagement letter, from a call, from what you kept of an earlier export. The copies in this package only show that it agrees with itself.</p>
<ol class="check">
<li>Unpack it, and see that every file is what the list says. Needs <code>sha256sum</code>, or <code>shasum -a 256</code> on a Mac.
<pre>${preformatted('unzip PACKAGE.zip -d package && cd package\nsha256sum --quiet -c SHA256SUMS')}</pre></li>
${
  sumsSigned
    ? html`<li>See who signed the list. <code>allowed_signers</code> is the file that you were given by another way. Needs <code>ssh-keygen</code>.
<pre>${preformatted(`ssh-keygen -Y verify -f allowed_signers -I ${ledger.origin} -n soc2-evidence -s SHA256SUMS.sig < SHA256SUMS`)}</pre></li>`
    : html`<li><b>The list is not signed.</b> ${ledger.signed ? 'The ledger’s key signs only its own heads: see the next step.' : 'Neither is the ledger; compare its root, at the foot of this page, with one that you were given by another way.'}</li>`
}
<li>See that everything follows: each entry from the ledger’s head, each document from an entry, each result from what was seen; and that the rules, run again on a sample, say what they said then.
${has('verify.mjs') ? html`<pre>${preformatted(`node verify/verify.mjs${ledger.signed ? ' --vkey KEY --signers allowed_signers' : ''} [--checkpoint HEAD-YOU-KEPT] ../PACKAGE.zip`)}</pre><p class="sub">Node 22 or later; one file without dependency. It shares no code with what wrote the package, prints a line for each check, and ends with 0 only where none failed.</p>` : html`<p><b>No verifier is in this package.</b> docs/package.md of Holdfast says every byte, so that one can be written.</p>`}
${has('verify.go') ? html`<pre>${preformatted(`GO111MODULE=off GOPATH=/usr/share/gocode go run verify/verify.go${ledger.signed ? ' -vkey KEY' : ''} ../PACKAGE.zip`)}</pre><p class="sub">Debian’s <code>golang-go</code> and <code>golang-golang-x-mod-dev</code>; elsewhere see <a href="verify/VERIFY.md">verify/VERIFY.md</a>. It is the code behind Go’s own checksum database.</p>` : null}
${has('verify.sh') ? html`<pre>${preformatted(`sh verify/verify.sh${ledger.signed ? ' --vkey KEY --signers allowed_signers' : ''} .`)}</pre><p class="sub">openssl, ssh-keygen and sha256sum only: signatures and sums, not results.</p>` : null}</li>
<li>Look up some request ids in the provider’s own log. Each cycle’s entry holds eight that the monitor could not choose; AWS shows them in CloudTrail as <code>requestID</code>. This is the one check that does not rest on the company.</li>
</ol>
${vkeys.length === 0 ? null : html`<p>The keys that this package was signed with, to compare with what you were given:</p><pre>${preformatted(vkeys.join('\n'))}</pre>`}</section>`;
}

/** What rests on what: which of it the package shows by itself, and what takes something from outside. */
export function established({ ledger, anchors, timeZone }: FirstPage): Html {
  const clock = clockIn(timeZone);
  const latest = [...Map.groupBy(anchors, ({ name }) => name)].map(([, own]) => own.at(-1)!);
  return html`<section><h2>What this package cannot show by itself</h2><ul class="plain">
<li><b>That what was collected is true.</b> The monitor runs in the company’s hands. The request ids, a look at the live console, or the same collectors run under a role of yours show it.</li>
<li><b>Who made it.</b> ${ledger.signed ? 'The keys in it are those it was signed with. That they are the company’s you must know from elsewhere.' : 'It is not signed.'}</li>
<li><b>That nothing was rewritten before you first saw a head of this ledger.</b> ${
    latest.length === 0
      ? 'No outside place holds a copy of a head: no anchor is configured. A head that you keep now guards everything from now on.'
      : html`Heads were handed to ${latest.map(({ name, kind, size, at }, i) => html`${i > 0 ? ', ' : null}<bdi>${name}</bdi> (${kind}, up to entry ${number(size)}, ${clock.time(at)})`)}; what is newer than the oldest of them rests on the company until it is anchored.`
  }</li>
<li><b>That the scope is complete.</b> What the company did not connect is not in it; the list of accounts, organizations and directories is to be compared with another source.</li>
<li><b>When it happened, to the minute.</b> Times are those of the monitor’s clock; a time stamp or a provider’s log bounds them.</li>
</ul></section>`;
}

export function limits({ documents }: FirstPage): Html {
  return html`<section><h2>Limits</h2><ul class="plain">
<li>Between two looks a setting may have changed and changed back. How far apart looks may lie is printed with each scope, and nothing is told beyond the last look.</li>
<li>Replies are cut to the fields that a collector declares before they are kept; secrets are left out at the source. Of people what rules need is kept, names and addresses among it, and salted. The bytes as they came are not kept.</li>
<li>Populations of events are not reconciled with a second source where none is connected: <a href="ipe/reconciliations.csv">ipe/reconciliations.csv</a> says which.</li>
<li>Registers are not part of this product yet: <a href="registers/registers.json">no record of them is in the package</a>. Controls that only people operate are therefore not tested.</li>
<li>Who asked for a waiver, approved one or acted on an alert is who Slack or the company’s sign-in vouched for; on the command line it is a claim, with the user of the machine beside it. Which way it was stands with each.</li>
<li>${number(documents.present)} documents are in the package, ${number(documents.outside)} lie outside the window and are named by hash only${documents.purged > 0 ? `, ${number(documents.purged)} were purged, each named with the entry that says why` : ''}: <a href="evidence/index.csv">evidence/index.csv</a>.</li>
</ul></section>`;
}

const contents = [
  ['manifest.json, SHA256SUMS', 'every file with its size and hash'],
  ['scope/', 'company, window, what was looked at, what was declared, every item with when it was seen'],
  ['catalogue/', 'controls and their versions, the rules in words and in code, parameters over time, which rule tests which control'],
  ['results/', 'conclusions, timelines, populations with their equation, deviations, obligations, waivers, what was not observed'],
  ['ipe/', 'for each stream: source, calls, identity, completeness, accuracy, limits; every run; reconciliations; permissions'],
  ['evidence/', 'the documents: items as they were seen, judgements, redacted replies, lists of calls; the index says what each is'],
  ['ledger/', 'the change log, the looks and the rule sets of the whole ledger, from which every root follows'],
  ['log/', 'the ledger itself as C2SP tiles, with its signed head'],
  ['keys/, anchors/, cosignatures/, tsa/', 'verifier keys, and what outside places answered'],
  ['proofs/, consistency/', 'proofs of single results, and that earlier heads are beginnings of this one'],
  ['registers/', 'records that only people supply'],
  ['verify/', 'verifiers, and how to use them'],
] as const;

export function files(_: FirstPage): Html {
  return html`<section><h2>Files</h2><table><tbody>${contents.map(([path, says]) => html`<tr><th scope="row"><code>${path}</code></th><td>${says}</td></tr>`)}</tbody></table></section>`;
}
