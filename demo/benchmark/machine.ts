/** The panel about the machine. */
import { machineFacts, reportFacts } from '../bench/columns.ts';
import { SOFTWARE_NOTE } from '../bench/markdown.ts';
import type { Environment, Report } from '../bench/report.ts';
import { platformOf, remediesForMissing, remediesForSoftware } from '../logic/platform.ts';
import { element, fillFacts } from '../view/dom.ts';
import { clearNotice, showAdvice } from '../view/notice.ts';

const name = element('machine-name', HTMLParagraphElement);
const facts = element('machine-facts', HTMLDListElement);
const notice = element('machine-notice', HTMLDivElement);

export function showMachine(environment: Environment, report?: Report): void {
  const { adapter, adapterError, userAgent } = environment;
  name.textContent = adapter ? adapterName(adapter) : 'No WebGPU';
  fillFacts(facts, report ? [...machineFacts(environment), ...reportFacts(report)] : machineFacts(environment));
  // Another machine's report needs no advice for this one.
  const isOwn = userAgent === navigator.userAgent;
  const platform = platformOf(navigator.userAgent);
  if (adapter?.software) showAdvice(notice, 'This is not a GPU', SOFTWARE_NOTE, isOwn ? remediesForSoftware(platform) : []);
  else if (!adapter && isOwn) {
    const why = `Only the wasm runtimes can run. ${adapterError ?? ''}`;
    showAdvice(notice, 'This browser offers no WebGPU', why.trim(), remediesForMissing(platform, isSecureContext));
  } else clearNotice(notice);
}

function adapterName({ description, vendor, architecture }: NonNullable<Environment['adapter']>): string {
  return description || [vendor, architecture].filter((part) => part !== '').join(' ') || 'A GPU without a name';
}
