/** Errors and warnings: what happened, what to do, and details on demand. */
import type { Problem } from '../logic/problem.ts';
import { make } from './dom.ts';
import { reveal } from './reveal.ts';

export function clearNotice(slot: HTMLElement): void {
  slot.replaceChildren();
}

/**
 * Shown until the next one, or until dismissed. It is moved to where the visitor is looking.
 * @param ways buttons that lead out of it, if any
 */
export function showProblem(slot: HTMLElement, problem: Problem, ways: readonly HTMLButtonElement[] = []): void {
  const [what = '', ...more] = problem.what.split('\n');
  const notice = make('div', 'notice problem', make('p', 'notice-what', what));
  if (more.length > 0) notice.append(make('p', 'notice-more', more.join('\n')));
  notice.append(make('p', '', problem.remedy));
  if (ways.length > 0) notice.append(make('div', 'choices', ...ways));
  notice.setAttribute('role', 'alert');
  if (problem.details !== '') {
    const text = make('pre', '', `code: ${problem.code}\n${problem.details}`);
    text.tabIndex = 0;
    notice.append(make('details', '', make('summary', '', 'Details'), text));
  }
  const dismiss = make('button', 'button quiet small notice-dismiss', 'Dismiss');
  dismiss.type = 'button';
  const before = document.activeElement;
  dismiss.addEventListener('click', () => {
    clearNotice(slot);
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  });
  notice.append(dismiss);
  slot.replaceChildren(notice);
  notice.tabIndex = -1;
  // A form's error has moved the focus to its field.
  if (problem.code !== 'form') reveal(notice);
}

/** A state with ways out of it. It cannot be dismissed. */
export function showAdvice(slot: HTMLElement, what: string, why: string, remedies: readonly string[]): void {
  const list = make('ul', '', ...remedies.map((remedy) => make('li', '', remedy)));
  slot.replaceChildren(make('div', 'notice advice', make('p', 'notice-what', what), make('p', '', why), list));
}
