/** Starts the page. */
import './design/tokens.css';
import './design/base.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { keepOffline } from './offline/register.ts';
import { followTheme } from './state/theme.ts';

followTheme();
render(<App />, document.querySelector('#app')!);
keepOffline();
