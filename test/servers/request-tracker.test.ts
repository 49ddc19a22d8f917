import { describeHelpdesk } from '../conformance/helpdesk.js';
import { createRtFixture } from './request-tracker-fixture.js';

describeHelpdesk('request-tracker', createRtFixture, {
  'an answer to a certain comment names that comment, and the message it came from': 'the connector does not read yet which message an agent quoted',
  'setAvatar shows a picture with the requester, another in its place, and none; what else changes leaves it': 'RT has no picture of a user',
});
