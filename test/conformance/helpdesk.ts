/**
 * What belongs here: the suite that every helpdesk connector passes. `describeHelpdesk` runs it against one fixture; the cases
 * lie in the helpdesk-*.ts files beside it, and a skip names its reason.
 */
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { HelpdeskConnector } from '../../src/core/ports.js';
import type { CommentId, RawRequest, TicketId, Visibility } from '../../src/core/types.js';
import { CHANGE_CASES } from './helpdesk-changes.js';
import { DELIVERY_CASES } from './helpdesk-delivery.js';
import { DOORBELL_CASES } from './helpdesk-doorbell.js';
import { EDIT_CASES } from './helpdesk-edits.js';
import { FAULT_CASES } from './helpdesk-faults.js';
import { FILE_CASES } from './helpdesk-files.js';
import { LISTING_CASES } from './helpdesk-listing.js';
import { READ_CASES } from './helpdesk-reading.js';
import { REACTION_CASES } from './helpdesk-reactions.js';
import { WRITE_CASES } from './helpdesk-writing.js';

export interface SampleFile {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/** A comment as the helpdesk itself holds it, read past the connector. */
export interface RawComment {
  readonly visibility: Visibility;
  /** Markup as stored; plain text where the helpdesk stores that. */
  readonly body: string;
  readonly files: readonly SampleFile[];
  /** Since when it is with the requester, where the helpdesk holds that. */
  readonly deliveredAtMs?: number | undefined;
}

/** A ticket as the helpdesk itself holds it, read past the connector. */
export interface RawTicket {
  readonly queue: string;
  /** Whatever the helpdesk uses: higher means more urgent. Words become numbers in the fixture. */
  readonly priority: number;
  readonly tags: readonly string[];
  readonly requesterName: string;
  /** Everything else that it knows of the requester, in one line. */
  readonly requesterProfile: string;
  /** The picture that it shows of them. */
  readonly requesterAvatar?: Buffer;
}

export interface AnswerWithPicture {
  readonly html: string;
  readonly picture: SampleFile;
  readonly files: readonly SampleFile[];
}

/** What an agent does in the helpdesk, as another user than the bridge and past the connector. */
export interface AgentHands {
  /** Full name as the helpdesk has it. */
  readonly name: string;
  replyPublic(ticket: TicketId, html: string, files?: readonly SampleFile[]): Promise<void>;
  /** Answers in public with a picture where the HTML says `cid:picture`, and files behind it. Absent where texts hold no pictures. */
  replyWithPicture?(ticket: TicketId, answer: AnswerWithPicture): Promise<void>;
  /** Answers a certain comment in public. Absent where agents cannot, or where the helpdesk does not tell which. */
  answer?(ticket: TicketId, comment: CommentId, html: string): Promise<void>;
  commentInternal(ticket: TicketId, html: string): Promise<void>;
  setPhase(ticket: TicketId, phase: 'solved' | 'open' | 'pending' | 'closed'): Promise<void>;
  /** Gives a ticket to another queue. */
  move(ticket: TicketId, queue: string): Promise<void>;
  /** Opens a ticket for the requester of another one, with a first public comment. Absent where agents open none. */
  open?(like: TicketId, subject: string, html: string): Promise<TicketId>;
  /** The next three are absent where comments stay as they were written. */
  editComment?(ticket: TicketId, comment: CommentId, html: string): Promise<void>;
  setVisibility?(ticket: TicketId, comment: CommentId, visibility: Visibility): Promise<void>;
  removeComment?(ticket: TicketId, comment: CommentId): Promise<void>;
  /** Puts an emoji on what the requester wrote; undefined takes it away. Absent where agents have no reactions. */
  react?(ticket: TicketId, comment: CommentId, emoji: string | undefined): Promise<void>;
  /** Absent where the helpdesk cannot merge. */
  merge?(from: TicketId, into: TicketId): Promise<void>;
  /** Absent where the helpdesk cannot delete. */
  remove?(ticket: TicketId): Promise<void>;
  readComments(ticket: TicketId): Promise<readonly RawComment[]>;
  readTicket(ticket: TicketId): Promise<RawTicket>;
}

/** What a connector is made from when a case wants another one than the good one. Absent fields are as in the good one. */
export interface ConnectorChange {
  readonly url?: string;
  readonly token?: string;
  /** `null`: none configured. */
  readonly webhookSecret?: string | null;
}

export interface HelpdeskFixture {
  readonly connector: HelpdeskConnector;
  readonly agent: AgentHands;
  /** A queue that exists and is not the default one. */
  readonly queue: string;
  /** The same connector with another URL, token or secret. */
  connect(change: ConnectorChange): HelpdeskConnector;
  /** A webhook as the helpdesk sends it for this ticket, rightly signed with the good connector's secret at `nowMs`. */
  webhook(ticket: TicketId, nowMs: number): RawRequest;
  /** A webhook as the helpdesk sends it when an agent begins or stops to write, rightly signed. Absent where the helpdesk does not tell. */
  typing?(ticket: TicketId, sign: { readonly typing: boolean; readonly visibility: Visibility }, nowMs: number): RawRequest;
  /** Any bytes, rightly signed. */
  signed(body: Buffer, nowMs: number): RawRequest;
  close(): Promise<void>;
}

export interface HelpdeskCase {
  readonly title: string;
  run(fixture: HelpdeskFixture): Promise<void>;
  readonly timeoutMs?: number;
}

const GROUPS: Readonly<Record<string, readonly HelpdeskCase[]>> = {
  writing: WRITE_CASES, reading: READ_CASES, files: FILE_CASES, changes: CHANGE_CASES, edits: EDIT_CASES, reactions: REACTION_CASES,
  listing: LISTING_CASES, faults: FAULT_CASES, doorbell: DOORBELL_CASES,
  delivery: DELIVERY_CASES,
};
const SETUP_MS = 120_000;
const CASE_MS = 30_000;

/**
 * Runs every case against the fixture. `skips` maps the title of a case to the reason why this helpdesk cannot pass it;
 * a title that no case has is an error, so that skips do not outlive their case.
 */
export function describeHelpdesk(name: string, setup: () => Promise<HelpdeskFixture>, skips: Readonly<Record<string, string>> = {}): void {
  const titles = new Set(Object.values(GROUPS).flatMap((cases) => cases.map((one) => one.title)));
  for (const title of Object.keys(skips)) if (!titles.has(title)) throw new Error(`skip of an unknown case: ${title}`);

  describe(`helpdesk ${name}`, () => {
    let fixture: HelpdeskFixture | undefined;
    beforeAll(async () => { fixture = await setup(); }, SETUP_MS);
    afterAll(async () => { await fixture?.close(); }, SETUP_MS);

    describe.each(Object.entries(GROUPS))('%s', (_group, cases) => {
      for (const one of cases) {
        const reason = skips[one.title];
        if (reason !== undefined) {
          it.skip(`${one.title} (${reason})`, () => undefined);
          continue;
        }
        it(one.title, async () => {
          if (fixture === undefined) throw new Error('the fixture was not set up');
          await one.run(fixture);
        }, one.timeoutMs ?? CASE_MS);
      }
    });
  });
}
