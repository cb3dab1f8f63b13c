import DefaultTheme, { VPFeatures } from 'vitepress/theme';
import './style.css';

export default {
  extends: DefaultTheme,
  enhanceApp({ app }) {
    app.component('VPFeatures', VPFeatures);
  },
};
