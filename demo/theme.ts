/** Dark or light: the system's choice until the visitor makes one. */
import { element } from './view/dom.ts';

export function setUpTheme(): void {
  const button = element('theme', HTMLButtonElement);
  const system = matchMedia('(prefers-color-scheme: dark)');
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === 'dark' : system.matches);
  const show = () => {
    button.ariaPressed = String(isDark());
  };
  button.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    try {
      localStorage.setItem('theme', root.dataset.theme);
    } catch {
      // Storage is blocked. The choice lasts until the page is closed.
    }
    show();
  });
  system.addEventListener('change', show);
  show();
}
