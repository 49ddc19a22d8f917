/** What belongs here: the demo page: a customer's phone, the bridge at work, the agent's desk. */
import { render } from 'preact';
import '../shared/theme.css';
import './demo.css';
import './phone.css';
import { App } from './app.js';

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
