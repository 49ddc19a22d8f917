/** The same trouble with a real Request Tracker: the short rows here, all of them in `npm run test:faults`. DESKBRIDGE_SEED runs one again. */
import { describeFaults } from '../e2e/faults/describe-faults.js';
import { createRtSide } from './rt-side.js';

describeFaults({ name: 'request-tracker', native: false }, async () => createRtSide());
