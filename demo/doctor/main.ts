/** "Does it work on my GPU?": connects the checks with the page. Starts automatically, because that is why people come. */
import { version } from '../../package.json';
import { platformName, platformOf, remediesForSoftware } from '../logic/platform.ts';
import { problemOf } from '../logic/problem.ts';
import { issueAddress, REPOSITORY } from '../logic/repository.ts';
import { setUpTheme } from '../theme.ts';
import { announce, element } from '../view/dom.ts';
import { NoGpu, openGpu } from './gpu.ts';
import { type Report, titleOf, toMarkdown } from './report.ts';
import { verdictOf } from './results.ts';
import { ALL, runChecks } from './run.ts';
import {
  clearResults,
  onCancel,
  setUpTable,
  showFaults,
  showGpu,
  showNoGpu,
  showProgress,
  showRemedies,
  showResults,
  showState,
  showVerdict,
} from './view.ts';

const give = element('give', HTMLButtonElement);
const copyButton = element('copy', HTMLButtonElement);
const again = element('again', HTMLButtonElement);
const hint = element('hint', HTMLParagraphElement);
const platform = platformOf(navigator.userAgent);

let report: Report | undefined;
let running: AbortController | undefined;

/** `?checks=plain,gates` runs some of the checks, to narrow down a fault. */
function wantedChecks(software: boolean): Set<string> {
  const named = new URLSearchParams(location.search).get('checks')?.split(',');
  return new Set(ALL.filter(({ id, gpuOnly }) => (named ? named.includes(id) : !(gpuOnly && software))).map(({ id }) => id));
}

function isPartial(checks: ReadonlySet<string>, software: boolean): boolean {
  return ALL.some(({ id, gpuOnly }) => !checks.has(id) && !(gpuOnly && software));
}

async function check(): Promise<void> {
  running = new AbortController();
  report = undefined;
  give.disabled = copyButton.disabled = again.disabled = true;
  clearResults();
  showState('busy', 'Looking for a GPU');
  const common = { version, date: new Date().toISOString().slice(0, 10), userAgent: navigator.userAgent, checks: ALL };
  let device: GPUDevice | undefined;
  try {
    const gpu = await openGpu();
    device = gpu.device;
    const { facts } = gpu;
    showGpu(facts, platformName(platform));
    const checks = wantedChecks(facts.software);
    const { results, ending } = await runChecks({
      device,
      checks,
      signal: running.signal,
      onProgress: ({ results: current, now, done, total }) => {
        showResults(current);
        showProgress(`Checking ${now}: ${done} of ${total}`, done / total);
      },
    });
    const verdict = verdictOf(results, { checks: ALL, ending, software: facts.software, partial: isPartial(checks, facts.software) });
    report = { ...common, gpu: facts, verdict, results, ending };
    showResults(results);
    showFaults(results, ALL);
    if (ending.kind === 'complete') showState(verdict.tone === 'bad' ? 'failed' : 'ready', `Checked on ${platformName(platform)}`);
    else showState(ending.kind === 'lost' ? 'failed' : 'idle', ending.kind === 'lost' ? 'The GPU was lost' : 'Cancelled');
    showVerdict(verdict);
    if (facts.software) {
      showRemedies(
        'This browser computes WebGPU on the processor.',
        'If there is a graphics card, it can be had:',
        remediesForSoftware(platform),
      );
    }
  } catch (error) {
    const problem = error instanceof NoGpu ? error : unexpected(error);
    showState('failed', problem.message);
    showGpu(undefined, platformName(platform));
    showNoGpu(problem);
    const verdict = { tone: 'bad', word: 'No.', sentence: problem.message } as const;
    report = { ...common, why: problem.why, verdict, results: [], ending: { kind: 'complete' } };
  } finally {
    device?.destroy();
    running = undefined;
    give.disabled = copyButton.disabled = again.disabled = false;
  }
}

function unexpected(error: unknown): NoGpu {
  const { what, remedy } = problemOf(error);
  return new NoGpu(what, 'The check itself broke off.', [remedy]);
}

/** Copies to the clipboard, and says so. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    say(`The report is on the clipboard: ${text.length.toLocaleString('en')} characters.`);
    return true;
  } catch {
    say('The browser refuses the clipboard. Allow it beside the address, and press again.');
    return false;
  }
}

function say(words: string): void {
  hint.textContent = words;
  announce(words);
}

/** Opens an issue if the project has a repository. A text that is too long for an address goes through the clipboard. */
async function giveReport(): Promise<void> {
  if (!report) return;
  const [title, body] = [titleOf(report), toMarkdown(report)];
  const whole = issueAddress(title, body);
  const address = whole ?? issueAddress(title, 'Paste the report here: it is on the clipboard.');
  if (!whole) await copy(body);
  if (address) open(address, '_blank', 'noopener');
}

setUpTheme();
setUpTable(ALL);
if (REPOSITORY !== '') {
  give.textContent = 'Open an issue with this report';
  copyButton.hidden = false;
}
give.addEventListener('click', giveReport);
copyButton.addEventListener('click', () => report && copy(toMarkdown(report)));
again.addEventListener('click', check);
onCancel(() => running?.abort());
check();
