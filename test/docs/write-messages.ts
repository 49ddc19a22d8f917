/** `npm run docs:messages`: writes docs/messages.md. */
import { writeFileSync } from 'node:fs';
import { renderMessages } from './messages-table.js';

writeFileSync(new URL('../../docs/messages.md', import.meta.url), renderMessages());
