/**
 * Kills, outages and lost replies under load, in both directions: nothing is lost, doubled or out of order. The rows are in faults/;
 * `npm run test:faults` plays all of them, `npm test` the short ones. DESKBRIDGE_SEED runs one again.
 */
import { describeFaults } from './faults/describe-faults.js';
import { startDeskSide } from './faults/helpdesks.js';

describeFaults({ name: 'desk', native: true }, startDeskSide);
