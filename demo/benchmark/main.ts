/** The benchmark page: connects the form, the measuring and the views. */
import { version } from '../../package.json';
import { adapterName } from '../../src/tuning/tuning-table.ts';
import { Bench, peakMeter, preparer } from '../bench/bench.ts';
import { type BenchConfig, parseConfig } from '../bench/config.ts';
import { packReport, parseReport, unpackReport } from '../bench/link.ts';
import { toMarkdown, toText } from '../bench/markdown.ts';
import { type Environment, mayRank, type Report } from '../bench/report.ts';
import { costsSummary, timesSummary } from '../bench/summary.ts';
import { platformName, platformOf } from '../logic/platform.ts';
import { setUpTheme } from '../theme.ts';
import { announce, element } from '../view/dom.ts';
import { clearNotice, showProblem } from '../view/notice.ts';
import { addressOf, fillForm, missingChoice, readForm, setBusy, setUpForm, suggestNames } from './form.ts';
import { showMachine } from './machine.ts';
import { recolour, showResults } from './results.ts';
import { setUpShare } from './share.ts';
import { clearComparison, setUpCompare } from './side-by-side.ts';
import { setUpTune, showTunings, tuningInUse } from './tune.ts';

const readout = element('readout', HTMLElement);
const readoutText = element('readout-text', HTMLParagraphElement);
const bar = element('readout-bar', HTMLProgressElement);
const cancel = element('cancel', HTMLButtonElement);
const setupNotice = element('setup-notice', HTMLDivElement);
const share = element('share', HTMLElement);
const openButton = element('open', HTMLButtonElement);
const openFile = element('open-file', HTMLInputElement);
const tuneButton = element('tune-start', HTMLButtonElement);

type State = 'idle' | 'running' | 'done' | 'cancelled' | 'failed';

let report: Report | undefined;
let running: AbortController | undefined;

function environment(): Environment {
  return {
    date: new Date().toISOString(),
    library: version,
    commit: import.meta.env.VITE_COMMIT ?? '',
    browser: platformName(platformOf(navigator.userAgent)),
    userAgent: navigator.userAgent,
    cores: navigator.hardwareConcurrency,
    crossOriginIsolated,
  };
}

function showState(state: State, words: string): void {
  document.documentElement.dataset.bench = state;
  readout.dataset.state = { idle: 'idle', running: 'busy', done: 'ready', cancelled: 'idle', failed: 'failed' }[state];
  readoutText.textContent = words;
  bar.hidden = cancel.hidden = state !== 'running';
  setBusy(state === 'running');
  openButton.disabled = tuneButton.disabled = state === 'running';
  announce(words);
}

/** The report so far. */
function show(current: Report): void {
  report = current;
  showMachine(current.environment, current);
  showResults(current, mayRank(current));
  share.hidden = current.tables.length === 0;
}

async function start(config: BenchConfig): Promise<void> {
  if (running) return;
  clearNotice(setupNotice);
  history.replaceState(null, '', `${location.pathname}${location.search}${addressOf(config)}`);
  clearComparison();
  running = new AbortController();
  showState('running', 'Starting');
  let said = '';
  const events = {
    onStep(text: string, done: number) {
      readoutText.textContent = text;
      bar.value = done;
      // Rounds follow each other too fast to be read aloud.
      const chapter = text.split(/[:,]/)[0] ?? '';
      if (chapter !== said) announce(text);
      said = chapter;
    },
    onChange: show,
  };
  const bench = new Bench(config, environment(), events, running.signal, tuningInUse);
  const began = performance.now();
  try {
    show(await bench.run());
    const failed = bench.report.tables.flatMap(({ error, runtimes }) => [error, ...runtimes.map((result) => result.error)]).filter(Boolean);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    showState('done', `Measured in ${seconds} s${failed.length > 0 ? `; ${failed.length} could not be measured` : ''}`);
  } catch (error) {
    show(bench.report);
    if (running.signal.aborted) showState('cancelled', 'Cancelled. What was measured until then is below.');
    else {
      showState('failed', 'The benchmark broke off');
      showProblem(setupNotice, problem(error, 'Run it again; if it happens again, please report it with what is below.'));
    }
  } finally {
    running = undefined;
  }
}

/** Other work that keeps the GPU busy. */
async function occupy(
  words: string,
  work: (signal: AbortSignal, onStep: (text: string, done: number) => void) => Promise<string>,
  problems: HTMLElement,
): Promise<void> {
  if (running) return;
  running = new AbortController();
  showState('running', words);
  try {
    const said = await work(running.signal, (text, done) => {
      readoutText.textContent = text;
      bar.value = done;
    });
    showState('done', said);
  } catch (error) {
    if (running.signal.aborted) showState('cancelled', 'Cancelled');
    else {
      showState('failed', 'It broke off');
      showProblem(problems, problem(error, 'Try again; if it happens again, please report it.'));
    }
  } finally {
    running = undefined;
  }
}

const OPEN_REMEDY = 'Open a JSON file that this page saved, or that npm run bench wrote.';

function askFor(what: string): void {
  showProblem(setupNotice, { what: 'Nothing is chosen that could be measured.', remedy: what, code: 'choice', details: '' });
  setupNotice.scrollIntoView({ block: 'nearest' });
}

/** Whether something is chosen. If not, says what is missing. */
function isReady(): boolean {
  const missing = missingChoice();
  if (missing) askFor(missing);
  return missing === undefined;
}

function problem(error: unknown, remedy: string) {
  const what = error instanceof Error ? error.message : String(error);
  return { what, remedy, code: 'benchmark', details: error instanceof Error ? (error.stack ?? '') : '' };
}

/** Shows a report from any machine, and sets the form to what it measured. */
function openReport(opened: Report): void {
  clearComparison();
  fillForm(opened.config);
  show(opened);
  showState('done', `A report of ${opened.environment.date.slice(0, 10)}, ${opened.environment.browser}`);
}

async function followAddress(): Promise<void> {
  if (running) return;
  const config = parseConfig(location.hash);
  fillForm(config);
  try {
    const linked = await unpackReport(location.hash);
    if (linked) return openReport(linked);
  } catch (error) {
    showProblem(setupNotice, problem(error, 'The link may have been cut off on its way. Ask for the JSON file instead.'));
  }
  if (config.run) await start(config);
  else showState('idle', 'Ready to measure');
}

setUpTheme();
setUpForm((config) => void start(config), askFor);
setUpCompare(
  () => report,
  (error) => showProblem(setupNotice, problem(error, OPEN_REMEDY)),
);
setUpShare(() => report, packReport);
setUpTune({ readConfig: readForm, occupy, isReady });
cancel.addEventListener('click', () => running?.abort());
openButton.addEventListener('click', () => openFile.click());
openFile.addEventListener('change', async () => {
  const [file] = openFile.files ?? [];
  openFile.value = '';
  if (!file) return;
  try {
    openReport(parseReport(await file.text()));
    clearNotice(setupNotice);
  } catch (error) {
    showProblem(setupNotice, problem(error, OPEN_REMEDY));
  }
});
addEventListener('hashchange', () => void followAddress());
new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ['data-theme'] });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour);
void followAddress().then(introduce);

/** What is known before anything is measured, so that nobody finds out only afterwards that this was not a GPU. */
async function introduce(): Promise<void> {
  const namer = preparer();
  const meter = peakMeter();
  const here = environment();
  try {
    suggestNames(await namer.call('names', undefined));
    here.adapter = await meter.call('adapter', undefined);
    await showTunings(adapterName(here.adapter));
  } catch (error) {
    here.adapterError = error instanceof Error ? error.message : String(error);
  }
  namer.terminate();
  meter.terminate();
  if (!report) showMachine(here);
}

/** For programs that control the page: scripts/bench.mjs. */
Object.assign(globalThis, {
  benchmark: {
    export: () => ({
      json: JSON.stringify(report),
      markdown: report ? toMarkdown(report) : '',
      text: report ? toText(report) : '',
      summaries: { times: report ? timesSummary(report) : '', costs: report ? costsSummary(report) : '' },
      failed: (report?.tables ?? []).flatMap(({ error, runtimes }) => [error, ...runtimes.map((result) => result.error)]).filter(Boolean),
    }),
  },
});
