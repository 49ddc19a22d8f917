import { describeHelpdesk } from '../conformance/helpdesk.js';
import { createRtFixture } from './request-tracker-fixture.js';

describeHelpdesk('request-tracker', createRtFixture);
