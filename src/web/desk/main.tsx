/** What belongs here: the agent page of the desk. This file starts it. */
import { render } from 'preact';
import '../shared/theme.css';
import './desk.css';
import './history.css';
import './composer.css';
import './requester.css';
import { App } from './app.js';

const place = document.getElementById('desk');
if (place !== null) render(<App />, place);
