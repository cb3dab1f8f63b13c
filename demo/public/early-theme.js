// Before the first paint, so that the page does not flash in the other theme. Separate from the modules, which run later.
try {
  const theme = localStorage.getItem('theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked. The system's theme is used.
}
