import { describeHelpdesk } from '../conformance/helpdesk.js';
import { EDIT_CASE_TITLES } from '../conformance/helpdesk-edits.js';
import { createRtFixture } from './request-tracker-fixture.js';

// What stands in a history stays as it was written: no right, no page and no REST method changes a transaction (RT 5 and 6).
const REASON = 'comments of Request Tracker do not change';
const [, ...ofChanges] = EDIT_CASE_TITLES;


describeHelpdesk('request-tracker', createRtFixture, {
  ...Object.fromEntries(ofChanges.map((title) => [title, REASON])),
  'setAvatar shows a picture with the requester, another in its place, and none; what else changes leaves it': 'RT has no picture of a user',
});
