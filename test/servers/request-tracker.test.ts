import { describeHelpdesk } from '../conformance/helpdesk.js';
import { EDIT_CASE_TITLES } from '../conformance/helpdesk-edits.js';
import { REACTION_CASE_TITLES } from '../conformance/helpdesk-reactions.js';
import { createRtFixture } from './request-tracker-fixture.js';

// What stands in a history stays as it was written: no right, no page and no REST method changes a transaction (RT 5 and 6).
const REASON = 'comments of Request Tracker do not change';
const [, ...ofChanges] = EDIT_CASE_TITLES;
const NO_TYPING = 'Request Tracker does not tell who writes';
const NO_REACTIONS = 'agents of Request Tracker have no reactions';
const NO_PLACE = 'Request Tracker has no place for it: the method is absent';

describeHelpdesk('request-tracker', createRtFixture, {
  ...Object.fromEntries(ofChanges.map((title) => [title, REASON])),
  ...Object.fromEntries(REACTION_CASE_TITLES.map((title) => [title, NO_REACTIONS])),
  'an agent who writes an answer, and one who stops, ring for that and for nothing to be read': NO_TYPING,
  'an agent who writes what is not clearly public rings for nothing': NO_TYPING,
  'what tells half of it is invalid': NO_TYPING,
  'an answer that is reported delivered is so for agents, since the first time': NO_PLACE,
  'a report changes nothing else: no comment, no status, nothing to be read again': NO_PLACE,
  'an answer of a ticket that was merged away is reported where it is read now': NO_PLACE,
  'only a public answer of an agent can be reported, and what is not there is not_found': NO_PLACE,
  'setAvatar shows a picture with the requester, another in its place, and none; what else changes leaves it': 'RT has no picture of a user',
});
