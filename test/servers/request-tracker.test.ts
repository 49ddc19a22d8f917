import { describeHelpdesk } from '../conformance/helpdesk.js';
import { createRtFixture } from './request-tracker-fixture.js';

describeHelpdesk('request-tracker', createRtFixture, {
  'setAvatar shows a picture with the requester, another in its place, and none; what else changes leaves it': 'RT has no picture of a user',
});
